"""Words as the tokens of a CTC network: its letters alone, without accents where it has none."""

import unicodedata
from collections.abc import Mapping

from music_separator.engines.alignment.ctc_search import Letters

_APOSTROPHES = str.maketrans("’ʼ´`", "''''")


def letters_of(word: str, vocabulary: Mapping[str, int]) -> Letters:
    """Give the tokens of a word; what the network has no token for is left out."""
    found: list[int] = []
    for letter in word.translate(_APOSTROPHES):
        token = _token(letter, vocabulary)
        # without its accents; a ligature becomes several
        bare = [token] if token is not None else [_token(part, vocabulary) for part in _parts(letter)]
        found += [each for each in bare if each is not None]
    return tuple(found)


def _parts(letter: str) -> list[str]:
    return [part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)]


def _token(letter: str, vocabulary: Mapping[str, int]) -> int | None:
    if not (letter.isalpha() or letter == "'"):
        return None
    return next((vocabulary[form] for form in (letter, letter.lower(), letter.upper()) if form in vocabulary), None)
