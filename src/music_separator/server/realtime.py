"""``processing_progress`` over Socket.IO: live for the clients of a song's owner, replayed on ``subscribe``.

Each connection has a cursor per file. While it catches up from the log, live events for it only mark that there is
more; it goes live when a read comes back empty and nothing was marked meanwhile.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import socketio
from socketio import exceptions

from music_separator.domain.errors import TokenError, UnknownTrack
from music_separator.domain.owner import Owner
from music_separator.domain.progress import ProgressEvent
from music_separator.service import Service
from music_separator.store.events import MAX_SEQ

_log = logging.getLogger(__name__)

EVENT = "processing_progress"
MAX_QUEUED_PACKETS = 500
"""A client that reads slower than this is cut off; it catches up by ``subscribe`` when it is back."""
MAX_SUBSCRIPTIONS = 1000
TOKEN_CHECK_S = 2.0
"""How long a connection may outlive its token."""


@dataclass
class _Client:
    """One connection: who it is, the last number it was sent of each file, and what it is catching up on."""

    sid: str
    token: str | None = field(repr=False)
    owner: Owner
    cursors: dict[str, int] = field(default_factory=dict)
    catching_up: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)


class Realtime:
    """The Socket.IO side of the server. Its own state lives on the event loop's thread only."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._log = service.log
        self._clients: dict[str, _Client] = {}
        self._queue: asyncio.Queue[tuple[ProgressEvent, str | None, bool]] = asyncio.Queue()
        self.sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*", cors_credentials=False)
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)
        self.sio.on("subscribe", self._subscribe)
        self.sio.on("unsubscribe", self._unsubscribe)

    @property
    def connected(self) -> int:
        """How many clients are connected."""
        return len(self._clients)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver what the log commits while the block runs."""
        loop = asyncio.get_running_loop()

        def take(event: ProgressEvent, again: bool) -> None:
            # Whose it is, is asked now, on the thread that tells: a moment later the song may be deleted.
            try:
                owner = self._owner_of(event.file_id)
            except Exception:  # the event is stored, and who misses it asks again: the work must not stop for it
                _log.exception("An event could not be told", extra={"action": "event_not_told"})
                return
            loop.call_soon_threadsafe(self._queue.put_nowait, (event, owner, again))

        stop_live = self._log.listen(lambda event: take(event, False))
        stop_again = self._log.listen_again(lambda event: take(event, True))
        tasks = [asyncio.create_task(self._deliver()), asyncio.create_task(self._check_tokens())]
        try:
            yield
        finally:
            stop_live()
            stop_again()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self) -> None:
        while True:
            event, owner, again = await self._queue.get()
            payload = event.payload()
            for client in list(self._clients.values()):
                if client.owner.owner_id == owner:
                    await self._offer(client, event, payload, again=again)

    async def _check_tokens(self) -> None:
        """Cut off, again and again, the connections whose token is no longer what lets them in."""
        while True:
            await asyncio.sleep(TOKEN_CHECK_S)
            try:
                await self._cut_off()
            except Exception:
                _log.exception("Tokens could not be looked up", extra={"action": "token_check_failed"})

    async def _cut_off(self) -> None:
        tokens = {client.token for client in self._clients.values()}
        owners = {token: await asyncio.to_thread(self._owner_with, token) for token in tokens}
        for client in list(self._clients.values()):
            if owners.get(client.token, client.owner) != client.owner:
                self._clients.pop(client.sid, None)
                await self.sio.disconnect(client.sid)

    def _owner_with(self, token: str | None) -> Owner | None:
        try:
            return self._service.tokens.owner_of(token)
        except TokenError:
            return None

    def _owner_of(self, file_id: str) -> str | None:
        try:
            return self._service.jobs.track(file_id).owner
        except UnknownTrack:
            return None

    async def _offer(self, client: _Client, event: ProgressEvent, payload: dict[str, object], *, again: bool) -> None:
        if event.file_id in client.catching_up:
            client.missed.add(event.file_id)
            return
        if again or event.seq > client.cursors.get(event.file_id, 0):
            client.cursors[event.file_id] = max(event.seq, client.cursors.get(event.file_id, 0))
            await self._send(client, payload)

    async def _send(self, client: _Client, payload: dict[str, object]) -> None:
        if self._queued_packets(client) > MAX_QUEUED_PACKETS:
            _log.info("Slow client dropped", extra={"action": "slow_client"})
            self._clients.pop(client.sid, None)
            await self.sio.disconnect(client.sid)
            return
        await self.sio.emit(EVENT, payload, to=client.sid)

    def _queued_packets(self, client: _Client) -> int:
        transport = self.sio.eio.sockets.get(self.sio.manager.eio_sid_from_sid(client.sid, "/"))
        return transport.queue.qsize() if transport is not None else 0

    async def _connect(self, sid: str, _environ: dict[str, Any], auth: object = None) -> None:
        given = auth.get("token") if isinstance(auth, dict) else None
        token = given if isinstance(given, str) and given else None
        try:
            owner = await asyncio.to_thread(self._service.tokens.owner_of, token)
        except TokenError as error:
            raise exceptions.ConnectionRefusedError(str(error), {"error": str(error), "code": error.code}) from None
        self._clients[sid] = _Client(sid, token, owner)

    async def _disconnect(self, sid: str, _reason: object = None) -> None:
        self._clients.pop(sid, None)

    async def _unsubscribe(self, sid: str, wanted: object = None) -> dict[str, object]:
        """Forget the cursors of the files named: the client goes on to get what is live."""
        client = self._clients.get(sid)
        if client is not None and isinstance(wanted, list):
            for file_id in wanted:
                client.cursors.pop(str(file_id), None)
        return {"ok": True}

    async def _subscribe(self, sid: str, wanted: object = None) -> dict[str, object]:
        """Replay what each file's log holds after the given number, then go on live. Answers the last numbers sent."""
        client = self._clients.get(sid)
        asked = _checked(wanted)
        if client is None or asked is None:
            return {"ok": False, "error": "Send {file_id: last_seq}.", "code": "invalid_request"}
        sent: dict[str, int] = {}
        unknown = []
        for file_id, after in asked.items():
            if await asyncio.to_thread(self._owner_of, file_id) != client.owner.owner_id:
                unknown.append(file_id)
            else:
                sent[file_id] = await self._catch_up(client, file_id, after)
        return {"ok": True, "last_seq": sent, "unknown": unknown}

    async def _catch_up(self, client: _Client, file_id: str, after: int) -> int:
        client.catching_up.add(file_id)
        client.cursors[file_id] = after
        try:
            while client.sid in self._clients:
                client.missed.discard(file_id)
                found = await asyncio.to_thread(self._log.read, file_id, after=client.cursors[file_id])
                for event in found:
                    await self._send(client, event.payload())
                    client.cursors[file_id] = event.seq
                # Nothing may be awaited between this look and going live, or an event could slip between.
                if not found and file_id not in client.missed:
                    break
        finally:
            client.catching_up.discard(file_id)
        return client.cursors[file_id]


def _checked(wanted: object) -> dict[str, int] | None:
    if not isinstance(wanted, dict) or len(wanted) > MAX_SUBSCRIPTIONS:
        return None
    checked: dict[str, int] = {}
    for file_id, after in wanted.items():
        if not isinstance(file_id, str) or isinstance(after, bool) or not isinstance(after, int):
            return None
        if not 0 <= after <= MAX_SEQ:
            return None
        checked[file_id] = after
    return checked
