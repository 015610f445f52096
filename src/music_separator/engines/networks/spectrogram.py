"""The network's view of sound: short-time spectra of 4096 samples every 1024, complex numbers as two real channels.

float32 throughout (numpy >= 2 keeps it). Frames, padding and scale are those of the published networks: reflected at
the ends so that a segment of L samples has exactly ceil(L / 1024) frames, window Hann, divided by sqrt(4096).
"""

import numpy as np
import numpy.typing as npt

from music_separator.audio.waveform import Waveform

FRAME = 4096
"""Samples of a frame."""
HOP = 1024
BINS = FRAME // 2
"""Frequencies kept of a frame: the highest is left out."""

_OVERLAP = FRAME // HOP
_EDGE = 3 * (HOP // 2)
_WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)
_SCALE = np.float32(FRAME**-0.5)

Spectra = npt.NDArray[np.float32]


def frames_of(samples: int) -> int:
    """Count the frames of a segment of so many samples."""
    return -(-samples // HOP)


def spectra_of(segment: Waveform) -> Spectra:
    """Transform a segment (channels, samples) to (channels * 2, BINS, frames): real, imaginary, channel by channel."""
    channels, samples = segment.shape
    frames = frames_of(samples)
    padded = np.pad(segment, ((0, 0), (_EDGE, _EDGE + frames * HOP - samples)), mode="reflect")
    # (channels, frames, FRAME): a view, no copy until the window is applied
    views = np.lib.stride_tricks.sliding_window_view(padded, FRAME, axis=1)[:, ::HOP][:, :frames]
    complex_spectra = np.fft.rfft(views * (_WINDOW * _SCALE), axis=-1)[..., :BINS]
    out = np.empty((channels * 2, BINS, frames), np.float32)
    # (channels, frames, BINS) -> (channels, BINS, frames)
    out[0::2] = complex_spectra.real.transpose(0, 2, 1)
    out[1::2] = complex_spectra.imag.transpose(0, 2, 1)
    return out


def segment_of(spectra: Spectra, samples: int) -> Waveform:
    """Transform (channels * 2, BINS, frames) back to a segment (channels, samples): windowed overlap-add."""
    channels, frames = spectra.shape[0] // 2, spectra.shape[2]
    total = np.zeros((channels, frames + _OVERLAP - 1, HOP), np.float32)
    complex_spectra = np.zeros((frames, BINS + 1), np.complex64)
    for channel in range(channels):
        complex_spectra.real[:, :BINS] = spectra[2 * channel].T
        complex_spectra.imag[:, :BINS] = spectra[2 * channel + 1].T
        parts = np.fft.irfft(complex_spectra, FRAME, axis=-1) * (_WINDOW / _SCALE)
        blocks = parts.reshape(frames, _OVERLAP, HOP)
        for part in range(_OVERLAP):
            total[channel, part : part + frames] += blocks[:, part]
    flat = total.reshape(channels, -1) / _window_power(frames)
    return np.ascontiguousarray(flat[:, _EDGE : _EDGE + samples])


def _window_power(frames: int) -> npt.NDArray[np.float32]:
    """Sum the squared windows that overlap at each sample. Two empty frames at either end count: the published
    networks were trained with them.
    """
    power = np.zeros((frames + 2 * 2 + _OVERLAP - 1, HOP), np.float32)
    squared = (_WINDOW * _WINDOW).reshape(_OVERLAP, HOP)
    for frame in range(frames + 2 * 2):
        power[frame : frame + _OVERLAP] += squared
    return power[2 : 2 + frames + _OVERLAP - 1].reshape(-1)
