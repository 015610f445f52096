"""What every transcriber looks like: a window of voice in, segments of words out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from music_separator.audio.voice import Voice
from music_separator.domain.transcript import Segment


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where an engine may run. ``device`` is ``auto``, ``cpu``, ``cuda`` or ``mps``."""

    device: str = "auto"
    threads: int = 1


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

    @property
    def notice(self) -> str | None:
        """Say what went otherwise than planned when it was loaded, a sentence for people; None where nothing did."""
        ...

    def check(self) -> None:
        """Raise NoTranscriber or OutOfMemory where it cannot be loaded here. Needs no weights: it comes before them."""
        ...

    def load(self) -> None:
        """Get ready: heavy imports and weights. Harmless when repeated.

        Raises OutOfMemory; RuntimeError, ValueError or OSError for files that are no model.
        """
        ...

    def close(self) -> None:
        """Let go of the weights: the next stage needs the memory. Harmless when repeated."""
        ...

    def languages(self) -> frozenset[str]:
        """Give the languages that it knows, ISO 639-1."""
        ...

    def guess_language(self, voice: Voice) -> Mapping[str, float]:
        """Give the probability of each language, 0..1, for one window; empty where it cannot tell."""
        ...

    def transcribe(self, voice: Voice, *, language: str | None) -> tuple[Segment, ...]:
        """Write down one window of at most 30 s, 16 kHz mono; times count from its beginning.

        Segments have no words where the engine knows no times within the window. ``language`` is None where nobody
        could tell it.
        """
        ...
