"""Lines without times among lines with times: each run of them is put on the voice between its neighbours."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from music_separator.domain.errors import EmptyLyrics, LyricsTooLong, NoVoice, WrongLyricsTimes
from music_separator.domain.lyrics import Line, Lyrics, LyricsText, PartlyTimed, Word
from music_separator.domain.units import Ms
from music_separator.engines.alignment.language import guessed
from music_separator.engines.alignment.watch import Watch, part_of

LEAST_MS = 200
"""A shorter passage has no room for a word."""
MAX_GAPS = 100
"""Each costs about a second, and a look through the song up to it."""

AlignPassage = Callable[[LyricsText, Ms, Ms, Watch], Lyrics]
"""Puts words on the voice from and to a time; the times that it gives count from the first."""


@dataclass(frozen=True, kw_only=True)
class _Gap:
    """A run of lines without times, and what is left for it; ``line`` is the number of the first, from 1."""

    line: int
    texts: tuple[str, ...]
    start_ms: Ms
    end_ms: Ms


def fill_gaps(given: PartlyTimed, duration_ms: Ms, align: AlignPassage, watch: Watch) -> Lyrics:
    """Give every line a time; those that have one keep it. Raises WrongLyricsTimes where a run cannot be sung there."""
    gaps = list(_gaps(given, duration_ms))
    if len(gaps) > MAX_GAPS:
        raise WrongLyricsTimes(gaps[MAX_GAPS].line, f"it begins the {MAX_GAPS + 1}st passage without times, too many")
    language = given.language or guessed(given.text)
    found: list[Line] = []
    for number, gap in enumerate(gaps):
        text = LyricsText(lines=gap.texts, language=language)
        found += _sung(gap, text, align, part_of(watch, number / len(gaps), (number + 1) / len(gaps)))
    rest = iter(found)
    lines = tuple(line if isinstance(line, Line) else next(rest) for line in given.lines)
    return Lyrics(lines=lines, language=language, title=given.title, artist=given.artist)


def _gaps(given: PartlyTimed, duration_ms: Ms) -> Iterator[_Gap]:
    position, sung_until = 0, Ms(0)
    for is_timed, group in groupby(given.lines, key=lambda line: isinstance(line, Line)):
        lines = list(group)
        position += len(lines)
        if is_timed:
            sung_until = max(sung_until, *(line.end_ms for line in lines if isinstance(line, Line)))
            continue
        following = given.lines[position] if position < len(given.lines) else None
        yield _Gap(
            line=position - len(lines) + 1,
            texts=tuple(line for line in lines if isinstance(line, str)),
            start_ms=sung_until,
            end_ms=following.start_ms if isinstance(following, Line) else duration_ms,
        )


def _sung(gap: _Gap, text: LyricsText, align: AlignPassage, watch: Watch) -> list[Line]:
    if gap.end_ms - gap.start_ms < LEAST_MS:
        raise WrongLyricsTimes(gap.line, "it has no times, and its neighbours leave no room for it")
    try:
        found = align(text, gap.start_ms, gap.end_ms, watch)
    except EmptyLyrics:
        return [_unheard(text, gap.start_ms) for text in gap.texts]
    except LyricsTooLong:
        raise WrongLyricsTimes(gap.line, "it has no times, and its neighbours leave too little room for it") from None
    except NoVoice:
        raise WrongLyricsTimes(gap.line, "it has no times, and nobody sings between its neighbours") from None
    return [_later(line, gap) for line in found.lines]


def _unheard(text: str, at_ms: Ms) -> Line:
    """Give a line that has no sound (an emoji) the place where it stands."""
    word = Word(text=text, start_ms=at_ms, end_ms=at_ms, confidence=0.0)
    return Line(text=text, start_ms=at_ms, end_ms=at_ms, words=(word,))


def _later(line: Line, gap: _Gap) -> Line:
    """Give the line in the time of the song, within its gap."""

    def moved(time_ms: Ms) -> Ms:
        return min(Ms(time_ms + gap.start_ms), gap.end_ms)

    words = tuple(replace(word, start_ms=moved(word.start_ms), end_ms=moved(word.end_ms)) for word in line.words)
    return replace(line, start_ms=moved(line.start_ms), end_ms=moved(line.end_ms), words=words)
