"""What every transcriber looks like: a window of voice in, segments of timed words out."""

from collections.abc import Mapping
from typing import Protocol

from music_separator.audio.voice import Voice
from music_separator.domain.transcript import Segment


class TranscriptionEngine(Protocol):
    """Transcribes one window at a time.

    What it gives depends only on the window and the language: never on windows before it or on this process. So a job
    killed between two windows goes on in another process as if nothing had been.
    """

    @property
    def name(self) -> str:
        """The exact name under which it is chosen."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the output does: part of the digest under which results are stored."""
        ...

    def load(self) -> None:
        """Get ready: heavy imports and weights. Harmless when repeated."""
        ...

    def languages(self) -> frozenset[str]:
        """Give the languages that it knows, ISO 639-1."""
        ...

    def guess_language(self, voice: Voice) -> Mapping[str, float]:
        """Give the probability of each language, 0..1, for one window."""
        ...

    def transcribe(self, voice: Voice, *, language: str) -> tuple[Segment, ...]:
        """Write down one window of at most 30 s, 16 kHz mono; times count from its beginning."""
        ...
