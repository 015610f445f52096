"""What speech recognition heard: Segments of timed words. It may be wrong; Lyrics are what somebody sings."""

from dataclasses import dataclass, replace

from music_separator.domain.lyrics import Word
from music_separator.domain.units import Ms


@dataclass(frozen=True, kw_only=True)
class Segment:
    """What a recogniser gave in one piece; the confidence of its words is the recogniser's own.

    ``words`` is empty where it knows no times within the window that it heard: then those of the segment are the
    window's.
    """

    text: str
    start_ms: Ms
    end_ms: Ms
    words: tuple[Word, ...]

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("a segment needs text")
        if not 0 <= self.start_ms <= self.end_ms:
            raise ValueError(f"a segment cannot last from {self.start_ms} to {self.end_ms} ms")

    def later(self, by_ms: Ms) -> "Segment":
        """Give the same, ``by_ms`` later: from the time of a window to that of the song."""
        words = tuple(
            replace(word, start_ms=Ms(word.start_ms + by_ms), end_ms=Ms(word.end_ms + by_ms)) for word in self.words
        )
        return replace(self, start_ms=Ms(self.start_ms + by_ms), end_ms=Ms(self.end_ms + by_ms), words=words)


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """A whole song as it was heard: at least one segment. ``engine`` is the transcriber's name; ``language`` is None
    where nobody could tell it.
    """

    segments: tuple[Segment, ...]
    language: str | None
    engine: str

    def __post_init__(self) -> None:
        if not self.segments:
            raise ValueError("a transcript needs at least one segment")

    @property
    def text(self) -> str:
        """The words without times, a segment a line."""
        return "\n".join(segment.text for segment in self.segments)
