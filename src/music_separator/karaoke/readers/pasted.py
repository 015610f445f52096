"""Plain lyrics as people paste them: lines marked to be sung again, and headings without brackets."""

import re
from collections.abc import Iterator

_AGAIN = re.compile(
    r"\s*(?:[\[(]\s{0,4}(?:[x×]\s?([2-9])|([2-9])\s?[x×])\s{0,4}[\])]|\s[x×]([2-9])|\s([2-9])[x×])", re.IGNORECASE
)
_HEADING = re.compile(
    r"(?:(?:verse|chorus|pre-?chorus|post-?chorus|bridge|intro|outro|hook|refrain|interlude|instrumental|solo|strophe"
    r"|estribillo|coro|puente|couplet|pont)(?: ?[0-9]{1,2})?:|(?:verse|chorus|bridge|hook|couplet|strophe) [0-9]{1,2})",
    re.IGNORECASE,
)


def as_sung(line: str) -> Iterator[str]:
    """Give a line as often as it says that it is sung: twice for ``La la la (2x)``, never for ``Verse 2:``."""
    if _HEADING.fullmatch(line):
        return
    end = max(0, len(line) - _LONGEST_MARK)
    mark = next((found for found in _AGAIN.finditer(line, end) if found.end() == len(line)), None)
    text = line[: mark.start()].rstrip() if mark else line
    times = int(next(filter(None, mark.groups()))) if mark else 1
    if text:
        yield from [text] * times


_LONGEST_MARK = 24
"""Characters from the end in which a mark is looked for."""
