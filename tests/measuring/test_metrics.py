"""The figures by which separation is judged, against what they must be by their definitions."""

import numpy as np
import pytest
from benchmarks.metrics import MOST_DB, sdr, si_sdr
from benchmarks.separation_quality import EXCERPT, read_stems
from benchmarks.whole_sound import separated

from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.engines.base import Stem
from music_separator.engines.separation.center import CenterEngine

TRUTH, NOISE = np.random.default_rng(5).standard_normal((2, 2, 2 * SAMPLE_RATE))


def test_noise_ten_times_weaker_is_twenty_decibels() -> None:
    assert si_sdr(TRUTH + 0.1 * NOISE, TRUTH) == pytest.approx(20, abs=0.05)
    assert sdr(TRUTH + 0.1 * NOISE, TRUTH) == pytest.approx(20, abs=0.1)


def test_loudness_does_not_count() -> None:
    assert si_sdr(-3 * (TRUTH + 0.1 * NOISE), TRUTH) == pytest.approx(20, abs=0.05)


def test_a_filter_is_forgiven_by_one_and_not_by_the_other() -> None:
    filtered = np.stack([np.convolve(channel, (0.5, 0.3, -0.2))[: TRUTH.shape[1]] for channel in TRUTH])
    assert sdr(filtered, TRUTH) > 50
    assert si_sdr(filtered, TRUTH) < 10


def test_perfect_has_an_end_and_silence_has_no_figure() -> None:
    assert si_sdr(TRUTH, TRUTH) == pytest.approx(MOST_DB, abs=0.01)
    with pytest.raises(ValueError, match="silent"):
        si_sdr(np.zeros_like(TRUTH), TRUTH)
    with pytest.raises(ValueError, match="silent"):
        sdr(TRUTH, TRUTH * np.array([[1.0], [0.0]]))


@pytest.mark.skipif(not EXCERPT.exists(), reason="real songs not here (../shared/data beside the repository)")
def test_the_true_stems_of_a_song_are_its_mixture_and_center_is_nearer_to_the_voice() -> None:
    mixture, truth = read_stems(EXCERPT, 30 * SAMPLE_RATE)
    assert si_sdr(sum(truth.values()), mixture) > 15  # each stream is compressed on its own
    vocals = separated(CenterEngine(), mixture)[Stem.VOCALS]
    assert si_sdr(vocals, truth[Stem.VOCALS]) > si_sdr(mixture, truth[Stem.VOCALS]) + 2
    assert sdr(vocals, truth[Stem.VOCALS]) > sdr(mixture, truth[Stem.VOCALS]) + 2
