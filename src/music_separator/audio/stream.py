"""Reads back, block by block, the FLAC or WAV files that this program wrote itself. Never for files from outside."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from music_separator.audio.encode import AudioFormat, open_writer
from music_separator.audio.waveform import CHANNELS, SAMPLE_RATE, Waveform

BLOCK_SAMPLES = SAMPLE_RATE
"""One second."""


def blocks_of(path: Path, start: int = 0, stop: int | None = None) -> Iterator[Waveform]:
    """Give samples ``start`` to ``stop`` of a stem file, shape (2, n), about a second at a time."""
    position = 0
    for block in _all_blocks(path):
        begin, end = max(0, start - position), block.shape[1] if stop is None else min(block.shape[1], stop - position)
        if begin < end:
            yield block[:, begin:end]
        position += block.shape[1]
        if stop is not None and position >= stop:
            return


def _all_blocks(path: Path) -> Iterator[Waveform]:
    with av.open(str(path)) as container:
        # One frame of an encoder is a tenth of a second; the resampler only changes the sample format.
        to_float = av.AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE, frame_size=BLOCK_SAMPLES)
        for frame in container.decode(audio=0):
            for block in to_float.resample(frame):
                yield _samples(block)
        for block in to_float.resample(None):
            yield _samples(block)


def convert(source: Path, target: Path, audio_format: AudioFormat) -> None:
    """Write one of our own stem files in another format; ``target`` appears whole or not at all."""
    partial = target.with_name(f"{target.name}.{uuid.uuid4().hex}.partial")
    with open_writer(partial, audio_format, sample_rate=SAMPLE_RATE) as writer:
        for samples in blocks_of(source):
            writer.write(samples)
    partial.replace(target)


def _samples(block: av.AudioFrame) -> Waveform:
    # (1, samples * channels) packed -> (channels, samples)
    packed = block.to_ndarray().astype(np.float32, copy=False)
    return np.ascontiguousarray(packed.reshape(-1, CHANNELS).T)
