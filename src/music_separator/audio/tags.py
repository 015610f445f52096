"""Title, artist, album, lyrics and language as the file itself states them, in any tag format; timed lyrics as LRC.

Tags are read with mutagen (GPL-2.0-or-later), in the media child. Never raises: a broken tag is an absent one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import mutagen
from mutagen.id3 import ID3

from music_separator.audio.media import Tags

MAX_TEXT = 1_000_000
"""Characters; a longer text is no song."""

_TIMED_LINE = re.compile(r"^\s*\[\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?\]", re.MULTILINE)
_SYLT_MILLISECONDS = 2  # ID3v2.4 section 4.9: the other unit, MPEG frames, would need the frame length
_SYLT_LYRICS = 1
_NO_LANGUAGE = frozenset({"", "und", "xxx", "zxx", "mul", "\0\0\0"})

_TITLE = ("title", "\xa9nam", "wm/title", "inam")
_ARTIST = ("artist", "\xa9art", "author", "wm/author", "iart")
_ALBUM = ("album", "\xa9alb", "wm/albumtitle", "iprd")
_LYRICS = (
    "syncedlyrics",
    "wm/lyrics_synchronised",
    "lyrics",
    "unsyncedlyrics",
    "unsynced lyrics",
    "\xa9lyr",
    "wm/lyrics",
)
_LANGUAGE = ("language", "wm/language", "ilng")


def read_tags(path: Path, container_metadata: Mapping[str, str], stream_language: str | None) -> Tags:
    """Collect the tags of ``path``; ``container_metadata`` is what FFmpeg found, used where mutagen finds nothing."""
    texts = {key.casefold(): [value] for key, value in container_metadata.items()}
    lyrics: list[str] = []
    languages: list[str] = []
    try:
        tags = getattr(mutagen.File(path), "tags", None)
        if isinstance(tags, ID3):
            lyrics, languages = _id3_lyrics(tags)
            texts |= _id3_texts(tags)
        elif tags is not None:
            texts |= {str(key).casefold(): _strings(value) for key, value in tags.items()}
    except Exception:
        # mutagen raises whatever a hostile tag makes it stumble over; the sound may still be fine
        texts = {key.casefold(): [value] for key, value in container_metadata.items()}
    lyrics += [text for key, values in texts.items() if key.split("-")[0] in _LYRICS for text in values]
    languages += [text for key in _LANGUAGE for text in texts.get(key, [])] + [stream_language or ""]
    lyrics = _sorted_lyrics(lyrics)
    return Tags(
        title=_first(texts, _TITLE),
        artist=_first(texts, _ARTIST),
        album=_first(texts, _ALBUM),
        lyrics=lyrics[0] if lyrics else None,
        other_lyrics=tuple(_within(MAX_TEXT, lyrics[1:])),
        language=next((text for text in map(_clean, languages) if text.casefold() not in _NO_LANGUAGE), None),
    )


def is_timed(text: str) -> bool:
    """Tell whether ``text`` has LRC time marks."""
    return _TIMED_LINE.search(text) is not None


def _sorted_lyrics(candidates: Iterable[str]) -> list[str]:
    """Give each text once, timed ones first."""
    texts = dict.fromkeys(text for text in map(_clean, candidates) if text and len(text) <= MAX_TEXT)
    return sorted(texts, key=lambda text: not is_timed(text))


def _within(most: int, texts: Iterable[str]) -> Iterator[str]:
    """Give texts as long as they come to so many characters together."""
    for text in texts:
        most -= len(text)
        if most < 0:
            return
        yield text


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()


def _first(texts: Mapping[str, list[str]], keys: Iterable[str]) -> str | None:
    return next((text for key in keys for text in map(_clean, texts.get(key, [])) if text), None)


def _strings(value: object) -> list[str]:
    """Give the texts of a tag value: mutagen's formats have one, a list of them, or objects that print as them."""
    if isinstance(value, bytes):
        return [value.decode("utf-8", "replace")]
    if isinstance(value, str):
        return [value]
    if isinstance(value, list | tuple):
        return [text for part in value for text in _strings(part)]
    return [str(value)]


def _id3_texts(tags: Any) -> dict[str, list[str]]:
    named = {"TIT2": "title", "TPE1": "artist", "TALB": "album", "TLAN": "language"}
    texts = {name: _strings(list(tags[frame].text)) for frame, name in named.items() if frame in tags}
    for frame in tags.getall("TXXX"):
        texts.setdefault(frame.desc.casefold(), []).extend(_strings(list(frame.text)))
    return texts


def _id3_lyrics(tags: Any) -> tuple[list[str], list[str]]:
    """Give (texts, languages) of the lyrics frames, SYLT as LRC before USLT."""
    timed = [
        frame for frame in tags.getall("SYLT") if frame.format == _SYLT_MILLISECONDS and frame.type == _SYLT_LYRICS
    ]
    plain = tags.getall("USLT")
    texts = [lrc_from_sylt(frame.text) for frame in timed] + [frame.text for frame in plain]
    return texts, [frame.lang for frame in (*timed, *plain)]


def lrc_from_sylt(events: Iterable[tuple[str, int]]) -> str:
    """Write SYLT events (text, milliseconds) as LRC.

    A text that begins with a line break begins a line (ID3v2.4 section 4.9). Where none does, each event is a line;
    otherwise the events of a line become time marks inside it (enhanced LRC).
    """
    timed = sorted(((text, max(0, at)) for text, at in events), key=lambda event: event[1])
    has_breaks = any(text[:1] in ("\n", "\r") for text, _ in timed)
    lines: list[list[tuple[str, int]]] = []
    for text, at in timed:
        bare = " ".join(text.strip("\r\n").splitlines())
        if not lines or not has_breaks or text[:1] in ("\n", "\r"):
            lines.append([])
        if bare.strip():
            lines[-1].append((bare, at))
        if has_breaks and text.endswith(("\n", "\r")) and len(text) > 1:
            lines.append([])
    return "\n".join(_lrc_line(line) for line in lines if line)


def _lrc_line(line: list[tuple[str, int]]) -> str:
    stamp = _stamp(line[0][1])
    if len(line) == 1:
        return f"[{stamp}]{line[0][0].strip()}"
    return f"[{stamp}]" + "".join(f"<{_stamp(at)}>{text}" for text, at in line)


def _stamp(at_ms: int) -> str:
    return f"{at_ms // 60_000:02d}:{at_ms // 1000 % 60:02d}.{at_ms % 1000:03d}"
