"""JamendoLyrics (Stoller, Durand, Ewert 2023) to timed songs: word times in seconds, one row per word, ``line_end`` set
on the last word of a line; the words themselves lie in ``lyrics/*.words.txt``, one per row.
"""

import csv
from pathlib import Path

from music_separator.domain.lyrics import Line, Word
from music_separator.domain.units import ms_from_seconds
from tests.timed_songs import TimedSong, folder_or_skip

LANGUAGES = {"English": "en", "French": "fr", "German": "de", "Spanish": "es"}


def jamendo_songs() -> list[TimedSong]:
    """Read every JamendoLyrics song there is, in the order of songs.csv; skips the test where there are none."""
    return jamendo_songs_in(folder_or_skip("jamendolyrics"))


def jamendo_songs_in(folder: Path) -> list[TimedSong]:
    """Read every song of a folder in the layout of JamendoLyrics."""
    with (folder / "songs.csv").open(encoding="utf-8", newline="") as table:
        return [_song(folder, row) for row in csv.DictReader(table)]


def _song(folder: Path, row: dict[str, str]) -> TimedSong:
    name = row["Filepath"].removesuffix(".mp3")
    return TimedSong(
        title=row["Title"],
        artist=row["Artist"],
        language=LANGUAGES[row["Language"]],
        audio=folder / "mp3" / row["Filepath"],
        lines=_lines(folder, name),
    )


def _lines(folder: Path, name: str) -> tuple[Line, ...]:
    texts = (folder / "lyrics" / f"{name}.words.txt").read_text(encoding="utf-8").splitlines()
    with (folder / "annotations" / "words" / f"{name}.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    lines: list[list[Word]] = [[]]
    for text, row in zip(texts, rows, strict=True):
        start_ms, end_ms = ms_from_seconds(float(row["word_start"])), ms_from_seconds(float(row["word_end"]))
        lines[-1].append(Word(text=text, start_ms=start_ms, end_ms=end_ms))
        if row["line_end"] != "nan":
            lines.append([])
    return tuple(_line(words) for words in lines if words)


def _line(words: list[Word]) -> Line:
    text = " ".join(word.text for word in words)
    end_ms = max(word.end_ms for word in words)
    return Line(text=text, start_ms=words[0].start_ms, end_ms=end_ms, words=tuple(words))
