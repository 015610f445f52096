"""The documents of this repository: their blocks of code, their links, their headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in (*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")))
_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of code; ``language`` is "" where none is named."""

    language: str
    code: str


def name_of(path: Path) -> str:
    """Name a page as a person would."""
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path) -> list[Block]:
    """List the blocks of code of a page, in order."""
    return [Block(**found.groupdict()) for found in _FENCE.finditer(path.read_text(encoding="utf-8"))]


def links(path: Path) -> Iterator[str]:
    """List the targets of a page's links that are not in code."""
    text = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", path.read_text(encoding="utf-8")))
    yield from (found["target"] for found in _LINK.finditer(text))


def anchors(path: Path) -> set[str]:
    """List what ``#...`` can lead to on a page, as GitHub makes it of headings."""
    headings = _HEADING.findall(_FENCE.sub("", path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
