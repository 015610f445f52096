"""The verbs that people have, over real rows and files, with a job engine that only remembers what it was told."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from music_separator.domain.errors import (
    EmptyLyrics,
    FileIdTaken,
    InvalidRequest,
    NotAudio,
    StageNotReady,
    UnknownModel,
    UnknownStage,
    UnknownTrack,
)
from music_separator.domain.job import JobOptions, JobStatus
from music_separator.domain.progress import (
    WORK_STAGES,
    StageName,
    StageStatus,
    done,
)
from music_separator.service import clean_name, new_file_id
from music_separator.store.events import Change
from tests.house import OPTIONS, House, house_in
from tests.songs import LRC
from tests.tracks import digest_of, finished, track

SEPARATION, TRANSCRIPTION, KARAOKE = WORK_STAGES
CLIENT_ID = "123e4567-e89b-12d3-a456-426614174000"
OTHER_ID = "123e4567-e89b-12d3-a456-426614174001"
PLAIN = "La la la\nLo lo lo\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with house_in(tmp_path) as made:
        yield made


def test_an_upload_is_stored_and_queued(house: House) -> None:
    new = house.new(title="La la", filename="C:\\Music\\la la.wav")
    added = house.service.add_track(new)
    track, job = added.track, added.job
    assert added.existing is False
    assert (track.filename, track.title, track.blob, track.duration_s) == ("la la.wav", "La la", new.sha256, 1.0)
    assert (job.status, job.attempt, job.options) == (JobStatus.QUEUED, 1, OPTIONS)
    assert house.engine.told == [("ensure", track.file_id, 1)]
    assert house.last(track.file_id) == ("upload", 100, "Upload complete, starting separation...", "done")
    assert not new.path.exists()
    assert house.service.files.blob(new.sha256).stat().st_size == new.size_bytes


def test_an_upload_that_is_not_to_start_waits(house: House) -> None:
    added = house.service.add_track(house.new(start=False))
    assert added.job.status is JobStatus.UPLOADED
    assert house.engine.told == []
    assert house.last(added.track.file_id)[2] == "Upload complete"


def test_a_song_behind_others_says_so(house: House) -> None:
    house.add(seed=1)
    assert house.last(house.add(seed=2)) == ("separation", 0, "Waiting: 1 song first", "queued")
    assert house.last(house.add(seed=3)) == ("separation", 0, "Waiting: 2 songs first", "queued")


def test_a_client_may_name_its_song(house: House) -> None:
    house.service.reserve(CLIENT_ID, owner="local", filename="song.wav")
    assert house.service.is_taken(CLIENT_ID, "local") is False
    assert house.add(file_id=CLIENT_ID) == CLIENT_ID
    assert house.service.is_taken(CLIENT_ID, "local") is True


def test_a_song_whose_bytes_still_arrive_has_a_log_and_no_results(house: House) -> None:
    house.service.reserve(CLIENT_ID, owner="local", filename="song.wav")
    assert house.service.owned(CLIENT_ID, "local").file_id == CLIENT_ID
    with pytest.raises(UnknownTrack):
        house.service.owned_track(CLIENT_ID, "local")


def test_an_id_of_another_owner_is_taken_and_its_log_left_alone(house: House) -> None:
    # The second upload once took a reserved id over, with its log.
    house.service.reserve(CLIENT_ID, owner="ana", filename="hers.wav")
    before = house.service.jobs.track(CLIENT_ID)
    with pytest.raises(FileIdTaken):
        house.service.reserve(CLIENT_ID, owner="ivo", filename="his.wav")
    with pytest.raises(FileIdTaken):
        house.service.add_track(house.new(owner="ivo", file_id=CLIENT_ID))
    assert house.service.is_taken(CLIENT_ID, "ivo") is True
    assert house.service.jobs.track(CLIENT_ID) == before
    assert [name for name in house.kept() if name.startswith("blobs")] == []


def test_a_repeated_upload_under_the_id_of_another_owner_leaves_that_alone(house: House) -> None:
    first = house.add(owner="ivo")
    house.service.reserve(CLIENT_ID, owner="ana", filename="hers.wav")
    assert house.service.add_track(house.new(owner="ivo", file_id=CLIENT_ID)).track.file_id == first
    assert house.service.jobs.track(CLIENT_ID).owner == "ana"


def test_a_deleted_song_leaves_what_another_owner_shares(house: House) -> None:
    of_ana, of_ivo = house.add(owner="ana"), house.add(owner="ivo")
    digest = digest_of("stems of both")
    for file_id in (of_ana, of_ivo):
        folder = house.service.files.work_dir(file_id, SEPARATION, digest) / "out"
        house.service.files.publish(folder, digest, finished(folder, {"vocals.flac": b"made"}))
        house.service.log.append(file_id, done(SEPARATION), attempt=1, change=Change(result=digest))
    house.service.delete(of_ana)
    mixture = house.service.owned_track(of_ivo, "ivo").blob
    assert house.service.files.blob(mixture).exists()
    assert house.service.files.artifact_path(digest, "vocals").read_bytes() == b"made"
    house.service.delete(of_ivo)
    assert [name for name in house.kept() if name.startswith(("blobs", "artifacts"))] == []


def test_a_name_taken_for_other_bytes_is_refused(house: House) -> None:
    house.add(seed=1, file_id=CLIENT_ID)
    with pytest.raises(FileIdTaken):
        house.service.add_track(house.new(seed=2, file_id=CLIENT_ID))
    assert len(house.service.jobs.library()) == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (JobOptions(model="spleeter"), UnknownModel),
        (JobOptions(model="center", lyrics="[ti:Only a title]\n"), EmptyLyrics),
    ],
)
def test_what_was_chosen_wrongly_is_refused_before_anything_is_stored(
    house: House, options: JobOptions, error: type[Exception]
) -> None:
    with pytest.raises(error):
        house.service.add_track(house.new(options=options))
    assert house.service.jobs.library() == []


def test_what_is_no_audio_is_refused_before_anything_is_stored(house: House) -> None:
    new = house.new()
    new.path.write_bytes(b"%PDF-1.7 no music in here")
    with pytest.raises(NotAudio):
        house.service.add_track(new)
    assert house.service.jobs.library() == []


def test_a_song_uploaded_again_is_here_already(house: House) -> None:
    first = house.add()
    house.finish(first, *WORK_STAGES)
    again = house.new()
    added = house.service.add_track(again)
    assert (added.existing, added.track.file_id, added.job.attempt) == (True, first, 1)
    assert house.engine.told == []
    assert not again.path.exists()
    assert len(house.service.jobs.library()) == 1


def test_the_milestones_of_a_song_that_is_here_are_shown_again_under_their_numbers(house: House) -> None:
    first = house.add()
    house.begin(first, SEPARATION, 40)
    house.finish(first, *WORK_STAGES)
    house.service.add_track(house.new())
    log = house.service.log.read(first)
    assert house.shown_again == [event for event in log if event.progress == 100]
    assert [event.stage for event in house.shown_again] == [
        "upload",
        "separation",
        "transcription",
        "karaoke",
        "complete",
    ]


@pytest.mark.parametrize(
    "values", [{"options": JobOptions(model="center")}, {"title": "Other"}, {"owner": "ana"}, {"language": "hr"}]
)
def test_the_same_bytes_with_other_choices_are_another_song(house: House, values: dict[str, Any]) -> None:
    first = house.add()
    assert house.add(**values) != first
    assert len([name for name in house.kept() if name.startswith("blobs")]) == 1


def test_a_song_uploaded_again_starts_if_it_never_did(house: House) -> None:
    first = house.add(start=False)
    added = house.service.add_track(house.new())
    assert (added.existing, added.job.status, added.job.attempt) == (True, JobStatus.QUEUED, 1)
    assert house.engine.told == [("ensure", first, 1)]


def test_a_song_uploaded_again_goes_on_where_it_failed(house: House) -> None:
    first = house.add()
    house.finish(first, SEPARATION)
    house.fail(first, TRANSCRIPTION)
    added = house.service.add_track(house.new())
    assert (added.job.status, added.job.attempt, added.job.first_stage) == (JobStatus.QUEUED, 2, TRANSCRIPTION)
    assert house.engine.told == [("ensure", first, 2)]


def test_a_song_uploaded_again_without_a_start_is_left_as_it_is(house: House) -> None:
    first = house.add()
    house.fail(first, SEPARATION)
    assert house.service.add_track(house.new(start=False)).job.status is JobStatus.FAILED
    assert house.engine.told == []


def test_the_log_of_a_repeated_upload_under_another_name_is_closed(house: House) -> None:
    first = house.add(file_id=CLIENT_ID)
    house.service.reserve(OTHER_ID, owner="local", filename="song.wav")
    assert house.service.add_track(house.new(file_id=OTHER_ID)).track.file_id == first
    with pytest.raises(UnknownTrack):
        house.service.jobs.get(OTHER_ID)


def test_a_stored_song_can_be_started(house: House) -> None:
    file_id = house.add(start=False)
    job = house.service.start(file_id)
    assert (job.status, job.attempt) == (JobStatus.QUEUED, 1)
    assert house.last(file_id) == ("separation", 0, "Waiting to start", "queued")
    assert house.engine.told == [("ensure", file_id, 1)]


def test_a_cancel_of_a_queued_job_ends_it_at_once(house: House) -> None:
    file_id = house.add()
    outcome = house.service.cancel(file_id)
    assert (outcome.done, outcome.job.status, outcome.message) == (
        "cancelled",
        JobStatus.CANCELLED,
        "The job is cancelled.",
    )
    assert house.engine.told == [("withdraw", file_id, 1)]
    assert house.last(file_id) == ("separation", 0, "Cancelled", "cancelled")


def test_a_cancel_of_running_work_is_left_to_the_worker(house: House) -> None:
    file_id = house.add()
    house.begin(file_id, SEPARATION, 40)
    house.workers.running[file_id] = 1
    outcome = house.service.cancel(file_id)
    assert (outcome.done, outcome.job.cancel_requested) == ("cancelling", True)
    assert house.last(file_id)[3] == "running"


def test_a_cancel_of_what_is_over_changes_nothing(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, *WORK_STAGES)
    before = house.service.jobs.get(file_id)
    outcome = house.service.cancel(file_id)
    assert (outcome.done, outcome.message) == ("done", "Nothing to cancel: the job is done.")
    assert (house.service.jobs.get(file_id), house.engine.told) == (before, [])


def test_a_cancel_said_twice_is_written_once(house: House) -> None:
    file_id = house.add()
    house.service.cancel(file_id)
    assert house.service.cancel(file_id).done == "cancelled"
    assert [event.message for event in house.service.log.read(file_id)].count("Cancelled") == 1


def test_a_retry_goes_on_from_the_stage_that_failed(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, SEPARATION)
    house.fail(file_id, TRANSCRIPTION)
    outcome = house.service.retry(file_id)
    assert (outcome.done, outcome.message) == ("queued", "Attempt 2 goes on from transcription.")
    assert house.engine.told == [("ensure", file_id, 2)]
    assert house.last(file_id) == ("transcription", 0, "Waiting to start", "queued")


def test_a_retry_may_name_an_earlier_stage(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, *WORK_STAGES)
    assert house.service.retry(file_id, stage="separation").message == "Attempt 2 goes on from separation."
    assert house.service.jobs.get(file_id).stages[0].stage is StageName.UPLOAD


@pytest.mark.parametrize(("stage", "error"), [("karaoke", StageNotReady), ("mixing", UnknownStage)])
def test_a_retry_of_a_stage_that_cannot_be_next_is_refused(house: House, stage: str, error: type[Exception]) -> None:
    file_id = house.add()
    house.fail(file_id, SEPARATION)
    with pytest.raises(error):
        house.service.retry(file_id, stage=stage)
    assert house.service.jobs.get(file_id).attempt == 1


def test_a_retry_while_the_job_runs_does_nothing(house: House) -> None:
    file_id = house.add()
    house.begin(file_id, SEPARATION, 40)
    outcome = house.service.retry(file_id)
    assert (outcome.done, outcome.message) == ("running", "The job is already under way.")
    assert house.engine.told == []


def test_a_retry_of_what_is_done_does_nothing(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, *WORK_STAGES)
    outcome = house.service.retry(file_id, options=OPTIONS)
    assert (outcome.done, outcome.message) == ("done", "Nothing to retry: everything is done.")
    assert house.engine.told == []


def test_a_retry_with_another_model_begins_with_the_separation(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, *WORK_STAGES)
    outcome = house.service.retry(file_id, options=replace(OPTIONS, model="demucs"))
    assert outcome.message == "Attempt 2 goes on from separation."
    assert outcome.job.options.model == "demucs"


def test_a_retry_with_a_model_that_does_not_exist_changes_nothing(house: House) -> None:
    file_id = house.add()
    house.fail(file_id, SEPARATION)
    with pytest.raises(UnknownModel):
        house.service.retry(file_id, options=replace(OPTIONS, model="spleeter"))
    assert house.service.jobs.get(file_id).options == OPTIONS


def test_a_retry_with_lyrics_of_a_song_without_stems_begins_with_them(house: House) -> None:
    """Nothing began: the lyrics were saved for a turn that never came."""
    file_id = house.add()
    house.service.cancel(file_id)
    outcome = house.service.retry(file_id, options=replace(OPTIONS, lyrics=PLAIN))
    assert outcome.message == "Attempt 2 goes on from separation."
    assert outcome.job.options.lyrics == PLAIN


def test_a_retry_with_other_lyrics_of_a_finished_song_makes_the_karaoke_anew(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, *WORK_STAGES)
    outcome = house.service.retry(file_id, options=replace(OPTIONS, lyrics=PLAIN))
    assert outcome.message == "Attempt 2 goes on from karaoke."
    assert outcome.job.options.lyrics == PLAIN


def test_a_retry_with_lyrics_without_words_changes_nothing(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, *WORK_STAGES)
    with pytest.raises(EmptyLyrics):
        house.service.retry(file_id, options=replace(OPTIONS, lyrics=" "))
    assert house.service.jobs.get(file_id).options == OPTIONS


def test_a_retry_with_lyrics_of_a_job_that_needs_them_later_keeps_them(house: House) -> None:
    file_id = house.add()
    house.begin(file_id, SEPARATION, 40)
    assert house.service.retry(file_id, options=replace(OPTIONS, lyrics=PLAIN)).done == "saved"
    assert house.service.jobs.get(file_id).options.lyrics == PLAIN


def test_new_lyrics_make_the_karaoke_anew(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, *WORK_STAGES)
    outcome = house.service.save_lyrics(file_id, PLAIN)
    assert (outcome.done, outcome.message) == ("queued", "Attempt 2 goes on from karaoke.")
    assert outcome.job.options == replace(OPTIONS, lyrics=PLAIN)
    assert house.engine.told == [("ensure", file_id, 2)]
    assert house.service.jobs.get(file_id).stage(KARAOKE).status is StageStatus.QUEUED  # type: ignore[union-attr]


def test_lyrics_for_a_song_that_had_none_go_on_from_the_transcription(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, SEPARATION)
    house.fail(file_id, TRANSCRIPTION)
    assert house.service.save_lyrics(file_id, LRC).message == "Attempt 2 goes on from transcription."


def test_lyrics_that_come_before_their_turn_are_saved_for_it(house: House) -> None:
    file_id = house.add()
    house.begin(file_id, SEPARATION, 40)
    outcome = house.service.save_lyrics(file_id, PLAIN)
    assert (outcome.done, outcome.job.options.lyrics) == ("saved", PLAIN)
    assert house.engine.told == []


def test_lyrics_for_a_song_without_stems_are_saved_and_start_nothing(house: House) -> None:
    file_id = house.add(start=False)
    assert house.service.save_lyrics(file_id, PLAIN).done == "saved"
    assert house.service.jobs.get(file_id).status is JobStatus.UPLOADED


def test_lyrics_that_come_while_others_are_used_are_refused(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, SEPARATION)
    house.begin(file_id, TRANSCRIPTION, 10)
    with pytest.raises(StageNotReady, match="being used at this moment"):
        house.service.save_lyrics(file_id, PLAIN)
    assert house.service.jobs.get(file_id).options == OPTIONS


def test_lyrics_without_words_change_nothing(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, *WORK_STAGES)
    with pytest.raises(EmptyLyrics):
        house.service.save_lyrics(file_id, " \n")
    assert house.service.jobs.get(file_id).options == OPTIONS


def test_nothing_is_left_of_a_deleted_song(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, *WORK_STAGES)
    (house.service.files.work_dir(file_id, SEPARATION, digest_of("other")) / "mixture.f32").touch()
    house.service.delete(file_id)
    assert house.kept() == []
    assert house.engine.told == [("forget", file_id)]
    with pytest.raises(UnknownTrack):
        house.service.jobs.get(file_id)


def test_a_song_deleted_at_work_is_stopped_first(house: House) -> None:
    """The worker still wrote into the folder while it was removed."""
    file_id = house.add()
    house.begin(file_id, SEPARATION, 40)
    house.workers.running[file_id] = 4
    house.service.delete(file_id)
    assert house.workers.running[file_id] == 0
    assert house.engine.told == [("withdraw", file_id, 1), ("forget", file_id)]
    assert house.kept() == []


def test_deleting_a_song_leaves_what_another_one_shares(house: House) -> None:
    first, second = house.add(), house.add(title="Other")
    shared = digest_of("shared")
    folder = house.service.files.work_dir(first, SEPARATION, shared) / "out"
    house.service.files.publish(folder, shared, finished(folder, {"vocals.flac": b"voice"}))
    for file_id in (first, second):
        house.service.log.append(file_id, done(SEPARATION), attempt=1, change=Change(result=shared))
    house.service.delete(first)
    blob = house.service.jobs.track(second).blob
    assert house.service.files.is_published(shared)
    assert house.service.files.blob(blob).exists()
    house.service.delete(second)
    assert house.kept() == []


def test_a_song_that_is_not_here_cannot_be_deleted(house: House) -> None:
    with pytest.raises(UnknownTrack):
        house.service.delete(CLIENT_ID)


def test_results_are_the_files_of_finished_stages(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, SEPARATION, TRANSCRIPTION)
    house.fail(file_id, KARAOKE)
    results = house.service.results(house.service.jobs.get(file_id))
    assert [artifact.filename for artifact in results] == ["separation.flac", "transcription.flac"]


def test_jobs_that_were_never_queued_are_queued(house: House) -> None:
    """A process killed between storing a job and queueing it leaves one that the engine does not know."""
    house.service.jobs.add(track("song-1"), OPTIONS, request="request", start=True)
    house.service.reconcile()
    assert house.engine.told == [("ensure", "song-1", 1)]


def test_jobs_that_owe_nothing_are_left_alone(house: House) -> None:
    over, stored = house.add(seed=1), house.add(seed=2, start=False)
    house.finish(over, *WORK_STAGES)
    house.service.reserve(CLIENT_ID, owner="local", filename="song.wav")
    house.service.reconcile()
    assert house.engine.told == []
    assert house.service.jobs.get(stored).status is JobStatus.UPLOADED


def test_a_cancel_that_nobody_carried_out_is_carried_out(house: House) -> None:
    file_id = house.add()
    house.begin(file_id, SEPARATION, 40)
    house.service.jobs.request_cancel(file_id)
    house.service.reconcile()
    assert house.last(file_id) == ("separation", 40, "Cancelled", "cancelled")
    assert house.engine.told == []


def test_a_cancel_that_is_being_carried_out_is_left_to_the_worker(house: House) -> None:
    file_id = house.add()
    house.begin(file_id, SEPARATION, 40)
    house.service.jobs.request_cancel(file_id)
    house.workers.running[file_id] = 1
    house.service.reconcile()
    assert house.last(file_id)[3] == "running"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("song.mp3", "song.mp3"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Music\\song.mp3", "song.mp3"),
        ("so\0ng\n.mp3", "song.mp3"),
        (unicodedata.normalize("NFD", "Čežnja.mp3"), "Čežnja.mp3"),
        ("", "audio"),
        ("folder/", "audio"),
        ("x" * 300 + ".mp3", "x" * 251 + ".mp3"),
    ],
)
def test_a_name_is_cleaned_for_showing(given: str, shown: str) -> None:
    assert clean_name(given) == shown


def test_an_id_of_a_client_is_a_uuid() -> None:
    assert new_file_id(CLIENT_ID.upper()) == CLIENT_ID
    assert new_file_id(None) != new_file_id(None)
    with pytest.raises(InvalidRequest, match="must be a UUID"):
        new_file_id("../song")
