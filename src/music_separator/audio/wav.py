"""32-bit float WAV of any length: RF64 (EBU Tech 3306) where the sizes no longer fit the 32 bits of RIFF."""

import struct
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from music_separator.audio.waveform import CHANNELS

_IEEE_FLOAT = 3
_BYTES = 4
_RIFF_LIMIT = 2**32 - 1
_DS64_BYTES = 28


class WavBody:
    """Header and samples of a WAV file; the header is written again once the length is known."""

    def __init__(self, file: BinaryIO, *, sample_rate: int, bits: int) -> None:
        self._file, self._rate = file, sample_rate
        self._whole_scale = np.float32(2.0 ** (1 - bits))
        self._samples = 0
        self._file.write(self._header())

    def write(self, samples: npt.NDArray[Any]) -> None:
        """Append samples, shape (2, n): float32, or whole numbers of ``bits``."""
        floats = samples * self._whole_scale if samples.dtype.kind == "i" else samples
        self._file.write(np.ascontiguousarray(floats.T, "<f4").tobytes())
        self._samples += samples.shape[1]

    def finish(self) -> None:
        """Write the true sizes."""
        self._file.seek(0)
        self._file.write(self._header())

    def _header(self) -> bytes:
        return wav_header(self._samples, self._rate)


def wav_header(samples: int, sample_rate: int) -> bytes:
    """Give the header before ``samples`` stereo float32 samples; always of one length, so that it can be rewritten."""
    block = CHANNELS * _BYTES
    data_bytes = samples * block
    fmt = struct.pack(
        "<4sIHHIIHHH", b"fmt ", 18, _IEEE_FLOAT, CHANNELS, sample_rate, sample_rate * block, block, 8 * _BYTES, 0
    )
    # 12 bytes of RIFF, the reserved chunk, fmt, fact, the header of data
    riff_bytes = 4 + 8 + _DS64_BYTES + len(fmt) + 12 + 8 + data_bytes
    if riff_bytes <= _RIFF_LIMIT:
        start = struct.pack("<4sI4s4sI28x", b"RIFF", riff_bytes, b"WAVE", b"JUNK", _DS64_BYTES)
        sizes = (samples, data_bytes)
    else:
        start = struct.pack("<4sI4s4sI", b"RF64", _RIFF_LIMIT, b"WAVE", b"ds64", _DS64_BYTES)
        start += struct.pack("<QQQI", riff_bytes, data_bytes, samples, 0)
        sizes = (min(samples, _RIFF_LIMIT), _RIFF_LIMIT)
    fact = struct.pack("<4sII", b"fact", 4, sizes[0])
    return start + fmt + fact + struct.pack("<4sI", b"data", sizes[1])
