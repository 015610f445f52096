"""What is heard: mel power, the centre, the acoustic model."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from music_separator.engines.alignment.acoustic_model import FLOOR, Sounds, model_folder, read_model
from music_separator.engines.alignment.activity import vocal_activity
from music_separator.engines.alignment.features import cepstra, model_streams, without_noise
from music_separator.engines.alignment.ipa import _TABLE
from music_separator.engines.alignment.mel import BANDS, MelStream
from music_separator.engines.alignment.rendering import CentreStream, Rendering, render_mixture
from music_separator.engines.alignment.sphinx_files import UnreadableModel


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


@pytest.fixture(scope="module")
def folder() -> Path:
    found = model_folder()
    assert found is not None
    return found / "en-us"


def test_mel_power_does_not_depend_on_the_cuts() -> None:
    samples = noise(20_000)
    whole = MelStream().feed(samples)
    stream = MelStream()
    parts = np.concatenate([stream.feed(part) for part in np.array_split(samples, 37)])
    np.testing.assert_allclose(parts, whole, rtol=1e-4)
    assert whole.shape == (1 + (20_000 - 410) // 160, BANDS)


def test_the_centre_keeps_what_both_sides_have_and_its_time() -> None:
    middle, side = noise(48_000, 1), noise(48_000, 2)
    stream = CentreStream()
    both = np.stack([middle, middle])
    heard = np.concatenate([stream.feed(part) for part in np.array_split(both, 11, axis=1)] + [stream.flush()])
    inner = slice(2000, 46_000)
    assert np.corrcoef(heard[inner], middle[inner])[0, 1] > 0.97
    stream = CentreStream()
    apart = np.concatenate([stream.feed(np.stack([side, -side])), stream.flush()])
    assert np.abs(apart).max() < 1e-3


def test_a_mono_song_has_no_centre_of_its_own() -> None:
    mono = np.stack([noise(44_100)] * 2)
    kinds = [each.kind for each in render_mixture([mono], lambda seconds: None)]
    assert kinds == [Rendering.MIXTURE]


def test_steady_noise_is_held_back_more_than_speech() -> None:
    steady = np.full((300, BANDS), 100.0, np.float32)
    burst = steady.copy()
    burst[200:210] = 10_000
    quiet, loud = without_noise([steady, burst])
    assert quiet[250].mean() < 0.3 * steady[250].mean()
    assert loud[203].mean() > 0.3 * burst[203].mean()


def test_activity_follows_the_voice() -> None:
    mixture = np.full((400, BANDS), 1000.0, np.float32)
    vocals = np.full((400, BANDS), 0.01, np.float32)
    vocals[100:200] = 500
    activity = vocal_activity(vocals, mixture)
    assert activity[120:180].min() > 0.8
    assert activity[250:].max() < 0.1


def test_the_model_has_the_shape_that_was_published(folder: Path) -> None:
    model = read_model(folder)
    assert len(model.phones) == 42
    assert (model.quadratics.shape, model.weights.shape) == ((3, 42, 128, 27), (3, 5126, 128))
    np.testing.assert_allclose(model.weights.sum(axis=2), 1, rtol=1e-4)
    assert {phone for phones in _TABLE.values() for phone in phones} <= set(model.phones)


def test_a_state_is_a_mixture_of_the_gaussians_of_its_phone(folder: Path) -> None:
    model = read_model(folder)
    streams = tuple(np.random.default_rng(seed).normal(0, 3, (4, 13)).astype(np.float32) for seed in range(3))
    phone, plain, other = 5, int(model.definitions.plain[5, 1]), int(model.definitions.plain[5, 0])
    sounds = Sounds(np.array([phone, phone]), np.array([plain, other]))
    posteriors, wanted = model.posteriors(streams, sounds)
    likelihoods = np.zeros((2, 4))
    for stream, frames in enumerate(streams):
        square, straight, constant = np.split(model.quadratics[stream, phone].astype(float), [13, 26], axis=1)
        densities = np.exp(frames.astype(float) ** 2 @ square.T + frames @ straight.T + constant.T)
        likelihoods += np.log(densities @ model.weights[stream, [plain, other]].T).T
    np.testing.assert_array_equal(wanted[:, 0], posteriors[:, phone * 3 + 1])
    assert np.exp(posteriors).sum(axis=1).max() < 1.01
    inside = (wanted > FLOOR).all(axis=1)
    np.testing.assert_allclose(
        np.diff(wanted[inside], axis=1)[:, 0], np.diff(likelihoods, axis=0)[0, inside], atol=2e-3
    )


def test_a_phone_between_others_has_states_of_its_own(folder: Path) -> None:
    definitions = read_model(folder).definitions
    number = {phone: index for index, phone in enumerate(definitions.phones)}
    inside = definitions.find(0, number["AE"], number["K"], number["T"])
    assert inside is not None
    assert set(inside.tolist()).isdisjoint(definitions.plain[number["AE"]].tolist())
    assert definitions.find(0, number["SIL"], number["SIL"], number["SIL"]) is None


def test_flat_spectra_have_no_timbre() -> None:
    values = cepstra(np.full((5, BANDS), 7.0, np.float32))
    assert [stream.shape for stream in model_streams(values)] == [(5, 13)] * 3
    np.testing.assert_allclose(values[:, 1:], 0, atol=1e-4)


@pytest.mark.parametrize("name", ["means", "variances", "mdef", "sendump"])
@pytest.mark.parametrize("kept", [0, 7, 300, 0.5])
def test_a_broken_model_is_refused(folder: Path, tmp_path: Path, name: str, kept: float) -> None:
    broken = shutil.copytree(folder, tmp_path / "model")
    raw = (broken / name).read_bytes()
    (broken / name).write_bytes(raw[: int(len(raw) * kept if kept < 1 else kept)])
    with pytest.raises(UnreadableModel, match="acoustic model"):
        read_model(broken)
