"""The Socket.IO protocol by hand, over a bare websocket: many clients in one thread, and one that misbehaves."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

OPEN, CLOSE, PING, PONG, CONNECTED, EVENT, ACK = "0", "1", "2", "3", "40", "42", "43"


def socket_address(url: str) -> str:
    """Give the websocket address of a server."""
    return url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"


def subscribe_packet(wanted: object, *, number: int = 0) -> str:
    """Write a ``subscribe`` that asks for an acknowledgement."""
    return f"{EVENT}{number}" + json.dumps(["subscribe", wanted])


@contextlib.asynccontextmanager
async def bare_connection(url: str) -> AsyncIterator[ClientConnection]:
    """Connect to the default namespace while the block runs."""
    async with connect(socket_address(url), open_timeout=20) as socket:
        assert str(await socket.recv()).startswith(OPEN)
        await socket.send(CONNECTED)
        assert str(await socket.recv()).startswith(CONNECTED)
        yield socket


async def packets(socket: ClientConnection) -> AsyncIterator[tuple[str, Any]]:
    """Give what comes as ``("event", payload)`` and ``("ack", payload)``; answers pings."""
    async for raw in socket:
        packet = str(raw)
        if packet == PING:
            await socket.send(PONG)
        elif packet.startswith(EVENT):
            yield "event", json.loads(packet[2:])[1]
        elif packet.startswith(ACK):
            yield "ack", json.loads(packet[packet.index("[") :])[0]
