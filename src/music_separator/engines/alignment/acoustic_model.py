"""Which speech sound a frame is: the US-English acoustic model inside the pocketsphinx package, scored with numpy.

A phonetically tied mixture model: per phone one codebook of 128 Gaussians for each of three streams (cepstra, their
differences, the differences of those). A state mixes the Gaussians of its phone; each phone has three states by itself
and others beside other phones, which say more exactly how it sounds there.
"""

import importlib.util
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.sphinx_files import (
    CEPSTRA,
    STATES_PER_PHONE,
    Definitions,
    UnreadableModel,
    read_definitions,
    read_gaussians,
    read_weights,
)

Floats = npt.NDArray[np.float32]

STREAMS = 3
SILENCE = "SIL"
BLOCK_FRAMES = 1024
FLOOR = -12.0
"""Log posteriors lie above this: one frame shall not forbid what hundreds speak for."""
_SMALLEST_VARIANCE = 1e-4
_LEAST_LIKELY = 1e-30


@dataclass(frozen=True, kw_only=True, eq=False)
class AcousticModel:
    """Gaussians as matrices, so that a block of frames is scored by a product per stream and phone."""

    definitions: Definitions
    quadratics: Floats
    """(streams, phones, densities, 2 * cepstra + 1): times (x squared, x, 1) gives the log densities of frame x."""
    weights: Floats
    """(streams, states, densities): how much of each density a state has; rows sum to 1."""

    expected: Floats
    """(phones * 3, 13): the cepstra that the model thinks each phone's state to have on average."""

    @property
    def phones(self) -> tuple[str, ...]:
        """The names of the phones."""
        return self.definitions.phones

    @property
    def states(self) -> int:
        """How many states the phones have by themselves."""
        return len(self.phones) * STATES_PER_PHONE

    def posteriors(self, streams: tuple[Floats, ...], sounds: "Sounds") -> tuple[Floats, Floats]:
        """Give log posteriors of a block of frames, at least FLOOR, under equal priors of all phones by themselves.

        Of these, shape (frames, phones * 3), and of ``sounds``, shape (frames, sounds).
        """
        frames = len(streams[0])
        plain = np.zeros((len(self.phones), STATES_PER_PHONE, frames), np.float32)
        wanted = np.zeros((len(sounds.state), frames), np.float32)
        for stream, x in enumerate(streams):
            # densities and states before frames: sums and maxima over them then run along whole rows
            terms = np.ascontiguousarray(np.hstack([x**2, x, np.ones((frames, 1), np.float32)]).T, np.float32)
            for phone, states in enumerate(self.definitions.plain):
                density = self.quadratics[stream, phone] @ terms
                peak = density.max(axis=0)
                density -= peak
                np.exp(density, out=density)
                plain[phone] += _mixed(self.weights[stream, states], density, peak)
                if phone in sounds.of_phone:
                    here = sounds.of_phone[phone]
                    wanted[here] += _mixed(self.weights[stream, sounds.state[here]], density, peak)
        flat = plain.reshape(-1, frames)
        peak = flat.max(axis=0)
        total = peak + np.log(np.exp(flat - peak).sum(axis=0))
        return np.ascontiguousarray(np.maximum(flat - total, FLOOR).T), np.maximum(wanted - total, FLOOR).T


@dataclass(frozen=True, eq=False)
class Sounds:
    """Some states of the model: the phone and the number of each, shape (sounds,)."""

    phone: npt.NDArray[np.intp]
    state: npt.NDArray[np.intp]

    @cached_property
    def of_phone(self) -> dict[int, npt.NDArray[np.intp]]:
        """Give the sounds of each phone that has any."""
        return {int(phone): np.flatnonzero(self.phone == phone) for phone in np.unique(self.phone)}


NO_SOUNDS = Sounds(np.zeros(0, np.intp), np.zeros(0, np.intp))


def _mixed(weights: Floats, density: Floats, peak: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(weights @ density, _LEAST_LIKELY)) + peak, np.float32)


def model_folder() -> Path | None:
    """Find the files inside the installed package, without importing it. None where it is not installed."""
    package = importlib.util.find_spec("pocketsphinx")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent / "model" / "en-us"
    return folder if (folder / "en-us" / "mdef").is_file() else None


def read_model(folder: Path) -> AcousticModel:
    """Read means, variances, mixture weights and state names. Raises UnreadableModel, OSError."""
    try:
        means, variances = read_gaussians(folder / "means"), read_gaussians(folder / "variances")
        definitions = read_definitions(folder / "mdef")
        weights = read_weights(folder / "sendump", streams=STREAMS, densities=means.shape[2])
        # (phones, states, densities) times (phones, densities, cepstra), of the stream of plain cepstra
        expected = (weights[0, definitions.plain] @ means[0]).reshape(-1, CEPSTRA)
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise UnreadableModel(f"the acoustic model cannot be read: {error}") from error
    phones = len(definitions.phones)
    if means.shape != variances.shape or means.shape[:2] != (STREAMS, phones) or means.shape[3] != CEPSTRA:
        raise UnreadableModel(f"the acoustic model has an unknown shape, {means.shape}")
    if SILENCE not in definitions.phones or definitions.in_context.max(initial=0) >= weights.shape[1]:
        raise UnreadableModel("the acoustic model has states without weights")
    return AcousticModel(
        definitions=definitions, quadratics=_quadratics(means, variances), weights=weights, expected=expected
    )


def _quadratics(means: Floats, variances: Floats) -> Floats:
    """Turn (streams, phones, densities, cepstra) of means and variances into the matrices of AcousticModel."""
    precise = np.maximum(variances, _SMALLEST_VARIANCE).astype(np.float64)
    square, straight = -0.5 / precise, means / precise
    constant = -0.5 * (np.log(2 * np.pi * precise) + means**2 / precise).sum(axis=3)
    return np.concatenate([square, straight, constant[..., None]], axis=3).astype(np.float32)
