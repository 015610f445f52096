"""Bytes of a lyrics file to clean text: NFC, ``\\n`` line ends, no byte order mark, no control characters."""

import codecs
import re
import unicodedata

from music_separator.domain.errors import UnreadableLyrics
from music_separator.karaoke.readers.encoding import decode_single_byte

MAX_SIZE = 2**20
"""Bytes of a file, characters of a text. The words of the longest operas fit five times."""

_BYTE_ORDER_MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_OTHER_FILES = {"{\\rtf": "an RTF document", "%PDF": "a PDF document", "<!doctype": "a web page", "<html": "a web page"}


def decode_text(raw: bytes) -> str:
    """Decode by byte order mark, else UTF-16 where zero bytes say so, else UTF-8, else one of three Windows code pages.

    Raises UnreadableLyrics for what is too large, no text, or in an encoding that is none of these.
    """
    if len(raw) > MAX_SIZE:
        raise UnreadableLyrics(f"the file is larger than {MAX_SIZE // 2**20} MiB")
    return clean_text(_decode(raw))


def clean_text(text: str) -> str:
    """Normalise text that is already decoded (a form field, a tag of the song).

    Raises UnreadableLyrics for control characters and for documents that only look like text.
    """
    if len(text) > MAX_SIZE:
        raise UnreadableLyrics(f"the text is longer than {MAX_SIZE:,} characters")
    # \x1a at the end is how DOS editors end a file.
    text = _LINE_ENDS.sub("\n", text.removeprefix("\ufeff").rstrip("\x1a"))
    if _CONTROL.search(text):
        raise UnreadableLyrics("this is a binary file, not text")
    beginning = text[:100].lstrip().lower()
    for mark, kind in _OTHER_FILES.items():
        if beginning.startswith(mark.lower()):
            raise UnreadableLyrics(f"this is {kind}")
    return unicodedata.normalize("NFC", text)


def _decode(raw: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise UnreadableLyrics(
                    f"it begins as {encoding.removesuffix('-sig').upper()} and goes on otherwise"
                ) from error
    if b"\0" in raw:
        return _decode_utf_16(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return decode_single_byte(raw)


def _decode_utf_16(raw: bytes) -> str:
    """Decode UTF-16 without a mark: of the two byte orders the one that gives text, with more spaces and line ends."""
    texts = []
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(
            character in "\r\n\t" or unicodedata.category(character) not in ("Cc", "Cn", "Co") for character in text
        ):
            texts.append(text)
    if not texts:
        raise UnreadableLyrics("this is a binary file, not text")
    return max(texts, key=lambda text: sum(text.count(character) for character in " \n"))
