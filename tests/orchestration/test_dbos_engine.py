"""DBOS itself, on SQLite. It is one per process: each test destroys its own; what is killed runs elsewhere."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from music_separator.orchestration.dbos_engine import DbosEngine
from music_separator.orchestration.port import JobEngine
from tests.orchestration.stages import STAGES, Stages
from tests.running import wait_for

Launch = Callable[..., AbstractContextManager[JobEngine]]


@pytest.fixture
def stages(tmp_path: Path) -> Stages:
    return Stages(tmp_path / "journal")


@pytest.fixture
def launched(tmp_path: Path, stages: Stages) -> Launch:
    """Launch an engine over the test's database while a block runs."""

    @contextmanager
    def launch(*, slots: int = 1, version: str = "1") -> Iterator[JobEngine]:
        database = tmp_path / "engine.db"
        engine = DbosEngine(database, stages=STAGES, run_stage=stages.run, slots=slots, version=version)
        engine.launch()
        try:
            yield engine
        finally:
            engine.close()

    return launch


@contextmanager
def interrupted(folder: Path, stages: Stages, *, version: str) -> Iterator[subprocess.Popen[str]]:
    """Run an engine elsewhere until its song is in the second stage."""
    arguments = [str(folder / "engine.db"), str(folder / "journal"), version]
    command = [sys.executable, "-m", "tests.orchestration.interrupted", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        try:
            stages.wait_for("begin song 1 second")
            yield process
        finally:
            process.kill()


def test_the_stages_of_an_attempt_run_in_order_and_once_each(launched: Launch, stages: Stages) -> None:
    with launched() as engine:
        engine.ensure("song", 1)
        stages.wait_for("end song 1 third")
    assert stages.said() == [
        "begin song 1 first",
        "end song 1 first",
        "begin song 1 second",
        "end song 1 second",
        "begin song 1 third",
        "end song 1 third",
    ]


def test_a_stage_that_says_so_ends_the_attempt(launched: Launch, stages: Stages) -> None:
    stages.last_stage = "second"
    with launched() as engine:
        engine.ensure("song", 1)
        engine.ensure("after", 1)
        stages.wait_for("end after 1 second")
    assert stages.begun("song") == ["first", "second"]


def test_an_attempt_made_certain_twice_runs_once(launched: Launch, stages: Stages) -> None:
    release = stages.hold("song")
    with launched() as engine:
        engine.ensure("song", 1)
        engine.ensure("song", 1)
        stages.wait_for("begin song 1 first")
        engine.ensure("song", 1)
        release()
        engine.ensure("after", 1)
        stages.wait_for("end after 1 third")
    assert stages.begun("song") == ["first", "second", "third"]


def test_every_attempt_of_a_song_is_its_own(launched: Launch, stages: Stages) -> None:
    with launched() as engine:
        engine.ensure("song", 1)
        stages.wait_for("end song 1 third")
        engine.ensure("song", 2)
        stages.wait_for("end song 2 third")
    assert stages.begun("song") == ["first", "second", "third"] * 2


def test_one_slot_works_on_one_song_at_a_time(launched: Launch, stages: Stages) -> None:
    with launched(slots=1) as engine:
        for number in range(3):
            engine.ensure(f"song-{number}", 1)
        for number in range(3):
            stages.wait_for(f"end song-{number} 1 third")
    assert stages.most_at_once == 1


def test_two_slots_work_on_two_songs_and_on_no_third(launched: Launch, stages: Stages) -> None:
    releases = [stages.hold(f"song-{number}") for number in range(3)]
    with launched(slots=2) as engine:
        for number in range(3):
            engine.ensure(f"song-{number}", 1)
        wait_for(lambda: stages.at_once == 2, timeout_s=10, what="two songs at once")
        for release in releases:
            release()
        for number in range(3):
            stages.wait_for(f"end song-{number} 1 third")
    assert stages.most_at_once == 2


def test_an_attempt_taken_out_of_the_queue_never_runs(launched: Launch, stages: Stages) -> None:
    release = stages.hold("song")
    with launched() as engine:
        engine.ensure("song", 1)
        engine.ensure("unwanted", 1)
        stages.wait_for("begin song 1 first")
        engine.withdraw("unwanted", 1)
        release()
        engine.ensure("after", 1)
        stages.wait_for("end after 1 third")
    assert stages.begun("unwanted") == []


def test_a_withdrawn_attempt_that_runs_stops_at_the_next_stage(launched: Launch, stages: Stages) -> None:
    release = stages.hold("song")
    with launched() as engine:
        engine.ensure("song", 1)
        stages.wait_for("begin song 1 first")
        engine.withdraw("song", 1)
        release()
        engine.ensure("after", 1)
        stages.wait_for("end after 1 third")
    assert stages.begun("song") == ["first"]


def test_an_attempt_that_broke_down_is_begun_again_when_it_is_made_certain_again(
    launched: Launch, stages: Stages
) -> None:
    stages.failures = [OSError("no space left on device")]
    with launched() as engine:
        engine.ensure("song", 1)
        engine.ensure("after", 1)
        stages.wait_for("end after 1 third")
        assert stages.begun("song") == ["first"]
        engine.ensure("song", 1)
        stages.wait_for("end song 1 third")
    assert stages.begun("song") == ["first", "first", "second", "third"]


def test_a_song_that_was_forgotten_may_come_again_under_its_id(launched: Launch, stages: Stages) -> None:
    with launched() as engine:
        engine.ensure("song", 1)
        stages.wait_for("end song 1 third")
        engine.forget("song")
        engine.forget("song")
        engine.ensure("song", 1)
        wait_for(lambda: stages.begun("song").count("third") == 2, timeout_s=10, what="the second run")


def test_a_killed_process_goes_on_at_the_stage_it_was_killed_in(
    launched: Launch, stages: Stages, tmp_path: Path
) -> None:
    with interrupted(tmp_path, stages, version="1"):
        pass
    with launched():
        stages.wait_for("end song 1 third")
        stages.wait_for("end next 1 third")
    assert stages.begun("song") == ["first", "second", "second", "third"]
    assert stages.begun("next") == ["first", "second", "third"]


def test_an_engine_that_was_closed_in_the_middle_of_a_stage_goes_on_with_it(
    launched: Launch, stages: Stages, tmp_path: Path
) -> None:
    with interrupted(tmp_path, stages, version="1") as process:
        process.communicate("close\n", timeout=20)
        assert process.returncode == 0
    with launched():
        stages.wait_for("end song 1 third")
    assert stages.begun("song") == ["first", "second", "second", "third"]


def test_what_an_older_version_began_is_ended_by_a_newer_one(launched: Launch, stages: Stages, tmp_path: Path) -> None:
    with interrupted(tmp_path, stages, version="1"):
        pass
    with launched(version="2") as engine:
        engine.ensure("song", 1)
        engine.ensure("next", 1)
        stages.wait_for("end song 1 third")
        stages.wait_for("end next 1 third")
    assert stages.begun("song") == ["first", "second", "first", "second", "third"]
    assert stages.begun("next") == ["first", "second", "third"]
