"""What every alignment engine looks like: words and sound in, timed words with a confidence out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from music_separator.audio.waveform import Waveform
from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.engines.alignment.anchors import Anchors
from music_separator.engines.alignment.watch import Watch


@dataclass(frozen=True, kw_only=True)
class AlignmentRequest:
    """Words, and the song they are sung in.

    ``mixture`` and ``vocals`` give blocks of float32, shape (2, samples), 44.1 kHz, of any length; both begin at the
    start of the song. Each is read once, one after the other, so that they may come straight from a decoder.
    """

    text: LyricsText
    mixture: Iterable[Waveform]
    vocals: Iterable[Waveform]
    duration_s: float
    language: str | None = None
    """ISO 639-1, with or without a region. None: as the text says, else guessed from it."""
    anchors: Anchors | None = None
    """Where lines are said to begin, one for each line of the text."""

    def __post_init__(self) -> None:
        if self.anchors is not None and len(self.anchors) != len(self.text.lines):
            raise ValueError(f"{len(self.anchors)} anchors for {len(self.text.lines)} lines")
        if not self.duration_s > 0:
            raise ValueError(f"a song cannot last {self.duration_s} s")


class AlignmentEngine(Protocol):
    """Finds the time of every word. The same request gives the same lyrics, whatever was aligned before."""

    @property
    def name(self) -> str:
        """The exact name under which it is chosen."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the output does: part of the digest under which results are stored."""
        ...

    def missing(self) -> str | None:
        """Say what this engine lacks here, in words for people; None where it can run. Loads nothing."""
        ...

    def limits(self) -> str | None:
        """Say what makes this engine less exact here, a sentence for people; None where nothing does."""
        ...

    def load(self) -> None:
        """Get ready to align: models. Harmless when repeated. Raises AlignmentUnavailable."""
        ...

    def align(self, request: AlignmentRequest, report: Watch) -> Lyrics:
        """Give every line and word a time, in the order of the text, with a confidence of 0-1 per word.

        ``report`` is told the share done all along; what it raises (Cancelled) stops the work at once.
        Raises AlignmentUnavailable, EmptyLyrics, LyricsTooLong, NoVoice.
        """
        ...
