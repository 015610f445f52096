"""Recognition: what a transcriber hears in the vocal stem, window by window. Runs in a worker.

A finished window lies on the disk before the next begins, so whatever ends this process costs one window at most.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from music_separator.audio.voice import VOICE_RATE, Levels, Voice, levels_of, read_voice, samples_of, write_voice
from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import NoTranscriber, NoVoice, WeightsError
from music_separator.domain.job import StageResult
from music_separator.domain.lyrics import Word
from music_separator.domain.progress import FINISHED, READY
from music_separator.domain.transcript import Segment, Transcript
from music_separator.domain.units import Ms, ms_from_seconds
from music_separator.engines.transcription.base import Placement, TranscriptionEngine
from music_separator.engines.transcription.guards import is_over_silence, without_repeats
from music_separator.engines.transcription.registry import NONE, transcriber_for
from music_separator.engines.transcription.windows import Window, cut_windows, sung_ranges
from music_separator.engines.weights import Weights, WeightsStore
from music_separator.karaoke.languages import iso_639_1
from music_separator.pipeline.stages.context import StageContext, artifact
from music_separator.pipeline.tasks import TranscriptionTask, output_dir
from music_separator.store.durable import write_atomically

READING, FETCHING, LOADING = 3, 4, 9
"""Percents of getting ready; fetching goes on to 8 by bytes."""
VOTES = 5
"""Windows, the longest ones, that decide on the language."""


def recognise(task: TranscriptionTask, context: StageContext) -> StageResult:
    """Write down what is sung.

    Raises NoTranscriber with the reason, OutOfMemory, NoVoice, NotEnoughSpace for the weights.
    """
    transcriber = transcriber_for(task.transcriber)
    if transcriber is None or task.vocals is None:
        raise NoTranscriber(f"recognising them is switched off (transcriber {NONE})")
    store = WeightsStore(root=Path(task.weights_dir), hub_url=task.hub_url, offline=task.offline, token=task.hub_token)
    placement = Placement(device=task.device, threads=task.threads)
    engine = transcriber.make(store.folder(transcriber.weights), placement)
    try:
        store.require(transcriber.weights)
        voice = _read_stem(task.vocals, Path(task.work_dir), context)
        levels = levels_of(voice)
        windows = cut_windows(levels)
        if not windows:
            raise NoVoice
        engine.check()
        _fetch(store, transcriber.weights, context)
    except WeightsError as error:
        raise NoTranscriber(error.why) from error
    _load(engine, transcriber.weights.title, context)
    song = _Song(voice=voice, windows=windows, sung=_sung(levels), engine=engine, notes=Path(task.work_dir) / "windows")
    transcript = song.write_down(task.language, context)
    facts: dict[str, str | float | bool] = {
        "source": transcriber.name,
        "timed": False,
        "engine_version": engine.version,
        "language": transcript.language or "",
        "weights": store.digest(transcriber.weights) or "",
    }
    return _kept(transcript, output_dir(task.work_dir), facts, _told(engine))


def _read_stem(vocals: str, work_dir: Path, context: StageContext) -> Path:
    """Make the voice file unless an earlier run has."""
    path = work_dir / "voice.f32"
    if not path.exists():
        context.prepare(READING, "Listening for the voice", detail="reading_voice")
        write_voice(Path(vocals), path, context.check_cancelled)
    return path


def _fetch(store: WeightsStore, weights: Weights, context: StageContext) -> None:
    """Have the weights on the disk; says bytes where they are fetched."""

    def hear(here: int, total: int) -> None:
        if not total:
            context.check_cancelled()
            return
        percent = FETCHING + (LOADING - 1 - FETCHING) * here // total
        context.prepare(percent, weights.downloading(here, total), detail="downloading_model")

    store.ensure(weights, hear)


def _load(engine: TranscriptionEngine, title: str, context: StageContext) -> None:
    context.prepare(LOADING, f"Loading {title}", detail="loading_model")
    try:
        engine.load()
    except (RuntimeError, ValueError, OSError) as error:
        raise NoTranscriber(f"{title} could not be loaded ({error})") from error


def _told(engine: TranscriptionEngine) -> tuple[Caution, ...]:
    return () if engine.notice is None else (Caution(code=CautionCode.ON_PROCESSOR, message=engine.notice),)


def _sung(levels: Levels) -> tuple[tuple[Ms, Ms], ...]:
    """Give where somebody sings, in the time of the song."""
    return tuple((_ms_of(part.start), _ms_of(part.stop)) for part in sung_ranges(levels))


def _ms_of(samples: int) -> Ms:
    return ms_from_seconds(samples / VOICE_RATE)


@dataclass(frozen=True, kw_only=True)
class _Song:
    """One voice, its windows, where in it somebody sings, and the notes of finished windows on the disk."""

    voice: Path
    windows: Sequence[Window]
    sung: Sequence[tuple[Ms, Ms]]
    engine: TranscriptionEngine
    notes: Path

    def write_down(self, language: str | None, context: StageContext) -> Transcript:
        """Write down every window. Raises NoVoice where nothing of it is believed to be sung."""
        self.notes.mkdir(exist_ok=True)
        samples = samples_of(self.voice)
        for number, window in enumerate(self.windows):
            if self._note(number).exists():
                continue
            share = window.start / samples
            context.work(READY + int((FINISHED - READY) * share), detail="transcribing", chunk=number)
            self._write(number, window, self._language(language, context))
        segments = [segment for number in range(len(self.windows)) for segment in self._read(number)]
        kept = tuple(without_repeats(segments))
        if not kept:
            raise NoVoice
        return Transcript(segments=kept, language=self._language(language, context), engine=self.engine.name)

    def _language(self, given: str | None, context: StageContext) -> str | None:
        """Give the language of the song: the given one, else the one that most windows vote for; None where none does.

        Raises NoTranscriber where the engine knows one language and another is given.
        """
        code, known = iso_639_1(given), self.engine.languages()
        if code in known:
            return code
        if code is not None and len(known) == 1:
            raise NoTranscriber(f"{self.engine.name} knows no language but {min(known)}, and the song's is {code}")
        note = self.notes / "language.txt"
        if not note.exists():
            write_atomically(note, (self._vote(context) or "").encode())
        return note.read_text(encoding="utf-8") or None

    def _vote(self, context: StageContext) -> str | None:
        """Let each of the longest windows vote once; a tie goes to what they are surer of."""
        votes: dict[str, tuple[int, float]] = {}
        for window in sorted(self.windows, key=lambda window: -window.samples)[:VOTES]:
            context.check_cancelled()
            guessed = self.engine.guess_language(self._voice_of(window))
            for name, probability in guessed.items():
                count, trust = votes.get(name, (0, 0.0))
                votes[name] = count + (name == max(guessed, key=guessed.__getitem__)), trust + probability
        return max(votes, key=votes.__getitem__, default=None)

    def _write(self, number: int, window: Window, language: str | None) -> None:
        found = self.engine.transcribe(self._voice_of(window), language=language)
        heard = [segment.later(_ms_of(window.start)) for segment in found]
        kept = [asdict(segment) for segment in heard if not is_over_silence(segment, self.sung)]
        write_atomically(self._note(number), json.dumps(kept).encode())

    def _read(self, number: int) -> list[Segment]:
        stored = json.loads(self._note(number).read_text(encoding="utf-8"))
        return [Segment(**{**item, "words": tuple(Word(**word) for word in item["words"])}) for item in stored]

    def _voice_of(self, window: Window) -> Voice:
        return read_voice(self.voice, window.start, window.stop)

    def _note(self, number: int) -> Path:
        return self.notes / f"{number:05}.json"


def _kept(
    transcript: Transcript, out: Path, facts: dict[str, str | float | bool], warnings: tuple[Caution, ...]
) -> StageResult:
    """Write the words as text, and as JSON with their times."""
    text, timed = out / "lyrics.txt", out / "transcript.json"
    text.write_text(transcript.text + "\n", encoding="utf-8")
    timed.write_text(json.dumps(asdict(transcript), ensure_ascii=False, indent=1), encoding="utf-8")
    return StageResult(
        artifacts=(
            artifact(text, name="lyrics", kind="transcript"),
            artifact(timed, name="transcript", kind="transcript", media_type="application/json"),
        ),
        facts=facts,
        warnings=warnings,
    )
