"""One line of an LRC file: what its tags say. Linear in the length of the line, whatever is in it."""

import re
from dataclasses import dataclass
from typing import TypeAlias

from music_separator.domain.units import Ms
from music_separator.karaoke.lrc_syntax import TIME, parse_time, unshield

_LINE_TAG = re.compile(rf"\s{{0,8}}\[({TIME})\]")
_INNER_TAG = re.compile(rf"<({TIME})>|\[({TIME})\]")
_BARE_TIME = r"[0-9]{1,4}:[0-9]{1,2}(?:[.,:][0-9]{1,3})?"
_BROKEN_TAG = re.compile(
    rf"\s{{0,8}}(?:\[\s?[-+]?[0-9][0-9A-Za-z]{{0,5}}[:.][^\[\]]{{0,16}}\]|\[{_BARE_TIME}(?!\])|{_BARE_TIME}\s?\])"
)
"""A closed tag that is no time, and a time that lacks one of its brackets."""
_METADATA = re.compile(r"\[\s?([A-Za-z#_]{1,20})\s?:([^\n]*)\]")
_HEADING = re.compile(r"(?:\[[^\[\]]*\]\s*)+")


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """``[key:value]``, the key in small letters."""

    key: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Text between two inner tags, spaces included; no text where a tag only ends what is before it."""

    start_ms: Ms
    text: str


@dataclass(frozen=True, kw_only=True)
class TimedLine:
    """A line with one or more times (it is repeated). ``pieces`` is empty where only the line has times."""

    starts_ms: tuple[Ms, ...]
    text: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True)
class UntimedLine:
    """Text without a time. ``broken`` where something stood before it that was meant as one."""

    text: str
    broken: bool


ParsedLine: TypeAlias = Metadata | TimedLine | UntimedLine


def parse_line(line: str) -> ParsedLine | None:
    """Read one line; None for blank lines and headings (``[Chorus]``)."""
    line = line.strip()
    starts_ms, position, broken = _leading_tags(line)
    if starts_ms:
        return timed_line(starts_ms, line[position:])
    if broken:
        text = unshield(line[position:].strip())
        return UntimedLine(text=text, broken=True) if text else None
    metadata = _METADATA.fullmatch(line)
    if metadata:
        return Metadata(key=metadata[1].lower(), value=metadata[2].strip())
    if not line or _HEADING.fullmatch(line):
        return None
    return UntimedLine(text=unshield(line), broken=False)


def _leading_tags(line: str) -> tuple[tuple[Ms, ...], int, bool]:
    """Read the time tags a line begins with: the times, where the text begins, and whether a tag was broken."""
    starts_ms, position, broken = [], 0, False
    while tag := _LINE_TAG.match(line, position):
        time_ms = parse_time(tag[1])
        if time_ms is None:
            broken = True
        else:
            starts_ms.append(time_ms)
        position = tag.end()
    if not starts_ms and (tag := _BROKEN_TAG.match(line, position)):
        return (), tag.end(), True
    return tuple(starts_ms), position, broken


def timed_line(starts_ms: tuple[Ms, ...], body: str) -> TimedLine:
    """Read what follows the times of a line: text, with or without times in it."""
    if not _INNER_TAG.search(body):
        return TimedLine(starts_ms=starts_ms, text=unshield(body.strip()), pieces=())
    pieces = _pieces(body, starts_ms[0])
    text = " ".join("".join(piece.text for piece in pieces).split())
    return TimedLine(starts_ms=starts_ms, text=text, pieces=tuple(pieces) if text else ())


def _pieces(body: str, line_start_ms: Ms) -> list[Piece]:
    """Cut at the inner tags. Text before the first of them begins with the line."""
    pieces, position, start_ms = [], 0, line_start_ms
    for tag in _INNER_TAG.finditer(body):
        text = body[position : tag.start()]
        if position or text.strip():
            pieces.append(Piece(start_ms=start_ms, text=unshield(text)))
        position = tag.end()
        time_ms = parse_time(tag[1] or tag[2])
        start_ms = start_ms if time_ms is None else time_ms
    pieces.append(Piece(start_ms=start_ms, text=unshield(body[position:])))
    return pieces
