import pytest

from music_separator.audio.looks import looks_like
from tests.audio.files import tone


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture"),
        (b"PK\x03\x04\x14\0\0\0", "a ZIP archive or an Office document"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\xef\xbb\xbf\n <HTML lang=en>", "a web page"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\nhttp://example.org/a.ts\n", "a playlist, which names audio elsewhere"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "a playlist, which names audio elsewhere"),
        (b"<?xml version='1.0'?><svg/>", "an XML or SVG file"),
        ("Песня про зайцев\n".encode(), "a text file"),
        ("Песня про зайцев\n".encode("cp1251"), "a text file"),
        ("歌詞\n".encode("utf-16"), "a text file"),
        (b"MThd\0\0\0\x06\0\x01", "a MIDI file, which has notes and no sound"),
    ],
)
def test_what_is_no_audio_is_named(head: bytes, kind: str) -> None:
    assert looks_like(head) == kind


@pytest.mark.parametrize(
    "head",
    [
        b"ID3\x04\0\0\0\0\0\x23TSSE",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"fLaC\0\0\0\x22",
        b"OggS\0\x02",
        b"\0\0\0\x20ftypM4A ",
        b"",
    ],
)
def test_beginnings_of_audio_are_not_doubted(head: bytes) -> None:
    assert looks_like(head) == ""


def test_loud_samples_without_a_header_are_not_taken_for_text() -> None:
    assert looks_like(tone().tobytes()[:4096]) == ""
