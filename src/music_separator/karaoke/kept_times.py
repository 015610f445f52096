"""Times that lines had before the words were edited: written as timed JSON, and given back to the lines that are the
same. What a person timed is never touched.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from music_separator.domain.lyrics import GivenLyrics, Line, Lyrics, LyricsText, PartlyTimed
from music_separator.domain.units import Ms
from music_separator.karaoke.readers.timed_json import read_timed_json

MAX_COMPARISONS = 4_000_000
"""Lines times lines between the first and the last change; more of them are not compared, and all are aligned anew."""


@dataclass(frozen=True, kw_only=True)
class KnownLine:
    """A line with times; ``aligned`` where the voice gave them, and not a person."""

    line: Line
    aligned: bool


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Given words in which the lines that are ``kept``, by their place, have the times that they had."""

    given: GivenLyrics
    kept: Mapping[int, KnownLine] = field(default_factory=dict)

    @property
    def lyrics(self) -> GivenLyrics:
        """The words with the kept times in them."""
        given = self.given
        lines = tuple(self.kept[place].line if place in self.kept else line for place, line in enumerate(given.lines))
        facts = {"language": given.language, "title": given.title, "artist": given.artist}
        timed = tuple(line for line in lines if isinstance(line, Line))
        if len(timed) == len(lines):
            return Lyrics(lines=timed, **facts)
        if timed:
            return PartlyTimed(lines=lines, **facts)
        return LyricsText(lines=tuple(line for line in lines if isinstance(line, str)), **facts)

    def without(self, places: set[int]) -> "Merged":
        """Give the same with fewer lines kept."""
        return Merged(given=self.given, kept={place: line for place, line in self.kept.items() if place not in places})

    def is_aligned(self, place: int) -> bool:
        """Whether the times of a line come, or will come, from the voice."""
        if place in self.kept:
            return self.kept[place].aligned
        return isinstance(self.given.lines[place], str)


def keep_times(given: GivenLyrics, known: Sequence[KnownLine]) -> Merged:
    """Give the lines without times that stand unchanged among ``known`` the times from there.

    A line counts as the same where its text is, and the lines around it are in the same order. One whose time would
    lie before, or after, that of a line which a person has timed since is not kept; nor is one that was not found in
    the singing, where a line beside it is to be looked for.
    """
    texts = [line if isinstance(line, str) else line.text for line in given.lines]
    same = _same(texts, [each.line.text for each in known])
    kept = {new: known[old] for new, old in same if isinstance(given.lines[new], str)}
    earliest, latest = _bounds(given.lines)
    kept = {place: each for place, each in kept.items() if earliest[place] <= each.line.start_ms <= latest[place]}
    return Merged(given=given, kept=_without_lost(given.lines, kept))


def keep_words(given: GivenLyrics, known: Sequence[KnownLine]) -> GivenLyrics:
    """Give the lines with times and without words the words of the ``known`` line of the same text and times."""
    words = {_identity(each.line): each.line.words for each in known}

    def worded(line: Line) -> Line:
        return line if line.words else replace(line, words=words.get(_identity(line), ()))

    match given:
        case Lyrics():
            return replace(given, lines=tuple(map(worded, given.lines)))
        case PartlyTimed():
            lines = tuple(worded(line) if isinstance(line, Line) else line for line in given.lines)
            return replace(given, lines=lines)
        case LyricsText():
            return given


def _identity(line: Line) -> tuple[str, Ms, Ms]:
    return line.text, line.start_ms, line.end_ms


def write_known(lines: Sequence[KnownLine]) -> str:
    """Write lines as timed JSON, every digit of their confidences kept."""
    return json.dumps({"lines": [_values(each) for each in lines]}, ensure_ascii=False)


def read_known(text: str) -> tuple[KnownLine, ...]:
    """Read what ``write_known`` wrote."""
    stored = json.loads(text)
    lyrics = read_timed_json(stored, None)
    if not isinstance(lyrics, Lyrics):
        raise ValueError("known lines all have times")
    aligned = [bool(values["aligned"]) for values in stored["lines"]]
    return tuple(KnownLine(line=line, aligned=flag) for line, flag in zip(lyrics.lines, aligned, strict=True))


def _values(known: KnownLine) -> dict[str, object]:
    line = known.line
    words = [
        {"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms, "confidence": word.confidence}
        for word in line.words
    ]
    times = {"start_ms": line.start_ms, "end_ms": line.end_ms}
    return {"text": line.text, **times, "words": words, "aligned": known.aligned, "found": line.found}


def _same(new: Sequence[str], old: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pair the places of lines that are the same, in order; what lies outside the changes costs nothing."""
    head = 0
    while head < min(len(new), len(old)) and new[head] == old[head]:
        yield head, head
        head += 1
    tail = 0
    while tail < min(len(new), len(old)) - head and new[-1 - tail] == old[-1 - tail]:
        tail += 1
    inner_new, inner_old = new[head : len(new) - tail], old[head : len(old) - tail]
    if len(inner_new) * len(inner_old) <= MAX_COMPARISONS:
        matcher = SequenceMatcher(a=inner_new, b=inner_old, autojunk=False)
        for block in matcher.get_matching_blocks():
            for step in range(block.size):
                yield head + block.a + step, head + block.b + step
    for step in range(tail, 0, -1):
        yield len(new) - step, len(old) - step


def _without_lost(lines: Sequence[Line | str], kept: dict[int, KnownLine]) -> dict[int, KnownLine]:
    """Leave out lines that nobody was heard singing beside lines without times: they may be there now."""
    found = dict(kept)
    for places in (range(len(lines)), reversed(range(len(lines)))):
        is_open = False
        for place in places:
            if place in found and is_open and not found[place].line.found:
                del found[place]
            is_open = place not in found and isinstance(lines[place], str)
    return found


def _bounds(lines: Sequence[Line | str]) -> tuple[list[int], list[float]]:
    """Give for each line the start of the timed line before it, and of the one after."""
    earliest, latest = [], []
    before_ms: int = 0
    for line in lines:
        before_ms = line.start_ms if isinstance(line, Line) else before_ms
        earliest.append(before_ms)
    after_ms = float("inf")
    for line in reversed(lines):
        after_ms = line.start_ms if isinstance(line, Line) else after_ms
        latest.append(after_ms)
    return earliest, latest[::-1]
