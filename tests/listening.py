"""A Socket.IO client for tests: keeps every event that came, in order, and waits for one without polling."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import socketio

Event = dict[str, Any]
EVENT = "processing_progress"
WAIT_S = 60.0

MILESTONES = [
    ("upload", 100, "Upload complete, starting separation..."),
    ("separation", 10, "Separating audio tracks..."),
    ("separation", 100, "Audio separation complete"),
    ("transcription", 10, "Transcribing lyrics with AI..."),
    ("transcription", 100, "Transcription complete"),
    ("karaoke", 10, "Generating karaoke with synced lyrics..."),
    ("karaoke", 100, "Karaoke generation complete"),
    ("complete", 100, "All processing complete!"),
]
"""The eight documented events: stage, progress, message."""

_NUMBER = (int, float, type(None))
EVENT_KEYS: dict[str, type | tuple[type, ...]] = {
    "file_id": str,
    "stage": str,
    "progress": int,
    "message": str,
    "error": (str, type(None)),
    "code": (str, type(None)),
    "seq": int,
    "status": str,
    "detail": (str, type(None)),
    "eta_seconds": _NUMBER,
    "stage_eta_seconds": _NUMBER,
    "attempt": int,
    "batch_id": (str, type(None)),
    "timestamp": str,
}
"""What every event has, by the contract."""


class Listener:
    """One connection and what came over it. ``log`` may be read at any time."""

    def __init__(self) -> None:
        self.log: list[Event] = []
        self._news = threading.Condition()
        self._client = socketio.Client(reconnection=False)
        self._client.on(EVENT, self._keep)

    def connect(self, url: str, transports: list[str], token: str = "") -> None:
        """Connect, and be sent live events from here on."""
        auth = {"token": token} if token else None
        self._client.connect(url, transports=transports, auth=auth, wait_timeout=10)

    @property
    def is_connected(self) -> bool:
        """Whether the server still keeps the connection."""
        return bool(self._client.connected)

    def subscribe(self, wanted: object) -> dict[str, Any]:
        """Ask for what came before; gives the server's acknowledgement."""
        answer: dict[str, Any] = self._client.call("subscribe", wanted, timeout=20)
        return answer

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.shutdown()

    def of(self, file_id: str) -> list[Event]:
        """Give the events of one file, in the order in which they came."""
        with self._news:
            return [event for event in self.log if event["file_id"] == file_id]

    def wait_for(self, claim: Callable[[Event], bool], *, timeout_s: float = WAIT_S) -> Event:
        """Wait until an event is as claimed; gives the first that is."""
        with self._news:
            assert self._news.wait_for(lambda: any(map(claim, self.log)), timeout_s), f"only came: {self.log}"
            return next(filter(claim, self.log))

    def wait_for_end(self, file_id: str, *, attempt: int = 1, timeout_s: float = WAIT_S) -> Event:
        """Wait for the last event of an attempt."""
        return self.wait_for(
            lambda event: event["file_id"] == file_id and event["attempt"] == attempt and is_last(event),
            timeout_s=timeout_s,
        )

    def _keep(self, event: Event) -> None:
        with self._news:
            self.log.append(event)
            self._news.notify_all()


@contextlib.contextmanager
def listening(url: str, *, transports: list[str] | None = None, token: str = "") -> Iterator[Listener]:
    """Listen while the block runs."""
    listener = Listener()
    try:
        listener.connect(url, transports or ["websocket"], token)
        yield listener
    finally:
        listener.close()


def is_last(event: Event) -> bool:
    """Whether an event ends its attempt."""
    return event["stage"] == "complete" or event["status"] in ("failed", "cancelled")


def numbers(log: list[Event]) -> list[int]:
    """Give the numbers of events."""
    return [event["seq"] for event in log]


def told(log: list[Event]) -> list[tuple[str, int, str]]:
    """Give what the documented fields of events say, without the error."""
    return [(event["stage"], event["progress"], event["message"]) for event in log]


def assert_whole(log: list[Event]) -> None:
    """Assert what is promised of every log: no gap, no repeat, percents that do not fall within a stage and attempt."""
    assert numbers(log) == list(range(1, len(log) + 1))
    reached: dict[tuple[int, str], int] = {}
    for event in log:
        place = (event["attempt"], event["stage"])
        assert event["progress"] >= reached.get(place, 0), event
        reached[place] = event["progress"]


def assert_tells_the_whole_story(log: list[Event]) -> None:
    """Assert that the eight documented events came, in their order and to the letter, and nothing went wrong."""
    rest = iter(told(log))
    assert all(milestone in rest for milestone in MILESTONES), told(log)
    assert {event["error"] for event in log} == {None}
