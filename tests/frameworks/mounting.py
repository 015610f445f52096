"""A React or Vue component mounted by mount.cjs, with the server it listens to in a process of its own."""

import contextlib
import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.nodejs import install_node_modules, node

FOLDER = Path(__file__).parent
LIMIT_S = 60.0
"""Longest life of a page: then it is killed, and every wait for it ends."""

Shown = dict[str, Any]
"""What a page shows: ``stages`` (file_id, stage, progress, message, error of every bar) and ``links``."""


class Page:
    """A mounted component and everything that it has shown so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.seen: list[Shown] = []
        self.complaints: list[str] = []
        self.is_connected = False
        self._process = process
        self._news: queue.Queue[Shown | None] = queue.Queue()
        self._connected = threading.Event()
        for read in (self._read_pages, self._read_errors):
            threading.Thread(target=read, daemon=True).start()

    def wait_for(self, claim: Callable[[Shown], bool]) -> Shown:
        """Wait until the page is as claimed; gives it."""
        for shown in self.seen[-1:]:
            if claim(shown):
                return shown
        while (shown := self._news.get()) is not None:
            self.seen.append(shown)
            if claim(shown):
                return shown
        raise AssertionError(f"the page ended: {self.complaints}, having shown {self.seen[-1:]}")

    def wait_until_connected(self) -> None:
        """Wait until the component's socket is connected, as the client's own debug log says."""
        self._connected.wait(LIMIT_S)
        assert self.is_connected, self.complaints

    def choose(self, song: Path) -> None:
        """Choose a song in the page's file input."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{song}\n")
        self._process.stdin.flush()

    def unmount(self) -> int:
        """Take the component away; gives the exit code, which comes only when nothing was left open."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(LIMIT_S)

    def _read_pages(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._news.put(json.loads(line))
        self._news.put(None)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "socket connected with id" in line:
                self.is_connected = True
                self._connected.set()
            elif "socket.io-client:" not in line:
                self.complaints.append(line)
        self._connected.set()


@contextlib.contextmanager
def mounted(component: Path, *, name: str = "", **props: str) -> Iterator[Page]:
    """Mount a component while the block runs; ``name`` is what a file that exports nothing calls it."""
    folder = install_node_modules(FOLDER).parent
    run = subprocess.Popen(
        [*node(), str(FOLDER / "mount.cjs"), str(component), name, json.dumps(props)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "DEBUG": "socket.io-client:socket", "DEBUG_COLORS": "no"},
    )
    limit = threading.Timer(LIMIT_S, run.kill)
    limit.start()
    with run:
        try:
            yield Page(run)
        finally:
            limit.cancel()
            run.kill()
