"""Listens: sockets on both loopback addresses, uvicorn over them, the address printed once it answers."""

import errno
import socket
from collections.abc import Callable, Sequence

import uvicorn
from starlette.types import ASGIApp

from music_separator.domain.errors import InvalidRequest, PortTaken

LOOPBACK = ("127.0.0.1", "::1")
SHUTDOWN_S = 1
"""Open sockets of browsers are not waited for longer than this."""


def bind(host: str, port: int) -> list[socket.socket]:
    """Open the listening sockets; ``localhost`` is both loopback addresses. Raises PortTaken, InvalidRequest."""
    addresses = LOOPBACK if host == "localhost" else (host,)
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            # With port 0 the second address takes the port that the first was given.
            chosen = sockets[0].getsockname()[1] if sockets and port == 0 else port
            found = _listen(address, chosen, optional=address == "::1" and len(addresses) > 1)
            sockets += [found] if found else []
    except OSError as error:
        for opened in sockets:
            opened.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(port) from error
        raise InvalidRequest(f"Cannot listen on {host} ({error.strerror}). Choose another --host.") from error
    return sockets


def run(app: ASGIApp, sockets: Sequence[socket.socket], on_ready: Callable[[], None]) -> None:
    """Serve until interrupted; ``on_ready`` is called when requests are answered."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=SHUTDOWN_S,
        server_header=False,
        ws="websockets-sansio",
    )
    _Server(config, on_ready).run(sockets=list(sockets))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()


def _listen(address: str, port: int, *, optional: bool) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        found = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        if optional:  # a machine without IPv6
            return None
        raise
    try:
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((address, port))
        found.listen(2048)
        found.setblocking(False)
    except OSError as error:
        found.close()
        if optional and error.errno == errno.EADDRNOTAVAIL:
            return None
        raise
    return found
