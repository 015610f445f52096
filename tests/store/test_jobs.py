import pytest
from sqlalchemy import update

from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import UnknownTrack
from music_separator.domain.job import JobOptions, JobStatus
from music_separator.domain.progress import (
    ProgressEvent,
    StageName,
    StageReport,
    StageStatus,
    all_done,
    done,
    failed,
    queued,
    working,
)
from music_separator.store.events import Change
from music_separator.store.schema import jobs
from tests.store.conftest import Rows
from tests.tracks import track

SEPARATION, TRANSCRIPTION, KARAOKE = StageName.SEPARATION, StageName.TRANSCRIPTION, StageName.KARAOKE
OPTIONS = JobOptions(model="center", lyrics="[00:01.00]La")


def add(rows: Rows, file_id: str = "song-1", *, start: bool = True) -> None:
    rows.jobs.add(track(file_id), OPTIONS, request=f"request of {file_id}", start=start)


def finish(rows: Rows, file_id: str = "song-1", *, attempt: int = 1, results: str = "result") -> None:
    """Let every stage of an attempt succeed."""
    for stage in (SEPARATION, TRANSCRIPTION, KARAOKE):
        change = Change(result=f"{results} of {stage}")
        rows.log.append(file_id, done(stage), attempt=attempt, change=change)
    rows.log.append(file_id, all_done(), attempt=attempt, change=Change(status=JobStatus.DONE))


def said(rows: Rows, file_id: str = "song-1") -> list[tuple[int, str, int, str]]:
    return [(event.seq, event.stage, event.progress, event.message) for event in rows.log.read(file_id)]


def test_a_song_its_job_and_the_first_event_are_stored_together(rows: Rows) -> None:
    heard: list[ProgressEvent] = []
    rows.log.listen(heard.append)
    job = rows.jobs.add(track("song-1"), OPTIONS, request="request", start=True, batch_id="batch")
    assert (job.status, job.attempt, job.first_stage, job.options) == (JobStatus.QUEUED, 1, SEPARATION, OPTIONS)
    assert rows.jobs.track("song-1") == track("song-1")
    assert said(rows) == [(1, "upload", 100, "Upload complete, starting separation...")]
    assert heard == rows.log.read("song-1")
    assert heard[0].batch_id == "batch"


def test_a_song_that_is_not_to_start_is_only_uploaded(rows: Rows) -> None:
    job = rows.jobs.add(track(), OPTIONS, request="request", start=False)
    assert job.status is JobStatus.UPLOADED
    assert said(rows) == [(1, "upload", 100, "Upload complete")]


def test_one_request_made_twice_gives_the_first_job_and_stores_nothing(rows: Rows) -> None:
    first = rows.jobs.add(track("song-1"), OPTIONS, request="the same", start=True)
    second = rows.jobs.add(track("song-2"), OPTIONS, request="the same", start=True)
    assert second == first
    assert rows.jobs.find_request("the same") == "song-1"
    assert [stored.file_id for stored, _ in rows.jobs.library()] == ["song-1"]
    assert len(said(rows)) == 1


def test_numbers_go_on_from_the_events_of_the_upload(rows: Rows) -> None:
    rows.jobs.reserve(track("song-1", blob=""))
    for percent in (10, 60):
        rows.log.append(
            "song-1", StageReport(stage=StageName.UPLOAD, progress=percent, message="Uploading..."), attempt=1
        )
    rows.jobs.add(track("song-1"), OPTIONS, request="request", start=True)
    assert said(rows) == [
        (1, "upload", 10, "Uploading..."),
        (2, "upload", 60, "Uploading..."),
        (3, "upload", 100, "Upload complete, starting separation..."),
    ]
    assert rows.jobs.track("song-1") == track("song-1")


def test_an_upload_that_broke_off_may_begin_again_under_its_id(rows: Rows) -> None:
    rows.jobs.reserve(track("song-1", blob=""))
    rows.log.append("song-1", StageReport(stage=StageName.UPLOAD, progress=10, message="Uploading..."), attempt=1)
    rows.jobs.reserve(track("song-1", blob=""))
    assert rows.jobs.get("song-1").last_seq == 1


def test_what_still_arrives_is_not_in_the_library(rows: Rows) -> None:
    rows.jobs.reserve(track("song-1", blob=""))
    assert rows.jobs.library() == []


def test_the_library_has_the_newest_first_and_one_owner_only(rows: Rows) -> None:
    for number, owner in enumerate(["ana", "ivo", "ana"], start=1):
        stored = track(f"song-{number}", owner=owner, created_at=f"2026-01-0{number}T00:00:00.000Z")
        rows.jobs.add(stored, OPTIONS, request=str(number), start=True)
    assert [stored.file_id for stored, _ in rows.jobs.library()] == ["song-3", "song-2", "song-1"]
    assert [job.file_id for _, job in rows.jobs.library(owner="ana")] == ["song-3", "song-1"]


def test_a_song_of_somebody_else_is_unknown(rows: Rows) -> None:
    add(rows)
    assert rows.jobs.track("song-1", owner="local").file_id == "song-1"
    with pytest.raises(UnknownTrack):
        rows.jobs.track("song-1", owner="somebody else")
    with pytest.raises(UnknownTrack):
        rows.jobs.get("nobody")


def test_work_is_owed_to_queued_and_running_jobs(rows: Rows) -> None:
    for number in range(1, 5):
        add(rows, f"song-{number}", start=number != 4)
    rows.log.append("song-2", working(SEPARATION), attempt=1)
    finish(rows, "song-3")
    assert {job.file_id for job in rows.jobs.active()} == {"song-1", "song-2"}


def test_the_first_run_of_an_uploaded_song_is_attempt_one(rows: Rows) -> None:
    add(rows, start=False)
    job = rows.jobs.begin_attempt("song-1", first_stage=SEPARATION, report=queued(SEPARATION, "Waiting to start"))
    assert (job.attempt, job.status) == (1, JobStatus.QUEUED)
    assert said(rows)[-1] == (2, "separation", 0, "Waiting to start")


def test_a_re_run_is_the_next_attempt_and_its_stages_are_due_again(rows: Rows) -> None:
    add(rows)
    finish(rows)
    job = rows.jobs.begin_attempt("song-1", first_stage=KARAOKE, report=None, options=JobOptions(lyrics="other"))
    assert (job.attempt, job.status, job.first_stage) == (2, JobStatus.QUEUED, KARAOKE)
    assert job.options == JobOptions(lyrics="other")
    assert {state.stage: state.status for state in job.stages} == {
        StageName.UPLOAD: StageStatus.DONE,
        SEPARATION: StageStatus.DONE,
        TRANSCRIPTION: StageStatus.DONE,
    }


def test_a_re_run_forgets_the_cancel_of_the_run_before(rows: Rows) -> None:
    add(rows)
    rows.jobs.request_cancel("song-1")
    rows.jobs.end_cancelled("song-1")
    assert rows.jobs.begin_attempt("song-1", first_stage=SEPARATION, report=None).cancel_requested is False


def test_no_attempt_begins_while_one_is_open(rows: Rows) -> None:
    add(rows)
    before = rows.jobs.get("song-1")
    assert rows.jobs.begin_attempt("song-1", first_stage=KARAOKE, report=queued(KARAOKE, "Again")) == before
    assert len(said(rows)) == 1


def test_a_cancel_can_be_asked_for_while_an_attempt_is_open(rows: Rows) -> None:
    add(rows)
    assert rows.jobs.request_cancel("song-1") is True
    assert rows.jobs.get("song-1").cancel_requested is True


def test_there_is_nothing_to_cancel_in_an_attempt_that_is_over(rows: Rows) -> None:
    add(rows)
    finish(rows)
    assert rows.jobs.request_cancel("song-1") is False
    assert rows.jobs.get("song-1").cancel_requested is False


def test_a_cancelled_attempt_ends_with_one_event_at_the_percent_reached(rows: Rows) -> None:
    add(rows)
    rows.log.append("song-1", working(SEPARATION, 42), attempt=1)
    rows.jobs.end_cancelled("song-1")
    rows.jobs.end_cancelled("song-1")
    assert said(rows)[2:] == [(3, "separation", 42, "Cancelled")]
    job = rows.jobs.get("song-1")
    assert (job.status, job.stages[-1].status) == (JobStatus.CANCELLED, StageStatus.CANCELLED)


def test_a_cancel_before_any_stage_ends_at_the_first_one(rows: Rows) -> None:
    add(rows)
    rows.jobs.end_cancelled("song-1")
    assert said(rows)[1:] == [(2, "separation", 0, "Cancelled")]


def test_a_cancel_between_two_stages_does_not_take_back_the_finished_one(rows: Rows) -> None:
    """It wrote `separation` 0 after `separation` 100, and the stems were no longer among the results."""
    add(rows)
    rows.log.append("song-1", done(SEPARATION), attempt=1, change=Change(result="stems"))
    rows.jobs.end_cancelled("song-1")
    separation = rows.jobs.get("song-1").stage(SEPARATION)
    assert separation is not None
    assert (separation.status, separation.progress) == (StageStatus.DONE, 100)
    assert said(rows)[-1] == (3, "transcription", 0, "Cancelled")


def test_a_cancel_after_the_last_stage_takes_nothing_back(rows: Rows) -> None:
    add(rows)
    for stage in (SEPARATION, TRANSCRIPTION, KARAOKE):
        rows.log.append("song-1", done(stage), attempt=1)
    rows.jobs.end_cancelled("song-1")
    assert said(rows)[-1] == (5, "complete", 0, "Cancelled")
    assert rows.jobs.get("song-1").status is JobStatus.CANCELLED


def test_jobs_are_counted_by_status(rows: Rows) -> None:
    add(rows, "song-1")
    add(rows, "song-2")
    add(rows, "song-3", start=False)
    counts = rows.jobs.count_by_status()
    assert set(counts) == set(JobStatus)
    assert {status: count for status, count in counts.items() if count} == {"queued": 2, "uploaded": 1}


ONE = Caution(code=CautionCode.FALLBACK, message="One.")
TWO = Caution(code=CautionCode.UNCERTAIN_TIMES, message="Two.")


def test_a_warning_is_kept_once(rows: Rows) -> None:
    add(rows)
    assert [rows.jobs.add_warning("song-1", each) for each in (ONE, TWO, ONE)] == [True, True, False]
    assert rows.jobs.get("song-1").warnings == (ONE, TWO)


def test_a_warning_goes_when_its_stage_is_run_anew(rows: Rows) -> None:
    add(rows)
    rows.jobs.add_warning("song-1", ONE, stage=SEPARATION)
    rows.jobs.add_warning("song-1", TWO, stage=KARAOKE)
    rows.log.append("song-1", all_done(), attempt=1, change=Change(status=JobStatus.DONE))
    rows.jobs.begin_attempt("song-1", first_stage=KARAOKE, report=None)
    assert rows.jobs.get("song-1").warnings == (ONE,)


def test_a_sentence_that_was_stored_without_a_code_is_still_told(rows: Rows) -> None:
    add(rows)
    with rows.database.write() as connection:
        connection.execute(update(jobs).values(warnings=["Old."]))
    assert rows.jobs.get("song-1").warnings == (Caution(code=CautionCode.OTHER, message="Old."),)


def test_chosen_options_can_be_replaced(rows: Rows) -> None:
    add(rows)
    rows.jobs.set_options("song-1", JobOptions(model="demucs", lyrics="La"))
    assert rows.jobs.get("song-1").options == JobOptions(model="demucs", lyrics="La")


def test_deleting_gives_the_results_that_no_other_song_uses(rows: Rows) -> None:
    add(rows, "song-1")
    add(rows, "song-2")
    rows.log.append("song-1", done(SEPARATION), attempt=1, change=Change(result="shared"))
    rows.log.append("song-1", done(TRANSCRIPTION), attempt=1, change=Change(result="own"))
    rows.log.append("song-2", done(SEPARATION), attempt=1, change=Change(result="shared"))
    assert rows.jobs.delete("song-1") == ["own"]
    assert rows.jobs.delete("song-2") == ["shared"]


def test_nothing_is_left_of_a_deleted_song(rows: Rows) -> None:
    add(rows)
    finish(rows)
    rows.jobs.delete("song-1")
    with pytest.raises(UnknownTrack):
        rows.jobs.get("song-1")
    assert rows.log.read("song-1") == []
    assert rows.jobs.find_request("request of song-1") is None
    assert rows.jobs.library() == []


def test_bytes_are_in_use_as_long_as_a_song_has_them(rows: Rows) -> None:
    for number in (1, 2):
        rows.jobs.add(track(f"song-{number}", blob="bytes"), OPTIONS, request=str(number), start=True)
    rows.jobs.delete("song-1")
    assert rows.jobs.blob_in_use("bytes") is True
    rows.jobs.delete("song-2")
    assert rows.jobs.blob_in_use("bytes") is False


def test_a_failure_is_part_of_the_stage_and_of_the_job(rows: Rows) -> None:
    add(rows)
    report = failed(SEPARATION, error="The audio is silent.", code="silent_audio")
    rows.log.append("song-1", report, attempt=1, change=Change(status=JobStatus.FAILED))
    job = rows.jobs.get("song-1")
    assert job.status is JobStatus.FAILED
    assert (job.stages[-1].error, job.stages[-1].code) == ("The audio is silent.", "silent_audio")
