"""Which language words are in: as given, else a guess from script and common words, else English.

The guess is short on purpose. It tells apart what would be pronounced quite differently; between neighbours such as
Croatian and Serbian it takes the commoner name. Who knows the language should give it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

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

_COMMON_WORDS = {
    "en": "the and you i my me to of in it that is your we be on for don't i'm with this all love",
    "es": "que de no la el y en me mi te lo se por un una con los yo tu es como para amor",
    "fr": "je de la le les et que tu pas un une des est dans mon ma pour c'est moi toi qui sur j'ai",
    "de": "ich und die der du nicht das es ist in mir mich ein eine wir auf den mein dich zu wie",
    "it": "che di e non la il un mi ti per sono una con ma se è amore come più lo perché io",
    "pt": "que de não o a e eu é um você me se para uma com do da em meu mais tudo",
    "nl": "ik de het een en je niet dat van is in me mij op maar voor wat met zijn jij",
    "hr": "je da se i ne ti na sam u me što mi kao za te moj ja ljubav samo si bez sve nije",
    "pl": "nie się i w na to że jest mnie ja ty z jak do co mi już tak ale",
    "cs": "je se já že a na to mi v co jsem jen tě mě když ty už jsi",
    "sv": "jag du och det är att en i på inte som mig dig så för kan min har vi",
    "da": "jeg du og det er en at i ikke på som mig dig så for min har vi",
    "nb": "jeg du og det er en at i ikke på som meg deg så for min har vi",
    "fi": "ja on ei se en mä sä minä sinä kun niin että mun sun oon mutta",
    "tr": "bir ve bu ben sen ne de da beni seni gibi için aşk var yok benim",
    "ro": "nu și să în e că mă te o pe de la un eu mi-e ca tu mai",
    "hu": "a az nem és hogy egy én te is meg csak már mint ha de van",
}
_LETTERS = {
    "ñ": "es", "¿": "es", "¡": "es", "ß": "de", "ã": "pt", "õ": "pt", "ł": "pl", "ą": "pl", "ę": "pl", "ř": "cs",
    "ě": "cs", "ů": "cs", "đ": "hr", "ğ": "tr", "ı": "tr", "ş": "tr", "ț": "ro", "ș": "ro", "ă": "ro", "ő": "hu",
    "ű": "hu", "œ": "fr",
}  # fmt: skip
_LEAST_HITS = 2
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
    """Guess from the script that most letters have, then from common words and letters."""
    scripts = Counter(script for letter in text if (script := script_of(letter)))
    if not scripts:
        return FALLBACK
    if scripts["HIRAGANA"] + scripts["KATAKANA"]:
        scripts["HIRAGANA"] += scripts["CJK"] + scripts["KATAKANA"]
    commonest = max(scripts, key=lambda script: (scripts[script], script))
    return _SCRIPTS[commonest] if commonest in _SCRIPTS else _by_words(text.lower())


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


def _by_words(text: str) -> str:
    hits = Counter(_hits(dict.fromkeys(re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text))))
    hits.update(_LETTERS[letter] for letter in text if letter in _LETTERS)
    if not hits:
        return FALLBACK
    best = max(hits.values())
    # in the order of the table, so that English wins a draw
    return next(language for language in _COMMON_WORDS if hits[language] == best) if best >= _LEAST_HITS else FALLBACK


def _hits(words: Iterable[str]) -> list[str]:
    common = [(language, frozenset(listed.split())) for language, listed in _COMMON_WORDS.items()]
    return [language for word in words for language, listed in common if word.replace("’", "'") in listed]
