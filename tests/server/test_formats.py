"""Results in other formats, all in one ZIP, and the addresses of the earlier backend."""

import io
import zipfile

import av
import httpx
import pytest

from tests.running import Server

MEDIA = {"wav": "audio/wav", "mp3": "audio/mpeg", "opus": "audio/ogg", "flac": "audio/flac"}


@pytest.mark.parametrize("wanted", MEDIA)
def test_a_stem_comes_in_the_format_asked_for(client: httpx.Client, finished: str, wanted: str):
    answer = client.get(f"/download/{finished}/vocals", params={"format": wanted})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, MEDIA[wanted])
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{finished}_vocals.{wanted}"'
    with av.open(io.BytesIO(answer.content)) as container:
        seconds = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    assert seconds == pytest.approx(1.0, abs=0.06)


def test_wav_is_32_bit_float(client: httpx.Client, finished: str):
    body = client.get(f"/download/{finished}/no_vocals", params={"format": "wav"}).content
    with av.open(io.BytesIO(body)) as container:
        assert container.streams.audio[0].codec_context.name == "pcm_f32le"


@pytest.mark.parametrize(("name", "wanted"), [("vocals", "aiff"), ("lyrics", "mp3")])
def test_a_format_that_cannot_be_is_said(client: httpx.Client, finished: str, name: str, wanted: str):
    answer = client.get(f"/download/{finished}/{name}", params={"format": wanted})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_everything_comes_as_one_zip(client: httpx.Client, finished: str):
    results = client.get(f"/jobs/{finished}").json()["results"]
    answer = client.get(f"/download/{finished}")
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Done.zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {info.filename: info.file_size for info in archive.infolist()} == {
            result["filename"]: result["size"] for result in results
        }


@pytest.mark.parametrize("name", ["vocals.mp3", "no_vocals.mp3", "vocals.flac"])
def test_the_address_of_the_earlier_backend_works(client: httpx.Client, finished: str, name: str):
    answer = client.get(f"/download/demucs/{finished}/{name}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, MEDIA[name.split(".")[-1]])


def test_songs_ready_to_sing_are_listed_with_their_files(client: httpx.Client, shared: Server, finished: str):
    songs = client.get("/karaoke/songs").json()
    song = next(song for song in songs["songs"] if song["file_id"] == finished)
    assert songs["count"] == len(songs["songs"])
    assert song["files"] == {
        "lrc": f"{finished}_karaoke.lrc",
        "audio": f"{finished}_karaoke.mp3",
        "metadata": f"{finished}_sync.json",
    }
    assert song["url"] == f"{shared.url}/karaoke/{finished}/{finished}_karaoke.mp3"
    assert (song["title"], song["total_lines"]) == ("Done", 2)


def test_karaoke_files_are_shown_in_place(client: httpx.Client, finished: str):
    answer = client.get(f"/karaoke/{finished}/{finished}_karaoke.lrc")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{finished}_karaoke.lrc"'
    assert "La la la" in answer.text


def test_graphics_cards_are_listed_with_the_keys_of_the_earlier_backend(client: httpx.Client):
    body = client.get("/gpu-status").json()
    assert body.keys() >= {"available", "torch_installed", "torch_version", "cuda_available", "gpu_count", "devices"}
    assert body["gpu_count"] == len(body["devices"])
