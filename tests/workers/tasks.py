"""A worker for tests: the real worker's side with tasks that misbehave. Runs as ``-m tests.workers.tasks``."""

import contextlib
import ctypes
import errno
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from music_separator.domain.errors import SilentAudio
from music_separator.workers.child import Reporter, serve

COMMAND = (sys.executable, "-m", "tests.workers.tasks")
LONG_S = 30
"""Longer than any test waits."""


def run(task: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
    """Do what the task names; answers with what it gives and the pid of this process."""
    return {"pid": os.getpid(), "gave": TASKS[task["do"]](task, reporter)}


def echo(task: dict[str, Any], _reporter: Reporter) -> object:
    return task.get("text")


PREPARED: list[object] = []


def prepare(task: dict[str, Any]) -> None:
    """Remember what was said to be coming."""
    PREPARED.append(task["text"])


def prepared(_task: dict[str, Any], _reporter: Reporter) -> object:
    return PREPARED


def report(task: dict[str, Any], reporter: Reporter) -> None:
    """Report as fast as possible; the last report must arrive."""
    last = task["seconds"] + time.monotonic()
    number = 0
    while time.monotonic() < last:
        reporter.report({"number": number})
        number += 1
    reporter.report({"number": "first that must arrive"}, must_arrive=True)
    reporter.report({"number": "second that must arrive"}, must_arrive=True)


def chunks(_task: dict[str, Any], reporter: Reporter) -> None:
    """Work in short chunks for ever, asking between them whether to stop."""
    reporter.report({"at": "work"}, must_arrive=True)
    while True:
        reporter.check_cancelled()
        time.sleep(0.02)


def fail(_task: dict[str, Any], _reporter: Reporter) -> None:
    raise SilentAudio


def break_down(_task: dict[str, Any], _reporter: Reporter) -> None:
    raise ZeroDivisionError("division by zero")


def run_out_of_memory(_task: dict[str, Any], _reporter: Reporter) -> None:
    raise MemoryError


def fill_the_disk(_task: dict[str, Any], _reporter: Reporter) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def make_noise(_task: dict[str, Any], _reporter: Reporter) -> None:
    """Print from Python and from native code, on stdout and stderr, much more than a pipe holds."""
    for _ in range(2000):
        print("noise from Python" * 10)  # noqa: T201
        os.write(1, b"noise from native code\n" * 10)
        os.write(2, b"noise on stderr\n" * 10)
    sys.stdout.flush()


def read_stdin(_task: dict[str, Any], _reporter: Reporter) -> str:
    return sys.stdin.read()


def die_by_signal(task: dict[str, Any], _reporter: Reporter) -> None:
    os.kill(os.getpid(), signal.Signals[task["signal"]])
    time.sleep(LONG_S)


def abort(_task: dict[str, Any], _reporter: Reporter) -> None:
    os.abort()


def segfault(_task: dict[str, Any], _reporter: Reporter) -> None:
    ctypes.string_at(0)


def leave(_task: dict[str, Any], _reporter: Reporter) -> None:
    sys.stderr.write("the last words\n")
    sys.stderr.flush()
    os._exit(7)


def hold_the_gil(_task: dict[str, Any], reporter: Reporter) -> None:
    """Sleep in native code that does not let other threads of the interpreter run: PyDLL keeps the lock."""
    reporter.report({"at": "native code"}, must_arrive=True)
    if sys.platform == "win32":
        ctypes.PyDLL("kernel32").Sleep(LONG_S * 1000)
    else:
        ctypes.PyDLL(None).sleep(LONG_S)


def ignore_everything(_task: dict[str, Any], reporter: Reporter) -> None:
    """Neither look whether to stop nor end on SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    reporter.report({"at": "work"}, must_arrive=True)
    while True:
        time.sleep(0.02)


def break_the_protocol(_task: dict[str, Any], _reporter: Reporter) -> None:
    """Write into the pipe that messages go through, as a bug could, and live on."""
    for descriptor in Path("/proc/self/fd").iterdir():
        number = int(descriptor.name)
        with contextlib.suppress(OSError):  # a pipe to read from, or one that is gone
            if number > 2 and "pipe:" in str(descriptor.readlink()):
                os.write(number, b"\xff" * 64)
    time.sleep(LONG_S)


TASKS: dict[str, Callable[[dict[str, Any], Reporter], object]] = {
    function.__name__: function
    for function in (
        echo,
        prepared,
        report,
        chunks,
        fail,
        break_down,
        run_out_of_memory,
        fill_the_disk,
        make_noise,
        read_stdin,
        die_by_signal,
        abort,
        segfault,
        leave,
        hold_the_gil,
        ignore_everything,
        break_the_protocol,
    )
}

if __name__ == "__main__":
    serve(run, prepare)
