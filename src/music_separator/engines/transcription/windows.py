"""Where to cut a voice for recognition: windows of at most 30 s with their edges where nobody sings.

Cuts come from the energy of the vocal stem, not from a detector of speech: those miss singing (silero marks as little
as none of a song as voice, gantasmo/theDAW#203, m-bain/whisperX#465).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from music_separator.audio.voice import FRAME, VOICE_RATE, Levels

FRAMES_PER_S = VOICE_RATE // FRAME


@dataclass(frozen=True, kw_only=True)
class WindowSettings:
    """Constants of the cut. Own choice where no source is named; no songs with known voice activity were at hand."""

    longest_s: float = 30.0
    """What Whisper hears at once (Radford 2022); the features of anything shorter are padded to it."""
    no_voice_db: float = -45.0
    """RMS of the loudest second below which the stem is residue of the band."""
    below_loudest_db: float = 30.0
    """A frame this far below the loudest second is silent."""
    shortest_pause_s: float = 0.5
    """Shorter ones belong to the phrase: consonants and breaths."""
    shortest_voice_s: float = 0.1
    """Shorter ones are clicks."""
    margin_s: float = 0.2
    """Kept before and after a phrase, for soft beginnings and ends."""
    longest_pause_s: float = 5.0
    """A longer one ends a window: recognisers invent text for silence."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A range of the voice, in samples at 16 kHz."""

    start: int
    stop: int

    @property
    def samples(self) -> int:
        """Length."""
        return self.stop - self.start


_DEFAULTS = WindowSettings()


def cut_windows(levels: Levels, settings: WindowSettings = _DEFAULTS) -> tuple[Window, ...]:
    """Cut a voice by its levels; no windows where nobody sings."""
    phrases = [
        piece
        for phrase in _phrases(levels, settings)
        for piece in _pieces(levels, *phrase, round(settings.longest_s * FRAMES_PER_S))
    ]
    return tuple(Window(start=start * FRAME, stop=stop * FRAME) for start, stop in _packed(phrases, settings))


def sung_ranges(levels: Levels, settings: WindowSettings = _DEFAULTS) -> tuple[Window, ...]:
    """Give where somebody sings, with a margin; nothing where nobody does."""
    return tuple(Window(start=start * FRAME, stop=stop * FRAME) for start, stop in _phrases(levels, settings))


def _phrases(levels: Levels, settings: WindowSettings) -> list[tuple[int, int]]:
    """Find the runs of voice, as frames from and to, with their margins."""
    loudest = _loudest_second(levels)
    if loudest < settings.no_voice_db:
        return []
    voiced = levels > loudest - settings.below_loudest_db
    edges = np.flatnonzero(np.diff(np.concatenate(([False], voiced, [False])).astype(np.int8)))
    joined: list[tuple[int, int]] = []
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if joined and start - joined[-1][1] < settings.shortest_pause_s * FRAMES_PER_S:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    margin = round(settings.margin_s * FRAMES_PER_S)
    shortest = settings.shortest_voice_s * FRAMES_PER_S
    return [
        (max(0, start - margin), min(levels.size, stop + margin)) for start, stop in joined if stop - start >= shortest
    ]


def _loudest_second(levels: Levels) -> float:
    """Give the level of the loudest second, in dB; of all of it where there is less."""
    if not levels.size:
        return -np.inf
    width = min(FRAMES_PER_S, levels.size)
    power = np.convolve(10 ** (levels.astype(np.float64) / 10), np.full(width, 1 / width), "valid")
    return float(10 * np.log10(power.max()))


def _pieces(levels: Levels, start: int, stop: int, longest: int) -> list[tuple[int, int]]:
    """Cut a phrase that is too long at its quietest fifth of a second in the second half of each window."""
    pieces = []
    width = FRAMES_PER_S // 5
    while stop - start > longest:
        begin = start + longest // 2
        quiet = np.convolve(levels[begin : start + longest], np.full(width, 1 / width), "valid")
        cut = begin + int(quiet.argmin()) + width // 2
        pieces.append((start, cut))
        start = cut
    return [*pieces, (start, stop)]


def _packed(phrases: Sequence[tuple[int, int]], settings: WindowSettings) -> list[tuple[int, int]]:
    """Put neighbouring phrases into one window while they fit and no long pause parts them."""
    packed: list[tuple[int, int]] = []
    for start, stop in phrases:
        if (
            packed
            and stop - packed[-1][0] <= settings.longest_s * FRAMES_PER_S
            and start - packed[-1][1] <= settings.longest_pause_s * FRAMES_PER_S
        ):
            packed[-1] = (packed[-1][0], stop)
        else:
            packed.append((start, stop))
    return packed
