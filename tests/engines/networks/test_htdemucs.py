"""The graph against what the ``demucs`` package makes of the same weights: stored outputs, no PyTorch needed."""

from pathlib import Path

import numpy as np
import pytest

from music_separator.engines.networks.openvino_network import OpenVinoNetwork, RunSettings
from music_separator.engines.networks.overlap_add import Overlap, OverlapAdd
from tests.engines.mixtures import mixture_of
from tests.engines.networks.small_demucs import FOLDER, SMALL, music, write_small_demucs

KEPT_EVERY = 97
SAMPLES = {"four": 190_000, "six": 66_150}
EXACT_DB = 100.0


def signal_to_noise_db(found: np.ndarray, expected: np.ndarray) -> float:
    """Compare in decibels."""
    error = found.astype(np.float64) - expected
    return float(10 * np.log10((expected.astype(np.float64) ** 2).sum() / (error**2).sum()))


@pytest.mark.parametrize("kind", list(SMALL))
def test_a_whole_song_is_what_the_reference_makes_of_it(kind: str, tmp_path: Path) -> None:
    checkpoint = write_small_demucs(tmp_path / "small.safetensors", kind)
    network = OpenVinoNetwork(checkpoint, "digest", RunSettings(threads=2))
    with mixture_of(tmp_path / "mixture.f32", music(SAMPLES[kind])) as mixture:
        stems = OverlapAdd(network, mixture, Overlap()).read(0, mixture.samples)
    expected = np.load(FOLDER / "reference.npz")[kind]
    assert [str(stem) for stem in network.stems] == SMALL[kind]["sources"]
    assert signal_to_noise_db(stems[..., ::KEPT_EVERY], expected) > EXACT_DB
