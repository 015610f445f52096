"""ISO 639-1 codes (``hr``) to the ISO 639-2 codes (``hrv``) that ID3 wants, and back."""

UNDETERMINED = "und"

_ISO_639_2 = {
    "ar": "ara",
    "bg": "bul",
    "bs": "bos",
    "ca": "cat",
    "cs": "cze",
    "cy": "wel",
    "da": "dan",
    "de": "ger",
    "el": "gre",
    "en": "eng",
    "es": "spa",
    "et": "est",
    "eu": "baq",
    "fa": "per",
    "fi": "fin",
    "fr": "fre",
    "ga": "gle",
    "gl": "glg",
    "he": "heb",
    "hi": "hin",
    "hr": "hrv",
    "hu": "hun",
    "id": "ind",
    "is": "ice",
    "it": "ita",
    "ja": "jpn",
    "ka": "geo",
    "ko": "kor",
    "la": "lat",
    "lt": "lit",
    "lv": "lav",
    "mk": "mac",
    "nl": "dut",
    "no": "nor",
    "pl": "pol",
    "pt": "por",
    "ro": "rum",
    "ru": "rus",
    "sk": "slo",
    "sl": "slv",
    "sq": "alb",
    "sr": "srp",
    "sv": "swe",
    "th": "tha",
    "tr": "tur",
    "uk": "ukr",
    "vi": "vie",
    "zh": "chi",
}


def iso_639_2(language: str | None) -> str:
    """Give the three-letter (bibliographic) code; a region is ignored (``pt-BR``), the unknown is ``und``."""
    code = (language or "").replace("_", "-").split("-")[0].lower()
    if code in _ISO_639_2.values():
        return code
    return _ISO_639_2.get(code, UNDETERMINED)


def iso_639_1(language: str | None) -> str | None:
    """Give the two-letter code of a code with two or three letters, without its region; None for the unknown."""
    code = (language or "").replace("_", "-").split("-")[0].lower()
    if code in _ISO_639_2:
        return code
    return next((short for short, long in _ISO_639_2.items() if long == code), None)
