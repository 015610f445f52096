import http.client
import json
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from music_separator.config import MIB
from tests.audio.files import damaged, write_flac, write_png, write_video
from tests.forms import CONTENT_TYPE, body, file_part
from tests.running import Server, events, running_server, snapshot, wait_until_over
from tests.songs import LRC, SAMPLE_RATE, write_song


def _empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _text(path: Path) -> Path:
    path.write_text("these are the words of a song, and nothing more\n" * 50)
    return path


def _html(path: Path) -> Path:
    path.write_text("<!doctype html><html><body><audio src='song.mp3'></audio></body></html>")
    return path


def _playlist(path: Path) -> Path:
    path.write_text("#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n")
    return path


def _stream_list(path: Path) -> Path:
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    return path


def _noise(path: Path) -> Path:
    path.write_bytes(np.random.default_rng(7).bytes(50_000))
    return path


def _film_without_sound(path: Path) -> Path:
    return write_video(path, sound=False)


WRONG: list[tuple[Callable[[Path], Path], int, str]] = [
    (_empty, 422, "empty_file"),
    (_text, 415, "not_audio"),
    (write_png, 415, "not_audio"),
    (_html, 415, "not_audio"),
    (_playlist, 415, "not_audio"),
    (_stream_list, 415, "not_audio"),
    (_noise, 415, "not_audio"),
    (_film_without_sound, 415, "no_audio_stream"),
]


def send(client: httpx.Client, path: Path, **fields: str) -> httpx.Response:
    with path.open("rb") as file:
        return client.post("/upload", files={"file": (path.name, file)}, data=fields)


@pytest.mark.parametrize(("make", "status", "code"), WRONG)
def test_what_is_no_song_is_refused_at_once(
    client: httpx.Client, shared: Server, tmp_path: Path, make: Callable[[Path], Path], status: int, code: str
):
    answer = send(client, make(tmp_path / "song.mp3"))
    refusal = answer.json()
    assert (answer.status_code, refusal["code"]) == (status, code)
    assert set(refusal) == {"error", "code", "request_id"}
    assert refusal["request_id"] == answer.headers["X-Request-ID"]
    assert list(shared.data_dir.glob("incoming/*")) == []


def _silence(path: Path, *, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(bytes(2 * int(seconds * SAMPLE_RATE)))
    return path


def test_silence_fails_the_separation(client: httpx.Client, shared: Server, tmp_path: Path):
    answer = send(client, _silence(tmp_path / "silence.wav", seconds=1.0), lyrics=LRC)
    job = wait_until_over(shared, answer.json()["file_id"])
    assert (answer.status_code, job["status"], job["code"]) == (202, "failed", "silent_audio")
    last = events(shared, job["file_id"])[-1]
    assert (last["stage"], last["progress"], last["message"]) == ("separation", 100, "Separation failed")
    assert last["error"] == job["error"]


def test_a_fifth_of_a_second_fails_the_separation(client: httpx.Client, shared: Server, tmp_path: Path):
    answer = send(client, write_song(tmp_path / "blip.wav", seconds=0.2), lyrics=LRC)
    job = wait_until_over(shared, answer.json()["file_id"])
    assert (job["status"], job["code"]) == ("failed", "audio_too_short")
    assert "0.20 s of sound" in job["error"]


def test_song_cut_short_is_processed_with_a_warning(client: httpx.Client, shared: Server, tmp_path: Path):
    whole = write_flac(tmp_path / "song.flac", seconds=4.0).read_bytes()
    cut = tmp_path / "cut.flac"
    cut.write_bytes(whole[: len(whole) // 2])
    job = wait_until_over(shared, send(client, cut, lyrics=LRC).json()["file_id"])
    assert job["status"] == "done"
    assert "The file is cut short: 1.8 of 4.0 seconds could be read." in job["warnings"]
    assert "cut_short" in job["warning_codes"]


def test_song_with_damaged_packets_is_processed_with_a_warning(client: httpx.Client, shared: Server, tmp_path: Path):
    good = write_flac(tmp_path / "song.flac", seconds=4.0).read_bytes()
    bad = tmp_path / "damaged.flac"
    bad.write_bytes(damaged(good, flips=20, seed=1, start=len(good) // 2))
    job = wait_until_over(shared, send(client, bad, lyrics=LRC).json()["file_id"])
    assert job["status"] == "done"
    assert any(warning.startswith("The file is damaged: ") for warning in job["warnings"])


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("narrow") / "data"
    with running_server(folder, variables={"MUSIC_SEPARATOR_MAX_UPLOAD_MIB": "1"}) as running:
        yield running


@pytest.mark.parametrize("size", [3 * MIB // 2, 8 * MIB], ids=["while it comes", "by its header"])
def test_too_large_a_file_is_refused(narrow: Server, size: int):
    with narrow.client() as client:
        answer = client.post("/upload", files={"file": ("song.wav", bytes(size))})
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert "limit of 1 MiB" in answer.json()["error"]
    assert list(narrow.data_dir.glob("incoming/*")) == []


def test_too_large_a_file_without_a_length_is_refused(narrow: Server):
    def pieces() -> Iterator[bytes]:
        whole = body(file_part(bytes(3 * MIB // 2)))
        yield from (whole[start : start + 65_536] for start in range(0, len(whole), 65_536))

    with narrow.client() as client:
        answer = client.post("/upload", content=pieces(), headers={"Content-Type": CONTENT_TYPE})
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


def test_too_small_a_disk_is_said_before_the_body_is_sent(tmp_path: Path):
    variables = {"MUSIC_SEPARATOR_MIN_FREE_MIB": str(1 << 30)}
    with running_server(tmp_path / "data", variables=variables) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        connection.putrequest("POST", "/upload")
        connection.putheader("Content-Type", CONTENT_TYPE)
        connection.putheader("Content-Length", str(20 * MIB))
        connection.endheaders()
        with connection.getresponse() as answer:
            refusal = json.load(answer)
        connection.close()
        health = httpx.get(f"{server.url}/health").json()
    assert (answer.status, refusal["code"]) == (507, "not_enough_space")
    assert "Make room" in refusal["error"]
    assert health["status"] == "degraded"


def test_refused_song_leaves_no_job(client: httpx.Client, shared: Server, tmp_path: Path):
    before = client.get("/jobs").json()["count"]
    send(client, _text(tmp_path / "words.mp3"))
    assert client.get("/jobs").json()["count"] == before
    assert client.get("/songs").json()["count"] == before
    assert snapshot(shared, client.get("/jobs").json()["jobs"][0]["file_id"])["status"] != "uploading"
