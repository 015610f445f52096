"""Which language words are in: as given, else a guess from script and letters, else English.

Where a script is written by many languages, py3langid (BSD-3-Clause, 4.6 MB with its model, numpy only) tells them
apart. Serbian and Bosnian in Latin letters are pronounced as Croatian, which they sound like. A line or two can deceive
it; who knows the language should give it.
"""

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

FALLBACK = "en"

_SCRIPTS = {
    "CYRILLIC": "ru", "GREEK": "el", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "cmn", "ARABIC": "ar",
    "HEBREW": "he", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te", "THAI": "th", "ARMENIAN": "hy",
    "GEORGIAN": "ka", "GURMUKHI": "pa", "GUJARATI": "gu", "KANNADA": "kn", "MALAYALAM": "ml", "SINHALA": "si",
    "MYANMAR": "my", "ETHIOPIC": "am",
}  # fmt: skip
"""Beginnings of Unicode character names, and the commonest language written so."""

_WRITTEN_IN = {
    "ru": "CYRILLIC", "uk": "CYRILLIC", "be": "CYRILLIC", "bg": "CYRILLIC", "mk": "CYRILLIC", "kk": "CYRILLIC",
    "ky": "CYRILLIC", "tt": "CYRILLIC", "ba": "CYRILLIC", "cv": "CYRILLIC", "el": "GREEK", "grc": "GREEK",
    "ko": "HANGUL", "cmn": "CJK", "yue": "CJK", "hak": "CJK", "ar": "ARABIC", "fa": "ARABIC", "ur": "ARABIC",
    "ug": "ARABIC", "sd": "ARABIC", "he": "HEBREW", "hi": "DEVANAGARI", "mr": "DEVANAGARI", "ne": "DEVANAGARI",
    "bn": "BENGALI", "as": "BENGALI", "ta": "TAMIL", "te": "TELUGU", "th": "THAI", "hy": "ARMENIAN", "ka": "GEORGIAN",
    "pa": "GURMUKHI", "gu": "GUJARATI", "kn": "KANNADA", "ml": "MALAYALAM", "si": "SINHALA", "my": "MYANMAR",
    "am": "ETHIOPIC",
}  # fmt: skip
"""Languages of one script that is not Latin. Serbian, Bosnian and the like are written in two."""
_TWO_SCRIPTS = {"sr": "CYRILLIC", "bs": "CYRILLIC", "uz": "CYRILLIC", "az": "CYRILLIC", "tk": "CYRILLIC"}
_JAPANESE = ("HIRAGANA", "KATAKANA", "CJK")

_LANGUAGES_OF = {
    "LATIN": "en hr es fr de it pt pl cs nl sv da no fi sk sl hu ro tr ca cy et eu ga id is lt lv sq sw vi",
    "CYRILLIC": "ru uk be bg mk sr",
    "ARABIC": "ar fa ur",
    "DEVANAGARI": "hi mr ne",
}
"""Scripts of many languages, and those that are looked for: commonly sung, and spoken by espeak-ng."""
_TOLD_AS = {"sr": "hr", "bs": "hr", "nn": "no", "arz": "ar", "ary": "ar"}
"""What py3langid tells apart, and what it counts as here; Serbian in Cyrillic is Serbian."""
_LEAST_LETTERS = 6
"""Of all different words (la la la): fewer say nothing, and then it is the script's commonest language."""
_SURE = 2.0
"""Log likelihood by which another language must be ahead of the script's commonest one."""
_VOICES = {
    "en": ("en-us", "en"), "pt": ("pt-br", "pt"), "zh": ("cmn",), "no": ("nb",), "nn": ("nb",), "fr": ("fr-fr", "fr"),
    "iw": ("he",), "in": ("id",), "ji": ("he",), "sh": ("hr",), "fil": ("id",), "tl": ("id",),
}  # fmt: skip
_SAME = {"zh": "cmn", "no": "nb", "nn": "nb", "iw": "he", "in": "id", "sh": "hr"}


def language_of(text: str, given: str | None) -> str:
    """Give the language to pronounce ``text`` in: ``given`` without its region, else the guess."""
    code = (given or "").replace("_", "-").split("-")[0].lower()
    if code and code not in ("und", "mul", "zxx"):
        return _SAME.get(code, code)
    return guessed(text)


def guessed(text: str) -> str:
    """Guess from the script that most letters have and, where many languages have it, from the letters."""
    scripts = Counter(script for letter in text if (script := script_of(letter)))
    if not scripts:
        return FALLBACK
    if scripts["HIRAGANA"] + scripts["KATAKANA"]:
        scripts["HIRAGANA"] += scripts["CJK"] + scripts["KATAKANA"]
    commonest = max(scripts, key=lambda script: (scripts[script], script))
    if commonest not in _LANGUAGES_OF:
        return _SCRIPTS.get(commonest, FALLBACK)
    known = _LANGUAGES_OF[commonest].split()
    if sum(map(len, set(text.lower().split()))) < _LEAST_LETTERS:
        return known[0]
    found = _by_letters(text, known)
    return _SAME.get(found, found)


def spoken_language(word: str, language: str) -> str:
    """Give the language to pronounce one word in: another than the song's where that is not written in its script."""
    script = next((script for letter in word if (script := script_of(letter))), None)
    if script is None or script in (_WRITTEN_IN.get(language, "LATIN"), _TWO_SCRIPTS.get(language)):
        return language
    if language == "ja" and script in _JAPANESE:
        return language
    return _SCRIPTS.get(script, FALLBACK)


def script_of(letter: str) -> str | None:
    """Give the first word of a letter's Unicode name (LATIN, CYRILLIC); None for what is no letter."""
    if not letter.isalpha():
        return None
    return unicodedata.name(letter, "").split(" ")[0].split("-")[0] or None


def voices_of(language: str) -> tuple[str, ...]:
    """Give the names to try as espeak-ng voice, best first; who speaks none of them reads it as English."""
    return (*_VOICES.get(language, (language,)), *_VOICES[FALLBACK])


def _by_letters(text: str, known: list[str]) -> str:
    """Give the likeliest of some languages, the first of them unless another is clearly ahead."""
    scores: dict[str, float] = {}
    for told, score in _identifier().rank(text.lower()):
        language = told if told in known else _TOLD_AS.get(told, told)
        if language in known:
            scores[language] = max(score, scores.get(language, score))
    best = max(known, key=lambda language: scores[language])
    return best if scores[best] > scores[known[0]] + _SURE else known[0]


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    """Read the model, half a second and about 100 MB, once."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)
