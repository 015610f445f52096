"""The tags of LRC: ``[mm:ss.xx]`` before a line, ``<mm:ss.xx>`` before a word. Shared by the readers and the writers.

Minutes may exceed 59. LRC has no escape, so text that looks like a time tag is shielded with an invisible character.
"""

import re

from music_separator.domain.units import Ms

TIME = r"\s?[0-9]{1,4}:[0-9]{1,2}(?::[0-9]{1,2})?(?:[.,][0-9]{1,3})?\s?"
"""mm:ss, mm:ss.x to mm:ss.xxx, mm:ss:xx and hh:mm:ss.xx; bounded, so that no input makes it slow."""

_WORD_JOINER = "\u2060"
"""Invisible, takes no room and means "do not break here", so other players show the text unchanged."""

_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f\ud800-\udfff\ufeff]")
_PARTS = re.compile(r"([0-9]+):([0-9]+)(?::([0-9]+))?(?:[.,]([0-9]+))?")
_LOOKS_TIMED = re.compile(rf"([\[<])({_WORD_JOINER}*{TIME}[\]>])")
_SHIELDED = re.compile(rf"([\[<]){_WORD_JOINER}({_WORD_JOINER}*{TIME}[\]>])")


def format_time(time_ms: Ms) -> str:
    """Write a time as ``mm:ss.xx``, rounded to the nearest hundredth of a second."""
    hundredths = rounded(time_ms) // 10
    return f"{hundredths // 6000:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def rounded(time_ms: Ms) -> Ms:
    """Give the time that is read back after ``format_time``, so that choices made on times survive a second round."""
    return Ms((time_ms + 5) // 10 * 10)


def parse_time(text: str) -> Ms | None:
    """Read what ``TIME`` matches; None where it is no time (61 seconds, say).

    Three numbers with a fraction are hours, minutes and seconds; without one they are minutes, seconds and
    hundredths, as several LRC editors write them.
    """
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        return None
    first, second, third, fraction = parts.groups()
    hours = 0
    if third is not None and fraction is None:
        minutes, seconds, fraction = int(first), int(second), third
    elif third is not None:
        hours, minutes, seconds = int(first), int(second), int(third)
    else:
        minutes, seconds = int(first), int(second)
    # 60 is let through: editors that round 59.999 write it.
    if seconds > 60 or (hours and minutes > 59):
        return None
    return Ms((hours * 3600 + minutes * 60 + seconds) * 1000 + int((fraction or "0").ljust(3, "0")))


def shield(text: str) -> str:
    """Make text safe to stand in an LRC line: no line breaks, and nothing in it reads as a time tag."""
    return _LOOKS_TIMED.sub(rf"\1{_WORD_JOINER}\2", one_line(text))


def unshield(text: str) -> str:
    """Undo ``shield`` (line breaks excepted)."""
    return _SHIELDED.sub(r"\1\2", text)


def one_line(text: str) -> str:
    """Replace every kind of line break by one space; characters that no text file may hold are left out."""
    return " ".join(part.strip() for part in _UNWRITABLE.sub("", text).splitlines() if part.strip())
