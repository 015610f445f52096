"""Timed JSON to lyrics: ``{"lines": [{"text", "start_ms", "end_ms", "words": [...]}]}``, as ``_sync.json`` has it.

Times are whole milliseconds and kept as they are. A line may have times and no words; one without times is text that
is still to be put on the voice; one with ``"found": false`` was not heard. Other keys are not looked at.
"""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any, TypeAlias

from music_separator.domain.errors import UnreadableLyrics, WrongLyricsTimes
from music_separator.domain.lyrics import GivenLyrics, Line, Lyrics, LyricsText, PartlyTimed, Word
from music_separator.domain.units import Ms
from music_separator.karaoke.lrc_syntax import one_line

SLACK_MS = 1_000
"""How far times may reach beyond the end of the song: players and editors round its length."""
LATEST_MS = 24 * 3_600_000
"""Where nobody knows how long the song is."""

Values: TypeAlias = Mapping[str, Any]


def json_object(text: str) -> dict[str, Any] | None:
    """Give the JSON object that a text is; None for lyrics that only begin with a bracket. Raises UnreadableLyrics."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except RecursionError:
        raise UnreadableLyrics("the JSON is nested too deeply") from None
    except ValueError as error:
        if '"lines"' not in text:
            return None
        raise UnreadableLyrics(f"this begins like timed JSON and is none ({error})") from None
    return found if isinstance(found, dict) else None


def read_timed_json(found: dict[str, Any], duration_ms: Ms | None) -> GivenLyrics | None:
    """Read it; None where no line has text. Raises UnreadableLyrics, WrongLyricsTimes with the number of the line."""
    given = found.get("lines")
    if not isinstance(given, list):
        raise UnreadableLyrics('the JSON has no "lines" that are a list')
    limit_ms = LATEST_MS if duration_ms is None else duration_ms + SLACK_MS
    lines = [_Reader(number, limit_ms).line(values) for number, values in enumerate(given, 1)]
    _check_order(lines)
    kept = tuple(line for line in lines if line is not None)
    facts = {"language": _text(found, "language"), "title": _text(found, "song_name"), "artist": _text(found, "artist")}
    timed = tuple(line for line in kept if isinstance(line, Line))
    plain = tuple(line for line in kept if isinstance(line, str))
    if timed and plain:
        return PartlyTimed(lines=kept, **facts)
    if timed:
        return Lyrics(lines=timed, **facts)
    return LyricsText(lines=plain, **facts) if plain else None


class _Reader:
    """Reads one line of a file, and says its number where it cannot be."""

    def __init__(self, number: int, limit_ms: int) -> None:
        self._number, self._limit_ms = number, limit_ms

    def line(self, values: object) -> Line | str | None:
        """Read a line: timed, or text alone; None where it is blank."""
        if not isinstance(values, dict):
            raise self._unreadable("must be an object with text, start_ms, end_ms and words")
        text, given = self._words_text(values), values.get("words") or []
        if not isinstance(given, list):
            raise self._unreadable("has words that are no list")
        words = tuple(self._word(word) for word in given)
        if not text:
            if words:
                raise self._unreadable("has words and no text")
            return None
        if not words and values.get("start_ms") is None and values.get("end_ms") is None:
            return text
        start_ms, end_ms = self._span(values, "the line")
        self._check_words(words, start_ms, end_ms)
        found = values.get("found") is not False
        return Line(text=text, start_ms=start_ms, end_ms=end_ms, words=words, found=found)

    def _word(self, values: object) -> Word:
        if not isinstance(values, dict):
            raise self._unreadable("has a word that is no object")
        text, sure = self._words_text(values), values.get("confidence", 1.0)
        if not text:
            raise self._unreadable("has a word without text")
        if isinstance(sure, bool) or not isinstance(sure, int | float) or not 0 <= sure <= 1:
            raise self._unreadable(f"has a word whose confidence is not within 0 and 1 ({text[:40]!r})")
        start_ms, end_ms = self._span(values, f"the word {text[:40]!r}")
        return Word(text=text, start_ms=start_ms, end_ms=end_ms, confidence=float(sure))

    def _words_text(self, values: Values) -> str:
        text = values.get("text")
        if not isinstance(text, str):
            raise self._unreadable("needs text, in it and in each of its words")
        return unicodedata.normalize("NFC", one_line(text))

    def _span(self, values: Values, what: str) -> tuple[Ms, Ms]:
        start_ms, end_ms = values.get("start_ms"), values.get("end_ms")
        for time_ms in (start_ms, end_ms):
            if isinstance(time_ms, bool) or not isinstance(time_ms, int):
                raise self._wrong(f"start_ms and end_ms of {what} must be whole milliseconds")
        assert isinstance(start_ms, int)
        assert isinstance(end_ms, int)
        if not 0 <= start_ms <= end_ms:
            raise self._wrong(f"{what} cannot last from {start_ms} to {end_ms} ms")
        if end_ms > self._limit_ms:
            raise self._wrong(f"{what} ends at {end_ms} ms, after the end of the song")
        return Ms(start_ms), Ms(end_ms)

    def _check_words(self, words: tuple[Word, ...], start_ms: Ms, end_ms: Ms) -> None:
        before_ms = start_ms
        for word in words:
            if not start_ms <= word.start_ms <= word.end_ms <= end_ms:
                raise self._wrong(f"the word {word.text[:40]!r} is not within the times of its line")
            if word.start_ms < before_ms:
                raise self._wrong(f"the word {word.text[:40]!r} begins before the word ahead of it")
            before_ms = word.start_ms

    def _unreadable(self, why: str) -> UnreadableLyrics:
        return UnreadableLyrics(f"line {self._number} of the timed JSON {why}")

    def _wrong(self, why: str) -> WrongLyricsTimes:
        return WrongLyricsTimes(self._number, why)


def _check_order(lines: list[Line | str | None]) -> None:
    before_ms = 0
    for number, line in enumerate(lines, 1):
        if isinstance(line, Line):
            if line.start_ms < before_ms:
                raise WrongLyricsTimes(number, "it begins before the line ahead of it")
            before_ms = line.start_ms


def _text(values: Values, key: str) -> str | None:
    text = values.get(key)
    return one_line(text) or None if isinstance(text, str) else None
