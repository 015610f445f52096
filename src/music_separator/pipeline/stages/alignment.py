"""Plain words to timed ones, inside the karaoke stage: picks the aligner, feeds it the stems, says how sure it is."""

from collections.abc import Iterator
from pathlib import Path

from music_separator.audio.stream import blocks_of
from music_separator.audio.waveform import Waveform
from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.domain.progress import READY
from music_separator.engines.alignment.base import AlignmentRequest
from music_separator.engines.registry import make_aligner
from music_separator.pipeline.stages.context import StageContext
from music_separator.pipeline.tasks import KaraokeTask

ALIGNED = 70
"""Percent of the stage at which plain words have their times: aligning takes about twice as long as encoding."""
DOUBTFUL = 0.5
"""Confidence below which a line is one to check: as likely off by a second as not."""
FOREIGN = 0.4
"""Mean confidence below which the words are probably another song's: on eleven real songs right lyrics had 0.54 and
more (all but one, of square waves for instruments), another song's 0.18 and less (benchmarks/alignment.py)."""


def align(text: LyricsText, task: KaraokeTask, context: StageContext) -> Lyrics:
    """Find the times of plain words; percent 10-70. Raises AlignmentUnavailable, LyricsTooLong, NoVoice."""
    engine = make_aligner()
    context.prepare(READY - 1, "Loading the aligner", detail="loading_model")
    engine.load()

    def report(share: float) -> None:
        context.work(READY + int((ALIGNED - READY) * share), detail="aligning", chunk=0)

    request = AlignmentRequest(
        text=text,
        mixture=_mixture(Path(task.vocals), Path(task.instrumental)),
        vocals=blocks_of(Path(task.vocals)),
        duration_s=task.duration_s,
        language=task.language,
    )
    return engine.align(request, report)


def doubts(lyrics: Lyrics) -> str | None:
    """Say in a sentence how far the times are to be doubted; None where they are not."""
    confidences = [word.confidence for line in lyrics.lines for word in line.words]
    if sum(confidences) < FOREIGN * len(confidences):
        return "The words hardly fit the voice: they may belong to another song. Check them and send them again."
    doubtful = sum(_is_doubtful([word.confidence for word in line.words]) for line in lyrics.lines)
    if not doubtful:
        return None
    lines = "1 line" if doubtful == 1 else f"{doubtful} lines"
    return f"The times of {lines} of {len(lyrics.lines)} are uncertain. Check them before you sing."


def _is_doubtful(confidences: list[float]) -> bool:
    return bool(confidences) and sum(confidences) / len(confidences) < DOUBTFUL


def _mixture(vocals: Path, instrumental: Path) -> Iterator[Waveform]:
    """Give the song again, block by block: the two stems add up to it."""
    for voice, band in zip(blocks_of(vocals), blocks_of(instrumental), strict=True):
        yield voice + band
