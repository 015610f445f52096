"""Accuracy of the engine ``phonetic`` on songs with word times made by hand, beside spreading the words evenly.

Voices are separated with the engine ``center`` first (its time is counted apart); every song is aligned in a process of
its own, so that time and memory are those of one song. Needs the ``[test]`` extra; run from the root of the repository:

    python -m benchmarks.alignment [FOLDER] [--only NAME] [--swapped]

FOLDER holds ``ultrastar/`` and ``jamendolyrics/`` (default ../shared/data), or is such a folder itself. Songs are not
part of the project. Exits 1 where the mean share of words within 0.3 s is below 0.75.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from tests.jamendo import jamendo_songs_in
from tests.timed_songs import MEASURED_SONGS, TimedSong
from tests.ultrastar import ultrastar_songs_in

from music_separator.audio.decode import decode
from music_separator.audio.media import MediaLimits
from music_separator.audio.pcm import PcmReader, PcmWriter
from music_separator.audio.waveform import SAMPLE_RATE, Waveform
from music_separator.domain.errors import LyricsTooLong, MusicSeparatorError
from music_separator.domain.lyrics import Line, Lyrics, LyricsText
from music_separator.engines.alignment.base import AlignmentRequest
from music_separator.engines.alignment.phonetic import PhoneticEngine
from music_separator.engines.base import Mixture, Stem
from music_separator.engines.separation.center import CenterEngine

LEAST_SHARE = 0.75
"""Of words within 0.3 s, mean over songs."""
TOLERANCES_S = (0.1, 0.3, 1.0)
OFF_S = 1.0
DOUBTED = 0.5
"""Confidence below which a word counts as doubted."""


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
    peak_mb: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """The figures of one song; errors and confidences per word."""

    name: str
    language: str
    errors_s: np.ndarray
    even_errors_s: np.ndarray
    line_errors_s: np.ndarray
    confidences: np.ndarray
    separation_s: float
    aligned: Aligned
    swapped: float | None
    """Mean confidence for the lyrics of another song."""


def main() -> None:
    """Print a line per song, their mean, and what the confidence is worth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=MEASURED_SONGS)
    parser.add_argument("--only", default="", help="part of a song's title")
    parser.add_argument("--swapped", action="store_true", help="also align each song with the next one's lyrics")
    options = parser.parse_args()
    songs = [song for song in songs_in(options.folder) if options.only in song.title]
    if not songs:
        raise SystemExit(f"There is no song to measure in {options.folder}. Give a folder that holds some.")
    print(f"{'':25}{'':3}{'':6}{'word starts':^33}{'lines':>7}{'even':>7}{'':>7}{'seconds':^15}{'peak':>7}")
    print(
        f"{'song':25}{'':3}{'words':>6}{'median':>9}{'<0.1':>8}{'<0.3':>8}{'<1 s':>8}{'<0.3':>7}{'<0.3':>7}{'sure':>7}"
        f"{'separate':>9}{'align':>6}{'MB':>7}"
    )
    rows = []
    for index, song in enumerate(songs):
        rows.append(measure(song, songs[(index + 1) % len(songs)] if options.swapped else None))
        show(rows[-1])
    share = summarise(rows)
    raise SystemExit(f"{share:.3f} within 0.3 s, less than {LEAST_SHARE}" if share < LEAST_SHARE else 0)


def songs_in(folder: Path) -> list[TimedSong]:
    """Read every song with a voice."""
    ultrastar = next(iter(path for path in (folder / "ultrastar", folder) if list(path.glob("*/song.txt"))), None)
    jamendo = next(iter(path for path in (folder / "jamendolyrics", folder) if (path / "songs.csv").exists()), None)
    songs = (ultrastar_songs_in(ultrastar) if ultrastar else []) + (jamendo_songs_in(jamendo) if jamendo else [])
    return [song for song in songs if song.audio.exists() and not song.audio.name.startswith("instrumental")]


def measure(song: TimedSong, other: TimedSong | None) -> Row:
    """Separate and align one song; ``other`` gives wrong lyrics to align as well."""
    with tempfile.TemporaryDirectory() as folder:
        separated = separate(song, Path(folder))
        aligned = in_own_process(song, separated)
        swapped = sure_of(other, separated) if other else None
    even = evenly_spread(song, separated.duration_s)
    return Row(
        name=song.title,
        language=song.language,
        errors_s=np.abs(starts_s(aligned.lyrics.lines) - starts_s(song.lines)),
        even_errors_s=np.abs(even - starts_s(song.lines)),
        line_errors_s=np.abs(line_starts_s(aligned.lyrics.lines) - line_starts_s(song.lines)),
        confidences=confidences(aligned.lyrics),
        separation_s=separated.took_s,
        aligned=aligned,
        swapped=swapped,
    )


def separate(song: TimedSong, folder: Path) -> Separated:
    """Decode the song and take the voice out, chunk by chunk, as the product does."""
    began = time.perf_counter()
    mixture, vocals = folder / "mixture.pcm", folder / "vocals.pcm"
    audio = decode(song.audio, mixture, MediaLimits())
    engine = CenterEngine()
    with PcmReader(mixture) as pcm, PcmWriter(vocals) as writer:
        whole = Mixture(pcm=pcm, mono=audio.mono, mean=audio.mean, std=audio.std)
        for begin in range(0, pcm.samples, engine.chunk_samples):
            end = min(begin + engine.chunk_samples, pcm.samples)
            writer.write(engine.separate(whole, begin, end, (Stem.VOCALS,))[Stem.VOCALS])
    took_s = time.perf_counter() - began
    return Separated(mixture=mixture, vocals=vocals, duration_s=audio.duration_s, took_s=took_s)


def in_own_process(song: TimedSong, separated: Separated) -> Aligned:
    """Align in a fresh process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    text = LyricsText(lines=tuple(line.text for line in song.lines), language=song.language)
    process = context.Process(target=align, args=(theirs, text, separated))
    process.start()
    theirs.close()
    aligned: Aligned | MusicSeparatorError = ours.recv()
    process.join()
    if isinstance(aligned, MusicSeparatorError):
        raise aligned
    return aligned


def sure_of(song: TimedSong, separated: Separated) -> float:
    """Give the mean confidence for lyrics that do not belong; 0 where they are refused as too long."""
    try:
        return float(confidences(in_own_process(song, separated).lyrics).mean())
    except LyricsTooLong:
        return 0.0


def align(replies: Connection, text: LyricsText, separated: Separated) -> None:
    """Align, and send what came out; runs in a process of its own."""
    engine = PhoneticEngine()
    engine.load()
    request = AlignmentRequest(
        text=text,
        mixture=blocks_of(separated.mixture),
        vocals=blocks_of(separated.vocals),
        duration_s=separated.duration_s,
    )
    began = time.perf_counter()
    try:
        lyrics = engine.align(request, lambda share: None)
    except MusicSeparatorError as error:
        replies.send(error)
    else:
        replies.send(Aligned(lyrics=lyrics, took_s=time.perf_counter() - began, peak_mb=peak_mb()))


def peak_mb() -> float:
    """Give the largest resident size of this process or a child of it."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    largest = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return largest * unit / 1e6


def blocks_of(path: Path) -> Iterator[Waveform]:
    """Give a working file a second at a time."""
    with PcmReader(path) as pcm:
        for begin in range(0, pcm.samples, SAMPLE_RATE):
            yield pcm.read(begin, min(begin + SAMPLE_RATE, pcm.samples))


def evenly_spread(song: TimedSong, duration_s: float) -> np.ndarray:
    """Give word starts where every line gets the same share of the song, every word the same share of its line."""
    share = duration_s / len(song.lines)
    return np.array(
        [
            (number + index / len(line.words)) * share
            for number, line in enumerate(song.lines)
            for index in range(len(line.words))
        ]
    )


def starts_s(lines: tuple[Line, ...]) -> np.ndarray:
    """Give when each word begins."""
    return np.array([word.start_ms / 1000 for line in lines for word in line.words])


def line_starts_s(lines: tuple[Line, ...]) -> np.ndarray:
    """Give when each line begins."""
    return np.array([line.start_ms / 1000 for line in lines])


def confidences(lyrics: Lyrics) -> np.ndarray:
    """Give the confidence of each word."""
    return np.array([word.confidence for line in lyrics.lines for word in line.words])


def within(errors_s: np.ndarray, tolerance_s: float) -> float:
    """Give the share of errors below a tolerance."""
    return float((errors_s < tolerance_s).mean())


def show(row: Row) -> None:
    """Print the line of one song."""
    shares = "".join(f"{within(row.errors_s, tolerance_s):8.3f}" for tolerance_s in TOLERANCES_S)
    swapped = "" if row.swapped is None else f"   sure of another song's lyrics: {row.swapped:.2f}"
    print(
        f"{row.name[:24]:25}{row.language:3}{len(row.errors_s):6}{np.median(row.errors_s):9.3f}{shares}"
        f"{within(row.line_errors_s, 0.3):7.3f}{within(row.even_errors_s, 0.3):7.3f}{row.confidences.mean():7.2f}"
        f"{row.separation_s:9.1f}{row.aligned.took_s:6.1f}{row.aligned.peak_mb:7.0f}{swapped}",
        flush=True,
    )


def summarise(rows: list[Row]) -> float:
    """Print means over songs and the worth of the confidence over all words; give the mean share within 0.3 s."""
    shares = "".join(
        f"{np.mean([within(row.errors_s, tolerance_s) for row in rows]):8.3f}" for tolerance_s in TOLERANCES_S
    )
    print(
        f"{'mean over songs':25}{'':3}{sum(len(row.errors_s) for row in rows):6}"
        f"{np.mean([np.median(row.errors_s) for row in rows]):9.3f}{shares}"
        f"{np.mean([within(row.line_errors_s, 0.3) for row in rows]):7.3f}"
        f"{np.mean([within(row.even_errors_s, 0.3) for row in rows]):7.3f}"
        f"{np.mean([row.confidences.mean() for row in rows]):7.2f}"
        f"{np.mean([row.separation_s for row in rows]):9.1f}{np.mean([row.aligned.took_s for row in rows]):6.1f}"
        f"{max(row.aligned.peak_mb for row in rows):7.0f}"
    )
    off = np.concatenate([row.errors_s for row in rows]) > OFF_S
    doubted = np.concatenate([row.confidences for row in rows]) < DOUBTED
    found = (doubted & off).sum()
    print(
        f"confidence below {DOUBTED}: {doubted.mean():.3f} of the words; among them {found / max(1, off.sum()):.3f} "
        f"of those off by more than {OFF_S:.0f} s ({off.mean():.3f} of all); {found / max(1, doubted.sum()):.3f} "
        f"of the doubted and {off[~doubted].mean():.3f} of the others are off"
    )
    return float(np.mean([within(row.errors_s, 0.3) for row in rows]))


if __name__ == "__main__":
    main()
