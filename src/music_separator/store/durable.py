"""Writes that survive a power cut: write, fsync, rename, fsync the folder."""

import hashlib
import os
from pathlib import Path

READ_SIZE = 1 << 20


def sync_file(path: Path) -> None:
    """Force a closed file's bytes to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Force a folder's entries to the disk; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Put ``data`` at ``path`` so that a reader sees the old bytes or the new, never a part."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.touch(mode=mode)
    temporary.write_bytes(data)
    sync_file(temporary)
    temporary.replace(path)
    sync_folder(path.parent)


def sha256_of(path: Path) -> str:
    """Give the SHA-256 of a file as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
