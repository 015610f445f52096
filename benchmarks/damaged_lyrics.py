"""Lyrics as they come: a line missing, a line added, a verse of another song in place of one, what is sung twice
written once. Seeded by the title.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

VERSE_LINES = 4
PLACES = 2
"""Of each kind of damage per song, but for repeats: the longest."""
LEAST_REPEAT_LINES = 2


@dataclass(frozen=True, kw_only=True)
class Damaged:
    """Lines to align, and the number of each in the right lyrics; None for lines that do not belong."""

    kind: str
    lines: tuple[str, ...]
    origin: tuple[int | None, ...]


def damages(lines: tuple[str, ...], foreign: tuple[str, ...], seed: str) -> Iterator[Damaged]:
    """Give each kind of damage at some places; ``foreign``: lines of another song."""
    dice = random.Random(seed)
    numbers = list(range(len(lines)))
    verse = min(VERSE_LINES, len(lines) // 3)
    for _ in range(PLACES):
        at = dice.randrange(1, len(lines) - 1)
        yield _made("missing", lines, numbers[:at] + numbers[at + 1 :])
        yield _made("added", lines, [*numbers[:at], None, *numbers[at:]], [dice.choice(foreign)])
        at = dice.randrange(1, len(lines) - verse)
        begin = dice.randrange(len(foreign) - verse + 1)
        others = list(foreign[begin : begin + verse])
        yield _made("verse", lines, [*numbers[:at], *[None] * verse, *numbers[at + verse :]], others)

    first, again, length = longest_repeat(lines)
    if length >= LEAST_REPEAT_LINES:
        # either time is right for what is left of the repeat: its lines do not count
        origin = [None if first <= number < first + length else number for number in numbers]
        written = list(lines[first : first + length])
        yield _made("repeat", lines, origin[:again] + origin[again + length :], written)


def longest_repeat(lines: tuple[str, ...]) -> tuple[int, int, int]:
    """Give where the longest block of lines that comes twice begins first and again, and its length; 0 for none."""
    same = [re.sub(r"\W+", " ", line.lower()).strip() for line in lines]
    found = (0, 0, 0)
    for first in range(len(same)):
        for again in range(first + 1, len(same)):
            pairs = zip(same[first:again], same[again:], strict=False)
            length = next(
                (number for number, (a, b) in enumerate(pairs) if a != b), min(again - first, len(same) - again)
            )
            found = max(found, (first, again, length), key=lambda each: each[2])
    return found


def _made(
    kind: str, lines: tuple[str, ...], origin: list[int | None] | list[int], others: list[str] | None = None
) -> Damaged:
    coming = iter(others or [])
    texts = tuple(next(coming) if number is None else lines[number] for number in origin)
    return Damaged(kind=kind, lines=texts, origin=tuple(origin))
