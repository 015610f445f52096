"""The working file: raw little-endian float32, left and right in turn, 44.1 kHz, no header.

Read by plain seek and read: a memory map would count every page of a long song as ours.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from music_separator.audio.waveform import CHANNELS, Waveform

_DTYPE = np.dtype("<f4")
BYTES_PER_SAMPLE = CHANNELS * _DTYPE.itemsize
"""Of one moment: both channels together."""


class PcmReader:
    """A working file read by sample range. Raises ValueError if its size is not a whole number of samples."""

    def __init__(self, path: Path) -> None:
        # unbuffered: every read is large, a buffer would only copy
        self._file = path.open("rb", buffering=0)
        size = os.fstat(self._file.fileno()).st_size
        if size % BYTES_PER_SAMPLE:
            self._file.close()
            raise ValueError(f"{path.name} holds {size} bytes, which is no whole number of stereo samples")
        self.samples = size // BYTES_PER_SAMPLE

    def read(self, start: int, stop: int) -> Waveform:
        """Give samples ``start`` to ``stop``, shape (channels, stop - start); zeros before 0 and after the end."""
        if stop < start:
            raise ValueError(f"samples {start} to {stop} run backwards")
        out = np.zeros((CHANNELS, stop - start), np.float32)
        first, last = max(start, 0), min(stop, self.samples)
        if first < last:
            self._file.seek(first * BYTES_PER_SAMPLE)
            raw = _read_exactly(self._file.fileno(), (last - first) * BYTES_PER_SAMPLE)
            # (samples, channels) in the file, (channels, samples) here
            out[:, first - start : last - start] = np.frombuffer(raw, _DTYPE).reshape(-1, CHANNELS).T
        return out

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class PcmWriter:
    """A working file written from its beginning, or, with ``append``, from its end. Safe on disk once closed."""

    def __init__(self, path: Path, *, append: bool = False) -> None:
        self._file = path.open("ab" if append else "wb")
        self.samples = self._file.tell() // BYTES_PER_SAMPLE

    def write(self, samples: Waveform) -> None:
        """Append ``samples``, shape (channels, samples)."""
        if samples.ndim != 2 or samples.shape[0] != CHANNELS:
            raise ValueError(f"need ({CHANNELS}, samples), got {samples.shape}")
        self._file.write(np.ascontiguousarray(samples.T, _DTYPE).tobytes())
        self.samples += samples.shape[1]

    def close(self) -> None:
        """Flush to the disk itself, then close. Raises OSError when the disk is full."""
        if self._file.closed:
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _read_exactly(descriptor: int, count: int) -> bytearray:
    raw = bytearray(count)
    view = memoryview(raw)
    filled = 0
    while filled < count:
        part = os.read(descriptor, min(count - filled, 1 << 24))
        if not part:
            raise OSError("the working file became shorter while it was read")
        view[filled : filled + len(part)] = part
        filled += len(part)
    return raw
