"""What a stage depends on: the same is never computed twice, anything else always is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import ModelUnavailable, StageNotReady
from music_separator.domain.job import Job, JobOptions, Track
from music_separator.domain.progress import StageName
from music_separator.pipeline.plan import PLAN, Planner
from music_separator.pipeline.tasks import KaraokeTask, SeparationTask, TranscriptionTask, from_message, to_message
from tests.pipeline.bench import LRC, OPTIONS, Bench
from tests.tracks import digest_of, finished

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
    again = replace(
        job,
        attempt=7,
        updated_at="2027-01-01T00:00:00.000Z",
        warnings=(Caution(code=CautionCode.DEMO, message="Loud."),),
        last_seq=99,
    )
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


def unwritten(job: Job, **options: str) -> Job:
    """Give the job of a song whose words nobody gave."""
    return replace(job, options=JobOptions(model="center", transcriber="whisper-tiny", **options))


def test_a_song_without_words_is_heard_by_what_was_asked_for(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    plan = bench.planner.plan(TRANSCRIPTION, replace(track, language="hr"), unwritten(job))
    task = plan.task
    assert isinstance(task, TranscriptionTask)
    separation = job.stage(SEPARATION)
    assert separation is not None
    assert separation.result is not None
    assert task.vocals == str(bench.files.artifact_path(separation.result, "vocals"))
    assert (task.transcriber, task.language, task.offline) == ("whisper-tiny", "hr", True)
    assert plan.engine == bench.planner.engine(TRANSCRIPTION, track, unwritten(job)) == "whisper-tiny"
    assert plan.needed_bytes == 10 * 16_000 * 4


def test_weights_that_are_still_to_be_fetched_need_space(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    online = replace(bench.planner, weights=replace(bench.weights, offline=False))
    needed = online.plan(TRANSCRIPTION, track, unwritten(job)).needed_bytes
    assert needed == 10 * 16_000 * 4 + 78 * 10**6


@pytest.mark.parametrize("name", ["none", "gemma_3n"])
def test_a_transcriber_that_is_none_needs_no_stem(bench: Bench, name: str) -> None:
    job = bench.add(options=JobOptions(model="center", transcriber=name))
    task = bench.planner.plan(TRANSCRIPTION, bench.jobs.track("song-1"), job).task
    assert isinstance(task, TranscriptionTask)
    assert (task.transcriber, task.vocals) == (name, None)


def test_what_is_heard_needs_the_stems(bench: Bench) -> None:
    job = unwritten(bench.add())
    with pytest.raises(StageNotReady, match="separation has no result yet"):
        bench.planner.plan(TRANSCRIPTION, bench.jobs.track("song-1"), job)


def test_other_weights_another_engine_or_another_voice_are_heard_anew(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored

    def digest(job: Job, track: Track = track) -> str:
        return bench.planner.plan(TRANSCRIPTION, track, job).digest

    digests = [digest(unwritten(job))]
    weights = bench.weights.root / "whisper-tiny"
    weights.mkdir(parents=True)
    for revision in ("first", "second"):
        files = {name: {"size": 1, "sha256": f"{name} {revision}"} for name in FILES}
        for name in FILES:
            (weights / name).write_bytes(b"1")
        (weights / "weights.json").write_text(json.dumps({"files": files}), encoding="utf-8")
        digests += [digest(unwritten(job)), digest(unwritten(job))]
    digests.append(digest(unwritten(job), replace(track, language="hr")))
    other_voice = tuple(
        replace(state, result=publish(bench, b"another voice")) if state.stage is SEPARATION else state
        for state in job.stages
    )
    digests.append(digest(replace(unwritten(job), stages=other_voice)))
    assert digests[1] == digests[2]
    assert digests[3] == digests[4]
    assert len(set(digests)) == 5


FILES = ("config.json", "tokenizer.json", "vocabulary.txt", "model.bin")


def publish(bench: Bench, vocals: bytes) -> str:
    digest = digest_of(vocals.decode())
    folder = bench.files.work_dir("song-1", SEPARATION, digest) / "out"
    bench.files.publish(folder, digest, finished(folder, {"vocals.flac": vocals, "no_vocals.flac": b"band"}))
    return digest


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
