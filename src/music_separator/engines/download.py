"""Fetches one file that a hub offers: resumed where it broke off, checked against the stated digest, then in place."""

import contextlib
import hashlib
import http.client
import os
import threading
import urllib.error
from collections.abc import Callable
from pathlib import Path

from music_separator.engines.hub import HEADERS, Hasher, NoAnswer, Offer, open_file, reason_of

BLOCK_BYTES = 1 << 16
STALL_S = 10.0
"""Silence after which a connection is taken for dead and made anew."""
TRIES = 3
"""Connections in a row that bring nothing."""
PAUSE_S = 0.5
"""Before the next connection, times the failures so far."""

OnBytes = Callable[[int], None]
"""Bytes of the file that are here. May end the download by raising; what has arrived is kept."""


class NotAsStated(Exception):
    """What arrived is not what was offered; the text is a clause."""


class _Part:
    """The beginning of a file on the disk, and its digests so far."""

    def __init__(self, path: Path, offer: Offer) -> None:
        self.path, self._offer = path, offer
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what is there; the next write replaces it."""
        self.stated: Hasher = self._offer.hasher()
        self.sha256: Hasher = hashlib.sha256()
        self.size = 0

    def take(self, data: bytes) -> None:
        """Count bytes that are in the file now."""
        self.stated.update(data)
        self.sha256.update(data)
        self.size += len(data)

    def read_what_is_there(self, on_bytes: OnBytes) -> None:
        """Count what an earlier run has left."""
        with contextlib.suppress(FileNotFoundError), self.path.open("rb") as file:
            while data := file.read(1 << 20):
                self.take(data)
                on_bytes(self.size)


def download(
    offer: Offer, target: Path, on_bytes: OnBytes, *, token: str | None = None, stall_s: float = STALL_S
) -> str:
    """Put the offered file at ``target``; gives its SHA-256. A part that an earlier run left is gone on with.

    Raises NoAnswer where nothing more comes, NotAsStated (the part is deleted), OSError for the disk.
    """
    path = target.with_name(f"{target.name}.{offer.digest[:16]}.part")
    part = _Part(path, offer)
    part.read_what_is_there(on_bytes)
    failures = 0
    while part.size < offer.size:
        before = part.size
        try:
            _fetch(offer, part, on_bytes, token, stall_s)
            reason = "the connection breaks off"
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = reason_of(error)
        failures = 0 if part.size > before else failures + 1
        if failures == TRIES:
            raise NoAnswer(reason)
        threading.Event().wait(failures * PAUSE_S)
    if part.size != offer.size or part.stated.hexdigest() != offer.digest:
        path.unlink()
        raise NotAsStated(f"its digest differs from the stated {offer.digest[:12]}...")
    _sync(path)
    path.replace(target)
    for stale in target.parent.glob(f"{target.name}.*.part"):
        stale.unlink(missing_ok=True)
    return part.sha256.hexdigest()


def digests_of(path: Path, offer: Offer) -> tuple[str, str]:
    """Give the digest of a file in the kind that the offer states, and its SHA-256."""
    part = _Part(path, offer)
    part.read_what_is_there(lambda _size: None)
    return part.stated.hexdigest(), part.sha256.hexdigest()


def _fetch(offer: Offer, part: _Part, on_bytes: OnBytes, token: str | None, stall_s: float) -> None:
    """Read on until the connection ends; a server that cannot begin in the middle begins anew."""
    headers = {**HEADERS, "Range": f"bytes={part.size}-"} if part.size else HEADERS
    with open_file(offer.url, headers, token=token, timeout_s=stall_s) as answer:
        if part.size and answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            part.begin_again()
        with part.path.open("ab" if part.size else "wb") as file:
            # read1 gives what is there, so that progress and a cancel do not wait for a whole block
            while part.size <= offer.size and (data := answer.read1(BLOCK_BYTES)):
                file.write(data)
                part.take(data)
                on_bytes(min(part.size, offer.size))


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
