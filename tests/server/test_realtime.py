import asyncio
import json
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import WebSocketException

from tests.listening import EVENT_KEYS, assert_tells_the_whole_story, assert_whole, listening
from tests.running import Server, events, snapshot, upload, wait_for, wait_until_over
from tests.sockets import CLOSE, CONNECTED, EVENT, bare_connection, packets, subscribe_packet
from tests.songs import LRC, write_song

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("transports", [["websocket"], ["polling", "websocket"]], ids=len)
def test_either_way_to_a_websocket_brings_the_same_log(shared: Server, finished: str, transports: list[str]):
    with listening(shared.url, transports=transports) as listener:
        answer = listener.subscribe({finished: 0})
        listener.wait_for_end(finished)
    log = events(shared, finished)
    assert answer == {"ok": True, "last_seq": {finished: len(log)}, "unknown": []}
    assert listener.log == log


def test_polling_alone_brings_the_log(shared: Server, finished: str):
    log = events(shared, finished)
    came: list[Any] = []
    with shared.client() as client:
        way = {"EIO": "4", "transport": "polling"}
        way["sid"] = json.loads(client.get("/socket.io/", params=way).text[1:])["sid"]
        client.post("/socket.io/", params=way, content=CONNECTED)
        client.post("/socket.io/", params=way, content=subscribe_packet({finished: 0}))
        while len(came) < len(log):
            batch = client.get("/socket.io/", params=way).text.split("\x1e")
            came += [json.loads(packet[2:])[1] for packet in batch if packet.startswith(EVENT)]
        client.post("/socket.io/", params=way, content=CLOSE)
    assert came == log


def test_subscribe_replays_what_comes_after_a_number(shared: Server, finished: str):
    log = events(shared, finished)
    with listening(shared.url) as listener:
        listener.subscribe({finished: len(log) - 3})
        listener.wait_for_end(finished)
    assert listener.log == log[-3:]


def test_subscribe_after_the_end_replays_nothing(shared: Server, finished: str):
    last = len(events(shared, finished))
    with listening(shared.url) as listener:
        assert listener.subscribe({finished: last})["last_seq"] == {finished: last}
        listener.subscribe({finished: last - 1})
        listener.wait_for_end(finished)
    assert len(listener.log) == 1


def test_unknown_ids_are_named_and_the_others_replayed(shared: Server, finished: str):
    with listening(shared.url) as listener:
        answer = listener.subscribe({UNKNOWN: 0, finished: 0})
        listener.wait_for_end(finished)
    assert (answer["ok"], answer["unknown"], list(answer["last_seq"])) == (True, [UNKNOWN], [finished])


GARBAGE = [None, [], "all", 7, {"a": -1}, {"a": "0"}, {"a": 1.5}, {"a": True}, {"a": None}, {"a": 2**64}]


@pytest.mark.parametrize("wanted", [*GARBAGE, {str(number): 0 for number in range(1001)}], ids=str)
def test_subscribe_to_nonsense_is_answered_so(shared: Server, finished: str, wanted: object):
    with listening(shared.url) as listener:
        assert listener.subscribe(wanted) == {
            "ok": False,
            "error": "Send {file_id: last_seq}.",
            "code": "invalid_request",
        }
        assert listener.subscribe({finished: 0})["ok"]


def test_events_over_http_are_those_of_the_socket(shared: Server, short_song: Path):
    with listening(shared.url) as listener:
        file_id = upload(shared, short_song, lyrics=LRC)["file_id"]
        listener.wait_for_end(file_id)
    assert listener.of(file_id) == events(shared, file_id)
    with shared.client() as client:
        piece = client.get(f"/jobs/{file_id}/events", params={"after": 2}).json()
    assert piece["events"] == listener.of(file_id)[2:]
    assert piece["last_seq"] == piece["events"][-1]["seq"]


def test_every_event_has_the_keys_and_types_of_the_contract(shared: Server, finished: str):
    for event in events(shared, finished):
        assert set(event) == set(EVENT_KEYS)
        assert all(isinstance(event[key], kind) for key, kind in EVENT_KEYS.items()), event


def test_client_that_does_not_read_holds_up_nobody(shared: Server, finished: str, short_song: Path):
    async def flooded(stop: threading.Event, ready: threading.Event) -> None:
        async with bare_connection(shared.url) as socket:
            for number in range(2000):
                await socket.send(subscribe_packet({finished: 0}, number=number))
            ready.set()
            await asyncio.to_thread(stop.wait)  # its replies pile up: 2000 logs, some 10 MB
            socket.transport.abort()

    stop, ready = threading.Event(), threading.Event()
    slow = threading.Thread(target=lambda: asyncio.run(flooded(stop, ready)))
    slow.start()
    try:
        assert ready.wait(30)
        with listening(shared.url) as listener:
            file_id = upload(shared, short_song, lyrics=LRC)["file_id"]
            listener.wait_for_end(file_id)
        assert_whole(listener.of(file_id))
    finally:
        stop.set()
        slow.join()


class Wanderer:
    """A client that leaves after a few events, comes back and asks for the rest, until it has the last one.

    Live events may come before the subscription: those are taken only if they are next. After it, all are.
    """

    def __init__(self, file_id: str, seed: int) -> None:
        self.log: list[dict[str, Any]] = []
        self.visits = 0
        self._file_id = file_id
        self._chance = random.Random(seed)

    async def wander(self, url: str) -> None:
        """Visit the server again and again."""
        while not self._has_all():
            try:
                async with bare_connection(url) as socket:
                    await self._visit(socket)
            except (OSError, WebSocketException, AssertionError, TimeoutError):
                await asyncio.sleep(0.05)  # the server is dead just now

    async def _visit(self, socket: Any) -> None:
        self.visits += 1
        patience = self._chance.randint(1, 12)
        before = len(self.log)
        await socket.send(subscribe_packet({self._file_id: before}))
        subscribed = False
        async for kind, payload in packets(socket):
            if kind == "ack":
                subscribed = True
            elif subscribed or payload["seq"] == len(self.log) + 1:
                self.log.append(payload)
            if self._has_all() or len(self.log) - before >= patience:
                return

    def _has_all(self) -> bool:
        return bool(self.log) and self.log[-1]["stage"] == "complete"


def test_no_gap_and_no_repeat_for_clients_that_come_and_go_while_the_server_is_killed(server: Server, tmp_path: Path):
    song = write_song(tmp_path / "long.wav", seconds=90.0, seed=17)
    file_id = upload(server, song, lyrics=LRC)["file_id"]
    clients = [Wanderer(file_id, seed) for seed in range(20)]

    async def wander() -> None:
        async with asyncio.timeout(120):
            await asyncio.gather(*(client.wander(server.url) for client in clients))

    wandering = threading.Thread(target=lambda: asyncio.run(wander()))
    wandering.start()
    for seen in (5, 9):
        wait_for(lambda seen=seen: snapshot(server, file_id)["last_seq"] >= seen, what="some progress")
        server.kill()
        server.start()
    job = wait_until_over(server, file_id)
    wandering.join()

    stored = events(server, file_id)
    assert (job["status"], job["attempt"]) == ("done", 1)
    assert_whole(stored)
    assert_tells_the_whole_story(stored)
    assert all(client.log == stored for client in clients)
    assert sum(client.visits for client in clients) > 2 * len(clients)
