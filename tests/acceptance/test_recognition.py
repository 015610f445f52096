"""Songs without words, over HTTP: heard by a tiny model, fetched from a hub on loopback, or said to be impossible."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.engines.hub import Hub, running_hub
from tests.engines.transcription.tiny_whisper import SUNG_TEXT, write_tiny_whisper
from tests.listening import assert_whole
from tests.running import Server, events, running_server, upload, wait_until_over
from tests.songs import write_song


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server that has the tiny model under the name of a size, and reaches for no network."""
    folder = tmp_path_factory.mktemp("hearing")
    write_tiny_whisper(folder / "data" / "models" / "whisper-tiny")
    with running_server(folder / "data") as running:
        yield running


def heard(server: Server, file_id: str) -> str:
    """Assert that the transcription succeeded; gives its text."""
    wait_until_over(server, file_id)
    log = events(server, file_id)
    assert_whole(log)
    said = [(event["progress"], event["message"]) for event in log if event["stage"] == "transcription"]
    assert (10, "Transcribing lyrics with AI...") in said
    assert said[-1] == (100, "Transcription complete")
    return httpx.get(f"{server.url}/download/{file_id}/lyrics").text


def test_a_song_without_words_is_heard(hearing: Server, tmp_path: Path):
    song = write_song(tmp_path / "song.wav", seconds=4.0, seed=1)
    file_id = upload(hearing, song, transcriber="whisper-tiny")["file_id"]
    assert heard(hearing, file_id) == f"{SUNG_TEXT}\n"
    transcript = httpx.get(f"{hearing.url}/download/{file_id}/transcript").json()
    assert (transcript["language"], transcript["segments"][0]["text"]) == ("hr", SUNG_TEXT)
    assert any(f"Auto-transcribing {file_id} with whisper-tiny" in line for line in hearing.output)
    assert "[la:hr]" in httpx.get(f"{hearing.url}/download/{file_id}/{file_id}_karaoke.lrc").text


def test_given_words_win_over_what_could_be_heard(hearing: Server, tmp_path: Path):
    song = write_song(tmp_path / "song.wav", seconds=2.0, seed=2)
    file_id = upload(hearing, song, lyrics="[00:00.50]La la\n", transcriber="whisper-tiny")["file_id"]
    assert heard(hearing, file_id) == "[00:00.50]La la"


def test_a_retry_may_choose_another_transcriber(hearing: Server, tmp_path: Path):
    song = write_song(tmp_path / "song.wav", seconds=2.0, seed=3)
    file_id = upload(hearing, song, transcriber="none")["file_id"]
    assert "switched off" in wait_until_over(hearing, file_id)["error"]
    httpx.post(f"{hearing.url}/jobs/{file_id}/retry", json={"transcriber": "whisper-tiny"})
    assert heard(hearing, file_id) == f"{SUNG_TEXT}\n"
    assert {event["stage"] for event in events(hearing, file_id) if event["attempt"] == 2} >= {"transcription"}
    assert "separation" not in {event["stage"] for event in events(hearing, file_id) if event["attempt"] == 2}


@pytest.mark.parametrize("way", ["upload", "retry"])
def test_an_unknown_transcriber_is_refused_with_the_known_ones(hearing: Server, tmp_path: Path, way: str):
    song = write_song(tmp_path / "song.wav", seconds=1.0, seed=4)
    if way == "upload":
        with song.open("rb") as file:
            answer = httpx.post(f"{hearing.url}/upload", files={"file": file}, data={"transcriber": "parrot"})
    else:
        file_id = upload(hearing, song, auto_process="false")["file_id"]
        answer = httpx.post(f"{hearing.url}/jobs/{file_id}/retry", json={"transcriber": "parrot"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert "Known: whisper, whisper-tiny" in answer.json()["error"]


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Hub]]:
    """Run a server without weights, and the hub that it may reach."""
    folder = tmp_path_factory.mktemp("connected")
    made = write_tiny_whisper(folder / "made")
    offered = {path.name: path.read_bytes() for path in made.iterdir()}
    with running_hub(offered, repository="Systran/faster-whisper-tiny") as hub:
        variables = {"MUSIC_SEPARATOR_OFFLINE": "0", "MUSIC_SEPARATOR_HUB_URL": hub.url}
        with running_server(folder / "data", variables=variables) as server:
            yield server, hub


def test_a_missing_model_is_fetched_and_used(connected: tuple[Server, Hub], tmp_path: Path):
    server, hub = connected
    song = write_song(tmp_path / "song.wav", seconds=2.0, seed=5)
    file_id = upload(server, song, transcriber="whisper-tiny")["file_id"]
    assert heard(server, file_id) == f"{SUNG_TEXT}\n"
    assert hub.bytes_asked("model.bin")
    assert (server.data_dir / "models" / "whisper-tiny" / "weights.json").is_file()


def test_with_a_hub_in_trouble_the_stage_soon_says_why_and_the_stems_stay(
    connected: tuple[Server, Hub], tmp_path: Path
):
    server, hub = connected
    hub.status = 503
    song = write_song(tmp_path / "song.wav", seconds=2.0, seed=6)
    began = time.monotonic()
    file_id = upload(server, song)["file_id"]
    job = wait_until_over(server, file_id)
    assert (job["status"], job["code"]) == ("failed", "no_transcriber")
    assert f"could not be fetched from {hub.url} (it answers 503" in job["error"]
    assert {result["name"] for result in job["results"]} == {"vocals", "no_vocals"}
    assert time.monotonic() - began < 15


def test_the_server_says_which_transcribers_run(hearing: Server):
    transcribers = httpx.get(f"{hearing.url}/models").json()["transcribers"]
    assert transcribers["whisper-tiny"] == {"name": "whisper-tiny", "available": True, "reason": None}
    assert not transcribers["whisper-small"]["available"]
    assert "offline" in transcribers["whisper-small"]["reason"]
