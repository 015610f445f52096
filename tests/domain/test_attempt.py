from dataclasses import replace
from typing import Any

import pytest

from music_separator.domain.attempt import first_stage, next_stage
from music_separator.domain.errors import StageNotReady, UnknownStage
from music_separator.domain.job import Job, JobOptions, JobStatus, StageState
from music_separator.domain.progress import WORK_STAGES, StageName, StageStatus

SEPARATION, TRANSCRIPTION, KARAOKE = WORK_STAGES
OPTIONS = JobOptions(model="center", lyrics="La")


def job(*done: StageName, failed: StageName | None = None, begun_at: StageName = SEPARATION) -> Job:
    """Make a job with some stages done and perhaps one failed."""
    states = [StageState(stage=stage, status=StageStatus.DONE, progress=100, message="") for stage in done]
    if failed is not None:
        states.append(StageState(stage=failed, status=StageStatus.FAILED, progress=100, message="", error="x"))
    return Job(
        file_id="song",
        status=JobStatus.FAILED,
        attempt=1,
        first_stage=begun_at,
        options=OPTIONS,
        created_at="",
        updated_at="",
        stages=tuple(states),
    )


@pytest.mark.parametrize(
    ("before", "first"),
    [
        (job(), SEPARATION),
        (job(failed=SEPARATION), SEPARATION),
        (job(SEPARATION, failed=TRANSCRIPTION), TRANSCRIPTION),
        (job(SEPARATION, TRANSCRIPTION, failed=KARAOKE), KARAOKE),
        (job(SEPARATION, TRANSCRIPTION, KARAOKE), None),
    ],
)
def test_an_attempt_begins_where_the_last_one_ended(before: Job, first: StageName | None) -> None:
    assert first_stage(before, OPTIONS) == first


@pytest.mark.parametrize("wanted", WORK_STAGES)
def test_an_attempt_begins_at_the_wanted_stage(wanted: StageName) -> None:
    assert first_stage(job(*WORK_STAGES), OPTIONS, wanted=wanted) is wanted


def test_a_wanted_stage_needs_those_before_it() -> None:
    with pytest.raises(StageNotReady, match=r"karaoke needs transcription first\. Retry from transcription"):
        first_stage(job(SEPARATION, failed=TRANSCRIPTION), OPTIONS, wanted="karaoke")


@pytest.mark.parametrize("wanted", ["complete", "upload", "mixing", ""])
def test_a_stage_that_nobody_runs_is_unknown(wanted: str) -> None:
    with pytest.raises(UnknownStage, match="Known: separation, transcription, karaoke"):
        first_stage(job(), OPTIONS, wanted=wanted)


@pytest.mark.parametrize(
    ("values", "first"),
    [
        ({"model": "demucs"}, SEPARATION),
        ({"preset": "fast"}, SEPARATION),
        ({"overlap": 0.0}, SEPARATION),
        ({"shifts": 1}, SEPARATION),
        ({"stems": 2}, SEPARATION),
        ({"preset": "exact", "overlap": None, "shifts": 0, "stems": None}, None),
        ({"transcriber": "whisper"}, TRANSCRIPTION),
        ({"lyrics": "Other words"}, KARAOKE),
        ({"lyrics": None}, TRANSCRIPTION),
        ({"lyrics": "Other words", "model": "demucs"}, SEPARATION),
    ],
)
def test_other_options_make_a_finished_song_anew_from_the_stage_they_matter_to(
    values: dict[str, Any], first: StageName | None
) -> None:
    assert first_stage(job(*WORK_STAGES), replace(OPTIONS, **values)) is first


def test_other_options_never_skip_what_is_still_to_be_done() -> None:
    assert first_stage(job(failed=SEPARATION), replace(OPTIONS, lyrics="Other words")) is SEPARATION
    assert first_stage(job(*WORK_STAGES), replace(OPTIONS, model="demucs"), wanted="karaoke") is SEPARATION


@pytest.mark.parametrize(
    ("running", "coming"),
    [
        (job(), SEPARATION),
        (job(SEPARATION), TRANSCRIPTION),
        (job(SEPARATION, TRANSCRIPTION, begun_at=KARAOKE), KARAOKE),
        (job(*WORK_STAGES), StageName.COMPLETE),
    ],
)
def test_a_running_attempt_comes_to_the_first_stage_that_is_not_done(running: Job, coming: StageName) -> None:
    assert next_stage(running) is coming
