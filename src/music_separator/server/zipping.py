"""Several files as one ZIP, made while it is sent: stored, not compressed, since sound does not shrink any more."""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

BLOCK_BYTES = 1 << 18


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file and its name in the archive."""

    name: str
    path: Path


class _Pipe:
    """Takes what zipfile writes and gives it on; it cannot seek, so nothing is ever kept."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: whoever reads takes."""

    def take(self) -> bytes:
        data, self._written = b"".join(self._written), []
        return data


def stream_zip(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Give the bytes of an archive piece by piece; memory does not grow with the files."""
    pipe = _Pipe()
    with zipfile.ZipFile(cast("IO[bytes]", pipe), "w", zipfile.ZIP_STORED) as archive:
        for entry in entries:
            info = zipfile.ZipInfo.from_file(entry.path, entry.name, strict_timestamps=False)
            with entry.path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                while block := source.read(BLOCK_BYTES):
                    target.write(block)
                    yield pipe.take()
    yield pipe.take()
