"""UltraStar ``song.txt`` to timed songs. The format: https://usdx.eu/format/

The BPM of the file is a quarter of its beat rate, GAP is in milliseconds; a note is ``: start length pitch text`` with
``*`` and ``F`` for special notes. A word begins where the text begins with a space; ``~`` holds the syllable before it.
"""

from dataclasses import dataclass
from pathlib import Path

from music_separator.domain.lyrics import Line, Word
from music_separator.domain.units import Ms
from tests.timed_songs import TimedSong, folder_or_skip

LANGUAGES = {"english": "en", "englisch": "en", "german": "de", "french": "fr", "spanish": "es"}


@dataclass
class _Sung:
    """A word that still grows, in beats."""

    text: str
    start: int
    end: int


def ultrastar_songs() -> list[TimedSong]:
    """Read every UltraStar song there is, by name; skips the test where there are none."""
    return ultrastar_songs_in(folder_or_skip("ultrastar"))


def ultrastar_songs_in(folder: Path) -> list[TimedSong]:
    """Read every song of a folder that holds a folder per song."""
    return [read_ultrastar(path) for path in sorted(folder.glob("*/song.txt"))]


def ultrastar_song(name: str) -> TimedSong:
    """Read the song whose folder name holds ``name``; skips the test where the songs are missing."""
    return read_ultrastar(next(folder_or_skip("ultrastar").glob(f"*{name}*/song.txt")))


def read_ultrastar(path: Path) -> TimedSong:
    """Read one song.txt; the audio is the file beside it, the instrumental where there is no other."""
    rows = path.read_text(encoding="utf-8-sig").splitlines()
    head = dict(row[1:].split(":", 1) for row in rows if row.startswith("#"))
    return TimedSong(
        title=head["TITLE"].strip(),
        artist=head["ARTIST"].strip(),
        language=LANGUAGES[head["LANGUAGE"].strip().lower()],
        audio=next(iter([*path.parent.glob("audio.*"), *path.parent.glob("instrumental.mp3")])),
        lines=ultrastar_lines(path.read_text(encoding="utf-8-sig")),
    )


def ultrastar_lines(text: str) -> tuple[Line, ...]:
    """Turn the notes of a song.txt into lines of timed words."""
    rows = text.splitlines()
    head = dict(row[1:].split(":", 1) for row in rows if row.startswith("#"))
    beat_ms = 60_000 / (float(head["BPM"].replace(",", ".")) * 4)
    gap_ms = float(head.get("GAP", "0").replace(",", "."))

    def at(beat: int) -> Ms:
        return Ms(round(gap_ms + beat * beat_ms))

    lines: list[list[_Sung]] = [[]]
    for row in rows:
        if row[:1] in ("-", "E"):
            lines.append([])
        elif row[:1] in (":", "*", "F"):
            _sing(lines[-1], row)
    return tuple(
        _line([Word(text=w.text, start_ms=at(w.start), end_ms=at(w.end)) for w in line]) for line in lines if line
    )


def _sing(words: list[_Sung], row: str) -> None:
    _, start, length, _, text = (row + " ").split(" ", 4)
    end = int(start) + int(length)
    text = text.removesuffix(" ")
    letters = text.replace("~", "").strip()
    begins_word = text.startswith(" ") and any(character.isalnum() for character in letters)
    if words and (not begins_word):
        words[-1].text += letters
        words[-1].end = end
    elif letters:
        words.append(_Sung(text=letters, start=int(start), end=end))


def _line(words: list[Word]) -> Line:
    text = " ".join(word.text for word in words)
    return Line(text=text, start_ms=words[0].start_ms, end_ms=words[-1].end_ms, words=tuple(words))
