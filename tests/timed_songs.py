"""Real songs with times made by hand, as LRC text for end-to-end tests. Times in milliseconds.

The songs lie beside the repository, under other licences; a test that asks for them is skipped where they are missing.
The LRC text is written here in the plainest way, not by the product's own writers, so that it can judge them.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from music_separator.domain.lyrics import Line

MEASURED_SONGS = Path(__file__).parents[2] / "shared" / "data"


@dataclass(frozen=True, kw_only=True)
class TimedSong:
    """A song whose lines have word times."""

    title: str
    artist: str
    language: str
    audio: Path
    lines: tuple[Line, ...]

    def lrc(self) -> str:
        """Write line times, and an empty timed line at each line's end."""
        rows = [f"[ti:{self.title}]", f"[ar:{self.artist}]", f"[la:{self.language}]"]
        for line in self.lines:
            rows += [f"[{stamp(line.start_ms)}]{line.text}", f"[{stamp(line.end_ms)}]"]
        return "\n".join(rows) + "\n"

    def enhanced_lrc(self) -> str:
        """Write line and word times; each line closes with the end of its last word."""
        rows = [f"[ti:{self.title}]", f"[ar:{self.artist}]", f"[la:{self.language}]"]
        for line in self.lines:
            words = " ".join(f"<{stamp(word.start_ms)}>{word.text}" for word in line.words)
            rows.append(f"[{stamp(line.start_ms)}]{words}<{stamp(line.end_ms)}>")
        return "\n".join(rows) + "\n"

    def text(self) -> str:
        """Write the words alone, a line each."""
        return "\n".join(line.text for line in self.lines) + "\n"


def stamp(time_ms: int) -> str:
    """Write ``mm:ss.mmm``: thousandths, so that nothing is rounded."""
    return f"{time_ms // 60_000:02d}:{time_ms // 1000 % 60:02d}.{time_ms % 1000:03d}"


def folder_or_skip(name: str) -> Path:
    """Give a folder of measured songs; skip the test where it is missing."""
    folder = MEASURED_SONGS / name
    if not folder.is_dir():
        pytest.skip(f"the measured songs are not here (../shared/data/{name} beside the repository)")
    return folder
