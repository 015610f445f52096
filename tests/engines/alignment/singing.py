"""Songs made by the tests: espeak-ng speaks each word alone, the words lie at known times over a band and noise."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr

from music_separator.audio.waveform import SAMPLE_RATE, Waveform
from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.engines.alignment.base import AlignmentRequest
from music_separator.engines.alignment.speech import Speech, SpeechTask, Utterance

LEAD_IN_S = 1.5
LOUD = 0.02


@dataclass(frozen=True, kw_only=True)
class Song:
    """Mixture and voice, float32 (2, samples), and when each word really begins."""

    lines: tuple[str, ...]
    language: str
    mixture: Waveform
    vocals: Waveform
    starts_s: tuple[float, ...]

    @property
    def duration_s(self) -> float:
        return self.mixture.shape[1] / SAMPLE_RATE

    def request(self, *, lines: tuple[str, ...] | None = None, block: int = SAMPLE_RATE) -> AlignmentRequest:
        """Ask for the alignment of the song's own words, or of others."""
        return AlignmentRequest(
            text=LyricsText(lines=lines or self.lines),
            mixture=blocks(self.mixture, block),
            vocals=blocks(self.vocals, block),
            duration_s=self.duration_s,
            language=self.language,
        )


def sing(*lines: str, language: str = "en", seed: int = 0) -> Song:
    """Make a song of these lines, words parted by spaces: short rests within a line, a second between lines."""
    random = np.random.default_rng(seed)
    spoken = iter(say(tuple(word for line in lines for word in line.split()), language))
    parts, starts_s, at = [np.zeros(int(LEAD_IN_S * SAMPLE_RATE))], list[float](), int(LEAD_IN_S * SAMPLE_RATE)
    for line in lines:
        for _ in line.split():
            word = next(spoken)
            starts_s.append(at / SAMPLE_RATE)
            rest = np.zeros(int(random.uniform(0.02, 0.15) * SAMPLE_RATE))
            parts += [word, rest]
            at += len(word) + len(rest)
        parts.append(np.zeros(SAMPLE_RATE))
        at += SAMPLE_RATE
    voice = np.concatenate(parts)
    left, right = band(len(voice), random)
    noise = random.normal(0, 0.002, (2, len(voice)))
    mixture, vocals = np.stack([voice + left, voice + right]) + noise, np.stack([voice, voice]) + noise / 4
    return Song(
        lines=lines,
        language=language,
        mixture=mixture.astype(np.float32),
        vocals=vocals.astype(np.float32),
        starts_s=tuple(starts_s),
    )


def say(words: tuple[str, ...], language: str) -> Iterator[np.ndarray]:
    """Speak each word by itself, without the silence around it, mono 44.1 kHz."""
    task = SpeechTask(words=(), utterances=tuple(Utterance(language=language, words=(word,)) for word in words))
    with Speech(task) as speech:
        speech.phones()
        for spoken in speech.spoken():
            samples = soxr.resample(spoken.samples, spoken.sample_rate, SAMPLE_RATE)
            loud = np.flatnonzero(np.abs(samples) > LOUD)
            yield samples[loud[0] : loud[-1]] if loud.size else samples


def band(samples: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Chords left and right, changing every second."""
    at = np.arange(samples) / SAMPLE_RATE
    tones = np.repeat(random.choice([110, 131, 147, 165, 196], (samples // SAMPLE_RATE + 1, 2)), SAMPLE_RATE, axis=0)
    left, right = (0.03 * np.sin(2 * np.pi * np.cumsum(tone[:samples]) / SAMPLE_RATE) for tone in tones.T)
    return left * (1 + 0.3 * np.sin(3 * at)), right


def blocks(samples: Waveform, size: int) -> Iterator[Waveform]:
    """Give the samples some at a time."""
    for begin in range(0, samples.shape[1], size):
        yield samples[:, begin : begin + size]


def starts_s(lyrics: Lyrics) -> np.ndarray:
    """Give when each word begins."""
    return np.array([word.start_ms / 1000 for line in lyrics.lines for word in line.words])


def sureness(lyrics: Lyrics) -> float:
    """Give the mean confidence."""
    return float(np.mean([word.confidence for line in lyrics.lines for word in line.words]))
