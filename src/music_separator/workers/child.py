"""The worker's side: its own interpreter, one task at a time, models kept warm between them.

The thread that reads control messages answers the pings, so a worker that cannot be reached does not look alive.
What is run is handed in; this file knows no stage.
"""

import contextlib
import ctypes
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from music_separator.domain.errors import Cancelled, MusicSeparatorError
from music_separator.workers.messages import Message, read_message, write_message

MIN_REPORT_INTERVAL_S = 0.1
"""At most ten progress messages a second leave a worker; stage starts and ends are not progress messages."""
OOM_SCORE = "1000"
"""Out of memory takes the worker, never the server (measured in a 400 MB cgroup)."""
NICENESS = 10
PR_SET_PDEATHSIG = 1
INTERNAL = "This program made a mistake ({}). Retry; if it happens again, report it with the server's log."


class Reporter(Protocol):
    """What running work may see of the world."""

    def report(self, report: Message, *, must_arrive: bool = False) -> None:
        """Tell the parent how far the work is; dropped when too soon after the last, unless it must arrive."""
        ...

    def check_cancelled(self) -> None:
        """Raise Cancelled when somebody asked to stop; called at every chunk edge."""
        ...


Work = Callable[[Message, Reporter], Message]
Prepare = Callable[[Message], None]
"""What may be done for a task that is likely to come; it returns at once, and its faults are the task's to tell."""


class _Parent:
    """The pipe to the parent, shared by the threads of a worker."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._last_report = 0.0

    def send(self, message: Message) -> None:
        with self._lock:
            write_message(self._pipe, message)

    def report(self, report: Message, *, must_arrive: bool = False) -> None:
        now = time.monotonic()
        if must_arrive or now - self._last_report >= MIN_REPORT_INTERVAL_S:
            self._last_report = now
            self.send({"kind": "progress", "report": report})

    def check_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    def begin(self) -> None:
        self._cancelled.clear()
        self._last_report = 0.0

    def cancel(self) -> None:
        self._cancelled.set()


def serve(work: Work, prepare: Prepare) -> None:
    """Run tasks from stdin until it closes. Never returns while there is a parent."""
    tasks_pipe, parent = _take_over_pipes()
    _lower_own_priority()
    tasks: queue.SimpleQueue[Message] = queue.SimpleQueue()
    listener = threading.Thread(target=_listen, args=(tasks_pipe, tasks, parent), name="control", daemon=True)
    listener.start()
    parent.send({"kind": "ready", "pid": os.getpid()})
    while True:
        message = tasks.get()
        if message["kind"] == "prepare":
            prepare(message["task"])
        else:
            _run(work, message["task"], parent)


def _run(work: Work, task: Message, parent: _Parent) -> None:
    parent.begin()
    answer: dict[str, Any]
    try:
        answer = {"kind": "done", "result": work(task, parent)}
    except Cancelled:
        answer = {"kind": "cancelled"}
    except MusicSeparatorError as error:
        answer = {"kind": "failed", "code": error.code, "message": str(error)}
    except MemoryError:
        answer = {"kind": "failed", "code": "out_of_memory", "message": "out of memory"}
    except OSError as error:
        answer = {"kind": "io_error", "message": str(error), "errno": error.errno}
    except Exception as error:  # the border of a process: everything else must become an answer
        sys.excepthook(type(error), error, error.__traceback__)
        answer = {"kind": "failed", "code": "internal_error", "message": INTERNAL.format(type(error).__name__)}
    parent.send(answer)


def _listen(pipe: BinaryIO, tasks: "queue.SimpleQueue[Message]", parent: _Parent) -> None:
    try:
        while (message := read_message(pipe)) is not None:
            match message["kind"]:
                case "ping":
                    parent.send({"kind": "pong"})
                case "cancel":
                    parent.cancel()
                case "task" | "prepare":
                    tasks.put(message)
    finally:
        # The parent is gone, or this thread broke: a worker that nobody can reach must not live on.
        os._exit(1)


def _take_over_pipes() -> tuple[BinaryIO, _Parent]:
    """Keep the pipe for messages; what native code prints on stdout goes to stderr from here on."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    tasks = os.fdopen(os.dup(0), "rb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return tasks, _Parent(out)


def _lower_own_priority() -> None:
    if sys.platform == "linux":
        # A parent killed while this process is deep in native code takes it along.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(OOM_SCORE, encoding="ascii")
    if sys.platform != "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            os.nice(NICENESS)
