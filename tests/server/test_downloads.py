import hashlib
import io
import json
from urllib.parse import unquote

import av
import httpx
import mutagen
import pytest

from tests.running import Server, snapshot

STEMS = ("vocals", "no_vocals")


@pytest.fixture
def results(shared: Server, finished: str) -> dict[str, dict[str, str]]:
    return {result["name"]: result for result in snapshot(shared, finished)["results"]}


def test_results_have_the_names_of_the_contract(finished: str, results: dict[str, dict[str, str]]):
    kinds = {name: (result["filename"], result["media_type"]) for name, result in results.items()}
    text = "text/plain; charset=utf-8"
    assert kinds == {
        "vocals": (f"{finished}_vocals.flac", "audio/flac"),
        "no_vocals": (f"{finished}_no_vocals.flac", "audio/flac"),
        "lyrics": ("lyrics.txt", text),
        f"{finished}_karaoke.mp3": (f"{finished}_karaoke.mp3", "audio/mpeg"),
        f"{finished}_karaoke.lrc": (f"{finished}_karaoke.lrc", text),
        f"{finished}_karaoke.enhanced.lrc": (f"{finished}_karaoke.enhanced.lrc", text),
        f"{finished}_sync.json": (f"{finished}_sync.json", "application/json"),
    }


def test_every_result_is_what_the_snapshot_says(
    client: httpx.Client, shared: Server, finished: str, results: dict[str, dict[str, str]]
):
    for result in results.values():
        answer = client.get(result["download_url"])
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == result["media_type"]
        assert unquote(answer.headers["Content-Disposition"]) == f'attachment; filename="{result["filename"]}"'
        assert int(answer.headers["Content-Length"]) == result["size"] == len(answer.content)
        assert hashlib.sha256(answer.content).hexdigest() == result["sha256"]
        assert answer.headers["ETag"] == f'"{result["sha256"]}"'
        assert result["url"] == shared.url + result["download_url"]


def test_absolute_addresses_follow_the_name_that_was_asked(shared: Server, finished: str):
    port = shared.url.rsplit(":", maxsplit=1)[1]
    answer = httpx.get(f"{shared.url}/jobs/{finished}", headers={"Host": f"localhost:{port}"})
    assert answer.json()["results"][0]["url"].startswith(f"http://localhost:{port}/download/")


@pytest.mark.parametrize("name", STEMS)
def test_stems_are_as_long_as_the_song(client: httpx.Client, finished: str, name: str):
    with av.open(io.BytesIO(client.get(f"/download/{finished}/{name}").content)) as stem:
        assert (stem.duration, stem.streams.audio[0].rate) == (1_000_000, 44_100)


def test_instrumental_is_no_vocals(client: httpx.Client, finished: str):
    instrumental = client.get(f"/download/{finished}/instrumental")
    assert instrumental.content == client.get(f"/download/{finished}/no_vocals").content
    assert instrumental.headers["Content-Disposition"] == f'attachment; filename="{finished}_no_vocals.flac"'


def test_karaoke_files_carry_the_song(client: httpx.Client, finished: str):
    lrc = client.get(f"/download/{finished}/{finished}_karaoke.lrc").text
    sync = json.loads(client.get(f"/download/{finished}/{finished}_sync.json").content)
    tags = mutagen.File(io.BytesIO(client.get(f"/download/{finished}/{finished}_karaoke.mp3").content)).tags
    assert "[ti:Done]" in lrc
    assert "]La la la" in lrc
    assert (sync["file_id"], sync["synced_lyrics"][0]["text"], sync["synced_lyrics"][0]["timestamp"]) == (
        finished,
        "La la la",
        0.5,
    )
    assert (str(tags["TIT2"]), str(tags["TPE1"])) == ("Done", "Nobody")
    assert {frame.FrameID for frame in tags.values()} >= {"USLT", "SYLT"}


def test_unknown_result_is_not_found_and_says_what_is_there(client: httpx.Client, finished: str):
    answer = client.get(f"/download/{finished}/drums")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_result")
    assert answer.json()["error"].startswith("There is no result 'drums'. What is there: vocals, no_vocals, ")


@pytest.mark.parametrize("path", ["/download/nobody/vocals", "/jobs/nobody", "/status/nobody", "/jobs/nobody/events"])
def test_unknown_song_is_not_found(client: httpx.Client, path: str):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_file_id")


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2fapp.db", "manifest.json", "*", "vocals%00", "vocals%5c"])
def test_no_name_leads_out_of_the_results(client: httpx.Client, finished: str, name: str):
    assert client.get(f"/download/{finished}/{name}").status_code == 404


def test_head_has_the_headers_of_get_and_no_body(client: httpx.Client, finished: str):
    path = f"/download/{finished}/vocals"
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    passing = {"date", "x-request-id"}
    assert {k: v for k, v in head.headers.items() if k not in passing} == {
        k: v for k, v in get.headers.items() if k not in passing
    }
    assert client.head(f"/download/{finished}/drums").status_code == 404


RANGES = {"bytes=0-3": (0, 4), "bytes=4-": (4, None), "bytes=-7": (-7, None), "bytes=0-99999999": (0, None)}


@pytest.mark.parametrize("asked", RANGES)
def test_range_is_answered_with_those_bytes(client: httpx.Client, finished: str, asked: str):
    path = f"/download/{finished}/vocals"
    whole = client.get(path).content
    start, stop = RANGES[asked]
    part = client.get(path, headers={"Range": asked})
    assert (part.status_code, part.content) == (206, whole[start:stop])
    first = start % len(whole)
    assert part.headers["Content-Range"] == f"bytes {first}-{first + len(part.content) - 1}/{len(whole)}"


def test_range_past_the_end_is_refused_as_json(client: httpx.Client, finished: str):
    answer = client.get(f"/download/{finished}/vocals", headers={"Range": "bytes=99999999-"})
    assert (answer.status_code, answer.json()["code"]) == (416, "no_such_range")
    assert answer.headers["Content-Range"].startswith("bytes */")


@pytest.mark.parametrize("asked", ["bytes=x-y", "bytes", "frames=1-2", "bytes=9-3"])
def test_range_that_cannot_be_read_is_a_bad_request(client: httpx.Client, finished: str, asked: str):
    answer = client.get(f"/download/{finished}/vocals", headers={"Range": asked})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_range_of_another_version_is_answered_with_the_whole(client: httpx.Client, finished: str):
    path = f"/download/{finished}/vocals"
    etag = client.head(path).headers["ETag"]
    part = {"Range": "bytes=0-3"}
    assert client.get(path, headers={**part, "If-Range": etag}).status_code == 206
    assert client.get(path, headers={**part, "If-Range": '"another"'}).status_code == 200


@pytest.mark.parametrize("written", ["{etag}", "W/{etag}", '"other", {etag}', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_the_client_has_is_not_sent_again(client: httpx.Client, finished: str, written: str, method: str):
    path = f"/download/{finished}/vocals"
    etag = client.head(path).headers["ETag"]
    answer = client.request(method, path, headers={"If-None-Match": written.format(etag=etag)})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_song_is_in_the_library(client: httpx.Client, shared: Server, finished: str):
    library = client.get("/songs").json()
    song = next(song for song in library["songs"] if song["file_id"] == finished)
    assert library["count"] == len(library["songs"])
    assert (song["title"], song["artist"], song["duration"], song["status"]) == ("Done", "Nobody", 1.0, "done")
    assert song["url"] == f"{shared.url}/download/{finished}/mixture"


def test_the_upload_itself_can_be_downloaded(client: httpx.Client, finished: str):
    answer = client.get(f"/download/{finished}/mixture")
    assert answer.headers["Content-Type"].startswith("audio/")
    assert len(answer.content) == client.get(f"/jobs/{finished}").json()["original_size"]


def test_answers_keep_the_keys_of_the_earlier_backend(client: httpx.Client, finished: str):
    health, models = client.get("/health").json(), client.get("/models").json()["models"]
    assert health.keys() >= {"status", "message", "available_models", "websocket_support", "timestamp", "server_type"}
    assert models["center"].keys() >= {"default_model", "available_models", "purpose", "file_types"}
    assert client.get(f"/status/{finished}").json()["tracks"] == [
        {"name": name, "download_url": f"/download/{finished}/{name}"} for name in ("vocals", "no_vocals")
    ]
