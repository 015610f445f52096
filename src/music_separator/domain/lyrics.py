"""Words to sing. LyricsText has no times; Lyrics are Lines of timed Words, in integer milliseconds; PartlyTimed is
what lies between, on its way to Lyrics.

What a transcriber heard is a Transcript, not Lyrics; it is not in this file.
"""

from dataclasses import dataclass
from typing import TypeAlias

from music_separator.domain.units import Ms


@dataclass(frozen=True, kw_only=True)
class Word:
    """One sung word. ``confidence`` is 0-1; 1 means somebody gave the time."""

    text: str
    start_ms: Ms
    end_ms: Ms
    confidence: float = 1.0

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("a word needs text")
        if not 0 <= self.start_ms <= self.end_ms:
            raise ValueError(f"a word cannot last from {self.start_ms} to {self.end_ms} ms")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence {self.confidence} is not within 0-1")


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is shown together. ``words`` is empty where only the line's own times are known."""

    text: str
    start_ms: Ms
    end_ms: Ms
    words: tuple[Word, ...] = ()
    found: bool = True
    """False where nobody was heard singing it: its times only say between which lines it stands."""

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("a line needs text")
        if not 0 <= self.start_ms <= self.end_ms:
            raise ValueError(f"a line cannot last from {self.start_ms} to {self.end_ms} ms")
        starts = [word.start_ms for word in self.words]
        if starts != sorted(starts):
            raise ValueError("the words of a line must be in the order of their times")


@dataclass(frozen=True, kw_only=True)
class Lyrics:
    """Lines of timed words, in the order they are sung."""

    lines: tuple[Line, ...]
    language: str | None = None
    title: str | None = None
    artist: str | None = None

    def __post_init__(self) -> None:
        if not self.lines:
            raise ValueError("lyrics need at least one line")
        starts = [line.start_ms for line in self.lines]
        if starts != sorted(starts):
            raise ValueError("lines must be in the order of their times")

    @property
    def text(self) -> str:
        """The words without times, a line each."""
        return "\n".join(line.text for line in self.lines)

    @property
    def untimed(self) -> "LyricsText":
        """The same words to be put on the voice."""
        lines = tuple(line.text for line in self.lines)
        return LyricsText(lines=lines, language=self.language, title=self.title, artist=self.artist)

    @property
    def has_word_times(self) -> bool:
        """Whether every line that is sung has words with times."""
        return all(line.words or not line.found for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class LyricsText:
    """Words to sing without times: at least one line, none of them blank."""

    lines: tuple[str, ...]
    language: str | None = None
    title: str | None = None
    artist: str | None = None

    def __post_init__(self) -> None:
        if not self.lines or any(not line.strip() for line in self.lines):
            raise ValueError("lyrics need at least one line, and no line may be blank")

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


@dataclass(frozen=True, kw_only=True)
class PartlyTimed:
    """Lines in the order they are sung: timed ones, and at least one text without times."""

    lines: tuple[Line | str, ...]
    language: str | None = None
    title: str | None = None
    artist: str | None = None

    def __post_init__(self) -> None:
        timed = [line.start_ms for line in self.lines if isinstance(line, Line)]
        if not timed or len(timed) == len(self.lines):
            raise ValueError("partly timed lyrics need lines with times and lines without")
        if timed != sorted(timed):
            raise ValueError("lines must be in the order of their times")
        if any(isinstance(line, str) and not line.strip() for line in self.lines):
            raise ValueError("a line needs text")

    @property
    def text(self) -> str:
        """The words without times, a line each."""
        return "\n".join(line if isinstance(line, str) else line.text for line in self.lines)


GivenLyrics: TypeAlias = Lyrics | LyricsText | PartlyTimed
"""What a person may send."""
