"""The files of a CMU Sphinx acoustic model (sphinxtrain), read with numpy; pocketsphinx itself is never imported."""

import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

STATES_PER_PHONE = 3
CEPSTRA = 13
_MAGIC = 0x11223344
_LOG_BASE = 1.0001
_WEIGHT_SHIFT = 10
"""Mixture weights are stored as logarithms to this base, shifted right by so many bits."""


class UnreadableModel(ValueError):
    """The files are not those of the model this was written for. The sentence says which."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Definitions:
    """Which states a phone has, by itself and between other phones."""

    phones: tuple[str, ...]
    plain: npt.NDArray[np.intp]
    """States of each phone by itself, shape (phones, 3)."""
    contexts: npt.NDArray[np.uint8]
    """Position in the word, phone, phone before, phone after; shape (contexts, 4)."""
    in_context: npt.NDArray[np.intp]
    """States of the phone in each context, shape (contexts, 3)."""

    def find(self, position: int, phone: int, before: int, after: int) -> npt.NDArray[np.intp] | None:
        """Give the three states of a phone between two others; None where the model has not met it there."""
        keys, order = self._sorted
        key = _keys(np.array([[position, phone, before, after]]))[0]
        at = int(np.searchsorted(keys, key))
        return self.in_context[order[at]] if at < len(keys) and keys[at] == key else None

    @cached_property
    def _sorted(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
        keys = _keys(self.contexts)
        order = np.argsort(keys, kind="stable")
        return keys[order], order


def _keys(contexts: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    return np.asarray(contexts.astype(np.int64) @ np.array([1 << 24, 1 << 16, 1 << 8, 1]), np.int64)


def read_definitions(path: Path) -> Definitions:
    """Read the binary model definition (BMDF)."""
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
    # names are padded to four bytes; the tree of contexts behind them says what the list of phones says
    at += (names_end - at + 3) // 4 * 4 + 8 * tree
    layout: Any = [("sequence", "<i4"), ("transitions", "<i4"), ("context", "u1", 4)]
    phones = np.frombuffer(raw, np.dtype(layout), all_phones, at)
    at += 12 * all_phones + (4 if per_phone else 0)
    states = np.frombuffer(raw, "<u2", sequences * STATES_PER_PHONE, at).reshape(sequences, STATES_PER_PHONE)
    of_phone = states[phones["sequence"]].astype(np.intp)
    return Definitions(
        phones=tuple(names),
        plain=of_phone[:phone_count],
        contexts=phones["context"][phone_count:],
        in_context=of_phone[phone_count:],
    )


def read_gaussians(path: Path) -> Floats:
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


def read_weights(path: Path, *, streams: int, densities: int) -> Floats:
    """Read how much of each density a state has, shape (streams, states, densities); rows sum to 1."""
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
    stored = np.frombuffer(raw, np.uint8, streams * densities * columns, at + 8)
    # a byte has few values: their powers are looked up
    powers = np.exp(-np.arange(256) * 2**_WEIGHT_SHIFT * np.log(_LOG_BASE)).astype(np.float32)
    weights = powers[stored.reshape(streams, densities, columns)]
    weights /= weights.sum(axis=1, keepdims=True)
    return np.ascontiguousarray(weights.transpose(0, 2, 1))


def _after_header(raw: bytes) -> int:
    """Give where the numbers of an s3 file begin: behind its text header and the byte-order mark."""
    end = raw.index(b"endhdr\n") + len(b"endhdr\n")
    if struct.unpack_from("<I", raw, end)[0] != _MAGIC:
        raise UnreadableModel("the byte order is not little-endian")
    return end + 4
