"""The aligner over the stems of one song: picked, loaded when it is first needed, and fed a passage at a time."""

from collections.abc import Iterator
from pathlib import Path

from music_separator.audio.stream import blocks_of
from music_separator.audio.waveform import SAMPLE_RATE, Waveform
from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.domain.progress import READY
from music_separator.domain.units import Ms, ms_from_seconds, seconds_from_ms
from music_separator.engines.alignment.anchors import Anchors
from music_separator.engines.alignment.base import AlignmentRequest
from music_separator.engines.alignment.ctc_weights import Witness
from music_separator.engines.alignment.watch import Watch
from music_separator.engines.registry import make_aligner
from music_separator.karaoke.languages import iso_639_1
from music_separator.pipeline.stages.context import StageContext
from music_separator.pipeline.tasks import KaraokeTask

ALIGNED = 70
"""Percent of the stage at which all words have their times: aligning takes about twice as long as encoding."""


class SongAligner:
    """Puts words on the voice of the song of one task."""

    def __init__(self, task: KaraokeTask, context: StageContext) -> None:
        self._task, self._context = task, context
        self._engine = make_aligner(_witness_of(task), threads=task.threads, scratch=Path(task.work_dir))
        self._is_loaded = False
        self.duration_ms = ms_from_seconds(task.duration_s)

    @property
    def caution(self) -> Caution | None:
        """Say what makes the aligner less exact here."""
        limits = self._engine.limits()
        return None if limits is None else Caution(code=CautionCode.SPEECH_ALONE, message=limits)

    def report(self, share: float) -> None:
        """Say how much of the aligning is done, 0-1: percent 10-70."""
        self._context.work(READY + int((ALIGNED - READY) * share), detail="aligning", chunk=0)

    def align(self, text: LyricsText, start_ms: Ms, end_ms: Ms, watch: Watch, anchors: Anchors | None = None) -> Lyrics:
        """Align a passage of the song; all times, those of the anchors too, count from its start.

        Raises AlignmentUnavailable, EmptyLyrics, LyricsTooLong, NoVoice.
        """
        self._load()
        vocals, instrumental = Path(self._task.vocals), Path(self._task.instrumental)
        start, stop = (round(seconds_from_ms(time_ms) * SAMPLE_RATE) for time_ms in (start_ms, end_ms))
        request = AlignmentRequest(
            text=text,
            mixture=_mixture(vocals, instrumental, start, stop),
            vocals=blocks_of(vocals, start, stop),
            duration_s=seconds_from_ms(Ms(end_ms - start_ms)),
            language=iso_639_1(self._task.language) or self._task.language,
            anchors=anchors,
        )
        return self._engine.align(request, watch)

    def _load(self) -> None:
        if not self._is_loaded:
            self._context.prepare(READY - 1, "Loading the aligner", detail="loading_model")
            self._engine.load()
            self._is_loaded = True


def _witness_of(task: KaraokeTask) -> Witness | None:
    if task.witness is None:
        return None
    folder = Path(task.witness)
    return Witness(name=folder.name, folder=folder, digest="")  # the plan has looked at it


def _mixture(vocals: Path, instrumental: Path, start: int, stop: int) -> Iterator[Waveform]:
    """Give the song again, block by block: the two stems add up to it."""
    for voice, band in zip(blocks_of(vocals, start, stop), blocks_of(instrumental, start, stop), strict=True):
        yield voice + band
