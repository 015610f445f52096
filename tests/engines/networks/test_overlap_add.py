"""Segments put together, for any network: against a plain formulation in one piece, written here on its own."""

from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from music_separator.engines.networks.overlap_add import Overlap, OverlapAdd
from tests.engines.mixtures import mixture_of
from tests.engines.networks.toys import FOUR, Toy, toy_stems

SIZE = 101
"""Of a segment; odd, so that its middle is no matter of taste."""
SHARES = (0.0, 0.1, 0.25, 0.5, 0.75)
LENGTHS = (2, 40, 100, 101, 102, 202, 303, 304, 357, 500)
"""Shorter than a segment, whole multiples, one sample more or less, a short last one."""


def sound_of(samples: int, seed: int = 0) -> np.ndarray:
    """Make noise with an offset, so that silence after normalisation is none before it."""
    chance = np.random.default_rng(seed)
    return (0.3 * chance.standard_normal((2, samples)) + 0.2).astype(np.float32)


def in_one_piece(sound: np.ndarray, share: float, *, lead: int = 0, drop: bool = False) -> np.ndarray:
    """Separate a song held whole in memory, in double precision, shape (stems, 2, samples)."""
    middle = sound.mean(axis=0, dtype=np.float64)
    mean, spread = middle.mean(), (middle.std(ddof=1) if middle.size > 1 else 0.0) + 1e-8
    led = np.concatenate([np.zeros((2, lead)), (sound - mean) / spread], axis=1)
    length, stride = led.shape[1], int((1 - share) * SIZE)
    beyond = np.pad(led, ((0, 0), (SIZE, SIZE)))
    rising = np.minimum(np.arange(1, SIZE + 1), np.arange(SIZE, 0, -1)) / (SIZE // 2 + 1)
    total, weight = np.zeros((len(FOUR), 2, length)), np.zeros(length)
    for begin in range(0, length, stride):
        if drop and begin and begin - stride + SIZE >= length:
            break
        spoken = min(SIZE, length - begin)
        left = (SIZE - spoken) // 2
        segment = beyond[:, SIZE + begin - left :][:, :SIZE].astype(np.float32)
        stems = toy_stems(segment, len(FOUR))[..., left : left + spoken]
        total[..., begin : begin + spoken] += stems * rising[:spoken]
        weight[begin : begin + spoken] += rising[:spoken]
    return (total / weight)[..., lead:] * spread + mean


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("samples", LENGTHS)
@pytest.mark.parametrize(("lead", "drop"), [(0, False), (37, False), (150, False), (0, True), (37, True)])
def test_it_is_what_one_piece_gives(tmp_path: Path, samples: int, share: float, lead: int, drop: bool) -> None:
    sound = sound_of(samples)
    with mixture_of(tmp_path / "mixture.f32", sound) as mixture:
        overlap = Overlap(share=share, lead_samples=lead, drop_covered=drop)
        found = OverlapAdd(Toy(), mixture, overlap).read(0, samples)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, in_one_piece(sound, share, lead=lead, drop=drop), atol=2e-6)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("lead", [0, 37])
def test_any_range_alone_is_the_same_to_the_last_bit(tmp_path: Path, share: float, lead: int) -> None:
    samples, overlap = 457, Overlap(share=share, lead_samples=lead)
    with mixture_of(tmp_path / "mixture.f32", sound_of(samples)) as mixture:
        whole = OverlapAdd(Toy(), mixture, overlap).read(0, samples)
        in_order = OverlapAdd(Toy(), mixture, overlap)
        edges = [0, *range(in_order.stride, samples, in_order.stride), samples]
        for start, stop in pairwise(edges):
            assert in_order.read(start, stop).tobytes() == whole[..., start:stop].tobytes()
        for start, stop in ((0, 1), (456, 457), (100, 102), (33, 300), (250, 457)):
            assert OverlapAdd(Toy(), mixture, overlap).read(start, stop).tobytes() == whole[..., start:stop].tobytes()


def test_ranges_may_be_read_again_and_backwards(tmp_path: Path) -> None:
    with mixture_of(tmp_path / "mixture.f32", sound_of(400)) as mixture:
        stream = OverlapAdd(Toy(), mixture, Overlap())
        first, last = stream.read(0, 75), stream.read(325, 400)
        assert stream.read(325, 400).tobytes() == last.tobytes()
        assert stream.read(0, 75).tobytes() == first.tobytes()


def test_the_number_of_segments_at_a_time_changes_no_bit(tmp_path: Path) -> None:
    with mixture_of(tmp_path / "mixture.f32", sound_of(700)) as mixture:
        found = set()
        for batch in range(1, 9):
            toy = Toy(batch=batch)
            stream = OverlapAdd(toy, mixture, Overlap())
            parts = [stream.read(start, min(start + 75, 700)) for start in range(0, 700, 75)]
            found.add(np.concatenate(parts, axis=-1).tobytes())
            assert toy.segments_asked == 10  # none twice
            assert max(len(segments) for segments in toy.asked) == batch
    assert len(found) == 1


def test_ranges_in_order_compute_each_segment_once(tmp_path: Path) -> None:
    toy = Toy()
    with mixture_of(tmp_path / "mixture.f32", sound_of(700)) as mixture:
        stream = OverlapAdd(toy, mixture, Overlap(share=0.5))
        for start in range(0, 700, 50):
            stream.read(start, min(start + 50, 700))
    assert toy.segments_asked == ceil(700 / 50)


def test_the_network_hears_silence_beyond_the_song_and_not_its_mean(tmp_path: Path) -> None:
    toy = Toy()
    with mixture_of(tmp_path / "mixture.f32", sound_of(120)) as mixture:
        OverlapAdd(toy, mixture, Overlap(lead_samples=20)).read(0, 120)
    first, second = (segments[0] for segments in toy.asked)
    assert not first[:, :20].any()
    assert first[:, 20:].all()
    # The second speaks for samples 55 to 120, and is filled with 18 that come before them.
    assert second[:, :83].all()
    assert not second[:, 83:].any()


@pytest.mark.parametrize(
    ("samples", "share", "segments"),
    [(101, 0.25, 1), (102, 0.25, 2), (176, 0.25, 2), (177, 0.25, 3), (101, 0.75, 1), (102, 0.75, 2), (101, 0.0, 1)],
)
def test_a_last_segment_that_the_one_before_covers_is_left_out(
    tmp_path: Path, samples: int, share: float, segments: int
) -> None:
    toy = Toy()
    with mixture_of(tmp_path / "mixture.f32", sound_of(samples)) as mixture:
        OverlapAdd(toy, mixture, Overlap(share=share, drop_covered=True)).read(0, samples)
    assert toy.segments_asked == segments


def test_usually_it_is_computed_as_the_published_networks_do(tmp_path: Path) -> None:
    toy = Toy()
    with mixture_of(tmp_path / "mixture.f32", sound_of(101)) as mixture:
        OverlapAdd(toy, mixture, Overlap(share=0.25)).read(0, 101)
    assert toy.segments_asked == 2


@pytest.mark.parametrize(("batch", "share", "most"), [(1, 0.25, 2), (1, 0.75, 5), (4, 0.25, 2), (8, 0.5, 2)])
def test_memory_does_not_grow_with_the_song(tmp_path: Path, batch: int, share: float, most: int) -> None:
    """Counted in outputs of the network, of which each has as many segments as it likes at a time."""
    toy = Toy(batch=batch)
    with mixture_of(tmp_path / "mixture.f32", sound_of(5000)) as mixture:
        stream = OverlapAdd(toy, mixture, Overlap(share=share))
        for start in range(0, 5000, stream.stride):
            stream.read(start, min(start + stream.stride, 5000))
            assert len(toy.alive) <= most


def test_digital_silence_is_finite(tmp_path: Path) -> None:
    toy = Toy()
    with mixture_of(tmp_path / "mixture.f32", np.zeros((2, 250), np.float32)) as mixture:
        found = OverlapAdd(toy, mixture, Overlap()).read(0, 250)
    assert not any(segments.any() for segments in toy.asked)
    assert np.abs(found).max() < 1e-7


def test_mono_stays_mono(tmp_path: Path) -> None:
    sound = np.repeat(sound_of(300)[:1], 2, axis=0)
    with mixture_of(tmp_path / "mixture.f32", sound) as mixture:
        found = OverlapAdd(Toy(), mixture, Overlap()).read(0, 300)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
