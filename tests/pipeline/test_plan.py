"""What a stage depends on: the same is never computed twice, anything else always is."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import ModelUnavailable, StageNotReady
from music_separator.domain.job import Job, JobOptions, StageResult, Track
from music_separator.domain.kept_lyrics import LyricsSource
from music_separator.domain.progress import StageName
from music_separator.engines.alignment.ctc_weights import MMS
from music_separator.engines.registry import model_of
from music_separator.pipeline.plan import PLAN, Planner, StagePlan
from music_separator.pipeline.tasks import KaraokeTask, SeparationTask, TranscriptionTask, from_message, to_message
from music_separator.store.files import FileStore
from tests.pipeline.bench import LRC, OPTIONS, Bench
from tests.songs import LRC as WORD_TIMES
from tests.tracks import digest_of, finished

SEPARATION, TRANSCRIPTION, KARAOKE = StageName.SEPARATION, StageName.TRANSCRIPTION, StageName.KARAOKE


@pytest.fixture
def stored(bench: Bench) -> tuple[Bench, Track, Job]:
    """A song whose first two stages are done."""
    bench.add()
    bench.run(SEPARATION)
    bench.run(TRANSCRIPTION)
    return bench, bench.jobs.track("song-1"), bench.jobs.get("song-1")


@dataclass(frozen=True)
class Told:
    """Stored files of which one result says something else."""

    files: FileStore
    digest: str
    found: StageResult

    def result(self, digest: str) -> StageResult:
        return self.found if digest == self.digest else self.files.result(digest)

    def blob(self, digest: str) -> Path:
        return self.files.blob(digest)

    def work_dir(self, file_id: str, stage: StageName, digest: str) -> Path:
        return self.files.work_dir(file_id, stage, digest)

    def artifact_path(self, digest: str, name: str) -> Path:
        return self.files.artifact_path(digest, name)


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


def test_the_transcriber_is_told_where_it_may_run(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    planner = replace(bench.planner, device="cuda", threads=3, weights=replace(bench.weights, token="secret"))
    task = planner.plan(TRANSCRIPTION, track, unwritten(job)).task
    assert isinstance(task, TranscriptionTask)
    assert (task.device, task.threads, task.hub_token) == ("cuda", 3, "secret")
    assert "secret" not in repr(task)


@pytest.mark.parametrize(
    ("given", "heard", "used"), [(None, "hr", "hr"), ("de", "hr", "de"), (None, "", None), (None, None, None)]
)
def test_the_language_that_was_heard_is_that_of_the_karaoke_unless_another_is_given(
    stored: tuple[Bench, Track, Job], given: str | None, heard: str | None, used: str | None
) -> None:
    bench, track, job = stored
    transcription = job.stage(TRANSCRIPTION)
    assert transcription is not None
    assert transcription.result is not None
    facts: dict[str, str | float | bool] = {} if heard is None else {"language": heard}
    found = replace(bench.files.result(transcription.result), facts=facts)
    planner = replace(bench.planner, files=Told(bench.files, transcription.result, found))
    task = planner.plan(KARAOKE, replace(track, language=given), job).task
    assert isinstance(task, KaraokeTask)
    assert task.language == used


def test_a_transcriber_that_is_none_needs_no_stem(bench: Bench) -> None:
    job = bench.add(options=JobOptions(model="center", transcriber="none"))
    task = bench.planner.plan(TRANSCRIPTION, bench.jobs.track("song-1"), job).task
    assert isinstance(task, TranscriptionTask)
    assert (task.transcriber, task.vocals) == ("none", None)


def test_weights_that_confirm_word_times_make_another_karaoke(
    stored: tuple[Bench, Track, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, track, job = stored
    monkeypatch.setattr("music_separator.engines.alignment.ctc_weights.missing", lambda: None)
    before = bench.planner.plan(KARAOKE, track, job)
    folder = bench.weights.folder(MMS)
    folder.mkdir(parents=True)
    for file in MMS.files:
        (folder / file.names[0]).write_bytes(b"{}")
    after = replace(bench.planner, threads=3).plan(KARAOKE, track, job)
    assert isinstance(before.task, KaraokeTask)
    assert isinstance(after.task, KaraokeTask)
    assert (before.task.witness, after.task.witness, after.task.threads) == (None, str(folder), 3)
    assert before.digest != after.digest
    plain = replace(job, options=replace(job.options, lyrics="La la"))
    assert bench.planner.engine(KARAOKE, track, plain) == "phonetic and ctc-mms"


def test_weights_are_given_no_space_that_could_not_be_used(
    stored: tuple[Bench, Track, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, track, job = stored
    monkeypatch.setattr("music_separator.engines.transcription.gemma.find_spec", lambda _name: None)
    online = replace(bench.planner, weights=replace(bench.weights, offline=False))
    job = replace(job, options=JobOptions(model="center", transcriber="gemma-3n-e2b"))
    assert online.plan(TRANSCRIPTION, track, job).needed_bytes == 10 * 16_000 * 4


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
    assert needed[0] == 10 * 44_100 * 2 * 4 * 4
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


def test_times_that_were_looked_up_are_hints_and_others_are_kept(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    unwritten_job = replace(job, options=replace(OPTIONS, lyrics=None))
    kept = bench.planner.plan(KARAOKE, track, unwritten_job)
    number = bench.words.store.keep(track.file_id, LRC, LyricsSource.LOOKUP, is_timed=True, made_by="LRCLIB")
    bench.words.store.use(track.file_id, number)
    hinted = bench.planner.plan(KARAOKE, track, unwritten_job)
    assert isinstance(kept.task, KaraokeTask)
    assert isinstance(hinted.task, KaraokeTask)
    assert (kept.task.hinted, hinted.task.hinted) == (False, True)
    assert [bench.planner.engine(KARAOKE, track, each) for each in (job, unwritten_job)] == ["phonetic"] * 2
    assert kept.digest != hinted.digest


def test_lines_without_words_are_work_for_the_aligner_and_words_with_times_are_not(
    stored: tuple[Bench, Track, Job],
) -> None:
    bench, track, job = stored
    timed = replace(job, options=replace(OPTIONS, lyrics=WORD_TIMES))
    assert [bench.planner.engine(KARAOKE, track, each) for each in (job, timed)] == ["phonetic", "writers"]


def test_a_song_is_looked_up_by_what_is_known_of_it_where_somebody_agreed(stored: tuple[Bench, Track, Job]) -> None:
    bench, track, job = stored
    named = replace(track, title="Zvijezda", artist="Nitko", album="Nebo")
    agreed = replace(bench.planner, lookup_url="http://127.0.0.1:9")
    plans = [
        planner.plan(TRANSCRIPTION, song, asked)
        for planner, song, asked in (
            (agreed, named, unwritten(job)),
            (bench.planner, named, unwritten(job)),
            (agreed, track, unwritten(job)),
            (agreed, named, job),
        )
    ]
    tasks = [plan.task for plan in plans]
    assert all(isinstance(task, TranscriptionTask) for task in tasks)
    assert [getattr(task, "lookup_url", None) for task in tasks] == ["http://127.0.0.1:9", None, None, None]
    assert plans[0].digest != plans[1].digest == plans[2].digest


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


def record(bench: Bench, name: str, *digests: str) -> None:
    """Put files where the weights of a network lie, with a record of these digests."""
    weights = model_of(name).weights
    assert weights is not None
    folder = bench.weights.root / name
    folder.mkdir(parents=True, exist_ok=True)
    names = [file.names[0] for file in weights.files]
    for file in names:
        (folder / file).write_bytes(b"1")
    files = {file: {"size": 1, "sha256": digest} for file, digest in zip(names, digests, strict=True)}
    (folder / "weights.json").write_text(json.dumps({"files": files}), encoding="utf-8")


def separating(job: Job, **options: Any) -> Job:
    return replace(job, options=JobOptions(model="htdemucs", **options))


def planned(bench: Bench, job: Job, **values: Any) -> StagePlan:
    """Plan the separation of a job; ``values`` are the planner's."""
    return replace(bench.planner, **values).plan(SEPARATION, bench.jobs.track("song-1"), job)


@pytest.mark.parametrize("options", [{"preset": "fast"}, {"overlap": 0.5}, {"shifts": 1}, {"stems": 2}], ids=str)
def test_another_choice_is_separated_anew(bench: Bench, options: dict[str, Any]) -> None:
    job = bench.add()
    record(bench, "htdemucs", "first")
    assert planned(bench, separating(job, **options)).digest != planned(bench, separating(job)).digest


def test_an_overlap_that_says_what_the_preset_does_is_the_same(bench: Bench) -> None:
    job = bench.add()
    record(bench, "htdemucs", "first")
    assert planned(bench, separating(job, overlap=0.25)).digest == planned(bench, separating(job)).digest


def test_other_weights_separate_anew(bench: Bench) -> None:
    job = bench.add()
    digests = []
    for digest in ("first", "second", "first"):
        record(bench, "htdemucs", digest)
        digests.append(planned(bench, separating(job)).digest)
    assert digests[0] == digests[2] != digests[1]


def test_until_the_weights_are_here_a_result_is_of_one_attempt_alone(bench: Bench) -> None:
    """What was separated by the fallback would else be taken for the network's once the hub is back."""
    job, online = bench.add(), replace(bench.weights, offline=False)
    fetching = [planned(bench, separating(replace(job, attempt=n)), weights=online).digest for n in (1, 2, 2)]
    assert fetching[0] != fetching[1] == fetching[2]
    record(bench, "htdemucs", "first")
    here = {planned(bench, separating(replace(job, attempt=n)), weights=online).digest for n in (1, 2)}
    assert len(here) == 1
    assert here.isdisjoint(fetching)


def test_a_preview_is_what_center_gives_without_a_warning(bench: Bench) -> None:
    job = bench.add()
    preview = planned(bench, replace(job, options=JobOptions(model="demucs", preset="preview")))
    assert isinstance(preview.task, SeparationTask)
    assert (preview.task.engine, preview.engine, preview.warning) == ("center", "center", None)
    assert preview.digest == planned(bench, job).digest


def test_the_pace_of_each_preset_is_learnt_for_itself(bench: Bench) -> None:
    job = bench.add()
    record(bench, "htdemucs", "first")
    engines = [planned(bench, separating(job, preset=preset)).engine for preset in ("exact", "fast")]
    assert engines == ["htdemucs exact", "htdemucs fast"]


def test_one_s_own_checkpoint_takes_the_place_of_any_model(bench: Bench, tmp_path: Path) -> None:
    job, path = bench.add(), tmp_path / "mine.safetensors"
    digests = []
    for content in (b"first", b"second"):
        path.write_bytes(content)
        plan = planned(bench, replace(job, options=JobOptions(model="demucs")), own_checkpoint=path)
        assert isinstance(plan.task, SeparationTask)
        assert (plan.task.engine, plan.task.own_checkpoint, plan.task.fallback) == ("mine", str(path), False)
        assert plan.warning is None
        digests.append(plan.digest)
    assert len(set(digests)) == 2


@pytest.mark.parametrize(
    ("model", "allowed", "fallback"), [("demucs", True, True), ("demucs", False, False), ("htdemucs", True, False)]
)
def test_only_the_best_may_fall_back_while_it_runs(bench: Bench, model: str, allowed: bool, fallback: bool) -> None:
    job = replace(bench.add(), options=JobOptions(model=model))
    record(bench, "htdemucs", "first")
    task = planned(bench, job, allow_fallback=allowed).task
    assert isinstance(task, SeparationTask)
    assert task.fallback is fallback


@pytest.mark.parametrize(
    ("options", "stems", "fetched_mb"),
    [
        ({"model": "htdemucs"}, 4, 84),
        ({"model": "htdemucs", "stems": 2}, 1, 84),
        ({"model": "htdemucs_6s"}, 6, 55),
        ({"model": "htdemucs_ft"}, 4, 336),
    ],
)
def test_the_space_for_more_stems_and_for_their_weights_is_larger(
    bench: Bench, options: dict[str, Any], stems: int, fetched_mb: int
) -> None:
    job = replace(bench.add(), options=JobOptions(**options))
    online = replace(bench.weights, offline=False)
    audio = 10 * 44_100 * 2 * 4 * (2 + 2 * stems)
    assert planned(bench, job, weights=online).needed_bytes == audio + fetched_mb * 10**6
    record(bench, options["model"], *(["digest"] * (4 if options["model"] == "htdemucs_ft" else 1)))
    assert planned(bench, job, weights=online).needed_bytes == audio
