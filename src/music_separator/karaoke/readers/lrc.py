"""LRC, plain and enhanced, to Lyrics. Times come from the file alone; nothing is invented.

An untimed line within a timed file is shown together with the timed line before it and takes its times. Before the
first timed line such lines are titles and credits and are left out, unless a broken time tag shows that they are sung:
then they go with the first timed line.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from music_separator.domain.errors import UnreadableLyrics
from music_separator.domain.lyrics import Line, Lyrics, Word
from music_separator.domain.units import Ms
from music_separator.karaoke.lrc_syntax import parse_time
from music_separator.karaoke.readers.lrc_lines import Metadata, ParsedLine, TimedLine, UntimedLine
from music_separator.karaoke.readers.lrc_words import TimedWord, timed_words

LINE_CAP_MS = Ms(10_000)
"""How long a line stays at most where the file does not say its end. Of 492 lines timed by hand 99 % last under 9 s."""

WORD_CAP_MS = Ms(5_000)
"""The same for the last word of a line. Of 2,563 words timed by hand 99 % last under 2.2 s, held last notes up to 5."""

MAX_WORDS = 100_000
"""Limit on lines plus words after repeats are written out: a few kilobytes of tags can ask for millions."""

_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One time of one line; no text where the line only ends what is before it."""

    start_ms: Ms
    text: str
    words: tuple[TimedWord, ...] = ()


def read_metadata(parsed: Sequence[ParsedLine]) -> dict[str, str]:
    """Collect ``ti``, ``ar``, ``la`` ... The first value of a key counts, empty ones do not."""
    found: dict[str, str] = {}
    for line in parsed:
        if isinstance(line, Metadata) and line.value:
            found.setdefault(line.key, line.value)
    return found


def language_of(metadata: dict[str, str]) -> str | None:
    """Give the language tag where it is a code (``hr``), not a name or a sentence."""
    value = metadata.get("la", "")
    return value.lower().replace("_", "-") if _LANGUAGE_CODE.fullmatch(value) else None


def read_timed(parsed: Sequence[ParsedLine], duration_ms: Ms | None) -> Lyrics | None:
    """Make Lyrics of the lines of a file; None where no line has both a time and text.

    A line ends at the next later time in the file, an empty timed line being an end like any other; where that is a
    line of text, after at most ``LINE_CAP_MS``. The last ends at the duration (given, else ``[length:]``).
    """
    metadata = read_metadata(parsed)
    entries = sorted(_within_limit(_entries(parsed, _offset_ms(metadata))), key=lambda entry: entry.start_ms)
    if not any(entry.text for entry in entries):
        return None
    if duration_ms is None:
        duration_ms = parse_time(metadata.get("length", ""))
    ends = _Ends(entries, duration_ms)
    lines = [_line(entry, ends) for entry in entries if entry.text]
    return Lyrics(
        lines=tuple(sorted(lines, key=lambda line: line.start_ms)),
        language=language_of(metadata),
        title=metadata.get("ti"),
        artist=metadata.get("ar"),
    )


def _offset_ms(metadata: dict[str, str]) -> int:
    """Read ``[offset:]``: a positive one makes the lyrics appear sooner, so it is taken away from every time."""
    value = re.fullmatch(r"([+-]?)\s?([0-9]{1,7})", metadata.get("offset", ""))
    if value is None:
        return 0
    return -int(value[2]) if value[1] == "-" else int(value[2])


def _entries(parsed: Sequence[ParsedLine], offset_ms: int) -> Iterator[_Entry]:
    latest_ms: tuple[Ms, ...] = ()
    waiting: list[str] = []
    for line in parsed:
        match line:
            case TimedLine(text=""):
                yield from (_Entry(start_ms=_shifted(start_ms, -offset_ms), text="") for start_ms in line.starts_ms)
            case TimedLine():
                latest_ms = tuple(_shifted(start_ms, -offset_ms) for start_ms in line.starts_ms)
                yield from (_Entry(start_ms=latest_ms[0], text=text) for text in waiting)
                waiting = []
                yield from _repeats(line, offset_ms)
            case UntimedLine() if latest_ms:
                yield from (_Entry(start_ms=start_ms, text=line.text) for start_ms in latest_ms)
            case UntimedLine(broken=True):
                waiting.append(line.text)


def _repeats(line: TimedLine, offset_ms: int) -> Iterator[_Entry]:
    """Give the line once per time. Its word times belong to the line time nearest to the first of them."""
    words = timed_words(line.pieces)
    home_ms = min(line.starts_ms, key=lambda start_ms: abs(start_ms - words[0].start_ms)) if words else 0
    for start_ms in line.starts_ms:
        shift_ms = start_ms - home_ms - offset_ms
        yield _Entry(
            start_ms=_shifted(start_ms, -offset_ms),
            text=line.text,
            words=tuple(
                TimedWord(
                    text=word.text,
                    start_ms=_shifted(word.start_ms, shift_ms),
                    end_ms=None if word.end_ms is None else _shifted(word.end_ms, shift_ms),
                )
                for word in words
            ),
        )


def _shifted(time_ms: Ms, shift_ms: int) -> Ms:
    return Ms(max(0, time_ms + shift_ms))


def _within_limit(entries: Iterator[_Entry]) -> Iterator[_Entry]:
    size = 0
    for entry in entries:
        size += 1 + len(entry.words)
        if size > MAX_WORDS:
            raise UnreadableLyrics(f"there are more than {MAX_WORDS:,} words in them")
        yield entry


class _Ends:
    """When a line ends that does not say so itself."""

    def __init__(self, entries: Sequence[_Entry], duration_ms: Ms | None) -> None:
        self._starts = [entry.start_ms for entry in entries]
        self._rests = frozenset(entry.start_ms for entry in entries if not entry.text)
        self._duration_ms = duration_ms

    def after(self, time_ms: Ms, *, cap_ms: Ms) -> Ms:
        """Give the end of what begins at a time and lasts ``cap_ms`` at most, unless an empty timed line says else."""
        position = bisect_right(self._starts, time_ms)
        following_ms = self._starts[position] if position < len(self._starts) else self._duration_ms
        if following_ms in self._rests:
            return following_ms
        capped_ms = Ms(time_ms + cap_ms)
        return capped_ms if following_ms is None else max(time_ms, min(capped_ms, following_ms))


def _line(entry: _Entry, ends: _Ends) -> Line:
    if not entry.words:
        end_ms = ends.after(entry.start_ms, cap_ms=LINE_CAP_MS)
        return Line(text=entry.text, start_ms=entry.start_ms, end_ms=end_ms)
    words = tuple(
        Word(
            text=word.text,
            start_ms=word.start_ms,
            end_ms=ends.after(word.start_ms, cap_ms=WORD_CAP_MS) if word.end_ms is None else word.end_ms,
        )
        for word in entry.words
    )
    start_ms = min(entry.start_ms, words[0].start_ms)
    end_ms = max(entry.start_ms, words[-1].end_ms)
    return Line(text=entry.text, start_ms=start_ms, end_ms=end_ms, words=words)
