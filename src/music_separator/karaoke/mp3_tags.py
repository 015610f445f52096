"""The karaoke in the tags of an MP3: title, artist, language, USLT (text) and SYLT (timed text, milliseconds).

ID3 2.3, since Windows and car radios read it and everything else does too. Written in place: tag a file before it is
published, never after.
"""

# mutagen has no type annotations.
# mypy: disable-error-code="no-untyped-call"

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mutagen import MutagenError
from mutagen.id3 import ID3, SYLT, TIT2, TLAN, TPE1, USLT, Encoding, ID3NoHeaderError

from music_separator.domain.lyrics import Line, Lyrics
from music_separator.karaoke.cells import cells
from music_separator.karaoke.languages import iso_639_2
from music_separator.karaoke.lrc_syntax import one_line
from music_separator.karaoke.song import KaraokeSong

_MILLISECONDS = 2
_LYRICS = 1


def tag_karaoke_mp3(path: Path, song: KaraokeSong) -> None:
    """Write the song's tags into an MP3 that is there; other tags stay, the same ones are replaced.

    Raises OSError where the disk does, FileNotFoundError where there is no file.
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    with _disk_errors_as_such():
        tags = _existing(path)
        _fill(tags, song)
        tags.save(path, v2_version=3)


def _fill(tags: ID3, song: KaraokeSong) -> None:
    for frame_id in ("TIT2", "TPE1", "TLAN", "USLT", "SYLT"):
        tags.delall(frame_id)
    language = iso_639_2(song.language)
    tags.add(TIT2(encoding=Encoding.UTF16, text=[one_line(song.title)]))
    if song.artist:
        tags.add(TPE1(encoding=Encoding.UTF16, text=[one_line(song.artist)]))
    tags.add(TLAN(encoding=Encoding.LATIN1, text=[language]))
    text = "\n".join(one_line(line.text) for line in song.lyrics.lines)
    tags.add(USLT(encoding=Encoding.UTF16, lang=language, desc="", text=text))
    tags.add(
        SYLT(
            encoding=Encoding.UTF16,
            lang=language,
            format=_MILLISECONDS,
            type=_LYRICS,
            desc="",
            text=timed_texts(song.lyrics),
        )
    )


@contextmanager
def _disk_errors_as_such() -> Iterator[None]:
    """Let an OSError through as what it is: mutagen wraps it, and a full disk would look like a broken file."""
    try:
        yield
    except MutagenError as error:
        cause = error.args[0] if error.args else None
        if isinstance(cause, OSError):
            raise cause from error
        raise


def timed_texts(lyrics: Lyrics) -> list[tuple[str, int]]:
    """Give the SYLT entries: (text, start in ms), per word where words have times, else per line.

    A line break in front marks a new line, so that all entries joined are the whole text. The specification wants
    times that never fall, so a line that begins while another is still sung waits for its last word. Lines that were
    not found in the singing are left out.
    """
    entries: list[tuple[str, int]] = []
    latest_ms = 0
    for number, line in enumerate(line for line in lyrics.lines if line.found):
        for position, (text, start_ms) in enumerate(_pieces(line)):
            latest_ms = max(latest_ms, start_ms)
            entries.append(("\n" + text if number and not position else text, latest_ms))
    return entries


def _pieces(line: Line) -> list[tuple[str, int]]:
    if not line.words:
        return [(one_line(line.text), line.start_ms)]
    return [(cell, word.start_ms) for cell, word in zip(cells(line), line.words, strict=True)]


def _existing(path: Path) -> ID3:
    try:
        return ID3(path)
    except ID3NoHeaderError:
        return ID3()
