"""Lyrics as they come: a line missing, a line added, a verse of another song in place of one. Seeded by the title."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

VERSE_LINES = 4
PLACES = 2
"""Of each kind of damage per song."""


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


def _made(
    kind: str, lines: tuple[str, ...], origin: list[int | None] | list[int], others: list[str] | None = None
) -> Damaged:
    coming = iter(others or [])
    texts = tuple(next(coming) if number is None else lines[number] for number in origin)
    return Damaged(kind=kind, lines=texts, origin=tuple(origin))
