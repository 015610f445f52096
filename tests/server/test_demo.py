"""`serve --demo`: recorded runs replayed through the real server, from the package alone."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from music_separator.server.demo import COMPLETE, SHOWN, WARNING, steps_of
from tests.listening import assert_tells_the_whole_story, assert_whole, listening, numbers
from tests.running import Server, events, running_server, snapshot, upload, wait_for, wait_until_over
from tests.songs import write_song

FAST = ("--demo", "--demo-speed", "50")
SLOW = ("--demo", "--demo-speed", "0.5")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a fast demo."""
    with running_server(tmp_path_factory.mktemp("demo") / "data", flags=FAST) as running:
        yield running


def job_of(server: Server, name: str) -> str:
    """Find the job that a recording is shown as."""
    with server.client() as client:
        jobs = client.get("/jobs").json()["jobs"]
    found: str = next(job["file_id"] for job in jobs if job["filename"] == f"{name}.flac")
    return found


def test_every_recording_is_a_job_that_says_that_it_is_a_demo(demo: Server):
    with demo.client() as client:
        jobs = client.get("/jobs").json()["jobs"]
    assert {job["title"] for job in jobs} >= set(SHOWN.values())
    assert all(job["title"].startswith("Demo: ") for job in jobs if job["filename"].removesuffix(".flac") in SHOWN)
    assert all(WARNING.message in job["warnings"] for job in jobs)


@pytest.mark.parametrize(
    ("name", "status", "attempt"),
    [("complete", "done", 1), ("failed-then-retried", "done", 2), ("cancelled", "cancelled", 1)],
)
def test_job_says_what_was_recorded(demo: Server, name: str, status: str, attempt: int):
    file_id = job_of(demo, name)
    wait_for(lambda: len(events(demo, file_id)) == len(steps_of(name)), what="the end of the replay")
    job = snapshot(demo, file_id)
    log = events(demo, file_id)
    assert (job["status"], job["attempt"], job["results"]) == (status, attempt, [])
    assert_whole(log)
    keys = ("stage", "progress", "message", "status", "detail", "error", "code")
    assert [[event[key] for key in keys] for event in log] == [
        [getattr(step.report, key) for key in keys] for step in steps_of(name)
    ]


def test_uploaded_song_is_given_the_recorded_run_over_the_socket(demo: Server, tmp_path: Path):
    with listening(demo.url) as listener:
        file_id = upload(demo, write_song(tmp_path / "song.wav", seconds=1.0))["file_id"]
        listener.wait_for_end(file_id)
        log = listener.of(file_id)
        assert listener.subscribe({file_id: 0})["ok"]
    assert numbers(log) == list(range(1, len(log) + 1))
    assert_tells_the_whole_story(log)


def test_control_works_on_a_replay(tmp_path: Path):
    with running_server(tmp_path / "data", flags=SLOW) as server, server.client() as client:
        file_id = job_of(server, COMPLETE)
        assert client.post(f"/jobs/{file_id}/cancel").json()["status"] == "cancelled"
        said = events(server, file_id)
        assert client.post(f"/jobs/{file_id}/retry").json()["attempt"] == 2
        wait_for(lambda: len(events(server, file_id)) > len(said) + 2, what="the second attempt")
        assert_whole(events(server, file_id))
        assert not (tmp_path / "data").exists()


def test_demo_has_no_results_to_download_and_says_so(demo: Server):
    file_id = job_of(demo, COMPLETE)
    wait_until_over(demo, file_id)
    answer = httpx.get(f"{demo.url}/download/{file_id}/vocals")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_result"), answer.text
    assert httpx.get(f"{demo.url}/download/{file_id}/mixture").status_code == 200
