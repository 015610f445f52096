"""Naming what is plainly no audio, from its first bytes, so that the refusal says what was sent."""

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "a BMP picture"),
    (8, b"WEBP", "a WebP picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftypheic", "a HEIC picture"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive or an Office document"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"MZ", "a Windows program"),
    (0, b"\x7fELF", "a program"),
    (0, b"MThd", "a MIDI file, which has notes and no sound"),
    (0, b"{\\rtf", "an RTF document"),
)


_MOST_HIGH_BYTES = 0.9
"""Share above 0x7F that is still text in an 8-bit code: Cyrillic comes near it, u-law and DSD sound passes it."""


def looks_like(head: bytes) -> str:
    """Name the kind of file that begins with ``head`` in plain words; '' where it may well be audio."""
    for offset, magic, name in _MAGIC:
        if head[offset : offset + len(magic)] == magic and _certain(head, magic):
            return name
    text = _as_text(head)
    return "" if text is None else _kind_of_text(text)


def _certain(head: bytes, magic: bytes) -> bool:
    """Guard the two-letter magics: a BMP says its own kind again at byte 14, a program has a zero-filled header."""
    if magic == b"BM":
        return len(head) > 18 and head[14:18] in (b"\x28\0\0\0", b"\x0c\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
    if magic == b"MZ":
        return b"PE\0\0" in head
    return True


def _as_text(head: bytes) -> str | None:
    """Decode ``head`` if it is text (UTF-16, UTF-8 or 8 bits): no control characters but line ends and tabs."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
        return None if _has_controls(text) or "\ufffd" in text[:-1] else text
    text = head.decode("utf-8-sig", "replace")
    if "\ufffd" in text[:-1]:  # the last character may be cut
        text = head.decode("latin-1")
        if sum(char >= "\x7f" for char in text) > _MOST_HIGH_BYTES * len(text):
            return None
    return text if text and not _has_controls(text) else None


def _has_controls(text: str) -> bool:
    return any(char < " " and char not in "\t\n\r\f\x1a" for char in text)


def _kind_of_text(text: str) -> str:
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "a web page"
    if start.startswith(("#extm3u", "[playlist]", "ffconcat")):
        return "a playlist, which names audio elsewhere"
    if start.startswith(("<?xml", "<svg")):
        return "an XML or SVG file"
    return "a text file"
