"""How sure a word is by how far other searches agree."""

import numpy as np
import pytest

from music_separator.engines.alignment.confidence import EVEN_FIT, JUDGEMENT, Opinions, fit_of_few, variants_of
from music_separator.engines.alignment.evidence import Weights
from music_separator.engines.alignment.rendering import Rendering


def opinions(*others_s: list[float], fit: float = EVEN_FIT) -> Opinions:
    """Two lines of two words, a second apart."""
    return Opinions(
        starts_s=np.array([0.0, 1, 2, 3]),
        others_s=tuple(map(np.array, others_s)),
        lines=np.array([0, 0, 1, 1]),
        fits=np.full(4, fit),
    )


def test_what_all_agree_on_is_sure() -> None:
    confidence = JUDGEMENT.confidence(opinions([0, 1, 2, 3], [0, 1.01, 2, 3]))
    assert confidence.min() > 0.9


def test_a_line_that_moves_is_doubted_and_the_other_is_not() -> None:
    confidence = JUDGEMENT.confidence(opinions([0, 1, 12, 13], [0, 1, 12, 13], [0, 1, 2, 3]))
    assert confidence[:2].min() > 0.9
    assert confidence[2:].max() < 0.3


def test_one_word_that_moves_lowers_its_line() -> None:
    confidence = JUDGEMENT.confidence(opinions([0, 1, 2, 9], [0, 1, 2, 9]))
    assert confidence[3] < confidence[2] < confidence[1]


def test_a_line_that_fits_badly_is_doubted_even_where_all_put_it_there() -> None:
    others_s = [0.0, 1, 2.1, 3.1], [0.1, 1.1, 2, 3]
    confidence = [JUDGEMENT.confidence(opinions(*others_s, fit=fit)).mean() for fit in (-2.0, -4.5, -7.0)]
    assert confidence[0] > 0.8 > confidence[1] > 0.5 > confidence[2]


def test_every_rendering_is_asked_alone() -> None:
    alone = [variant.renderings for variant in variants_of(Weights()) if len(variant.renderings) == 1]
    assert alone == [frozenset({kind}) for kind in Rendering]


@pytest.mark.parametrize(("fit", "least", "most"), [(-2.0, 0.95, 1.0), (-3.5, 0.5, 0.5), (-4.2, 0.0, 0.15)])
def test_few_words_must_fit_too(fit: float, least: float, most: float) -> None:
    assert least <= fit_of_few(np.full(8, fit)) <= most
