"""Quality and speed of the engine ``center`` against the same method over the whole song at once.

The reference here is written separately and plainly: one spectrogram of the song, every frame compared with every
other. Chunks with local context should lose less than 0.5 dB SI-SDR against it. Pieces: made by this file, and real
songs where ../shared/data is present (they are not distributed with the project).

    python -m benchmarks.center_quality [--seconds 90] [--only NAME]
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.metrics import si_sdr
from benchmarks.separation_quality import EXCERPT, read_stems
from benchmarks.whole_sound import separated

from music_separator.audio.decode import decode
from music_separator.audio.media import MediaLimits
from music_separator.audio.pcm import PcmReader
from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.engines.base import Stem
from music_separator.engines.separation.center import CenterEngine

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
WORST_LOSS_DB = 0.5


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A mixture and its true voice, float32 (2, samples)."""

    name: str
    mixture: np.ndarray
    vocals: np.ndarray


def main() -> None:
    """Print a line per piece; exit 1 where the loss is larger than allowed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=90.0, help="length of each piece at most")
    parser.add_argument("--only", default="", help="part of a piece's name")
    options = parser.parse_args()
    print(f"{'piece':34}{'mix':>7}{'whole':>8}{'chunks':>8}{'loss':>7}   SI-SDR of the voice, dB; {'speed':>6}")
    worst = 0.0
    for piece in pieces(int(options.seconds * SAMPLE_RATE)):
        if options.only in piece.name:
            worst = max(worst, compare(piece))
    raise SystemExit(f"lost {worst:.2f} dB, more than {WORST_LOSS_DB}" if worst > WORST_LOSS_DB else 0)


def compare(piece: Piece) -> float:
    """Print one line; give the loss in dB, of voice or instrumental, whichever lost more."""
    whole = whole_song(piece.mixture)
    chunks, seconds = by_chunks(piece.mixture)
    rest = piece.mixture - piece.vocals
    before, ours = (si_sdr(estimate, piece.vocals) for estimate in (whole, chunks))
    before_rest, ours_rest = (si_sdr(piece.mixture - estimate, rest) for estimate in (whole, chunks))
    speed = piece.mixture.shape[1] / SAMPLE_RATE / seconds
    mix = si_sdr(piece.mixture, piece.vocals)
    print(f"{piece.name:34}{mix:7.2f}{before:8.2f}{ours:8.2f}{before - ours:7.2f}{speed:38.1f}x")
    mix = si_sdr(piece.mixture, rest)
    print(f"{'  instrumental':34}{mix:7.2f}{before_rest:8.2f}{ours_rest:8.2f}{before_rest - ours_rest:7.2f}")
    return max(before - ours, before_rest - ours_rest)


def by_chunks(mixture: np.ndarray, engine: CenterEngine | None = None) -> tuple[np.ndarray, float]:
    """Separate with the product's engine; give the voice and the seconds it took."""
    engine = engine or CenterEngine()
    began = time.perf_counter()
    voice = separated(engine, mixture)[Stem.VOCALS]
    return voice, time.perf_counter() - began


def whole_song(mixture: np.ndarray, size: int = 4096, hop: int = 1024) -> np.ndarray:
    """Give the voice by centre mask times root of REPET-SIM over the whole song, float32 (2, samples)."""
    left, right = (spectrogram(channel, size, hop) for channel in mixture)
    middle = (left + right) / 2
    voice = repet_sim(np.abs(middle))
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    band = np.clip((frequency - 110) / 110, 0, 1) ** 2
    if not np.array_equal(*mixture):
        same = 2 * (left * right.conj()).real / (np.abs(left) ** 2 + np.abs(right) ** 2 + 1e-12)
        voice = np.clip((same - 0.75) / 0.25, 0, 1) ** 2 * np.sqrt(voice)
    one = inverse(middle * voice * band, mixture.shape[1], size, hop)
    return np.stack([one, one])


def spectrogram(channel: np.ndarray, size: int, hop: int) -> np.ndarray:
    """Frames centred at multiples of ``hop``, shape (frames, bins)."""
    frames = -(-channel.size // hop) + 1
    padded = np.zeros((frames - 1) * hop + size, np.float32)
    padded[size // 2 : size // 2 + channel.size] = channel
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    return np.array([np.fft.rfft(padded[at : at + size] * window) for at in range(0, frames * hop, hop)])


def inverse(spectra: np.ndarray, samples: int, size: int, hop: int) -> np.ndarray:
    """Weighted overlap-add."""
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    total = np.zeros((len(spectra) - 1) * hop + size)
    weight = np.zeros_like(total)
    for index, spectrum in enumerate(spectra):
        here = slice(index * hop, index * hop + size)
        total[here] += np.fft.irfft(spectrum, size) * window
        weight[here] += window**2
    return (total / np.maximum(weight, 1e-6))[size // 2 : size // 2 + samples].astype(np.float32)


def repet_sim(magnitude: np.ndarray, count: int = 50, gap: int = 8) -> np.ndarray:
    """Soft mask of what exceeds the median of the frames most like each frame, all frames being candidates."""
    bands = magnitude[:, 1:].reshape(len(magnitude), 128, -1).sum(axis=2)
    bands /= np.linalg.norm(bands, axis=1, keepdims=True) + 1e-12
    mask = np.empty_like(magnitude)
    for frame, spectrum in enumerate(magnitude):
        likeness = bands @ bands[frame]
        chosen: list[int] = []
        free = np.ones(len(magnitude), bool)
        for other in np.argsort(-likeness)[: 4 * count]:
            if free[other]:
                chosen.append(int(other))
                free[max(0, other - gap) : other + gap + 1] = False
            if len(chosen) == count:
                break
        background = np.minimum(np.median(magnitude[chosen], axis=0), spectrum)
        rest = (spectrum - background) ** 2
        mask[frame] = rest / (rest + background**2 + 1e-8)
    return mask


def pieces(samples: int) -> Iterator[Piece]:
    """Give every piece that can be had here, ``samples`` long at most."""
    band, voice = made_band(samples), made_voice(samples)
    yield Piece(name="made, wide band", mixture=band + voice, vocals=voice)
    narrow = np.repeat(band.mean(axis=0, keepdims=True), 2, axis=0)
    yield Piece(name="made, mono", mixture=narrow + voice, vocals=voice)
    if EXCERPT.exists():
        mixture, stems = read_stems(EXCERPT, samples)
        yield Piece(name="Falcon 69 (true stems)", mixture=mixture, vocals=stems[Stem.VOCALS])
    for name in ("Shearer - Can't stop it", "Pornophonique - Space Invaders"):
        song = DATA / "ultrastar" / name / "instrumental.mp3"
        if song.exists():
            real = read_song(song, samples)
            sung = made_voice(real.shape[1]) * float(2 * real.std() / voice.std() / 2)
            yield Piece(name=f"{name[:20]}, made voice", mixture=real + sung, vocals=sung)
    invaders = DATA / "ultrastar" / "Pornophonique - Space Invaders"
    if invaders.exists():
        lag = 6724  # samples by which the instrumental is early, found by correlation
        mixture = read_song(invaders / "audio.mp3", samples + lag)[:, lag:]
        rest = read_song(invaders / "instrumental.mp3", samples)[:, : mixture.shape[1]]
        # mastered apart from each other: the difference is no clean voice, and all figures are low
        yield Piece(name="Space Invaders, real voice", mixture=mixture, vocals=mixture - rest)


def read_song(path: Path, samples: int) -> np.ndarray:
    """Decode with the product's own decoder."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "song.pcm"
        decode(path, target, MediaLimits())
        with PcmReader(target) as pcm:
            return pcm.read(0, min(samples, pcm.samples))


def made_band(samples: int, seed: int = 7) -> np.ndarray:
    """Drums in the middle, bass, and two instruments left and right, over four chords that come again every 8 s."""
    random = np.random.default_rng(seed)
    at = np.arange(samples) / SAMPLE_RATE
    chord = (at // 2).astype(int) % 4
    root = np.array([110.0, 87.31, 130.81, 98.0])[chord]
    phase = 2 * np.pi * np.cumsum(root) / SAMPLE_RATE
    beat = at % 0.5
    kick = np.sin(2 * np.pi * 50 * beat) * np.exp(-beat * 18)
    hiss = random.standard_normal(samples) * np.exp(-((at + 0.25) % 0.5) * 30) * 0.3
    bass = 0.3 * np.sin(phase / 2)
    left = sum(np.sin(phase * k + k) / k for k in range(2, 9)) * 0.15 * np.exp(-(at % 0.25) * 4)
    right = sum(np.sin(phase * 1.5 * k) / k for k in range(2, 7)) * 0.15 * np.exp(-(at % 0.5) * 3)
    middle = 0.4 * kick + hiss + bass
    return np.stack([middle + left + 0.3 * right, middle + right + 0.3 * left]).astype(np.float32) * 0.4


def made_voice(samples: int, seed: int = 3) -> np.ndarray:
    """A melody that does not repeat: gliding pitch with vibrato, moving formants, rests; dead centre."""
    random = np.random.default_rng(seed)
    notes = -(-samples // (SAMPLE_RATE // 2))
    length = SAMPLE_RATE // 2
    pitch = np.repeat(220 * 2 ** (random.integers(-5, 10, notes) / 12), length)[:samples]
    sung = np.repeat(random.random(notes) > 0.3, length)[:samples]
    smooth = np.hanning(4411) / np.hanning(4411).sum()
    pitch, level = np.convolve(pitch, smooth, "same"), np.convolve(sung, smooth, "same")
    at = np.arange(samples) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * at))) / SAMPLE_RATE
    formant = np.convolve(np.repeat(random.uniform(400, 2200, notes), length)[:samples], smooth, "same")
    tone = np.zeros(samples)
    for k in range(1, 20):
        tone += np.sin(phase * k) * (0.1 / k + np.exp(-(((pitch * k - formant) / 350) ** 2)))
    return np.repeat((tone * level)[None], 2, axis=0).astype(np.float32) * 0.12


if __name__ == "__main__":
    main()
