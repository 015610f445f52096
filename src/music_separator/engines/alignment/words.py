"""Lines as people write them to words as they are sung: what is shown keeps everything, what is spoken only letters."""

import unicodedata
from dataclasses import dataclass

_READ_ALOUD = frozenset("'&%+@$€£")
"""Besides letters and digits: espeak-ng has words for them."""
_APOSTROPHES = str.maketrans("’ʼ‘`´", "'''''")
_DIGRAPHS = {ord("ǆ"): "dž", ord("ǉ"): "lj", ord("ǌ"): "nj"}
"""Croatian letters that Unicode also has as one character, which espeak-ng does not know."""
_CHARACTER_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA")
"""Written without spaces, a syllable or a beat to the character: each, with what belongs to it, is a word."""
_BOUND = frozenset("ぁぃぅぇぉゃゅょゎっァィゥェォャュョヮッーんンゝゞヽヾ")
"""Kana that are no beat to break at: small ones, the long mark and the final n stay with the one before."""


@dataclass(frozen=True, kw_only=True)
class ShownWord:
    """A word of a line. ``spoken`` is lower case without punctuation; empty for emoji, notes, dashes."""

    text: str
    spoken: str
    line: int


def shown_words(lines: tuple[str, ...]) -> tuple[ShownWord, ...]:
    """Cut lines into words. Joined, the texts of a line are the line without its spaces."""
    return tuple(
        ShownWord(text=piece, spoken=spoken_form(piece), line=number)
        for number, line in enumerate(lines)
        for word in line.split()
        for piece in _pieces(word)
    )


def spoken_form(text: str) -> str:
    """Give letters, their marks, digits and inner apostrophes, lower case; inner hyphens become spaces."""
    kept = [
        character if _is_spoken(character) else " "
        for character in text.translate(_APOSTROPHES).lower().translate(_DIGRAPHS)
    ]
    return " ".join(part.strip("'") for part in "".join(kept).split() if part.strip("'"))


def _is_spoken(character: str) -> bool:
    return character in _READ_ALOUD or unicodedata.category(character)[0] in "LMN"


def _pieces(word: str) -> list[str]:
    """Cut a word of a script without spaces into characters; what cannot begin a piece stays with the one before."""
    if not any(_stands_alone(character) for character in word):
        return [word]
    pieces: list[str] = []
    for character in word:
        begins = _stands_alone(character) or (pieces and _is_spoken(character) and _stands_alone(pieces[-1][0]))
        if not pieces or (begins and character not in _BOUND and not unicodedata.combining(character)):
            pieces.append(character)
        else:
            pieces[-1] += character
    return pieces


def _stands_alone(character: str) -> bool:
    return unicodedata.category(character)[0] == "L" and unicodedata.name(character, "").startswith(_CHARACTER_SCRIPTS)
