"""Songs separated with ``center`` and aligned, each in a process of its own, so that time and memory are one song's."""

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from music_separator.audio.decode import decode
from music_separator.audio.media import MediaLimits
from music_separator.audio.pcm import PcmReader, PcmWriter
from music_separator.audio.waveform import SAMPLE_RATE, Waveform
from music_separator.domain.errors import MusicSeparatorError
from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.engines.alignment.anchors import Anchors
from music_separator.engines.alignment.base import AlignmentRequest
from music_separator.engines.alignment.phonetic import PhoneticEngine
from music_separator.engines.base import Mixture, Stem
from music_separator.engines.separation.center import CenterEngine
from music_separator.worker_start import WORKER_VARIABLES


@dataclass(frozen=True, kw_only=True)
class Separated:
    """A song decoded and separated: two working files."""

    mixture: Path
    vocals: Path
    duration_s: float
    took_s: float


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """What one process gave for one song."""

    lyrics: Lyrics
    took_s: float
    cpu_s: float
    peak_mb: float


def separate(audio: Path, folder: Path) -> Separated:
    """Decode the song and take the voice out, chunk by chunk, as the product does."""
    began = time.perf_counter()
    mixture, vocals = folder / "mixture.pcm", folder / "vocals.pcm"
    decoded = decode(audio, mixture, MediaLimits())
    engine = CenterEngine()
    with PcmReader(mixture) as pcm, PcmWriter(vocals) as writer:
        whole = Mixture(pcm=pcm, mono=decoded.mono, mean=decoded.mean, std=decoded.std)
        for begin in range(0, pcm.samples, engine.chunk_samples):
            end = min(begin + engine.chunk_samples, pcm.samples)
            writer.write(engine.separate(whole, begin, end, (Stem.VOCALS,))[Stem.VOCALS])
    took_s = time.perf_counter() - began
    return Separated(mixture=mixture, vocals=vocals, duration_s=decoded.duration_s, took_s=took_s)


def align(text: LyricsText, separated: Separated, anchors: Anchors | None = None) -> Aligned:
    """Align in a fresh process, near the times that lines are said to have. Raises what the engine raises."""
    os.environ.update(WORKER_VARIABLES)  # as the product's workers have them
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_align, args=(theirs, text, separated, anchors))
    process.start()
    theirs.close()
    aligned: Aligned | MusicSeparatorError = ours.recv()
    process.join()
    if isinstance(aligned, MusicSeparatorError):
        raise aligned
    return aligned


def _align(replies: Connection, text: LyricsText, separated: Separated, anchors: Anchors | None) -> None:
    engine = PhoneticEngine()
    engine.load()
    request = AlignmentRequest(
        text=text,
        mixture=blocks_of_pcm(separated.mixture),
        vocals=blocks_of_pcm(separated.vocals),
        duration_s=separated.duration_s,
        anchors=anchors,
    )
    began, cpu_began = time.perf_counter(), time.process_time()
    try:
        lyrics = engine.align(request, lambda share: None)
    except MusicSeparatorError as error:
        replies.send(error)
        return
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    replies.send(Aligned(lyrics=lyrics, took_s=took_s, cpu_s=cpu_s, peak_mb=_peak_mb()))


def _peak_mb() -> float:
    """Give the largest resident size of this process or a child of it."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    largest = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return largest * unit / 1e6


def blocks_of_pcm(path: Path) -> Iterator[Waveform]:
    """Give the samples of a working file, a second at a time."""
    with PcmReader(path) as pcm:
        for begin in range(0, pcm.samples, SAMPLE_RATE):
            yield pcm.read(begin, min(begin + SAMPLE_RATE, pcm.samples))


def starts_s(lyrics: Lyrics) -> np.ndarray:
    """Give when each word begins; infinitely late where its line was not found."""
    return np.array([word.start_ms / 1000 if line.found else np.inf for line in lyrics.lines for word in line.words])


def line_starts_s(lyrics: Lyrics) -> np.ndarray:
    """Give when each line begins; infinitely late where it was not found."""
    return np.array([line.start_ms / 1000 if line.found else np.inf for line in lyrics.lines])


def confidences(lyrics: Lyrics) -> np.ndarray:
    """Give the confidence of each word."""
    return np.array([word.confidence for line in lyrics.lines for word in line.words])


def line_confidences(lyrics: Lyrics) -> np.ndarray:
    """Give the mean confidence of each line, as the karaoke stage judges it."""
    return np.array([np.mean([word.confidence for word in line.words]) for line in lyrics.lines])
