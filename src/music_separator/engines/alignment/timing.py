"""Times of the words that have a sound to lyrics as they are shown: every line, every word, nothing lost."""

from dataclasses import dataclass, replace
from itertools import groupby

from music_separator.domain.lyrics import Line, Lyrics, LyricsText, Word
from music_separator.domain.units import Ms, ms_from_seconds, seconds_from_ms
from music_separator.engines.alignment.words import ShownWord


@dataclass(frozen=True, kw_only=True)
class TimedWord:
    """When a word with a sound is sung, in seconds, and how sure that is, 0-1."""

    start_s: float
    end_s: float
    confidence: float


def to_lyrics(
    text: LyricsText, shown: tuple[ShownWord, ...], timed: tuple[TimedWord | None, ...], *, language: str
) -> Lyrics:
    """Give the lines of ``text`` with the times of their words.

    ``timed`` has one entry for each shown word with a sound, in order; None for all words of a line that was not found.
    What has no sound (an emoji, a dash) joins the word before it in its line, else the one after. A line that was not
    found, or has no sound at all, lies between its neighbours, confidence 0.
    """
    times = iter(timed)
    first_ms = next((ms_from_seconds(time.start_s) for time in timed if time), Ms(0))
    lines: list[Line] = []
    for number, group in groupby(shown, key=lambda word: word.line):
        here = list(group)
        heard = [next(times) for word in here if word.spoken]
        at_ms = lines[-1].end_ms if lines else first_ms
        words = _words(here, [time or _nowhere(at_ms) for time in heard])
        if not words:
            words = [Word(text=text.lines[number].strip(), start_ms=at_ms, end_ms=at_ms, confidence=0.0)]
        lines.append(
            Line(
                text=text.lines[number],
                start_ms=words[0].start_ms,
                end_ms=words[-1].end_ms,
                words=tuple(words),
                found=not heard or any(heard),
            )
        )
    return Lyrics(lines=tuple(lines), language=language, title=text.title, artist=text.artist)


def _nowhere(at_ms: Ms) -> TimedWord:
    at_s = seconds_from_ms(at_ms)
    return TimedWord(start_s=at_s, end_s=at_s, confidence=0.0)


def _words(shown: list[ShownWord], times: list[TimedWord]) -> list[Word]:
    """Take the times of one line's words; empty where none of them has a sound."""
    words: list[Word] = []
    waiting = ""
    coming = iter(times)
    for word in shown:
        if word.spoken:
            time = next(coming)
            words.append(
                Word(
                    text=f"{waiting} {word.text}".strip(),
                    start_ms=ms_from_seconds(time.start_s),
                    end_ms=ms_from_seconds(time.end_s),
                    confidence=time.confidence,
                )
            )
            waiting = ""
        elif words:
            words[-1] = replace(words[-1], text=f"{words[-1].text} {word.text}")
        else:
            waiting = f"{waiting} {word.text}".strip()
    return words
