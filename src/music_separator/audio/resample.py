"""Frames of any rate, format and channel layout to 44.1 kHz stereo float32, as a stream."""

import av
import numpy as np
import soxr

from music_separator.audio.waveform import CHANNELS, SAMPLE_RATE, Waveform

LOUDEST = 1e5
"""100 dB above full scale: float files may go beyond 1, but spectra of more would leave float32."""

_FULL_SCALE = {"u1": 2.0**7, "i2": 2.0**15, "i4": 2.0**31}

# ITU-R BS.775: centre and surrounds at -3 dB in each side they belong to, low-frequency effects left out
_HALF_POWER = 2**-0.5
_SIDES: dict[str, tuple[float, float]] = {
    "FL": (1.0, 0.0),
    "FR": (0.0, 1.0),
    "FC": (_HALF_POWER, _HALF_POWER),
    "LFE": (0.0, 0.0),
    "LFE2": (0.0, 0.0),
    "FLC": (1.0, 0.0),
    "FRC": (0.0, 1.0),
    "BL": (_HALF_POWER, 0.0),
    "BR": (0.0, _HALF_POWER),
    "SL": (_HALF_POWER, 0.0),
    "SR": (0.0, _HALF_POWER),
    "BC": (0.5, 0.5),
    "DL": (1.0, 0.0),
    "DR": (0.0, 1.0),
}
_UNNAMED = (0.5, 0.5)


class StereoStream:
    """Takes decoded frames, gives float32 (2, n) at 44.1 kHz. A frame of another kind begins a new resampler."""

    def __init__(self) -> None:
        self._rate = 0
        self._resampler: soxr.ResampleStream | None = None
        self.not_numbers = 0

    def convert(self, frame: av.AudioFrame) -> list[Waveform]:
        """Convert one frame; the resampler may hold some of it back."""
        parts: list[Waveform] = []
        if frame.sample_rate != self._rate:
            parts += self.flush()
            self._rate = frame.sample_rate
            if self._rate != SAMPLE_RATE:
                self._resampler = soxr.ResampleStream(self._rate, SAMPLE_RATE, CHANNELS, "float32", "HQ")
        samples = self._finite(_stereo(frame))
        if self._resampler is None:
            return [*parts, samples]
        # soxr wants (samples, channels)
        out = self._resampler.resample_chunk(np.ascontiguousarray(samples.T))
        return [*parts, out.T]

    def flush(self) -> list[Waveform]:
        """Give what the resampler still holds."""
        if self._resampler is None:
            return []
        out = self._resampler.resample_chunk(np.zeros((0, CHANNELS), np.float32), last=True)
        self._resampler = None
        return [out.T]

    def _finite(self, samples: Waveform) -> Waveform:
        # max of the absolute values is NaN where any value is, and one pass
        if samples.size and not np.abs(samples).max() <= LOUDEST:
            self.not_numbers += int(samples.size - np.isfinite(samples).sum())
            samples = np.clip(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0), -LOUDEST, LOUDEST)
        return samples


def _stereo(frame: av.AudioFrame) -> Waveform:
    """Give the frame as (2, samples): one channel twice, two as they are, more mixed down without clipping."""
    samples = _channels(frame)
    if samples.shape[0] == 1:
        return np.repeat(samples, CHANNELS, axis=0)
    if samples.shape[0] == CHANNELS:
        return samples
    mix = downmix_matrix(tuple(channel.name for channel in frame.layout.channels), samples.shape[0])
    return mix @ samples


def downmix_matrix(names: tuple[str, ...], channels: int) -> Waveform:
    """Give the (2, channels) matrix from named channels to stereo, scaled so that full scale stays full scale."""
    known = len(names) == channels and any(name in _SIDES for name in names)
    sides = (
        [_SIDES.get(name, _UNNAMED) for name in names]
        if known
        else [(1.0, 0.0), (0.0, 1.0)] + [_UNNAMED] * (channels - 2)
    )
    matrix = np.array(sides, np.float32).T
    return np.asarray(matrix / max(matrix.sum(axis=1).max(), 1.0), np.float32)


def _channels(frame: av.AudioFrame) -> Waveform:
    """Give the samples of a frame as float32 (channels, samples), -1..1."""
    raw = frame.to_ndarray()
    if frame.format.is_packed:
        # (1, samples * channels) to (channels, samples)
        raw = raw.reshape(-1, frame.layout.nb_channels).T
    scale = _FULL_SCALE.get(raw.dtype.str[1:])
    if scale is None:
        with np.errstate(over="ignore", invalid="ignore"):  # doubles beyond float32 become infinite, counted later
            return np.ascontiguousarray(raw, np.float32)
    samples = raw.astype(np.float32)
    if raw.dtype == np.uint8:
        samples -= np.float32(_FULL_SCALE["u1"])
    samples *= np.float32(1 / scale)
    return np.ascontiguousarray(samples)
