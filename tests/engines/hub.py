"""A model hub on loopback with the addresses and headers of the real one, and the faults of real networks."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REVISION = "0123456789abcdef0123456789abcdef01234567"
SMALL_BYTES = 1000
"""Smaller files are not large-file storage: their digest is Git's."""


@dataclass
class Hub:
    """What the hub has and how it misbehaves."""

    files: dict[str, bytes]
    repository: str = "nobody/tiny"
    url: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and Range of every request."""
    cut_after: dict[str, list[int]] = field(default_factory=dict)
    """Bytes after which the next answers with a file break off."""
    wrong: set[str] = field(default_factory=set)
    """Files that come with one byte changed."""
    moved_to: str | None = None
    """Where questions about the repository are sent on to, within the hub."""
    token: str | None = None
    """Who asks without it is answered 401, with another one 403."""
    shown: list[tuple[str, str | None]] = field(default_factory=list)
    """Host and path, and the Authorization that came with it."""
    no_ranges: bool = False
    states_nothing: bool = False
    status: int = 200
    hangs: threading.Event | None = None
    """While it is not set, no question is answered."""
    stalls: threading.Event | None = None
    """While it is not set, no bytes come."""

    def bytes_asked(self, name: str) -> list[str]:
        """Give the ranges in which a file was fetched."""
        return [span for method, path, span in self.asked if method == "GET" and path.endswith(f"/{name}")]


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._note()
        if self.hub.hangs is not None:
            self.hub.hangs.wait(30)
        name = self._asked_for()
        if self._refusal() is not None:
            self._answer(self._refusal() or 0, {"X-Error-Code": "GatedRepo"})
        elif self._is_moved():
            self._send_on()
        elif name is None:
            self._answer(404, {})
        elif len(self.hub.files[name]) < SMALL_BYTES:
            self._state_small(name)
        else:
            self._state_large(name)

    def do_GET(self) -> None:
        self._note()
        from_hub, name = self._asked_for(), self._name("/cdn/")
        if name is None and self._refusal() is not None:
            self._answer(self._refusal() or 0, {"X-Error-Code": "GatedRepo"})
        elif self._is_moved():
            self._send_on()
        elif from_hub is not None and len(self.hub.files[from_hub]) >= SMALL_BYTES:
            self._answer(302, {"Location": f"http://{self._other_name()}/cdn/{from_hub}"})
        elif (found := from_hub or name) is not None:
            self._send(found)
        else:
            self._answer(404, {})

    def _refusal(self) -> int | None:
        """Give the status with which the hub answers instead of what it has."""
        if self.hub.status != 200:
            return self.hub.status
        shown = self.headers.get("Authorization")
        if self.hub.token is None or shown == f"Bearer {self.hub.token}":
            return None
        return 401 if shown is None else 403

    def _asked_for(self) -> str | None:
        place = self.hub.moved_to or self.hub.repository
        return self._name(f"/{place}/resolve/main/", f"/{place}/resolve/{REVISION}/")

    def _is_moved(self) -> bool:
        return self.hub.moved_to is not None and self.path.startswith(f"/{self.hub.repository}/")

    def _send_on(self) -> None:
        self._answer(307, {"Location": self.path.replace(self.hub.repository, str(self.hub.moved_to), 1)})

    def _state_small(self, name: str) -> None:
        content = self.hub.files[name]
        git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        headers = {"ETag": f'"{git}"', "X-Repo-Commit": REVISION, "Content-Length": str(len(content))}
        self._answer(200, {"Content-Length": str(len(content))} if self.hub.states_nothing else headers)

    def _state_large(self, name: str) -> None:
        content = self.hub.files[name]
        headers = {"Location": f"http://{self._other_name()}/cdn/{name}"}
        if not self.hub.states_nothing:
            headers["X-Linked-Etag"] = f'"{hashlib.sha256(content).hexdigest()}"'
            headers["X-Linked-Size"] = str(len(content))
            headers["X-Repo-Commit"] = REVISION
        self._answer(302, headers)

    def _send(self, name: str) -> None:
        content = self.hub.files[name]
        if name in self.hub.wrong:
            content = content[:-1] + bytes([content[-1] ^ 1])
        span = self.headers.get("Range")
        start = int(span.removeprefix("bytes=").rstrip("-")) if span and not self.hub.no_ranges else 0
        cuts = self.hub.cut_after.get(name, [])
        stop = min(len(content), start + cuts.pop(0)) if cuts else len(content)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content[start:stop])
            self.wfile.flush()
            if self.hub.stalls is not None:
                self.hub.stalls.wait(30)
        if stop < len(content):
            self.close_connection = True

    def _other_name(self) -> str:
        """Give this server under a name that is not the hub's, as the real one sends large files from elsewhere."""
        return f"localhost:{self.server.server_address[1]}"

    def _name(self, *prefixes: str) -> str | None:
        for prefix in prefixes:
            name = self.path.removeprefix(prefix)
            if name != self.path and name in self.hub.files:
                return name
        return None

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def _note(self) -> None:
        self.hub.asked.append((self.command, self.path, self.headers.get("Range", "")))
        self.hub.shown.append((f"{self.headers.get('Host')}{self.path}", self.headers.get("Authorization")))

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def running_hub(files: dict[str, bytes], **values: object) -> Iterator[Hub]:
    """Run a hub while the block runs."""
    hub = Hub(files=dict(files), **values)  # type: ignore[arg-type]
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        for event in (hub.hangs, hub.stalls):
            if event is not None:
                event.set()
        server.shutdown()
        server.server_close()
        thread.join()
