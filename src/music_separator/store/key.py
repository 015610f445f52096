"""The key of an installation: 32 random bytes in its data directory, for nobody but the one who runs the server."""

import secrets
from pathlib import Path

from music_separator.store.durable import write_atomically

NAME = "link.key"
KEY_BYTES = 32


def installation_key(data_dir: Path) -> bytes:
    """Read the key; make it where there is none, or none that is whole."""
    key = stored_key(data_dir)
    if key is None:
        key = secrets.token_bytes(KEY_BYTES)
        write_atomically(data_dir / NAME, key, mode=0o600)
    return key


def stored_key(data_dir: Path) -> bytes | None:
    """Read the key of an installation that this process may read; None where that is not so."""
    try:
        key = (data_dir / NAME).read_bytes()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    return key if len(key) == KEY_BYTES else None
