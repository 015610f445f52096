"""One stage at a time, as the earlier backend's front ends ask for it."""

from pathlib import Path

import httpx
import pytest

from tests.running import Server, events, upload, wait_until_over
from tests.songs import LRC, write_song


@pytest.fixture
def stored(shared: Server, tmp_path: Path) -> str:
    """Store a song without starting its job."""
    song = write_song(tmp_path / "stored.wav", seconds=1.0, seed=hash(tmp_path.name) % 1000 + 7)
    return str(upload(shared, song, lyrics=LRC, auto_process="false")["file_id"])


def test_stages_run_one_by_one_and_the_last_completes_the_song(client: httpx.Client, shared: Server, stored: str):
    said = []
    for path in (f"/separate/{stored}", f"/transcribe/{stored}", f"/process/karaoke/{stored}"):
        assert client.post(path).status_code == 202
        said.append([state["stage"] for state in wait_until_over(shared, stored)["stages"]])

    assert said == [
        ["upload", "separation"],
        ["upload", "separation", "transcription"],
        ["upload", "separation", "transcription", "karaoke", "complete"],
    ]
    completed = [event["seq"] for event in events(shared, stored) if event["stage"] == "complete"]
    assert completed == [events(shared, stored)[-1]["seq"]]


def test_a_stage_without_what_it_builds_on_is_a_conflict(client: httpx.Client, stored: str):
    answer = client.post(f"/karaoke/{stored}")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")
    assert "separation first" in answer.json()["error"]


def test_a_model_of_its_own_is_not_replaced(client: httpx.Client, shared: Server, stored: str):
    client.post(f"/process/htdemucs/{stored}")
    assert wait_until_over(shared, stored)["code"] == "model_unavailable"


@pytest.mark.parametrize("path", ["/process/musicgen/{}", "/process/demucs/nobody", "/separate/nobody"])
def test_what_is_not_there_is_not_found(client: httpx.Client, stored: str, path: str):
    assert client.post(path.format(stored)).status_code == 404
