"""Receives a multipart form as it arrives: the file part goes straight to disk with its SHA-256, the rest stays small.

Written once, never spooled: 20 MB are on the disk when the last byte is. Other parts are held in memory up to a limit.
"""

import hashlib
import os
import unicodedata
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from music_separator.domain.errors import FileTooLarge, InvalidRequest

MAX_FIELD_BYTES = 1 << 20
MAX_FIELDS = 50
FILE_FIELD = "file"
BATCH_BYTES = 1 << 20
"""Bytes gathered before they are handed to a thread that writes them."""


class FormReceiver:
    """Feeds a request body through the parser. After ``receive`` the attributes hold what came."""

    def __init__(self, content_type: str, target: Path, *, max_bytes: int) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or b"boundary" not in options:
            raise InvalidRequest("Send the song as multipart/form-data with a part named file.")
        self.fields: dict[str, bytes] = {}
        self.filename: str | None = None
        self.size = 0
        self._target = target
        self._max_bytes = max_bytes
        self._digest = hashlib.sha256()
        self._file: BinaryIO | None = None
        self._ended = False
        self._headers: dict[bytes, bytes] = {}
        self._header = (b"", b"")
        self._name = ""
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )

    @property
    def sha256(self) -> str:
        """The digest of the file part."""
        return self._digest.hexdigest()

    async def receive(self, body: AsyncIterator[bytes], progress: Callable[[int], None] | None = None) -> None:
        """Take the whole body in; the file is synced to disk. Raises InvalidRequest, FileTooLarge."""
        received = 0
        batch = bytearray()
        try:
            async for piece in body:
                batch += piece
                received += len(piece)
                if len(batch) >= BATCH_BYTES:
                    await run_in_threadpool(self._feed, bytes(batch))
                    batch.clear()
                    if progress is not None:
                        await run_in_threadpool(progress, received)
            await run_in_threadpool(self._feed, bytes(batch))
            await run_in_threadpool(self._finish)
        finally:
            if self._file is not None:
                self._file.close()

    def text(self, name: str) -> str | None:
        """Give a small field as stripped text, None where it is absent or blank."""
        try:
            value = self.fields.get(name, b"").decode().strip()
        except UnicodeDecodeError:
            raise InvalidRequest(f"The field {name} is not UTF-8 text.") from None
        return value or None

    def line(self, name: str, *, longest: int) -> str | None:
        """Give a small field as one line without control characters. Raises InvalidRequest where it is too long."""
        text = self.text(name) or ""
        kept = " ".join("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text).split())
        if len(kept) > longest:
            raise InvalidRequest(f"The field {name} is longer than {longest} characters. Send a shorter one.")
        return kept or None

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except MultipartParseError:
            raise InvalidRequest("The form is malformed. Send multipart/form-data with a part named file.") from None

    def _finish(self) -> None:
        if not self._ended:
            raise InvalidRequest("The upload broke off before its end. Send it again.")
        if self._file is None:
            raise InvalidRequest("No file was sent. Put the song into a form part named file.")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _part_begin(self) -> None:
        self._headers, self._header, self._name = {}, (b"", b""), ""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], self._header[1])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _header_end(self) -> None:
        self._headers[self._header[0].lower()] = self._header[1]
        self._header = (b"", b"")

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode(errors="replace")
        if self._name != FILE_FIELD:
            if len(self.fields) >= MAX_FIELDS:
                raise InvalidRequest("The form has too many fields.")
            self.fields[self._name] = b""
            return
        if self._file is not None:
            raise InvalidRequest("Send one file at a time.")
        self.filename = options.get(b"filename", b"").decode(errors="replace")
        self._file = self._target.open("wb")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self._name != FILE_FIELD:
            if len(self.fields[self._name]) + len(piece) > MAX_FIELD_BYTES:
                raise InvalidRequest(f"The field {self._name} is larger than {MAX_FIELD_BYTES >> 20} MiB.")
            self.fields[self._name] += piece
            return
        self.size += len(piece)
        if self.size > self._max_bytes:
            raise FileTooLarge(self._max_bytes)
        self._digest.update(piece)
        if self._file is not None:
            self._file.write(piece)

    def _part_end(self) -> None:
        self._name = ""

    def _end(self) -> None:
        self._ended = True
