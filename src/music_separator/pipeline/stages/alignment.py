"""Plain words to timed ones, inside the karaoke stage: picks the aligner, feeds it the stems, says how sure it is.

Lines that have their times already are kept to the millisecond; those without are put on the voice between them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from music_separator.audio.stream import blocks_of
from music_separator.audio.waveform import SAMPLE_RATE, Waveform
from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import EmptyLyrics, LyricsTooLong, NoVoice
from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.domain.progress import READY
from music_separator.domain.units import Ms, ms_from_seconds, seconds_from_ms
from music_separator.engines.alignment.anchors import Anchors
from music_separator.engines.alignment.base import AlignmentRequest
from music_separator.engines.alignment.ctc_weights import Witness
from music_separator.engines.alignment.watch import Watch
from music_separator.engines.registry import make_aligner
from music_separator.karaoke.kept_times import Merged
from music_separator.karaoke.languages import iso_639_1
from music_separator.pipeline.doubt import is_doubtful
from music_separator.pipeline.stages.changed_lines import Aligned, align_changed
from music_separator.pipeline.stages.context import StageContext
from music_separator.pipeline.stages.line_times import text_of, with_words
from music_separator.pipeline.stages.soft_times import align_hinted
from music_separator.pipeline.tasks import KaraokeTask

ALIGNED = 70
"""Percent of the stage at which plain words have their times: aligning takes about twice as long as encoding."""
FOREIGN = 0.4
"""Mean confidence below which the words are probably another song's: on eleven real songs right lyrics had 0.54 and
more (all but one, of square waves for instruments), another song's 0.18 and less (benchmarks/alignment.py)."""

LATE_MS = 5_000
"""After the end of the song; credits and a fade-out that was cut lie within it."""
LEAST_TO_JUDGE = 10
"""Words; fewer of them fit anywhere, and nothing can be said about whose they are."""
FOREIGN_MESSAGE = "The words hardly fit the voice: they may belong to another song. Check them and send them again."


def align(merged: Merged, task: KaraokeTask, context: StageContext, hints: Sequence[Ms] | None = None) -> Aligned:
    """Find the times that are missing; percent 10-70. ``hints`` say when each line may begin.

    Raises AlignmentUnavailable; LyricsTooLong and NoVoice for plain words; WrongLyricsTimes for lines without times
    that cannot be sung between their neighbours.
    """
    if isinstance(merged.lyrics, Lyrics):
        return Aligned(lyrics=merged.lyrics, merged=merged)
    engine = make_aligner(_witness_of(task), threads=task.threads, scratch=Path(task.work_dir))
    context.prepare(READY - 1, "Loading the aligner", detail="loading_model")
    engine.load()

    def report(share: float) -> None:
        context.work(READY + int((ALIGNED - READY) * share), detail="aligning", chunk=0)

    def align_passage(text: LyricsText, start_ms: Ms, end_ms: Ms, watch: Watch) -> Lyrics:
        return engine.align(_request(text, task, start_ms, end_ms), watch)

    def align_merged(merged: Merged, watch: Watch) -> Aligned:
        return align_changed(merged, ms_from_seconds(task.duration_s), align_passage, watch)

    return align_merged(merged, report) if hints is None else align_hinted(merged, hints, align_merged, report)


def _witness_of(task: KaraokeTask) -> Witness | None:
    if task.witness is None:
        return None
    folder = Path(task.witness)
    return Witness(name=folder.name, folder=folder, digest="")  # the plan has looked at it


def add_words(given: Lyrics, task: KaraokeTask, context: StageContext) -> Lyrics:
    """Find the words of lines that have times, near these; percent 10-70. As given, where the voice has none."""
    engine = make_aligner(_witness_of(task), threads=task.threads, scratch=Path(task.work_dir))
    if engine.missing():
        return given
    context.prepare(READY - 1, "Loading the aligner", detail="loading_model")
    engine.load()
    anchors = tuple(line.start_ms for line in given.lines)
    request = _request(text_of(given), task, Ms(0), ms_from_seconds(task.duration_s), anchors)

    def report(share: float) -> None:
        context.work(READY + int((ALIGNED - READY) * share), detail="aligning", chunk=0)

    try:
        return with_words(given, engine.align(request, report))
    except (EmptyLyrics, LyricsTooLong, NoVoice):
        return given


def _request(
    text: LyricsText, task: KaraokeTask, start_ms: Ms, end_ms: Ms, anchors: Anchors | None = None
) -> AlignmentRequest:
    """Ask for the words of a passage of the song; its times count from its start."""
    vocals, instrumental = Path(task.vocals), Path(task.instrumental)
    start, stop = (round(seconds_from_ms(time_ms) * SAMPLE_RATE) for time_ms in (start_ms, end_ms))
    return AlignmentRequest(
        text=text,
        mixture=_mixture(vocals, instrumental, start, stop),
        vocals=blocks_of(vocals, start, stop),
        duration_s=seconds_from_ms(Ms(end_ms - start_ms)),
        language=iso_639_1(task.language) or task.language,
        anchors=anchors,
    )


def doubts(lyrics: Lyrics) -> Caution | None:
    """Say how far the times are to be doubted; None where they are not."""
    confidences = [word.confidence for line in lyrics.lines for word in line.words]
    if len(confidences) >= LEAST_TO_JUDGE and sum(confidences) < FOREIGN * len(confidences):
        return Caution(code=CautionCode.FOREIGN_LYRICS, message=FOREIGN_MESSAGE)
    doubtful = sum(is_doubtful(line) for line in lyrics.lines)
    lost = sum(not line.found for line in lyrics.lines)
    if not doubtful and not lost:
        return None
    said = []
    if doubtful:
        said.append(f"The times of {_lines(doubtful)} of {len(lyrics.lines)} are uncertain.")
    if lost:
        said.append(f"{_lines(lost)} of {len(lyrics.lines)} {'was' if lost == 1 else 'were'} not found in the singing.")
    return Caution(code=CautionCode.UNCERTAIN_TIMES, message=" ".join((*said, "Check them before you sing.")))


def lateness(lyrics: Lyrics, duration_ms: Ms) -> Caution | None:
    """Say how many lines lie after the end of the song; None where there are none."""
    late = sum(line.start_ms > duration_ms + LATE_MS for line in lyrics.lines)
    if not late:
        return None
    begun = f"{_lines(late)} of {len(lyrics.lines)} would begin after the end of the song."
    message = f"{begun} Check that the times are its own."
    return Caution(code=CautionCode.LATE_TIMES, message=message)


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _mixture(vocals: Path, instrumental: Path, start: int, stop: int) -> Iterator[Waveform]:
    """Give the song again, block by block: the two stems add up to it."""
    for voice, band in zip(blocks_of(vocals, start, stop), blocks_of(instrumental, start, stop), strict=True):
        yield voice + band
