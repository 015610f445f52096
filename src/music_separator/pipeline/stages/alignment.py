"""Plain words to timed ones, inside the karaoke stage, and how sure that is.

Lines that have their times already are kept to the millisecond; those without are put on the voice between them. Words
are looked for in lines that came without.
"""

from dataclasses import replace

from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.domain.units import Ms
from music_separator.engines.alignment.anchors import Anchors
from music_separator.engines.alignment.watch import Watch, part_of
from music_separator.karaoke.kept_times import Merged
from music_separator.pipeline.doubt import are_foreign, is_doubtful
from music_separator.pipeline.stages.changed_lines import Aligned, align_changed
from music_separator.pipeline.stages.line_times import add_words, wordless
from music_separator.pipeline.stages.song_aligner import SongAligner

LATE_MS = 5_000
"""After the end of the song; credits and a fade-out that was cut lie within it."""
FOREIGN_MESSAGE = "The words hardly fit the voice: they may belong to another song. Check them and send them again."


def align(merged: Merged, aligner: SongAligner, hints: Anchors | None = None) -> Aligned:
    """Find the times that are missing: of lines, then of words in lines that have times; percent 10-70.

    ``hints`` say when each line begins in some recording. Raises AlignmentUnavailable; LyricsTooLong and NoVoice for
    plain words; WrongLyricsTimes for lines without times that cannot be sung between their neighbours.
    """
    if isinstance(merged.lyrics, Lyrics):
        return _worded(Aligned(lyrics=merged.lyrics, merged=merged), aligner, aligner.report)
    anchors = hints if isinstance(merged.lyrics, LyricsText) else None
    share = 0.5 if wordless(merged.lyrics.lines, aligner.duration_ms) else 1.0

    def align_passage(text: LyricsText, start_ms: Ms, end_ms: Ms, watch: Watch) -> Lyrics:
        return aligner.align(text, start_ms, end_ms, watch, anchors)

    aligned = align_changed(merged, aligner.duration_ms, align_passage, part_of(aligner.report, 0, share))
    return _worded(aligned, aligner, part_of(aligner.report, share, 1))


def _worded(aligned: Aligned, aligner: SongAligner, watch: Watch) -> Aligned:
    worded = add_words(aligned.lyrics, aligner.duration_ms, aligner.align, watch)
    limits = aligner.caution if aligned.count + worded.count else None
    cautions = tuple(filter(None, (worded.caution, limits)))
    return replace(aligned, lyrics=worded.lyrics, worded=worded.count, cautions=cautions)


def doubts(lyrics: Lyrics) -> Caution | None:
    """Say how far the times are to be doubted; None where they are not."""
    confidences = [word.confidence for line in lyrics.lines for word in line.words]
    if are_foreign(len(confidences), sum(confidences)):
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
