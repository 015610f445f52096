"""What a person may choose of a separation."""

from math import inf, nan
from typing import Any

import pytest

from music_separator.domain.errors import InvalidRequest
from music_separator.engines.base import Stem
from music_separator.engines.presets import Preset, SeparationChoice, separation_choice

USUAL: dict[str, Any] = {"preset": "exact", "overlap": None, "shifts": 0, "stems": None}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"preset": "quick"}, r"There is no preset 'quick'\. Known: exact, fast, preview\."),
        ({"preset": ""}, "There is no preset ''"),
        ({"preset": "EXACT"}, "There is no preset 'EXACT'"),
        ({"overlap": -0.01}, "overlap must be between 0 and 0.9"),
        ({"overlap": 0.91}, "overlap must be between 0 and 0.9"),
        ({"overlap": 1.0}, "overlap must be between 0 and 0.9"),
        ({"overlap": nan}, "overlap must be between 0 and 0.9"),
        ({"overlap": inf}, "overlap must be between 0 and 0.9"),
        ({"shifts": -1}, "shifts must be between 0 and 10"),
        ({"shifts": 11}, "shifts must be between 0 and 10"),
        ({"stems": 0}, "stems must be one of 2, 4, 6"),
        ({"stems": 3}, "stems must be one of 2, 4, 6"),
        ({"stems": -2}, "stems must be one of 2, 4, 6"),
    ],
)
def test_what_has_no_meaning_is_refused_with_what_has(values: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        separation_choice(**(USUAL | values))


@pytest.mark.parametrize(("overlap", "shifts", "stems"), [(0.0, 0, 2), (0.9, 10, 6), (None, 1, 4)])
def test_the_ends_of_every_range_belong_to_it(overlap: float | None, shifts: int, stems: int) -> None:
    expected = SeparationChoice(preset=Preset.FAST, overlap=overlap, shifts=shifts, stems=stems)
    assert separation_choice("fast", overlap, shifts, stems) == expected


@pytest.mark.parametrize(
    ("preset", "overlap", "share"),
    [("exact", None, 0.25), ("fast", None, 0.1), ("fast", 0.5, 0.5), ("exact", 0.0, 0.0)],
)
def test_an_overlap_of_one_s_own_wins_over_the_preset_s(preset: str, overlap: float | None, share: float) -> None:
    assert separation_choice(preset, overlap, 0, None).overlap_share == share


@pytest.mark.parametrize(
    ("stems", "wanted"),
    [
        (2, {"vocals"}),
        (4, {"vocals", "drums", "bass", "other"}),
        (6, {"vocals", "drums", "bass", "other", "guitar", "piano"}),
        (None, {"vocals", "drums", "bass", "other", "guitar", "piano"}),
    ],
)
def test_a_number_of_stems_means_these(stems: int | None, wanted: set[str]) -> None:
    choice = SeparationChoice(stems=stems)
    assert {str(stem) for stem in Stem if choice.wants(stem)} == wanted


def test_only_fast_gives_exactness_for_time() -> None:
    assert [preset for preset in Preset if SeparationChoice(preset=preset).is_fast] == [Preset.FAST]
