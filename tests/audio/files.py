"""Sound files of every kind, made by the tests themselves: tones, coded by FFmpeg through PyAV."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SAMPLE_RATE = 44_100


def tone(*, seconds: float = 2.0, rate: int = SAMPLE_RATE, channels: int = 2, level: float = 0.5) -> np.ndarray:
    """Give a different sine in each channel, float32 (channels, samples)."""
    at = np.arange(int(seconds * rate)) / rate
    tones = [np.sin(2 * np.pi * (220 + 110 * channel) * at) for channel in range(channels)]
    return (level * np.array(tones)).astype(np.float32)


def write_audio(
    path: Path,
    samples: np.ndarray,
    *,
    codec: str,
    container: str,
    rate: int = SAMPLE_RATE,
    layout: str = "stereo",
    sample_format: str = "fltp",
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Encode float samples (channels, n) with any of FFmpeg's encoders."""
    with path.open("wb+") as file, av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        stream.codec_context.format = sample_format
        out.metadata.update(tags or {})
        _encode(out, stream, samples, rate, layout)
    return path


def write_wav(path: Path, samples: np.ndarray, *, rate: int = SAMPLE_RATE, layout: str = "stereo") -> Path:
    """Write 16-bit WAV."""
    return write_audio(path, samples, codec="pcm_s16le", container="wav", rate=rate, layout=layout, sample_format="s16")


def write_mp3(path: Path, *, seconds: float = 2.0, tags: Mapping[str, str] | None = None) -> Path:
    """Write an MP3 of a tone."""
    return write_audio(path, tone(seconds=seconds), codec="libmp3lame", container="mp3", tags=tags)


def write_flac(path: Path, *, seconds: float = 2.0, sample_format: str = "s16") -> Path:
    """Write a FLAC of a tone; ``s32`` makes it 24 bits."""
    return write_audio(path, tone(seconds=seconds), codec="flac", container="flac", sample_format=sample_format)


def write_video(path: Path, *, sound: bool) -> Path:
    """Write a second of grey pictures as MP4, with or without a tone."""
    with path.open("wb+") as file, av.open(file, "w", format="mp4") as out:
        pictures = out.add_stream("mpeg4", rate=10, width=64, height=64, pix_fmt="yuv420p")
        audio = out.add_stream("aac", rate=SAMPLE_RATE, layout="stereo") if sound else None
        for _ in range(10):
            out.mux(pictures.encode(av.VideoFrame(64, 64, "yuv420p")))
        out.mux(pictures.encode(None))
        if audio is not None:
            _encode(out, audio, tone(seconds=1.0), SAMPLE_RATE, "stereo")
    return path


def write_png(path: Path) -> Path:
    """Write a small picture."""
    with path.open("wb+") as file, av.open(file, "w", format="image2pipe") as out:
        stream = out.add_stream("png", rate=1, width=16, height=16, pix_fmt="rgb24")
        out.mux(stream.encode(av.VideoFrame(16, 16, "rgb24")))
        out.mux(stream.encode(None))
    return path


def damaged(good: bytes, *, flips: int, seed: int, start: int = 0) -> bytes:
    """Flip ``flips`` random bits from byte ``start`` on."""
    random = np.random.default_rng(seed)
    raw = bytearray(good)
    for position in random.integers(start, len(raw), flips):
        raw[position] ^= 1 << random.integers(8)
    return bytes(raw)


def _encode(
    out: av.container.OutputContainer, stream: av.AudioStream, samples: np.ndarray, rate: int, layout: str
) -> None:
    for start in range(0, samples.shape[1], 4096):
        part = np.ascontiguousarray(samples[:, start : start + 4096])
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
