from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from music_separator.audio.pcm import PcmReader, PcmWriter
from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.engines.base import Mixture, Stem
from music_separator.engines.separation.center import CenterEngine, CenterSettings, most_similar

SMALL = CenterSettings(context_frames=200, similar=12)
VOICE = (Stem.VOCALS,)


@contextmanager
def mixture_of(folder: Path, samples: np.ndarray) -> Iterator[Mixture]:
    with PcmWriter(folder / "mixture.pcm") as writer:
        writer.write(samples.astype(np.float32))
    with PcmReader(folder / "mixture.pcm") as pcm:
        mono = bool(np.array_equal(samples[0], samples[1]))
        yield Mixture(pcm=pcm, mono=mono, mean=0.0, std=1.0)


def separate(mixture: Mixture, chunk: int, engine: CenterEngine) -> np.ndarray:
    edges = [(at, min(at + chunk, mixture.samples)) for at in range(0, mixture.samples, chunk)]
    return np.concatenate([engine.separate(mixture, *edge, VOICE)[Stem.VOCALS] for edge in edges], axis=1)


def song(seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Give (mixture, voice): a gliding voice in the middle, a repeating band at the sides."""
    at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    glide = 2 * np.pi * np.cumsum(500 + 250 * np.sin(0.7 * at) + 100 * np.sin(2.3 * at)) / SAMPLE_RATE
    voice = 0.3 * (np.sin(glide) + 0.5 * np.sin(2 * glide))
    pluck = np.exp(-(at % 0.5) * 6)
    left, right = (0.6 * pluck * np.sin(2 * np.pi * hertz * at) for hertz in (330, 415))
    hiss = np.random.default_rng(1).normal(0, 0.005, (2, at.size))
    sung = np.stack([voice, voice])
    return sung + np.stack([left, right]) + hiss, sung


def si_sdr(estimate: np.ndarray, truth: np.ndarray) -> float:
    guess, real = estimate.ravel().astype(float), truth.ravel()
    target = (guess @ real) / (real @ real) * real
    return float(10 * np.log10((target @ target) / ((guess - target) @ (guess - target))))


def test_any_chunking_gives_the_same_samples(tmp_path: Path) -> None:
    engine = CenterEngine(SMALL)
    with mixture_of(tmp_path, song(9.3)[0]) as mixture:
        whole = separate(mixture, mixture.samples, engine)
        for chunk in (3 * SAMPLE_RATE, 44_100, 130_007):
            np.testing.assert_allclose(separate(mixture, chunk, engine), whole, atol=1e-6)


def test_a_chunk_does_not_depend_on_those_before_it(tmp_path: Path) -> None:
    with mixture_of(tmp_path, song(9)[0]) as mixture:
        engine = CenterEngine(SMALL)
        engine.separate(mixture, 0, 100_000, VOICE)
        after = engine.separate(mixture, 100_000, 200_000, VOICE)[Stem.VOCALS]
        fresh = CenterEngine(SMALL).separate(mixture, 100_000, 200_000, VOICE)[Stem.VOCALS]
    np.testing.assert_array_equal(after, fresh)


def test_the_voice_comes_out_of_the_middle(tmp_path: Path) -> None:
    mixed, voice = song(20)
    with mixture_of(tmp_path, mixed) as mixture:
        engine = CenterEngine()
        engine.load()
        found = separate(mixture, engine.chunk_samples, engine)
    assert found.dtype == np.float32
    assert si_sdr(found, voice) > si_sdr(mixed, voice) + 8
    assert si_sdr(mixed - found, mixed - voice) > si_sdr(mixed, mixed - voice) + 8


def test_mono_is_separated_by_repetition_alone_and_stays_mono(tmp_path: Path) -> None:
    mixed, voice = song(20)
    middle = np.repeat(mixed.mean(axis=0)[None], 2, axis=0)
    with mixture_of(tmp_path, middle) as mixture:
        found = separate(mixture, CenterEngine.chunk_samples, CenterEngine())
    np.testing.assert_array_equal(found[0], found[1])
    assert si_sdr(found, voice) > si_sdr(middle, voice) + 3


def test_what_is_at_the_sides_only_is_no_voice(tmp_path: Path) -> None:
    sides = np.random.default_rng(2).normal(0, 0.2, (1, 4 * SAMPLE_RATE)) * [[1], [-1]]
    with mixture_of(tmp_path, sides) as mixture:
        found = CenterEngine(SMALL).separate(mixture, 0, mixture.samples, VOICE)[Stem.VOCALS]
    assert np.abs(found).max() < 1e-3


@pytest.mark.parametrize("samples", [22_050, 4096, 1000, 1])
def test_short_songs_are_separated_too(tmp_path: Path, samples: int) -> None:
    with mixture_of(tmp_path, song(1)[0][:, :samples]) as mixture:
        found = CenterEngine().separate(mixture, 0, samples, VOICE)[Stem.VOCALS]
    assert found.shape == (2, samples)
    assert np.isfinite(found).all()


def test_silence_stays_silence(tmp_path: Path) -> None:
    with mixture_of(tmp_path, np.zeros((2, 50_000))) as mixture:
        assert not CenterEngine(SMALL).separate(mixture, 0, 50_000, VOICE)[Stem.VOCALS].any()


@pytest.mark.parametrize(("start", "stop"), [(-1, 10), (10, 10), (0, 1001)])
def test_a_range_outside_the_song_is_refused(tmp_path: Path, start: int, stop: int) -> None:
    with mixture_of(tmp_path, np.zeros((2, 1000))) as mixture, pytest.raises(ValueError, match="not within"):
        CenterEngine().separate(mixture, start, stop, VOICE)


def test_similar_frames_are_the_best_ones_apart_from_each_other() -> None:
    likeness = np.array([0.9, 0.95, 0.1, 0.5, 0.6, 0.2], np.float32)
    assert most_similar(likeness, count=3, gap=1).tolist() == [1, 4]
    assert most_similar(likeness, count=2, gap=0).tolist() == [1, 0]
