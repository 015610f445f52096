"""SubRip (SRT) and WebVTT to Lyrics: a cue is a line, with words where the cue has times inside (``<00:01.000>``).

https://www.w3.org/TR/webvtt1/. Tags of style, voice and place are left out, and cues that only name a sound.
"""

import html
import re
from dataclasses import dataclass, field, replace

from music_separator.domain.errors import UnreadableLyrics, WrongLyricsTimes
from music_separator.domain.lyrics import Line, Lyrics, Word
from music_separator.domain.units import Ms
from music_separator.karaoke.lrc_syntax import parse_time
from music_separator.karaoke.readers.lrc import MAX_WORDS
from music_separator.karaoke.readers.lrc_lines import timed_line
from music_separator.karaoke.readers.lrc_words import timed_words

_TIME = r"(?:[0-9]{1,4}:)?[0-9]{1,2}:[0-9]{1,2}[.,][0-9]{1,3}"
_TIMES = re.compile(rf"[ \t]{{0,8}}({_TIME})[ \t]{{0,8}}-->[ \t]{{0,8}}({_TIME})")
_STYLE = re.compile(r"</?(?:[a-zA-Z][^<>\n]{0,200})?>|\{\\[^{}\n]{0,200}\}")
_SOUNDS = re.compile(r"(?:\[[^\[\]]*\]\s*)+")


@dataclass(frozen=True, kw_only=True)
class _Cue:
    """Times and the rows of text behind them; ``number`` counts from 1."""

    number: int
    start_ms: Ms
    end_ms: Ms
    rows: list[str] = field(default_factory=list)


def is_subtitles(text: str) -> bool:
    """Tell whether any line of the text is the times of a cue."""
    return any(_TIMES.match(row) for row in text.split("\n") if "-->" in row)


def read_subtitles(text: str) -> Lyrics | None:
    """Read the cues in the order of their times; None where none has text. Raises WrongLyricsTimes."""
    lines = [line for line in map(_line, _cues(text)) if line is not None]
    if sum(1 + len(line.words) for line in lines) > MAX_WORDS:
        raise UnreadableLyrics(f"there are more than {MAX_WORDS:,} words in them")
    lines.sort(key=lambda line: line.start_ms)
    return Lyrics(lines=tuple(lines)) if lines else None


def _cues(text: str) -> list[_Cue]:
    """Cut at the lines with times; what lies between a blank line and the next times belongs to nobody."""
    cues: list[_Cue] = []
    is_open = False
    for row in text.split("\n"):
        times = _TIMES.match(row) if "-->" in row else None
        if times is not None:
            start_ms, end_ms = parse_time(times[1]), parse_time(times[2])
            is_open = start_ms is not None and end_ms is not None
            if start_ms is not None and end_ms is not None:
                _drop_counter(cues)
                cues.append(_Cue(number=len(cues) + 1, start_ms=start_ms, end_ms=end_ms))
        elif not row.strip():
            is_open = False
        elif is_open:
            cues[-1].rows.append(row.strip())
    return cues


def _drop_counter(cues: list[_Cue]) -> None:
    """Take the number of the coming cue from the one before it, where no blank line parts them."""
    if cues and cues[-1].rows and cues[-1].rows[-1] == str(len(cues) + 1):
        cues[-1].rows.pop()


def _line(cue: _Cue) -> Line | None:
    if cue.end_ms < cue.start_ms:
        raise WrongLyricsTimes(cue.number, f"it cannot last from {cue.start_ms} to {cue.end_ms} ms")
    timed = timed_line((cue.start_ms,), html.unescape(_STYLE.sub("", " ".join(cue.rows))))
    if not timed.text or _SOUNDS.fullmatch(timed.text):
        return None
    words = [
        Word(text=word.text, start_ms=word.start_ms, end_ms=word.start_ms if word.end_ms is None else word.end_ms)
        for word in timed_words(timed.pieces)
    ]
    is_inside = all(cue.start_ms <= word.start_ms and word.end_ms <= cue.end_ms for word in words)
    if words and is_inside and timed_words(timed.pieces)[-1].end_ms is None:
        words[-1] = replace(words[-1], end_ms=cue.end_ms)
    return Line(text=timed.text, start_ms=cue.start_ms, end_ms=cue.end_ms, words=tuple(words) if is_inside else ())
