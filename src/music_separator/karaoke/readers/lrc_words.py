"""The pieces of an enhanced line to words with times."""

import unicodedata
from dataclasses import dataclass, replace

from music_separator.domain.units import Ms
from music_separator.karaoke.readers.lrc_lines import Piece

_UNSPACED_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")


@dataclass(frozen=True, kw_only=True)
class TimedWord:
    """A word; ``end_ms`` is None where the file does not say when it ends (the last of a line)."""

    text: str
    start_ms: Ms
    end_ms: Ms | None


def timed_words(pieces: tuple[Piece, ...]) -> tuple[TimedWord, ...]:
    """Make words of pieces. Nothing where the times are not in order: then they cannot be believed.

    Pieces without a space between them are syllables of one word, except in scripts that write no spaces.
    Several words behind one tag stay together, since nobody says when the second begins.
    """
    starts = [piece.start_ms for piece in pieces]
    if not pieces or starts != sorted(starts):
        return ()
    words: list[TimedWord] = []
    before = " "
    for piece, end_ms in zip(pieces, [*starts[1:], None], strict=True):
        text = piece.text.strip()
        if text and _continues(before, piece.text):
            words[-1] = replace(words[-1], text=words[-1].text + text, end_ms=end_ms)
        elif text:
            words.append(TimedWord(text=text, start_ms=piece.start_ms, end_ms=end_ms))
        before = piece.text or " "
    return tuple(words)


def _continues(before: str, after: str) -> bool:
    """Tell whether the second piece goes on with the word that the first one ends with."""
    last, first = before[-1], after[0]
    return not (last.isspace() or first.isspace() or _is_unspaced(last) or _is_unspaced(first))


def _is_unspaced(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_UNSPACED_SCRIPTS)
