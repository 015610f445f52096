"""Accuracy of the engine ``phonetic`` on songs with word times made by hand, beside spreading the words evenly.

Voices are separated with the engine ``center`` first (its time is counted apart). Needs the ``[test]`` extra; run from
the root of the repository:

    python -m benchmarks.alignment [FOLDER] [--only NAME] [--damaged] [--swapped] [--line-times] [--transcriber NAME]

FOLDER holds ``ultrastar/`` and ``jamendolyrics/`` (default ../shared/data), or is such a folder itself. Songs are not
part of the project. ``--damaged`` aligns each song up to seven more times with lyrics that are not quite its own,
``--swapped`` once with another song's, ``--line-times`` once with the true times of its lines; ``--transcriber
whisper-small`` has each song written down as well, where its weights are here, and prints its word error rate and its
own word times.
Exits 1 where the mean share of words within 0.3 s is below 0.85.
"""

import argparse
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from benchmarks.aligned_songs import (
    Aligned,
    Separated,
    align,
    confidences,
    line_confidences,
    line_starts_s,
    separate,
    starts_s,
)
from benchmarks.damaged_lyrics import damages
from benchmarks.heard_songs import Heard, Listener, show_heard, summarise_heard
from benchmarks.timed_lines import errors_with_line_times
from benchmarks.warned_lines import OFF_S, Judged, sentences
from tests.jamendo import jamendo_songs_in
from tests.timed_songs import MEASURED_SONGS, TimedSong
from tests.ultrastar import ultrastar_songs_in

from music_separator.domain.errors import LyricsTooLong
from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.pipeline.doubt import DOUBTFUL

LEAST_SHARE = 0.85
"""Of words within 0.3 s, mean over songs."""
NEAR_S = 0.3
TOLERANCES_S = (0.1, NEAR_S, OFF_S)


@dataclass(frozen=True, kw_only=True)
class Row:
    """The figures of one song: errors per word or line, infinite in lines that were not found."""

    name: str
    language: str
    errors_s: np.ndarray
    even_errors_s: np.ndarray
    line_errors_s: np.ndarray
    line_confidences: np.ndarray
    separation_s: float
    aligned: Aligned
    swapped: float | None
    """Mean confidence for the lyrics of another song."""
    losses: list[tuple[str, float]] = field(default_factory=list)
    """Kind of damage, and how much less of the other lines' words are within 0.3 s."""
    heard: Heard | None = None
    errors_with_line_times_s: np.ndarray | None = None


def main() -> None:
    """Print a line per song, what they have in common, and what the confidence is worth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=MEASURED_SONGS)
    parser.add_argument("--only", default="", help="part of a song's title")
    parser.add_argument("--damaged", action="store_true", help="also align with lines missing, added and swapped")
    parser.add_argument("--swapped", action="store_true", help="also align each song with the next one's lyrics")
    parser.add_argument("--line-times", action="store_true", help="also align each song with the times of its lines")
    parser.add_argument("--transcriber", type=Listener.of, metavar="NAME", help="also write each song down with this")
    options = parser.parse_args()
    songs = [song for song in songs_in(options.folder) if options.only in song.title]
    if not songs:
        raise SystemExit(f"There is no song to measure in {options.folder}. Give a folder that holds some.")
    print(f"{'':25}{'':3}{'':6}{'word starts':^42}{'lines':^13}{'even':>7}{'':>7}{'seconds':^22}{'peak':>7}")
    print(
        f"{'song':25}{'':3}{'words':>6}{'median':>9}{'mean':>9}{'<0.1':>8}{'<0.3':>8}{'<1 s':>8}{'<0.3':>7}{'warn':>6}"
        f"{'<0.3':>7}{'sure':>7}{'separate':>9}{'align':>7}{'cpu':>6}{'MB':>7}"
    )
    rows = []
    for index, song in enumerate(songs):
        rows.append(measure(song, songs[(index + 1) % len(songs)], options))
        show(rows[-1])
        if rows[-1].heard is not None:
            show_heard(options.transcriber.transcriber.name, rows[-1].heard)
    share = summarise(rows)
    if options.transcriber is not None:
        summarise_heard(options.transcriber.transcriber.name, [row.heard for row in rows if row.heard is not None])
    raise SystemExit(f"{share:.3f} within 0.3 s, less than {LEAST_SHARE}" if share < LEAST_SHARE else 0)


def songs_in(folder: Path) -> list[TimedSong]:
    """Read every song with a voice."""
    ultrastar = next(iter(path for path in (folder / "ultrastar", folder) if list(path.glob("*/song.txt"))), None)
    jamendo = next(iter(path for path in (folder / "jamendolyrics", folder) if (path / "songs.csv").exists()), None)
    songs = (ultrastar_songs_in(ultrastar) if ultrastar else []) + (jamendo_songs_in(jamendo) if jamendo else [])
    return [song for song in songs if song.audio.exists() and not song.audio.name.startswith("instrumental")]


def measure(song: TimedSong, other: TimedSong, options: argparse.Namespace) -> Row:
    """Separate and align one song; ``other`` has lines that do not belong."""
    with tempfile.TemporaryDirectory() as folder:
        separated = separate(song.audio, Path(folder))
        aligned = align(text_of(song), separated)
        errors_s = np.abs(starts_s(aligned.lyrics) - true_starts_s(song))
        return Row(
            name=song.title,
            language=song.language,
            errors_s=errors_s,
            even_errors_s=np.abs(evenly_spread(song, separated.duration_s) - true_starts_s(song)),
            line_errors_s=np.abs(line_starts_s(aligned.lyrics) - line_starts_s(Lyrics(lines=song.lines))),
            line_confidences=line_confidences(aligned.lyrics),
            separation_s=separated.took_s,
            aligned=aligned,
            swapped=sure_of(other, separated) if options.swapped else None,
            losses=losses(song, other, separated, errors_s) if options.damaged else [],
            errors_with_line_times_s=errors_with_line_times(song, separated) if options.line_times else None,
            heard=options.transcriber.hear(song, separated, errors_s) if options.transcriber else None,
        )


def losses(song: TimedSong, other: TimedSong, separated: Separated, errors_s: np.ndarray) -> list[tuple[str, float]]:
    """Give what each damage costs the words of the lines that still belong."""
    lines, foreign = (tuple(line.text for line in each.lines) for each in (song, other))
    true = np.split(true_starts_s(song), np.cumsum([len(line.words) for line in song.lines])[:-1])
    right = np.split(errors_s, np.cumsum([len(line.words) for line in song.lines])[:-1])
    found = []
    for damaged in damages(lines, foreign, song.title):
        lyrics = align(LyricsText(lines=damaged.lines, language=song.language), separated).lyrics
        kept = [(line, number) for line, number in zip(lyrics.lines, damaged.origin, strict=True) if number is not None]
        now = [np.abs(starts_s(Lyrics(lines=(line,))) - true[number]) for line, number in kept]
        before = [right[number] for _, number in kept]
        found.append((damaged.kind, within(np.concatenate(before), NEAR_S) - within(np.concatenate(now), NEAR_S)))
    return found


def sure_of(song: TimedSong, separated: Separated) -> float:
    """Give the mean confidence for lyrics that do not belong; 0 where they are refused as too long."""
    try:
        return float(confidences(align(text_of(song), separated).lyrics).mean())
    except LyricsTooLong:
        return 0.0


def text_of(song: TimedSong) -> LyricsText:
    """Give the words without times."""
    return LyricsText(lines=tuple(line.text for line in song.lines), language=song.language)


def true_starts_s(song: TimedSong) -> np.ndarray:
    """Give when each word begins."""
    return starts_s(Lyrics(lines=song.lines))


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


def within(errors_s: np.ndarray, tolerance_s: float) -> float:
    """Give the share of errors below a tolerance."""
    return float((errors_s < tolerance_s).mean())


def mean_s(errors_s: np.ndarray) -> float:
    """Give the mean error of the words that were found."""
    found = errors_s[np.isfinite(errors_s)]
    return float(found.mean()) if found.size else np.inf


def show(row: Row) -> None:
    """Print the line of one song."""
    shares = "".join(f"{within(row.errors_s, tolerance_s):8.3f}" for tolerance_s in TOLERANCES_S)
    swapped = "" if row.swapped is None else f"   sure of another song's lyrics: {row.swapped:.2f}"
    lost = "".join(f"   {kind} {loss:+.3f}" for kind, loss in row.losses)
    lost += "" if row.errors_with_line_times_s is None else f"   line times given: {shares_of(row)}"
    print(
        f"{row.name[:24]:25}{row.language:3}{len(row.errors_s):6}{np.median(row.errors_s):9.3f}{mean_s(row.errors_s):9.2f}"
        f"{shares}{within(row.line_errors_s, NEAR_S):7.3f}{(row.line_confidences < DOUBTFUL).mean():6.2f}"
        f"{within(row.even_errors_s, NEAR_S):7.3f}{confidences(row.aligned.lyrics).mean():7.2f}{row.separation_s:9.1f}"
        f"{row.aligned.took_s:7.1f}{row.aligned.cpu_s:6.1f}{row.aligned.peak_mb:7.0f}{swapped}{lost}",
        flush=True,
    )


def shares_of(row: Row) -> str:
    """Write the shares within the tolerances where the times of the lines were given."""
    errors_s = row.errors_with_line_times_s
    assert errors_s is not None
    return " ".join(f"{within(errors_s, tolerance_s):.3f}" for tolerance_s in TOLERANCES_S)


def summarise(rows: list[Row]) -> float:
    """Print what the songs have in common; give the mean share within 0.3 s."""
    shares = [[within(row.errors_s, tolerance_s) for row in rows] for tolerance_s in TOLERANCES_S]
    pooled = np.concatenate([row.errors_s for row in rows])
    means = "".join(f"{np.mean(share):8.3f}" for share in shares)
    print(
        f"{'mean over songs':34}{np.mean([np.median(row.errors_s) for row in rows]):9.3f}"
        f"{np.mean([mean_s(row.errors_s) for row in rows]):9.2f}{means}"
        f"{np.mean([within(row.line_errors_s, NEAR_S) for row in rows]):7.3f}"
    )
    together = "".join(f"{within(pooled, tolerance_s):8.3f}" for tolerance_s in TOLERANCES_S)
    lines = np.concatenate([row.line_errors_s for row in rows])
    print(
        f"{'all words together':28}{len(pooled):6}{np.median(pooled):9.3f}{mean_s(pooled):9.2f}{together}"
        f"{within(lines, NEAR_S):7.3f}"
    )
    near = sorted(shares[1])
    print(
        f"songs within 0.3 s: worst {near[0]:.3f}, second-worst {near[min(1, len(near) - 1)]:.3f}, best {near[-1]:.3f}"
    )
    judged = [Judged(errors_s=row.line_errors_s, confidences=row.line_confidences) for row in rows]
    print("\n".join(sentences(judged)))
    for kind in dict.fromkeys(kind for row in rows for kind, _ in row.losses):
        lost = [loss for row in rows for each, loss in row.losses if each == kind]
        print(f"{kind}: the other lines lose {np.mean(lost):+.3f} within 0.3 s on average, {max(lost):+.3f} at most")
    given = [row.errors_with_line_times_s for row in rows if row.errors_with_line_times_s is not None]
    if given:
        means = " ".join(f"{np.mean([within(each, at_s) for each in given]):.3f}" for at_s in TOLERANCES_S)
        print(
            f"line times given: median {np.mean([np.median(each) for each in given]):.3f} s, within 0.1/0.3/1 s {means}"
        )
    return float(np.mean(shares[1]))


if __name__ == "__main__":
    main()
