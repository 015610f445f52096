"""What a stage depends on: the same is never computed twice, anything else always is."""

from dataclasses import replace
from pathlib import Path

import pytest

from music_separator.domain.errors import ModelUnavailable, StageNotReady
from music_separator.domain.job import Job, JobOptions, Track
from music_separator.domain.progress import StageName
from music_separator.pipeline.plan import PLAN, Planner
from music_separator.pipeline.tasks import KaraokeTask, SeparationTask, TranscriptionTask, from_message, to_message
from tests.pipeline.bench import LRC, OPTIONS, Bench

SEPARATION, TRANSCRIPTION, KARAOKE = StageName.SEPARATION, StageName.TRANSCRIPTION, StageName.KARAOKE


@pytest.fixture
def stored(bench: Bench) -> tuple[Bench, Track, Job]:
    """A song whose first two stages are done."""
    bench.add()
    bench.run(SEPARATION)
    bench.run(TRANSCRIPTION)
    return bench, bench.jobs.track("song-1"), bench.jobs.get("song-1")


def digests(planner: Planner, track: Track, job: Job) -> dict[StageName, str]:
    return {stage: planner.plan(stage, track, job).digest for stage in (SEPARATION, TRANSCRIPTION, KARAOKE)}


def changed(before: dict[StageName, str], after: dict[StageName, str]) -> set[StageName]:
    return {stage for stage in before if before[stage] != after[stage]}


def test_there_are_five_stages_in_the_documented_order() -> None:
    assert [str(stage) for stage in PLAN] == ["upload", "separation", "transcription", "karaoke", "complete"]


def test_the_same_is_planned_the_same_way(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    again = replace(job, attempt=7, updated_at="2027-01-01T00:00:00.000Z", warnings=("loud",), last_seq=99)
    assert changed(digests(bench.planner, track, job), digests(bench.planner, track, again)) == set()


def test_every_stage_has_its_own_digest(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    assert len(set(digests(bench.planner, track, job).values())) == 3


def test_other_lyrics_change_the_words_and_the_karaoke_and_no_stem(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    other = replace(job, options=replace(OPTIONS, lyrics="[00:01.00]Other words"))
    assert changed(digests(bench.planner, track, job), digests(bench.planner, track, other)) == {
        TRANSCRIPTION,
        KARAOKE,
    }


@pytest.mark.parametrize("values", [{"title": "La la"}, {"artist": "Nobody"}, {"language": "hr"}])
def test_another_name_changes_the_karaoke_alone(stored: tuple[Bench, Track, Job], values: dict[str, str]) -> None:
    bench, track, job = stored
    before = digests(bench.planner, track, job)
    assert changed(before, digests(bench.planner, replace(track, **values), job)) == {KARAOKE}


def test_lyrics_from_the_tags_count_where_none_are_given(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    job = replace(job, options=replace(OPTIONS, lyrics=None))
    before = bench.planner.plan(TRANSCRIPTION, track, job).digest
    assert bench.planner.plan(TRANSCRIPTION, replace(track, tag_lyrics="La"), job).digest != before


def test_other_bytes_change_the_stems(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    before = digests(bench.planner, track, job)
    assert changed(before, digests(bench.planner, replace(track, blob="f" * 64), job)) == {SEPARATION}


def test_another_format_changes_the_stems(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    before = bench.planner.plan(SEPARATION, track, job).digest
    assert replace(bench.planner, stem_format="wav").plan(SEPARATION, track, job).digest != before


def test_the_fallback_and_the_engine_by_its_own_name_share_their_stems(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    by_name = bench.planner.plan(SEPARATION, track, job)
    fallen_back = bench.planner.plan(SEPARATION, track, replace(job, options=JobOptions(model="demucs")))
    assert fallen_back.digest == by_name.digest
    assert by_name.warning is None
    assert "center instead of Demucs" in (fallen_back.warning or "")


def test_a_forbidden_fallback_is_no_plan(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    strict = replace(bench.planner, allow_fallback=False)
    with pytest.raises(ModelUnavailable):
        strict.plan(SEPARATION, track, replace(job, options=JobOptions(model="demucs")))


def test_the_space_for_a_longer_song_is_larger(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    needed = [
        bench.planner.plan(SEPARATION, replace(track, duration_s=duration_s), job).needed_bytes
        for duration_s in (10.0, 20.0, None)
    ]
    assert needed[0] == 10 * 44_100 * 2 * 4 * 3
    assert needed[1] == 2 * needed[0]
    assert needed[2] == 60 * needed[0]


def test_karaoke_needs_the_stems(bench: Bench) -> None:
    job = bench.add()
    with pytest.raises(StageNotReady, match="separation has no result yet"):
        bench.planner.plan(KARAOKE, bench.jobs.track("song-1"), job)


def test_karaoke_sings_the_words_that_were_decided_where_none_are_given(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    task = bench.planner.plan(KARAOKE, track, replace(job, options=replace(OPTIONS, lyrics=None))).task
    assert isinstance(task, KaraokeTask)
    assert task.lyrics == LRC
    assert Path(task.instrumental).name == "no_vocals.flac"


def test_no_worker_runs_the_first_and_the_last_stage(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    for stage in (StageName.UPLOAD, StageName.COMPLETE):
        with pytest.raises(ValueError, match="not run by a worker"):
            bench.planner.plan(stage, track, job)


@pytest.mark.parametrize("stage", [SEPARATION, TRANSCRIPTION, KARAOKE])
def test_a_task_is_the_same_on_the_other_side_of_the_pipe(stored: tuple[Bench, Track, Job], stage: StageName) -> None:
    bench, track, job = stored
    task = bench.planner.plan(stage, track, job).task
    assert isinstance(task, SeparationTask | TranscriptionTask | KaraokeTask)
    assert from_message(to_message(task)) == task
