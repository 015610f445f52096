import codecs

import pytest

from music_separator.domain.errors import UnreadableLyrics
from music_separator.karaoke.readers import decode_text

CROATIAN = "Čežnja u noći\nđački šešir, žuti ćup\n"
FRENCH = "même si mon réveil ne sonne pas\nà l'été, ça suffit, où es-tu\n"
SPANISH = "el corazón del niño\n¿dónde estás, mañana?\n"
POLISH = "Zażółć gęślą jaźń\nłąka pełna kwiatów\n"
GERMAN = "Schöne Grüße, süßer Mädchenmund\n"
SWEDISH = "Månen är så klar på hösten\n"
RUSSIAN = "Ой, мороз, мороз\nне морозь меня\n"
SERBIAN = "Љубав њена ђаче ћути\nџеп и хлеб\n"
JAPANESE = "君の名は、\n夜に駆ける🎵\n"
ARABIC = "يا ليلُ يا عينُ\n"


@pytest.mark.parametrize("text", [CROATIAN, FRENCH, RUSSIAN, JAPANESE, ARABIC])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_unicode_is_read_with_and_without_a_byte_order_mark(text: str, mark: bytes, encoding: str) -> None:
    assert decode_text(mark + text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CROATIAN, "cp1250"),
        (CROATIAN.upper(), "cp1250"),
        (POLISH, "cp1250"),
        ("č", "cp1250"),
        ("Vrati se, šuti, život je lijep", "cp1250"),
        (FRENCH, "cp1252"),
        (FRENCH.upper(), "cp1252"),
        (SPANISH, "cp1252"),
        (SWEDISH, "cp1252"),
        (GERMAN, "cp1252"),
        (GERMAN, "cp1250"),
        ("It’s a long, long way – “home”…", "cp1252"),
        (RUSSIAN, "cp1251"),
        (SERBIAN, "cp1251"),
        ("[ti:Moroz]\n[00:12.00]" + RUSSIAN, "cp1251"),
    ],
)
def test_a_windows_code_page_is_told_by_its_letters(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)) == text


def test_letters_are_composed() -> None:
    assert decode_text("C\u030cez\u030cnja".encode()) == "Čežnja"


def test_every_line_end_becomes_one_newline() -> None:
    assert decode_text("a\r\nb\rc\u2028d\x85e\n".encode()) == "a\nb\nc\nd\ne\n"


def test_the_end_mark_of_dos_files_is_dropped() -> None:
    assert decode_text(b"la la\r\n\x1a") == "la la\n"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"ID3\x03\x00\x00\x00\x00\x00\x21TIT2", "this is a binary file, not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "this is a binary file, not text"),
        (b"la\x07la", "this is a binary file, not text"),
        (b"a\x00b", "this is a binary file, not text"),
        (b"{\\rtf1\\ansi la la}", "this is an RTF document"),
        (b"<!DOCTYPE html><p>la la</p>", "this is a web page"),
        (codecs.BOM_UTF16_LE + b"a", "it begins as UTF-16 and goes on otherwise"),
        (codecs.BOM_UTF8 + b"\xff", "it begins as UTF-8 and goes on otherwise"),
        ("夜に駆ける".encode("shift-jis"), "its encoding cannot be told; save it as UTF-8"),
        ("사랑해요".encode("euc-kr"), "its encoding cannot be told; save it as UTF-8"),
        ("我爱你中国".encode("gb2312"), "its encoding cannot be told; save it as UTF-8"),
        (b"a" * (2**20 + 1), "the file is larger than 1 MiB"),
    ],
)
def test_what_is_no_text_is_refused_with_the_reason(raw: bytes, why: str) -> None:
    with pytest.raises(UnreadableLyrics) as refused:
        decode_text(raw)

    assert refused.value.why == why


def test_a_file_of_exactly_the_limit_is_read() -> None:
    assert len(decode_text(b"a" * 2**20)) == 2**20


def test_an_empty_file_is_empty_text() -> None:
    assert decode_text(b"") == ""
