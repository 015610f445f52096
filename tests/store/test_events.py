import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from music_separator.domain.job import JobOptions, JobStatus
from music_separator.domain.progress import (
    ProgressEvent,
    StageName,
    StageStatus,
    all_done,
    done,
    failed,
    queued,
    uploaded,
    working,
)
from music_separator.store.events import Change
from tests.store.conftest import Rows
from tests.tracks import track

SEPARATION = StageName.SEPARATION


def add(rows: Rows, file_id: str = "song-1") -> None:
    """Store a song whose job is queued: its log has one event."""
    rows.jobs.add(track(file_id), JobOptions(), request=f"request of {file_id}", start=True)


def seqs(events: list[ProgressEvent]) -> list[int]:
    return [event.seq for event in events]


@contextmanager
def broken_commits(path: Path) -> Iterator[None]:
    """Let every commit with a new event fail, as a full disk would: at the commit, after all its statements."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE nobody (id INTEGER PRIMARY KEY)")
    connection.execute("CREATE TABLE broken (id REFERENCES nobody (id) DEFERRABLE INITIALLY DEFERRED)")
    connection.execute("CREATE TRIGGER break AFTER INSERT ON events BEGIN INSERT INTO broken VALUES (1); END")
    yield
    connection.execute("DROP TRIGGER break")
    connection.close()


def test_an_event_is_read_back_as_it_was_given(rows: Rows) -> None:
    add(rows)
    given = rows.log.append("song-1", working(SEPARATION, 42, detail="separating"), attempt=1)
    assert given is not None
    assert rows.log.read("song-1", after=1) == [given]
    assert (given.seq, given.stage, given.progress, given.attempt) == (2, SEPARATION, 42, 1)
    assert given.timestamp.endswith("Z")


def test_eight_threads_on_several_jobs_leave_no_gap(rows: Rows) -> None:
    songs = [f"song-{number}" for number in range(3)]
    for song in songs:
        add(rows, song)
    together = threading.Barrier(8)

    def write(thread: int) -> None:
        together.wait()
        for number in range(15):
            rows.log.append(songs[(thread + number) % 3], queued(SEPARATION, "Waiting"), attempt=1)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    for song in songs:
        assert seqs(rows.log.read(song)) == list(range(1, 42))
        assert rows.jobs.get(song).last_seq == 41


def test_listeners_hear_every_event_once_in_the_order_of_the_numbers(rows: Rows) -> None:
    add(rows, "song-1")
    add(rows, "song-2")
    heard: list[ProgressEvent] = []
    rows.log.listen(heard.append)
    with ThreadPoolExecutor(4) as threads:
        for number in range(40):
            threads.submit(rows.log.append, f"song-{number % 2 + 1}", queued(SEPARATION, "Waiting"), attempt=1)
    for song in ("song-1", "song-2"):
        assert [event for event in heard if event.file_id == song] == rows.log.read(song, after=1)


def test_an_event_is_stored_before_anybody_hears_of_it(rows: Rows) -> None:
    add(rows)
    stored: list[list[int]] = []
    rows.log.listen(lambda event: stored.append(seqs(rows.log.read(event.file_id))))
    rows.log.append("song-1", working(SEPARATION), attempt=1)
    assert stored == [[1, 2]]


def test_a_listener_that_left_hears_nothing(rows: Rows) -> None:
    add(rows)
    heard: list[ProgressEvent] = []
    rows.log.listen(heard.append)()
    rows.log.append("song-1", working(SEPARATION), attempt=1)
    assert heard == []


def test_a_stored_event_is_shown_again_under_its_old_number_to_those_who_asked_for_that(rows: Rows) -> None:
    add(rows)
    live: list[ProgressEvent] = []
    again: list[ProgressEvent] = []
    rows.log.listen(live.append)
    leave = rows.log.listen_again(again.append)
    rows.log.tell_again(rows.log.read("song-1")[0])
    leave()
    rows.log.tell_again(rows.log.read("song-1")[0])
    assert (live, seqs(again)) == ([], [1])
    assert seqs(rows.log.read("song-1")) == [1]


@pytest.mark.parametrize("status", [JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED])
def test_nothing_is_added_to_an_attempt_that_is_over(rows: Rows, status: JobStatus) -> None:
    add(rows)
    rows.log.append("song-1", all_done(), attempt=1, change=Change(status=status))
    before = rows.jobs.get("song-1")
    heard: list[ProgressEvent] = []
    rows.log.listen(heard.append)
    assert rows.log.append("song-1", working(SEPARATION), attempt=1, change=Change(result="late")) is None
    assert rows.jobs.get("song-1") == before
    assert (seqs(rows.log.read("song-1")), heard) == ([1, 2], [])


def test_nothing_is_added_to_an_attempt_that_another_has_followed(rows: Rows) -> None:
    add(rows)
    rows.log.append(
        "song-1", failed(SEPARATION, error="x", code="x"), attempt=1, change=Change(status=JobStatus.FAILED)
    )
    rows.jobs.begin_attempt("song-1", first_stage=SEPARATION, report=None)
    before = rows.jobs.get("song-1")
    assert rows.log.append("song-1", working(SEPARATION), attempt=1) is None
    assert rows.jobs.get("song-1") == before
    assert rows.log.append("song-1", working(SEPARATION), attempt=2) is not None


def test_nothing_is_added_to_a_song_that_is_not_here(rows: Rows) -> None:
    assert rows.log.append("nobody", uploaded(starting=True), attempt=1) is None


def test_a_commit_that_fails_is_heard_by_nobody_and_leaves_no_gap(rows: Rows) -> None:
    add(rows)
    heard: list[ProgressEvent] = []
    rows.log.listen(heard.append)
    with broken_commits(rows.path), pytest.raises(IntegrityError):
        rows.log.append("song-1", working(SEPARATION), attempt=1)
    assert heard == []
    assert rows.jobs.get("song-1").status is JobStatus.QUEUED
    rows.log.append("song-1", working(SEPARATION), attempt=1)
    assert seqs(rows.log.read("song-1")) == [1, 2]


def test_real_work_makes_a_queued_job_run(rows: Rows) -> None:
    add(rows)
    rows.log.append("song-1", queued(SEPARATION, "Waiting"), attempt=1)
    assert rows.jobs.get("song-1").status is JobStatus.QUEUED
    rows.log.append("song-1", working(SEPARATION), attempt=1)
    assert rows.jobs.get("song-1").status is JobStatus.RUNNING


def test_the_state_of_a_stage_is_that_of_its_last_event(rows: Rows) -> None:
    add(rows)
    rows.log.append("song-1", working(SEPARATION, 50), attempt=1)
    rows.log.append("song-1", done(SEPARATION, detail="fallback"), attempt=1, change=Change(result="digest"))
    state = rows.jobs.get("song-1").stage(SEPARATION)
    assert state is not None
    assert (state.status, state.progress, state.detail, state.result) == (StageStatus.DONE, 100, "fallback", "digest")


def test_a_log_is_read_in_parts(rows: Rows) -> None:
    add(rows)
    for _ in range(5):
        rows.log.append("song-1", queued(SEPARATION, "Waiting"), attempt=1)
    assert seqs(rows.log.read("song-1", limit=4)) == [1, 2, 3, 4]
    assert seqs(rows.log.read("song-1", after=4, limit=4)) == [5, 6]
    assert rows.log.read("song-1", after=6) == []


def test_what_the_last_attempts_said_is_given_stage_by_stage(rows: Rows) -> None:
    add(rows)
    rows.log.append("song-1", done(SEPARATION), attempt=1)
    over = Change(status=JobStatus.FAILED)
    rows.log.append("song-1", failed(StageName.KARAOKE, error="x", code="x"), attempt=1, change=over)
    rows.jobs.begin_attempt("song-1", first_stage=StageName.KARAOKE, report=queued(StageName.KARAOKE, "Again"))
    rows.log.append("song-1", done(StageName.KARAOKE), attempt=2)
    assert [(event.stage, event.attempt, event.progress) for event in rows.log.of_last_attempts("song-1")] == [
        ("upload", 1, 100),
        ("separation", 1, 100),
        ("karaoke", 2, 0),
        ("karaoke", 2, 100),
    ]
    assert [event.progress for event in rows.log.of_attempt("song-1", 1, StageName.KARAOKE)] == [100]
