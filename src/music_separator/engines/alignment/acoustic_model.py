"""Which speech sound a frame is: the US-English acoustic model inside the pocketsphinx package, read with numpy.

A phonetically tied mixture model: per phone one codebook of 128 Gaussians for each of three streams (cepstra, their
differences, the differences of those), shared by the three states of the phone. Only the context-independent states are
used. The files are those of CMU Sphinx (sphinxtrain); pocketsphinx itself is never imported.
"""

import importlib.util
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

STREAMS = 3
STATES_PER_PHONE = 3
CEPSTRA = 13
_MAGIC = 0x11223344
_SMALLEST_VARIANCE = 1e-4
_LOG_BASE = 1.0001
_WEIGHT_SHIFT = 10
"""Mixture weights are stored as logarithms to this base, shifted right by so many bits."""
_BLOCK_FRAMES = 1024


class UnreadableModel(ValueError):
    """The files are not those of the model this was written for. The sentence says which."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AcousticModel:
    """Gaussians as matrices, so that a block of frames is scored by a product per stream and phone."""

    phones: tuple[str, ...]
    quadratics: Floats
    """(streams, phones, densities, 2 * cepstra + 1): times (x squared, x, 1) gives the log densities of frame x."""
    weights: Floats
    """(streams, phones, states, densities): how much of each density a state has; rows sum to 1."""

    expected: Floats
    """(states, 13): the cepstra that the model thinks each state to have on average."""

    @property
    def states(self) -> int:
        """How many states ``log_likelihoods`` scores."""
        return len(self.phones) * STATES_PER_PHONE

    def log_likelihoods(self, streams: tuple[Floats, ...]) -> Iterator[Floats]:
        """Give natural log likelihoods of every state, shape (frames, phones * 3), some frames at a time."""
        for begin in range(0, len(streams[0]), _BLOCK_FRAMES):
            block = [stream[begin : begin + _BLOCK_FRAMES] for stream in streams]
            yield self._scored(block)

    def _scored(self, block: list[Floats]) -> Floats:
        frames = len(block[0])
        total = np.zeros((len(self.phones), STATES_PER_PHONE, frames), np.float32)
        for stream, x in enumerate(block):
            # densities and states before frames: sums and maxima over them then run along whole rows
            terms = np.ascontiguousarray(np.hstack([x**2, x, np.ones((frames, 1), np.float32)]).T, np.float32)
            for phone in range(len(self.phones)):
                density = self.quadratics[stream, phone] @ terms
                peak = density.max(axis=0)
                density -= peak
                mixed = self.weights[stream, phone] @ np.exp(density, out=density)
                total[phone] += np.log(np.maximum(mixed, 1e-30)) + peak
        return np.ascontiguousarray(total.reshape(-1, frames).T)


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
        means, variances = _gaussians(folder / "means"), _gaussians(folder / "variances")
        phones, states = _definitions(folder / "mdef")
        weights = _weights(folder / "sendump", states, densities=means.shape[2])
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise UnreadableModel(f"the acoustic model cannot be read: {error}") from error
    if means.shape != variances.shape or means.shape[:2] != (STREAMS, len(phones)) or means.shape[3] != CEPSTRA:
        raise UnreadableModel(f"the acoustic model has an unknown shape, {means.shape}")
    # (phones, states, densities) times (phones, densities, cepstra), of the stream of plain cepstra
    expected = (weights[0] @ means[0]).reshape(-1, CEPSTRA)
    return AcousticModel(phones=phones, quadratics=_quadratics(means, variances), weights=weights, expected=expected)


def _quadratics(means: Floats, variances: Floats) -> Floats:
    """Turn (streams, phones, densities, cepstra) of means and variances into the matrices of AcousticModel."""
    precise = np.maximum(variances, _SMALLEST_VARIANCE).astype(np.float64)
    square, straight = -0.5 / precise, means / precise
    constant = -0.5 * (np.log(2 * np.pi * precise) + means**2 / precise).sum(axis=3)
    return np.concatenate([square, straight, constant[..., None]], axis=3).astype(np.float32)


def _gaussians(path: Path) -> Floats:
    """Read means or variances, shape (streams, codebooks, densities, dimensions)."""
    raw = path.read_bytes()
    at = _after_header(raw)
    codebooks, streams, densities = struct.unpack_from("<3i", raw, at)
    sizes = struct.unpack_from(f"<{streams}i", raw, at + 12)
    at += 12 + 4 * streams
    (count,) = struct.unpack_from("<i", raw, at)
    if set(sizes) != {CEPSTRA}:
        raise UnreadableModel(f"{path.name} has streams of {sizes} dimensions")
    values = np.frombuffer(raw, "<f4", count, at + 4).reshape(codebooks, streams, densities, CEPSTRA)
    return np.ascontiguousarray(values.swapaxes(0, 1), np.float32)


def _after_header(raw: bytes) -> int:
    """Give where the numbers of an s3 file begin: behind its text header and the byte-order mark."""
    end = raw.index(b"endhdr\n") + len(b"endhdr\n")
    if struct.unpack_from("<I", raw, end)[0] != _MAGIC:
        raise UnreadableModel("the byte order is not little-endian")
    return end + 4


def _definitions(path: Path) -> tuple[tuple[str, ...], npt.NDArray[np.intp]]:
    """Give the phones and their state numbers, shape (phones, 3), from the binary model definition (BMDF)."""
    raw = path.read_bytes()
    (description,) = struct.unpack_from("<i", raw, 8)
    at = 12 + description
    sizes = struct.unpack_from("<10i", raw, at)
    phone_count, all_phones, per_phone, sequences, tree = sizes[0], sizes[1], sizes[2], sizes[6], sizes[8]
    at += 40
    names_end, names = at, []
    for _ in range(phone_count):
        end = raw.index(b"\0", names_end)
        names.append(raw[names_end:end].decode("ascii"))
        names_end = end + 1
    # names are padded to four bytes; the tree of contexts behind them is not needed
    at += (names_end - at + 3) // 4 * 4 + 8 * tree
    layout: Any = [("sequence", "<i4"), ("transitions", "<i4"), ("context", "u1", 4)]
    phones = np.frombuffer(raw, np.dtype(layout), all_phones, at)
    at += 12 * all_phones + (4 if per_phone else 0)
    states = np.frombuffer(raw, "<u2", sequences * STATES_PER_PHONE, at).reshape(sequences, STATES_PER_PHONE)
    return tuple(names), states[phones["sequence"][:phone_count]].astype(np.intp)


def _weights(path: Path, states: npt.NDArray[np.intp], *, densities: int) -> Floats:
    """Give mixture weights of the states asked for, shape (streams, phones, states, densities)."""
    raw = path.read_bytes()
    (title,) = struct.unpack_from("<i", raw, 0)
    at = 4 + title
    while True:
        (length,) = struct.unpack_from("<i", raw, at)
        at += 4
        if length == 0:
            break
        at += length
    rows, columns = struct.unpack_from("<2i", raw, at)
    if rows != densities:
        raise UnreadableModel(f"{path.name} weighs {rows} densities instead of {densities}")
    stored = np.frombuffer(raw, np.uint8, STREAMS * densities * columns, at + 8)
    logs = stored.reshape(STREAMS, densities, columns)[:, :, states].astype(np.float64)
    weights = np.exp(-logs * 2**_WEIGHT_SHIFT * np.log(_LOG_BASE))
    weights /= weights.sum(axis=1, keepdims=True)
    # (streams, densities, phones, states) -> (streams, phones, states, densities)
    return np.ascontiguousarray(weights.transpose(0, 2, 3, 1), np.float32)
