"""Word error rates against what they must be by their definition."""

import numpy as np
import pytest
from benchmarks.word_errors import word_errors


@pytest.mark.parametrize(
    ("true", "heard", "changes", "pairs"),
    [
        ("la le li", "la le li", 0, ((0, 0), (1, 1), (2, 2))),
        ("la le li", "la li", 1, ((0, 0), (2, 1))),
        ("la le li", "la so le li", 1, ((0, 0), (1, 2), (2, 3))),
        ("la le li", "la so li", 1, ((0, 0), (2, 2))),
        ("la le li", "", 3, ()),
        ("la", "so so so la", 3, ((0, 3),)),
    ],
    ids=["same", "left out", "put in", "changed", "nothing", "invented"],
)
def test_the_fewest_changes_are_counted(
    true: str, heard: str, changes: int, pairs: tuple[tuple[int, int], ...]
) -> None:
    errors = word_errors(true.split(), heard.split())
    assert (errors.changes, errors.pairs) == (changes, pairs)
    assert errors.rate == changes / len(true.split())


def test_case_punctuation_and_forms_of_letters_do_not_count() -> None:
    errors = word_errors(["Don’t", "stop,", "—", "Cafe\u0301!"], ["dont", "stop", "café"])
    assert (errors.rate, errors.pairs) == (0.0, ((0, 0), (1, 1), (3, 2)))


def test_words_without_a_sound_cannot_be_heard() -> None:
    with pytest.raises(ValueError, match="no words"):
        word_errors(["…", "—"], ["la"])


def test_no_other_comparison_of_short_texts_needs_fewer_changes() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        true, heard = ([*"abc"[: random.integers(1, 4)], *random.choice([*"abc"], random.integers(0, 5))] for _ in "xy")
        assert word_errors(true, heard).changes == _fewest(tuple(true), tuple(heard))


def _fewest(true: tuple[str, ...], heard: tuple[str, ...]) -> int:
    """Say it as the definition does."""
    if not true or not heard:
        return len(true) + len(heard)
    kept = _fewest(true[1:], heard[1:]) + (true[0] != heard[0])
    return min(kept, 1 + _fewest(true[1:], heard), 1 + _fewest(true, heard[1:]))
