"""The parent's side: starts workers, gives them tasks, notices death and silence, cancels for certain.

Each worker is its own interpreter behind two pipes. ``Supervisor.run`` blocks its caller until the task ends one way:
a result, Cancelled, StageFailed, or WorkerLost for the caller to decide on.
"""

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO, BinaryIO, cast

from music_separator.domain.errors import Cancelled, StageFailed
from music_separator.engines.machine import free_memory
from music_separator.workers.lost import Tally, WorkerCounts, WorkerLost
from music_separator.workers.messages import Message, read_message, write_message

_log = logging.getLogger(__name__)

PING_INTERVAL_S = 0.5
POLL_S = 0.05
COOPERATIVE_S = 0.5
"""How long a worker may take to reach a chunk edge after a cancel."""
TERMINATE_S = 0.5
"""How long SIGTERM may take before SIGKILL."""
GONE_S = 1.0
"""How long a worker may take to end once its pipe is closed or cannot be understood."""
STDERR_LINES = 40
SHORT_MEMORY_BYTES = 700_000_000
"""Free memory below which no worker is kept waiting for work."""
IDLE_POLL_S = 2.0

Progress = Callable[[Message], None]


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """How workers are started and how long silence is taken for work."""

    command: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the workers, beside those of this process."""
    hang_timeout_s: float = 60.0
    start_timeout_s: float = 60.0
    idle_s: float = 300.0
    """How long a worker without work is kept, with its models in memory; less when memory is short."""


class _Worker:
    """One child process, its pipes and the thread that reads from it."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._process = subprocess.Popen(
            settings.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **settings.variables},
        )
        self.inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._send_lock = threading.Lock()
        self._noise: deque[str] = deque(maxlen=STDERR_LINES)
        self.idle_since = time.monotonic()
        self._threads = [
            threading.Thread(target=self._read, name="worker-messages", daemon=True),
            threading.Thread(target=self._read_noise, name="worker-stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: Message) -> None:
        """Send; a worker that is gone is noticed by its inbox, not here."""
        with self._send_lock, contextlib.suppress(OSError, ValueError):
            write_message(cast("BinaryIO", self._process.stdin), message)

    def terminate(self) -> None:
        """SIGTERM, then SIGKILL for the whole group; returns when the process is gone."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(TERMINATE_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close()

    def kill(self) -> None:
        """Take the whole process group away at once."""
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        self._process.wait()
        self._close()

    def death(self) -> WorkerLost:
        """Say what ended the process; one that lives on but can no longer be understood is ended here."""
        try:
            code = self._process.wait(GONE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return WorkerLost("sent something that is no message", reason="nonsense")
        self._close()
        if code < 0:
            name = signal.Signals(-code).name
            return WorkerLost(f"killed by {name}", reason=name)
        last = f": {self._noise[-1]}" if self._noise else ""
        return WorkerLost(f"ended with exit code {code}{last}")

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, number)

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            cast("IO[bytes]", self._process.stdin).close()
        for thread in self._threads:
            thread.join(timeout=1)

    def _read(self) -> None:
        pipe = cast("BinaryIO", self._process.stdout)
        # closed here: to close a pipe that another thread reads blocks until that one is done
        with contextlib.suppress(OSError, ValueError), pipe:
            while (message := read_message(pipe)) is not None:
                self.inbox.put(message)
        self.inbox.put(None)

    def _read_noise(self) -> None:
        pipe = cast("IO[bytes]", self._process.stderr)
        with contextlib.suppress(OSError, ValueError), pipe:
            for line in pipe:
                text = line.decode(errors="replace").rstrip()
                self._noise.append(text)
                _log.info("Worker %d: %s", self.pid, text, extra={"action": "worker_output"})


class _Run:
    """A task under way: its worker, and whether somebody wants it stopped."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.over = threading.Event()
        self.worker: _Worker | None = None


class Supervisor:
    """Keeps idle workers warm and runs tasks on them, each under a key by which it can be cancelled."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._runs: dict[str, _Run] = {}
        # Linux ends a child when the *thread* that made it ends, so one thread that stays makes them all.
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="worker-spawner")
        self._tally = Tally()
        self._closed = threading.Event()
        threading.Thread(target=self._watch_idle, name="worker-idle", daemon=True).start()

    def start_ahead(self) -> None:
        """Start a worker for the next task already now; a fault of it is that task's."""
        self._spawner.submit(self._start_idle)

    def prepare(self, task: Message) -> None:
        """Tell a worker that waits what is likely to come next, so that it can load what that needs."""
        self._spawner.submit(self._prepare, task).result()  # after a start that is under way

    def run(self, key: str, task: Message, on_progress: Progress) -> Message:
        """Run one task. Raises Cancelled, StageFailed (the task's own failure) or WorkerLost."""
        run = _Run()
        with self._lock:
            if self._closed.is_set():
                raise Cancelled
            self._runs[key] = run
        try:
            run.worker = self._take_worker(run)
            return self._follow(run, run.worker, task, on_progress)
        except WorkerLost as lost:
            self._tally.lost(lost)
            raise
        finally:
            with self._lock:
                if self._runs.get(key) is run:
                    del self._runs[key]
            run.over.set()

    def cancel(self, key: str) -> bool:
        """Stop the task under ``key`` within about a second, by force if need be; False when none runs."""
        with self._lock:
            run = self._runs.get(key)
        if run is None:
            return False
        run.cancelled.set()
        return True

    def running(self) -> dict[str, int | None]:
        """Give the keys of running tasks with the process ids of their workers."""
        with self._lock:
            return {key: run.worker.pid if run.worker else None for key, run in self._runs.items()}

    def counts(self) -> WorkerCounts:
        """Give how many workers were started and lost."""
        return self._tally.counts()

    def close(self) -> None:
        """End every worker; running tasks end with Cancelled, and have ended when this returns."""
        with self._lock:
            self._closed.set()
            idle, self._idle = self._idle, []
            runs = list(self._runs.values())
        for run in runs:
            run.cancelled.set()
        for worker in idle:
            worker.kill()
        for run in runs:
            run.over.wait(COOPERATIVE_S + TERMINATE_S + GONE_S)
        self._spawner.shutdown()

    def _watch_idle(self) -> None:
        """End workers that wait too long, or at all when memory is short: only then is all of theirs given back."""
        while not self._closed.wait(min(IDLE_POLL_S, self._settings.idle_s)):
            oldest = time.monotonic() - (self._settings.idle_s if free_memory() > SHORT_MEMORY_BYTES else 0.0)
            with self._lock:
                ended = [worker for worker in self._idle if worker.idle_since < oldest]
                self._idle = [worker for worker in self._idle if worker not in ended]
            for worker in ended:
                _log.info("Worker %d is not needed", worker.pid, extra={"action": "worker_idle"})
                worker.kill()

    def _take_worker(self, run: _Run) -> _Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive:
                    return worker
                worker.kill()
        if run.cancelled.is_set():
            raise Cancelled
        worker = self._spawner.submit(_Worker, self._settings).result()
        self._tally.started()
        try:
            self._await_ready(run, worker)
        except BaseException:
            worker.kill()
            raise
        return worker

    def _start_idle(self) -> None:
        worker = _Worker(self._settings)
        self._tally.started()
        with self._lock:
            if not self._closed.is_set():
                self._idle.append(worker)
                return
        worker.kill()

    def _prepare(self, task: Message) -> None:
        with self._lock:
            waiting = self._idle[-1:]  # the one that is taken first
        for worker in waiting:
            worker.send({"kind": "prepare", "task": task})

    def _await_ready(self, run: _Run, worker: _Worker) -> None:
        deadline = time.monotonic() + self._settings.start_timeout_s
        while not run.cancelled.is_set():
            try:
                message = worker.inbox.get(timeout=POLL_S)
            except queue.Empty:
                if time.monotonic() > deadline:
                    raise WorkerLost("did not start in time", hung=True) from None
                continue
            if message is None:
                raise worker.death()
            return
        raise Cancelled

    def _follow(self, run: _Run, worker: _Worker, task: Message, on_progress: Progress) -> Message:
        keep = False
        try:
            worker.send({"kind": "task", "task": task})
            answer = self._await_answer(run, worker, on_progress)
            keep = True
        finally:
            if keep and not self._closed.is_set():
                worker.idle_since = time.monotonic()
                with self._lock:
                    self._idle.append(worker)
            elif worker.is_alive:
                worker.terminate()
        return _result(answer)

    def _await_answer(self, run: _Run, worker: _Worker, on_progress: Progress) -> Message:
        heard = pinged = time.monotonic()
        asked: float | None = None
        while True:
            try:
                message = worker.inbox.get(timeout=POLL_S)
            except queue.Empty:
                message = {"kind": "silence"}
            now = time.monotonic()
            if message is None:
                if run.cancelled.is_set():
                    raise Cancelled
                raise worker.death()
            match message["kind"]:
                case "progress":
                    heard = now
                    on_progress(message["report"])
                case "pong" | "ready":
                    heard = now
                case "silence":
                    pass
                case _:
                    return message
            if run.cancelled.is_set():
                if asked is None:
                    asked = now
                    worker.send({"kind": "cancel"})
                elif now - asked > COOPERATIVE_S:
                    worker.terminate()
                    raise Cancelled
            if now - heard > self._settings.hang_timeout_s:
                worker.kill()
                raise WorkerLost("stopped answering", hung=True)
            if now - pinged > PING_INTERVAL_S:
                pinged = now
                worker.send({"kind": "ping"})


def _result(answer: Message) -> Message:
    match answer["kind"]:
        case "done":
            result: Message = answer["result"]
            return result
        case "cancelled":
            raise Cancelled
        case "io_error":
            raise WorkerLost(f"could not read or write: {answer['message']}", errno=answer["errno"])
        case _:
            raise StageFailed(answer["code"], answer["message"])
