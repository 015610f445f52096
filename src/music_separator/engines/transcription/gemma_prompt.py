"""What Gemma 3n is asked, and what its answer is worth: text alone, nothing of PyTorch.

The turn is that of the published chat template; the request is our own. It was trained on speech, not on music, and
knows no times (Google, "Audio understanding", ai.google.dev/gemma/docs/capabilities/audio).
"""

import re
import zlib
from dataclasses import dataclass

from music_separator.domain.transcript import Segment
from music_separator.domain.units import Ms
from music_separator.engines.transcription import guards

TOKENS_PER_S = 6
"""Of an answer, at most: about four sung words a second in a language whose words have one and a half tokens."""
SPARE_TOKENS = 16
LANGUAGE_TOKENS = 4
BEGIN_OF_TURN = "<start_of_turn>user\n\n\n"
"""What stands before the audio; the two empty lines are the template's."""
END_OF_TURN = "<end_of_turn>"

LANGUAGE_NAMES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bs": "Bosnian",
    "ca": "Catalan",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "ga": "Irish",
    "gl": "Galician",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ka": "Georgian",
    "ko": "Korean",
    "la": "Latin",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mk": "Macedonian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sq": "Albanian",
    "sr": "Serbian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
"""By ISO 639-1: the languages that a song may be said to be in."""
_CODE = re.compile(r"\W*([a-z]{2})(?![a-z])")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What comes after the audio, and the most tokens that the answer may have."""

    text: str
    max_tokens: int

    @property
    def rest_of_turn(self) -> str:
        """The request as the template closes it, up to where the answer begins."""
        return f"\n\n{self.text}{END_OF_TURN}\n<start_of_turn>model\n"


def transcription_request(seconds: float, language: str | None) -> Request:
    """Ask for the words of a window; ``language`` is ISO 639-1, None where nobody knows it."""
    named = LANGUAGE_NAMES.get(language or "")
    which = f"The song is in {named}. " if named else "Keep the language that is sung. "
    text = (
        f"Transcribe this song verbatim. {which}Write only the words that are sung, one line for each phrase, "
        "without translating, explaining or numbering. Write nothing at all if nobody sings."
    )
    return Request(text=text, max_tokens=round(seconds * TOKENS_PER_S) + SPARE_TOKENS)


def language_request() -> Request:
    """Ask for the language of a window."""
    text = "Which language is sung here? Answer with its two-letter ISO 639-1 code and nothing else."
    return Request(text=text, max_tokens=LANGUAGE_TOKENS)


def language_of(answer: str) -> str | None:
    """Read the answer to ``language_request``; None where it names no language."""
    found = _CODE.match(answer.lower())
    return found[1] if found and found[1] in LANGUAGE_NAMES else None


def believed_lines(answer: str, duration_ms: Ms) -> tuple[Segment, ...]:
    """Give the lines of an answer that may be sung, each with the times of its window; nothing where it runs in
    circles or has more words than anybody sings in that time.
    """
    lines = [" ".join(line.split()) for line in answer.splitlines()]
    whole = _heard(" ".join(filter(None, lines)), duration_ms)
    if whole is None or not guards.believable(whole):
        return ()
    heard = [_heard(line, duration_ms) for line in lines]
    return tuple(item.segment for item in heard if item is not None and guards.believable(item))


def _heard(text: str, duration_ms: Ms) -> guards.Heard | None:
    """Put text beside the figures that the guards look at; it gives none for how sure it is, so those pass."""
    if not text:
        return None
    said = text.encode()
    return guards.Heard(
        segment=Segment(text=text, start_ms=Ms(0), end_ms=duration_ms, words=()),
        log_probability=0.0,
        no_speech=0.0,
        # as in whisper/utils.py, compression_ratio
        compression_ratio=len(said) / len(zlib.compress(said)),
    )
