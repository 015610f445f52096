"""Writing stems and karaoke: FLAC, WAV (32-bit float, unclipped), MP3, Opus. Streaming, so memory stays constant.

Also the split into whole numbers, where vocals + instrumental = mixture holds in every sample.
"""

import os
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

import av
import numpy as np
import numpy.typing as npt
import soxr
from av.audio.codeccontext import AudioCodecContext

from music_separator.audio.wav import WavBody
from music_separator.audio.waveform import CHANNELS, IntWaveform, Waveform

Samples = npt.NDArray[np.float32] | npt.NDArray[np.int32]
"""Shape (2, n): float32 of -1..1, or int32 holding whole numbers of the writer's ``bits``."""


class AudioFormat(StrEnum):
    """What stems can be stored in."""

    FLAC = "flac"
    WAV = "wav"
    MP3 = "mp3"
    OPUS = "opus"


MEDIA_TYPES = {".flac": "audio/flac", ".wav": "audio/wav", ".mp3": "audio/mpeg", ".opus": "audio/ogg"}
"""By suffix."""
_OPUS_RATE = 48_000  # the only full-band rate Opus has
_BIT_RATES = {AudioFormat.MP3: 256_000, AudioFormat.OPUS: 160_000}
_CODECS = {AudioFormat.FLAC: "flac", AudioFormat.MP3: "libmp3lame", AudioFormat.OPUS: "libopus"}
_CONTAINERS = {AudioFormat.FLAC: "flac", AudioFormat.MP3: "mp3", AudioFormat.OPUS: "ogg"}
_BLOCK = 1 << 16


class _Body(Protocol):
    """What puts samples into an open file."""

    def write(self, samples: Samples) -> None: ...

    def finish(self) -> None: ...


class AudioWriter:
    """A sound file being written. Safe on disk after the block; removed if the block fails."""

    def __init__(self, path: Path, file: BinaryIO, body: _Body) -> None:
        self._path, self._file, self._body = path, file, body
        self.samples = 0

    def write(self, samples: Samples) -> None:
        """Append ``samples``, shape (2, n)."""
        if samples.ndim != 2 or samples.shape[0] != CHANNELS:
            raise ValueError(f"need ({CHANNELS}, samples), got {samples.shape}")
        for start in range(0, samples.shape[1], _BLOCK):
            self._body.write(samples[:, start : start + _BLOCK])
        self.samples += samples.shape[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is None:
                self._body.finish()
                self._file.flush()
                os.fsync(self._file.fileno())
        except BaseException:
            error = error or OSError()
            raise
        finally:
            self._file.close()
            if error is not None:
                self._path.unlink(missing_ok=True)


def open_writer(path: Path, audio_format: AudioFormat, *, sample_rate: int, bits: int = 16) -> AudioWriter:
    """Create ``path`` and give its writer, a context manager.

    ``bits`` (16 or 24) is what FLAC holds and the scale of whole-number samples; WAV is always 32-bit float.
    Raises OSError where the disk does.
    """
    if bits not in (16, 24):
        raise ValueError(f"{bits} bits are not written here: 16 or 24")
    file = path.open("wb+")
    try:
        if audio_format is AudioFormat.WAV:
            return AudioWriter(path, file, WavBody(file, sample_rate=sample_rate, bits=bits))
        return AudioWriter(path, file, _CodedBody(file, audio_format, sample_rate, bits))
    except BaseException:
        file.close()
        path.unlink(missing_ok=True)
        raise


class _CodedBody:
    """FLAC, MP3 and Opus through FFmpeg's encoders."""

    def __init__(self, file: BinaryIO, audio_format: AudioFormat, sample_rate: int, bits: int) -> None:
        self._bits, self._lossless = bits, audio_format is AudioFormat.FLAC
        self._position = 0
        self._resampler: soxr.ResampleStream | None = None
        if audio_format is AudioFormat.OPUS and sample_rate != _OPUS_RATE:
            self._resampler = soxr.ResampleStream(sample_rate, _OPUS_RATE, CHANNELS, "float32", "HQ")
            sample_rate = _OPUS_RATE
        self._rate = sample_rate
        self._container = av.open(file, "w", format=_CONTAINERS[audio_format])
        stream = self._container.add_stream(_CODECS[audio_format], rate=sample_rate, layout="stereo")
        assert isinstance(stream.codec_context, AudioCodecContext)
        stream.codec_context.format = self._input_format()
        if audio_format in _BIT_RATES:
            stream.codec_context.bit_rate = _BIT_RATES[audio_format]
        self._stream: Any = stream

    def write(self, samples: Samples) -> None:
        if self._lossless:
            self._encode(self._whole(samples))
            return
        floats = as_float(samples, self._bits)
        if self._resampler is not None:
            # soxr wants (samples, channels)
            floats = self._resampler.resample_chunk(np.ascontiguousarray(floats.T)).T
        self._encode(floats)

    def finish(self) -> None:
        if self._resampler is not None:
            self._encode(self._resampler.resample_chunk(np.zeros((0, CHANNELS), np.float32), last=True).T)
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def _input_format(self) -> str:
        if not self._lossless:
            return "fltp" if self._resampler is None else "flt"
        return "s16" if self._bits == 16 else "s32"

    def _whole(self, samples: Samples) -> npt.NDArray[Any]:
        whole = samples if samples.dtype.kind == "i" else quantise(np.asarray(samples, np.float32), self._bits)
        # FFmpeg's 24 bits are the upper ones of 32
        return whole.astype(np.int16) if self._bits == 16 else np.asarray(whole, np.int32) << 8

    def _encode(self, samples: npt.NDArray[Any]) -> None:
        if not samples.shape[1]:
            return
        # packed formats want (1, samples * channels)
        packed = np.ascontiguousarray(samples.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format={"i2": "s16", "i4": "s32"}.get(packed.dtype.str[1:], "flt"))
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self._position
        self._position += samples.shape[1]
        self._container.mux(self._stream.encode(frame))


def as_float(samples: Samples, bits: int) -> Waveform:
    """Give samples as float32; whole numbers are taken as ``bits`` wide."""
    if samples.dtype.kind == "i":
        return np.asarray(samples * np.float32(2.0 ** (1 - bits)), np.float32)
    return np.asarray(samples, np.float32)


def quantise(samples: Waveform, bits: int) -> IntWaveform:
    """Round -1..1 to whole numbers of ``bits``, clipping what lies outside."""
    scale = 2.0 ** (bits - 1)
    return np.clip(np.rint(samples.astype(np.float64) * scale), -scale, scale - 1).astype(np.int32)


def split_whole(mixture: Waveform, vocals: Waveform, bits: int) -> tuple[IntWaveform, IntWaveform]:
    """Give (vocals, instrumental) as whole numbers whose sum is the quantised mixture in every sample.

    The instrumental is rounded and clipped first, so that both parts fit into ``bits``; the vocals are what is left.
    """
    lowest, highest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    whole = quantise(mixture, bits)
    rest = quantise(mixture - vocals, bits)
    instrumental = np.clip(rest, np.maximum(lowest, whole - highest), np.minimum(highest, whole - lowest))
    instrumental = instrumental.astype(np.int32)
    return whole - instrumental, instrumental
