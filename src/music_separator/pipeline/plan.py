"""The table of contents of the product: five stages in order, and what each needs from those before it.

A StagePlan is the task for a worker and the digest of everything the result depends on: the same digest is the same
result, and is never computed again.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from music_separator.domain.errors import StageNotReady
from music_separator.domain.job import Job, JobOptions, StageResult, Track
from music_separator.domain.kept_lyrics import KeptLyrics, LyricsSource
from music_separator.domain.lyrics import Lyrics
from music_separator.domain.progress import StageName
from music_separator.engines.alignment.ctc_weights import Witness, witness_for
from music_separator.engines.base import Stem
from music_separator.engines.lrclib import SongQuery, song_query
from music_separator.engines.presets import SeparationChoice, separation_choice
from music_separator.engines.registry import (
    BEST_AVAILABLE,
    FALLBACK,
    Resolved,
    make_aligner,
    model_of,
    needed_of,
    resolve,
)
from music_separator.engines.separation.demucs import DEMUCS_VERSION
from music_separator.engines.transcription.registry import Transcriber, transcriber_for
from music_separator.engines.weights import WeightsStore
from music_separator.karaoke.readers import read_lyrics
from music_separator.pipeline.tasks import KaraokeTask, SeparationTask, Task, TranscriptionTask
from music_separator.store.durable import sha256_of

PLAN = (StageName.UPLOAD, StageName.SEPARATION, StageName.TRANSCRIPTION, StageName.KARAOKE, StageName.COMPLETE)
RUN_BY_ENGINE = PLAN[1:]

RESULT_VERSIONS = {StageName.SEPARATION: 1, StageName.TRANSCRIPTION: 1, StageName.KARAOKE: 3}
"""Raised when a stage would make other files from the same input."""

BYTES_PER_AUDIO_SECOND = 44_100 * 2 * 4
VOICE_BYTES_PER_AUDIO_SECOND = 16_000 * 4
UNKNOWN_DURATION_S = 600.0


class Files(Protocol):
    """Where mixtures, unfinished work and results are."""

    def blob(self, digest: str) -> Path:
        """Give the place of a mixture."""
        ...

    def work_dir(self, file_id: str, stage: StageName, digest: str) -> Path:
        """Give the folder of unfinished work."""
        ...

    def result(self, digest: str) -> StageResult:
        """Read a published result."""
        ...

    def artifact_path(self, digest: str, name: str) -> Path:
        """Find a file of a published result."""
        ...


class Words(Protocol):
    """Where the words of songs are kept."""

    def in_use(self, file_id: str) -> KeptLyrics | None:
        """Read the version that is sung."""
        ...


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """One stage, ready to run."""

    task: Task
    digest: str
    engine: str
    needed_bytes: int = 0
    warning: str | None = None


@dataclass(frozen=True, kw_only=True)
class Planner:
    """Plans stages from what is stored. ``allow_fallback`` False forbids a lesser engine than the one meant;
    ``own_checkpoint`` takes the place of the weights of any network.
    """

    files: Files
    words: Words
    weights: WeightsStore
    max_duration_s: float
    allow_fallback: bool = True
    stem_format: str = "flac"
    own_checkpoint: Path | None = None
    device: str = "auto"
    threads: int = 1
    only_times: bool = False
    """Of the karaoke only the timed words are wanted: no MP3, and lines as they were given."""
    lookup_url: str | None = None
    """Where lyrics are looked up; None where nobody has agreed to that."""
    lookup_dir: Path = Path()

    def plan(self, stage: StageName, track: Track, job: Job) -> StagePlan:
        """Plan one working stage; raises StageError where it cannot run."""
        match stage:
            case StageName.SEPARATION:
                return self._separation(track, job)
            case StageName.TRANSCRIPTION:
                return self._transcription(track, job)
            case StageName.KARAOKE:
                return self._karaoke(track, job)
            case _:
                raise ValueError(f"{stage} is not run by a worker")

    def engine(self, stage: StageName, track: Track, job: Job) -> str:
        """Name what will do a stage, without planning it: what its pace is learnt under."""
        match stage:
            case StageName.SEPARATION:
                engine = self._resolve(job.options).engine
                return engine if engine == FALLBACK.name else f"{engine} {_choice(job.options).preset}"
            case StageName.TRANSCRIPTION:
                if job.options.lyrics:
                    return "given lyrics"
                if track.tag_lyrics:
                    return "lyrics in the tags"
                transcriber = _transcriber(track, job)
                return str(job.options.transcriber) if transcriber is None else transcriber.name
            case _:
                lyrics = job.options.lyrics or track.tag_lyrics
                if lyrics is not None and not self._is_hinted(track, lyrics) and _is_timed(lyrics):
                    return "writers"
                name = make_aligner(self._witness(track, job)).name
                return f"{name}, changed lines" if self._known(track, job) else name

    def _separation(self, track: Track, job: Job) -> StagePlan:
        resolved, choice = self._resolve(job.options), _choice(job.options)
        depends = self._what_separates(resolved.engine, choice, job)
        digest = _digest(StageName.SEPARATION, track.blob, resolved.engine, self.stem_format, *depends)
        work_dir = self.files.work_dir(track.file_id, StageName.SEPARATION, digest)
        return StagePlan(
            task=self._separation_task(job.options, str(work_dir), str(self.files.blob(track.blob))),
            digest=digest,
            engine=self.engine(StageName.SEPARATION, track, job),
            needed_bytes=self._space_to_separate(resolved.engine, choice, track),
            warning=resolved.warning,
        )

    def separation_ahead(self, options: JobOptions) -> SeparationTask:
        """Give the task of a song that is not here yet: enough to load the engine for it."""
        return self._separation_task(options, "", "")

    def _separation_task(self, options: JobOptions, work_dir: str, source: str) -> SeparationTask:
        choice = _choice(options)
        return SeparationTask(
            work_dir=work_dir,
            source=source,
            engine=self._resolve(options).engine,
            max_duration_s=self.max_duration_s,
            stem_format=self.stem_format,
            fallback=self.allow_fallback and options.model in BEST_AVAILABLE and self.own_checkpoint is None,
            preset=choice.preset,
            overlap=choice.overlap,
            shifts=choice.shifts,
            stems=choice.stems,
            weights_dir=str(self.weights.root),
            hub_url=self.weights.hub_url,
            offline=self.weights.offline,
            own_checkpoint=None if self.own_checkpoint is None else str(self.own_checkpoint),
            device=self.device,
            threads=self.threads,
        )

    def _resolve(self, options: JobOptions) -> Resolved:
        if self.own_checkpoint is not None:
            return Resolved(engine=self.own_checkpoint.stem)
        preset = _choice(options).preset
        return resolve(options.model, self.weights, preset=preset, allow_fallback=self.allow_fallback)

    def _what_separates(self, engine: str, choice: SeparationChoice, job: Job) -> tuple[object, ...]:
        """Give what stems depend on beside the mixture and the engine's name."""
        if self.own_checkpoint is not None:
            digests: object = sha256_of(self.own_checkpoint)
        elif (make := model_of(engine).make) is not None:
            return (make().version,)
        else:
            # Which weights will be fetched, or whether they can be, is not known yet: until then it is this attempt's.
            weights, _ = needed_of(model_of(engine), choice)
            digests = self.weights.digests(weights) or f"fetched for {job.file_id}, attempt {job.attempt}"
        chosen = (choice.preset, choice.overlap_share, choice.shifts, choice.stems)
        return (DEMUCS_VERSION, digests, *chosen)

    def _space_to_separate(self, engine: str, choice: SeparationChoice, track: Track) -> int:
        stems, fetched = len(Stem), 0
        if self.own_checkpoint is None:
            model = model_of(engine)
            stems = sum(choice.wants(stem) for stem in model.stems)
            if model.make is None:
                weights, _ = needed_of(model, choice)
                fetched = 0 if self.weights.offline or self.weights.is_here(weights) else weights.about_mb * 10**6
        # The mixture, the chunks and the encoded stems lie on the disk together for a while.
        return int((track.duration_s or UNKNOWN_DURATION_S) * BYTES_PER_AUDIO_SECOND * (2 + 2 * stems)) + fetched

    def _transcription(self, track: Track, job: Job) -> StagePlan:
        transcriber = _transcriber(track, job)
        stem = None if transcriber is None else self._result_of(job, StageName.SEPARATION)
        heard = self._what_is_heard(transcriber, stem, track, job)
        query = self._query(track, job)
        looked_up = () if query is None else (self.lookup_url, query.sent)
        words = (job.options.lyrics, track.tag_lyrics, job.options.transcriber)
        digest = _digest(StageName.TRANSCRIPTION, *words, *heard, *looked_up)
        task = TranscriptionTask(
            work_dir=str(self.files.work_dir(track.file_id, StageName.TRANSCRIPTION, digest)),
            given=job.options.lyrics,
            from_tags=track.tag_lyrics,
            transcriber=job.options.transcriber if transcriber is None else transcriber.name,
            is_chosen=job.options.transcriber is not None,
            vocals=None if stem is None else str(self.files.artifact_path(stem, Stem.VOCALS)),
            language=track.language,
            weights_dir=str(self.weights.root),
            hub_url=self.weights.hub_url,
            hub_token=self.weights.token,
            offline=self.weights.offline,
            device=self.device,
            threads=self.threads,
            lookup_url=None if query is None else self.lookup_url,
            lookup_dir=str(self.lookup_dir),
            title=track.title,
            artist=track.artist,
            album=track.album,
            duration_s=track.duration_s,
        )
        return StagePlan(
            task=task,
            digest=digest,
            engine=self.engine(StageName.TRANSCRIPTION, track, job),
            needed_bytes=0 if transcriber is None else self._space_to_hear(transcriber, track),
        )

    def _query(self, track: Track, job: Job) -> SongQuery | None:
        """Give what is asked about a song; None where nothing is: there are words, or nobody agreed to asking."""
        if self.lookup_url is None or job.options.lyrics or track.tag_lyrics:
            return None
        return song_query(track.title, track.artist, track.album, track.duration_s)

    def _what_is_heard(
        self, transcriber: Transcriber | None, separation: str | None, track: Track, job: Job
    ) -> tuple[object, ...]:
        """Give what a transcript depends on beside the options; nothing where the words are given."""
        if transcriber is None or separation is None:
            return ()
        stems = {stem.name: stem.sha256 for stem in self.files.result(separation).artifacts}
        # Which weights will be fetched is not known yet: until then the result is this song's alone.
        weights = self.weights.digest(transcriber.weights) or f"fetched for {job.file_id}"
        return (transcriber.name, transcriber.version, weights, stems[Stem.VOCALS], track.language)

    def _space_to_hear(self, transcriber: Transcriber, track: Track) -> int:
        voice = int((track.duration_s or UNKNOWN_DURATION_S) * VOICE_BYTES_PER_AUDIO_SECOND)
        fetched = not (self.weights.offline or self.weights.is_here(transcriber.weights) or transcriber.missing())
        return voice + (transcriber.weights.about_mb * 10**6 if fetched else 0)

    def _karaoke(self, track: Track, job: Job) -> StagePlan:
        separation = self._result_of(job, StageName.SEPARATION)
        lyrics = job.options.lyrics or self._transcript(job)
        language, witness = self._language(track, job), self._witness(track, job)
        known, hinted = self._known(track, job), self._is_hinted(track, lyrics)
        decided = job.stage(StageName.TRANSCRIPTION)
        edited = decided is not None and decided.result is not None and lyrics != self._transcript(job)
        digest = _digest(
            StageName.KARAOKE,
            track.file_id,
            separation,
            lyrics,
            make_aligner(witness).version,
            track.title,
            track.artist,
            language,
            *(["only times"] if self.only_times else []),
            *(["known", known] if known else []),
            *(["hinted"] if hinted else []),
            *(["edited"] if edited else []),
        )
        duration_s = float(self.files.result(separation).facts["duration_s"])
        task = KaraokeTask(
            work_dir=str(self.files.work_dir(track.file_id, StageName.KARAOKE, digest)),
            file_id=track.file_id,
            lyrics=lyrics,
            vocals=str(self.files.artifact_path(separation, "vocals")),
            instrumental=str(self.files.artifact_path(separation, "no_vocals")),
            duration_s=duration_s,
            title=track.title,
            artist=track.artist,
            language=language,
            made_at=job.updated_at,
            only_times=self.only_times,
            known=known,
            edited=edited,
            hinted=hinted,
            witness=None if witness is None else str(witness.folder),
            threads=self.threads,
        )
        return StagePlan(
            task=task,
            digest=digest,
            engine=self.engine(StageName.KARAOKE, track, job),
            needed_bytes=int(duration_s * 40_000),
        )

    def _is_hinted(self, track: Track, lyrics: str) -> bool:
        """Whether the times of the words are hints: those of a look-up may be of another recording."""
        kept = self.words.in_use(track.file_id)
        return kept is not None and kept.source is LyricsSource.LOOKUP and kept.text == lyrics

    def _known(self, track: Track, job: Job) -> str | None:
        """Give the times that unchanged lines keep, where the words in use are an edit, and the stems are the same."""
        kept, separation = self.words.in_use(track.file_id), job.stage(StageName.SEPARATION)
        if kept is None or kept.known is None or separation is None or kept.text != job.options.lyrics:
            return None
        return kept.known.lines if kept.known.separation == separation.result else None

    def _transcript(self, job: Job) -> str:
        path = self.files.artifact_path(self._result_of(job, StageName.TRANSCRIPTION), "lyrics")
        return path.read_text(encoding="utf-8")

    def _witness(self, track: Track, job: Job) -> Witness | None:
        """Give the weights that confirm the times of words, where they are here."""
        return witness_for(self._language(track, job), self.weights)

    def _language(self, track: Track, job: Job) -> str | None:
        """Give the language that was given, else the one that a transcriber has found; None where there was none."""
        if track.language:
            return track.language
        state = job.stage(StageName.TRANSCRIPTION)
        if state is None or state.result is None:
            return None
        return str(self.files.result(state.result).facts.get("language") or "") or None

    def _result_of(self, job: Job, stage: StageName) -> str:
        state = job.stage(stage)
        if state is None or state.result is None:
            raise StageNotReady(f"The stage {stage} has no result yet. Run it first.")
        return state.result


def _transcriber(track: Track, job: Job) -> Transcriber | None:
    """Give the transcriber that is needed: none where there are words, or where none was wanted."""
    return None if job.options.lyrics or track.tag_lyrics else transcriber_for(job.options.transcriber)


def _is_timed(lyrics: str) -> bool:
    """Whether nothing is left to be aligned."""
    read = read_lyrics(lyrics)
    return isinstance(read, Lyrics) and read.has_word_times


def _choice(options: JobOptions) -> SeparationChoice:
    return separation_choice(options.preset, options.overlap, options.shifts, options.stems)


def _digest(stage: StageName, *inputs: object) -> str:
    text = json.dumps([stage, RESULT_VERSIONS[stage], *inputs], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
