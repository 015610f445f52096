"""Small songs for the tests of this folder."""

from music_separator.domain.lyrics import Line, Lyrics, Word
from music_separator.domain.units import Ms
from music_separator.karaoke.song import KaraokeSong


def make_word(text: str, start_ms: int, end_ms: int, confidence: float = 1.0) -> Word:
    return Word(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms), confidence=confidence)


def make_line(text: str, start_ms: int, end_ms: int, *words: Word) -> Line:
    return Line(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms), words=words)


def make_even_line(text: str, start_ms: int, word_ms: int) -> Line:
    """A line whose words all last as long, without pauses."""
    words = [
        make_word(part, start_ms + number * word_ms, start_ms + (number + 1) * word_ms)
        for number, part in enumerate(text.split())
    ]
    return make_line(text, start_ms, words[-1].end_ms, *words)


def make_song(*lines: Line, **changes: object) -> KaraokeSong:
    values: dict[str, object] = {
        "file_id": "pjesma",
        "title": "Čežnja",
        "artist": "Đorđe Šuć",
        "language": "hr",
        "duration_ms": Ms(90_000),
        "lyrics": Lyrics(lines=lines or (make_line("Živjela", 1000, 2000),)),
    }
    return KaraokeSong(**{**values, **changes})  # type: ignore[arg-type]
