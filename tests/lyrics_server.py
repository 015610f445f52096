"""LRCLIB on loopback: its two addresses, its answers, and the faults of real networks."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


def record(**values: Any) -> dict[str, Any]:
    """Make a song as LRCLIB gives it."""
    song = {
        "id": 1,
        "name": "Zvijezda",
        "trackName": "Zvijezda",
        "artistName": "Nitko",
        "albumName": "Nebo",
        "duration": 10,
        "instrumental": False,
        "plainLyrics": "La la la\nLo lo lo",
        "syncedLyrics": "[00:01.00] La la la\n[00:03.00] Lo lo lo",
    }
    return {**song, **values}


@dataclass
class LyricsServer:
    """What the server knows, what it was asked, and how it misbehaves."""

    url: str = ""
    song: dict[str, Any] | None = None
    """What the exact question is answered with; None is a 404."""
    found: Any = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    """Path, parameters and User-Agent of every request."""
    status: int = 200
    body: bytes | None = None
    sends_on_to: str | None = None
    hangs: threading.Event | None = None
    """While it is not set, nothing is answered."""

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


class _Handler(BaseHTTPRequestHandler):
    server_has: LyricsServer

    def do_GET(self) -> None:
        has = self.server_has
        address = urlsplit(self.path)
        has.asked.append((address.path, dict(parse_qsl(address.query)), self.headers["User-Agent"]))
        if has.hangs is not None:
            has.hangs.wait(30)
        if has.sends_on_to is not None:
            self.send_response(302)
            self.send_header("Location", has.sends_on_to)
            self.end_headers()
            return
        content = has.song if address.path == "/api/get" else has.found
        status = 404 if has.status == 200 and content is None else has.status
        missing = {"code": 404, "name": "TrackNotFound", "message": "Failed to find specified track"}
        body = has.body if has.body is not None else json.dumps(missing if content is None else content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def running_lyrics_server(**values: Any) -> Iterator[LyricsServer]:
    """Run it while the block runs."""
    has = LyricsServer(**values)
    handler = type("Handler", (_Handler,), {"server_has": has})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        has.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield has
        finally:
            if has.hangs is not None:
                has.hangs.set()
            server.shutdown()
            thread.join()
