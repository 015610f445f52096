"""A real server in its own process, for tests: started on a free port, killed by its process id, started again."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

START_TIMEOUT_S = 60
READY = "Open "


class Server:
    """One server over one data directory. ``url`` is known once ``start`` has returned."""

    def __init__(
        self, data_dir: Path, *, variables: dict[str, str] | None = None, port: int = 0, flags: Sequence[str] = ()
    ) -> None:
        self.data_dir = data_dir
        self.url = ""
        self.token = ""
        self.output: list[str] = []
        self._port = port
        self._flags = flags
        self._variables = {
            "MUSIC_SEPARATOR_WATCHDOG_S": "1",
            "MUSIC_SEPARATOR_OFFLINE": "1",
            "MUSIC_SEPARATOR_MODELS_DIR": str(data_dir / "models"),
            **(variables or {}),
        }
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> "Server":
        """Start and wait until the address is printed; the port stays the same over restarts."""
        command = [sys.executable, "-m", "music_separator", "serve", "--port", str(self._port)]
        command += ["--data-dir", str(self.data_dir), *self._flags]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self._variables},
        )
        ready: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, args=(self._process, ready), daemon=True).start()
        try:
            self.url = ready.get(timeout=START_TIMEOUT_S)
        except queue.Empty:
            self.kill()
            raise AssertionError("the server did not start:\n" + "".join(self.output)) from None
        assert self.url, "the server ended at once:\n" + "".join(self.output)
        self.url, _, self.token = self.url.replace("localhost", "127.0.0.1").partition("/#token=")
        self._port = int(self.url.rsplit(":", maxsplit=1)[1])
        return self

    def kill(self) -> None:
        """Kill without warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def interrupt(self) -> int:
        """Press Ctrl-C and give the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=20)

    def stop(self) -> None:
        """End the process and wait for it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()

    def client(self, token: str = "") -> httpx.Client:
        """Open an HTTP client for this server."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, timeout=30, headers=headers)

    def _read(self, process: subprocess.Popen[str], ready: "queue.Queue[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.output.append(line)
                if line.startswith(READY):
                    ready.put(line[len(READY) :].strip())
        ready.put("")


@contextlib.contextmanager
def running_server(data_dir: Path, **options: Any) -> Iterator[Server]:
    """Run a server while the block runs."""
    server = Server(data_dir, **options)
    try:
        yield server.start()
    finally:
        server.stop()


def upload(server: Server, song: Path, **fields: str) -> dict[str, Any]:
    """Send a song with form fields; gives the answer, which must be one of success."""
    with server.client() as client, song.open("rb") as file:
        answer = client.post("/upload", files={"file": (song.name, file)}, data=fields)
    assert answer.status_code in (200, 202), answer.text
    body: dict[str, Any] = answer.json()
    return body


def snapshot(server: Server, file_id: str) -> dict[str, Any]:
    """Read the state of a job."""
    with urllib.request.urlopen(f"{server.url}/jobs/{file_id}", timeout=30) as answer:
        body: dict[str, Any] = json.load(answer)
    return body


def events(server: Server, file_id: str) -> list[dict[str, Any]]:
    """Read the whole log of a job."""
    log: list[dict[str, Any]] = []
    with server.client() as client:
        while True:
            after = log[-1]["seq"] if log else 0
            found = client.get(f"/jobs/{file_id}/events", params={"after": after}).json()["events"]
            if not found:
                return log
            log += found


def wait_for(claim: Callable[[], Any], *, timeout_s: float = 60, what: str = "it") -> Any:
    """Ask until the claim is true; gives what it gave."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = claim()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {timeout_s} s")


def wait_until_over(server: Server, file_id: str, *, timeout_s: float = 90) -> dict[str, Any]:
    """Wait until a job is done, failed or cancelled; gives its snapshot."""

    def over() -> dict[str, Any] | None:
        found = snapshot(server, file_id)
        return found if found["status"] in ("done", "failed", "cancelled") else None

    found: dict[str, Any] = wait_for(over, timeout_s=timeout_s, what=f"the end of {file_id}")
    return found
