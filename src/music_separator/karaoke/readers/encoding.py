"""Which Windows code page a text without Unicode is in: cp1251 (Cyrillic), cp1250 (Central) or cp1252 (Western Europe).

The rule, in full: where most words with letters beyond ASCII have only such letters, it is cp1251. Else the letters
beyond ASCII are held against the alphabets below, and the code page wins under which one language explains more of
them; a tie goes to cp1250. Where no language explains most of them, nothing is guessed, nor where capitals stand in
the middle of words, which is how the encodings of East Asia look. Detectors such as chardet
need more text than a song has, and weigh languages that these three pages do not write.
"""

import re

from music_separator.domain.errors import UnreadableLyrics

_ALPHABETS = {
    "cp1250": ("čćđšž", "áčďéěíňóřšťúůýžäôĺľŕ", "ąćęłńóśźż", "áéíóöőúüű", "äöüß", "ăâîşţ"),
    "cp1252": (
        "àâæçèéêëîïôœùûüÿ",
        "áéíñóúü¿¡ºª",
        "àèéìíîòóùú",
        "àáâãçéêíóôõúü",
        "àçèéíïòóúü·",
        "åäæéöøáíðóúýþ",
        "äöüß",
        "äéëïóöü",
    ),
    "cp1251": (
        "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
        "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
        "абвгдђежзијклљмнњопрстћуфхцчџшѓќѕў",
    ),
}
_ENOUGH = 0.7
"""Share of the letters that a language must explain; foreign names and a few damaged bytes are let through."""

_WORDS = re.compile(rb"[A-Za-z\x80-\xff]{2,}")
_LETTERS = re.compile(r"[^\W\d_]+")
_HIGH = re.compile(rb"[\x80-\xff]")
_PUNCTUATION = frozenset("‘’“”„–—…«»•°´\xa0\xad")


def decode_single_byte(raw: bytes) -> str:
    """Decode text that is not Unicode. Raises UnreadableLyrics where no code page explains it."""
    pages = ("cp1251",) if _is_cyrillic(raw) else ("cp1250", "cp1252")
    share, page = max(((_explained(raw, page), page) for page in pages), key=lambda found: found[0])
    if share < _ENOUGH:
        raise UnreadableLyrics("its encoding cannot be told; save it as UTF-8")
    return raw.decode(page)


def _is_cyrillic(raw: bytes) -> bool:
    high_words = [word for word in _WORDS.findall(raw) if _HIGH.search(word)]
    return 2 * sum(len(_HIGH.findall(word)) == len(word) for word in high_words) > len(high_words)


def _explained(raw: bytes, page: str) -> float:
    """Give the share of the characters beyond ASCII that the best language of the page has; 0 for undefined bytes."""
    try:
        text = _LETTERS.sub(_lowered, raw.decode(page))
    except UnicodeDecodeError:
        return 0.0
    high = [character for character in text if character > "\x7f" and character not in _PUNCTUATION]
    if not high:
        return 1.0
    return max(sum(character in alphabet for character in high) for alphabet in _ALPHABETS[page]) / len(high)


def _lowered(word: re.Match[str]) -> str:
    """Give a word in small letters, or what no language explains where its capitals are in odd places."""
    text = word[0]
    return text.lower() if text in (text.lower(), text.upper(), text.capitalize()) else "\ufffd" * len(text)
