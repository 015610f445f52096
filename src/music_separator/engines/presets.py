"""How a song is to be separated, as a person chooses it: a preset, and what may be set apart from it."""

from dataclasses import dataclass
from enum import StrEnum

from music_separator.domain.errors import InvalidRequest
from music_separator.engines.base import Stem

MAX_OVERLAP = 0.9
MAX_SHIFTS = 10
BY_COUNT = {
    2: (Stem.VOCALS,),
    4: (Stem.VOCALS, Stem.DRUMS, Stem.BASS, Stem.OTHER),
    6: tuple(Stem),
}
"""What a number of stems means; of two the other one is the instrumental, which no engine makes."""


class Preset(StrEnum):
    """A balance of time and exactness."""

    EXACT = "exact"
    """The published result: float32, segments overlapping by a quarter."""
    FAST = "fast"
    """Lower precision where the processor has it, shorter overlap."""
    PREVIEW = "preview"
    """Without a network: the engine ``center``."""


_OVERLAPS = {Preset.EXACT: 0.25, Preset.FAST: 0.10, Preset.PREVIEW: 0.25}


@dataclass(frozen=True, kw_only=True)
class SeparationChoice:
    """What was chosen. ``overlap`` None is the preset's, ``stems`` None all that the model has."""

    preset: Preset = Preset.EXACT
    overlap: float | None = None
    shifts: int = 0
    stems: int | None = None

    @property
    def overlap_share(self) -> float:
        """How much of a segment lies in the next one too, 0 to under 1."""
        return _OVERLAPS[self.preset] if self.overlap is None else self.overlap

    def wants(self, stem: Stem) -> bool:
        """Whether a stem is among those chosen."""
        return self.stems is None or stem in BY_COUNT[self.stems]

    @property
    def is_fast(self) -> bool:
        """Whether exactness may be given for time."""
        return self.preset is Preset.FAST


def separation_choice(preset: str, overlap: float | None, shifts: int, stems: int | None) -> SeparationChoice:
    """Check what a person chose. Raises InvalidRequest."""
    if preset not in list(Preset):
        raise InvalidRequest(f"There is no preset {preset!r}. Known: {', '.join(Preset)}.")
    if overlap is not None and not 0 <= overlap <= MAX_OVERLAP:
        raise InvalidRequest(f"overlap must be between 0 and {MAX_OVERLAP}, such as 0.25.")
    if not 0 <= shifts <= MAX_SHIFTS:
        raise InvalidRequest(f"shifts must be between 0 and {MAX_SHIFTS}.")
    if stems is not None and stems not in BY_COUNT:
        raise InvalidRequest(f"stems must be one of {', '.join(map(str, BY_COUNT))}.")
    return SeparationChoice(preset=Preset(preset), overlap=overlap, shifts=shifts, stems=stems)
