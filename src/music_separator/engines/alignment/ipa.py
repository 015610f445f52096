"""Speech sounds of any language, in IPA as espeak-ng writes it, to the nearest phones of the US-English model.

One table for all languages. Where English has no such sound, the nearest in place and manner of articulation stands
in: the search compares candidates within one song, so a consistent stand-in costs little.
"""

import re
import unicodedata

_DIPHTHONGS = {
    "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY", "ɔø": "OY", "ɔʏ": "OY", "ɔy": "OY",
    "ai": "AY", "au": "AW", "ei": "EY", "oi": "OY", "ɑɪ": "AY", "əɪ": "EY", "æɪ": "EY", "œʏ": "OY", "ʌɪ": "AY",
    "ɜː": "ER", "iː": "IY", "uː": "UW", "ɑː": "AA", "ɔː": "AO", "eː": "EY", "oː": "OW", "ɐʊ": "AW",
}  # fmt: skip
_NASALS = {"ɑ̃": "AO", "ã": "AO", "ɛ̃": "AE", "ɔ̃": "OW", "œ̃": "AH", "ɐ̃": "AH", "ẽ": "EY", "ĩ": "IY", "õ": "OW", "ũ": "UW"}
_VOWELS = {
    "a": "AA", "ɑ": "AA", "ɒ": "AA", "æ": "AE", "ɐ": "AH", "ə": "AH", "ɘ": "AH", "ʌ": "AH", "ɤ": "AH", "ɵ": "AH",
    "ɜ": "ER", "ɚ": "ER", "ɝ": "ER", "ɞ": "ER", "e": "EH", "ɛ": "EH", "i": "IY", "ɪ": "IH", "ᵻ": "IH", "ɨ": "IH",
    "o": "OW", "ɔ": "AO", "u": "UW", "ʊ": "UH", "ʉ": "UW", "y": "UW", "ʏ": "UH", "ø": "ER", "œ": "ER", "ɯ": "UW",
}  # fmt: skip
_AFFRICATES = {
    "tʃ": "CH", "dʒ": "JH", "tɕ": "CH", "dʑ": "JH", "tʂ": "CH", "dʐ": "JH", "ts": "T S", "dz": "D Z", "pf": "P F",
}  # fmt: skip
_CONSONANTS = {
    "p": "P", "b": "B", "t": "T", "d": "D", "ʈ": "T", "ɖ": "D", "k": "K", "ɡ": "G", "g": "G", "c": "K", "ɟ": "G",
    "q": "K", "ɢ": "G", "ɓ": "B", "ɗ": "D", "ɠ": "G", "β": "V", "ɸ": "F", "ð": "DH", "θ": "TH", "ɣ": "G", "s": "S",
    "z": "Z", "ʃ": "SH", "ʒ": "ZH", "ɕ": "SH", "ʑ": "ZH", "ʂ": "SH", "ʐ": "ZH", "ç": "HH", "x": "HH", "χ": "HH",
    "ħ": "HH", "h": "HH", "ɦ": "HH", "ʁ": "R", "ʀ": "R", "r": "R", "ɹ": "R", "ɻ": "R", "ɾ": "D", "ɽ": "D", "l": "L",
    "ɫ": "L", "ɭ": "L", "ɬ": "L", "ɮ": "L", "ʎ": "Y", "ʝ": "Y", "j": "Y", "ɲ": "N Y", "ŋ": "NG", "ɴ": "NG", "ɳ": "N",
    "m": "M", "ɱ": "M", "n": "N", "w": "W", "ʍ": "W", "ɥ": "W", "ɰ": "W", "v": "V", "ʋ": "V", "f": "F",
}  # fmt: skip
VOWELS = frozenset({"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"})

_LANGUAGE_SWITCH = re.compile(r"\([a-z-]+\)")


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


_TABLE = {
    _decomposed(sound): tuple(phones.split())
    for part in (_DIPHTHONGS, _NASALS, _VOWELS, _AFFRICATES, _CONSONANTS)
    for sound, phones in part.items()
}
PHONES = frozenset(phone for phones in _TABLE.values() for phone in phones)
_LONGEST_FIRST = sorted(_TABLE, key=len, reverse=True)


def phones_of(ipa: str) -> tuple[str, ...]:
    """Give the model's phones for a word in IPA, its sounds parted by ``_``. Tones, stress and such are left out."""
    phones: list[str] = []
    for sound in re.split(r"[_\s]", _decomposed(_LANGUAGE_SWITCH.sub("", ipa))):
        phones += _sound(sound.strip("ˈˌ"))
    return tuple(phones)


def _sound(sound: str) -> list[str]:
    phones: list[str] = []
    at = 0
    while at < len(sound):
        known = next((key for key in _LONGEST_FIRST if sound.startswith(key, at)), None)
        if known:
            phones += _TABLE[known]
        at += len(known) if known else 1
    return phones
