"""The media child: the process in which untrusted files are opened. Started by sandbox.py, never imported by it.

One JSON line in (task, limits, paths), JSON lines out ({"progress"}, {"result"} or {"error"}). It ends when stdin
does, that is, when its parent is gone. Limits are set before any byte of the file is read.
"""

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from music_separator.audio.media import MediaLimits
from music_separator.domain.errors import DecodingLimit, MusicSeparatorError

PROGRESS_INTERVAL_S = 0.1

Report = Callable[[dict[str, object]], None]


def main() -> int:
    """Serve one request from stdin. Gives the exit status."""
    replies = _take_stdout()
    request = json.loads(sys.stdin.buffer.readline())
    limits = MediaLimits(**request["limits"])
    _limit_resources(limits)
    _die_with_parent()
    reply = _answer(request, limits, lambda seen: _send(replies, {"progress": seen}))
    _send(replies, reply)
    # not sys.exit: native threads and a hostile heap get no say in how this ends
    os._exit(0)


def _answer(request: dict[str, Any], limits: MediaLimits, report: Report) -> dict[str, object]:
    try:
        return {"result": _run(request, limits, report)}
    except MusicSeparatorError as error:
        return {"error": {"kind": type(error).__name__, "values": error.__dict__}}
    except MemoryError:
        return _refusal("it needs more memory than is allowed")
    except OSError as error:
        return {"failure": {"errno": error.errno, "text": str(error)}}


def _refusal(why: str) -> dict[str, object]:
    return {"error": {"kind": DecodingLimit.__name__, "values": {"why": why}}}


def _run(request: dict[str, Any], limits: MediaLimits, report: Report) -> dict[str, object]:
    source = Path(request["source"])
    if request["task"] == "probe":
        from music_separator.audio.probing import look  # a probe must not wait for numpy and soxr

        return asdict(look(source, limits))
    from music_separator.audio.decoding import write_working_file

    audio = write_working_file(source, Path(request["target"]), limits, _throttled(report))
    return asdict(audio)


def _throttled(report: Report) -> Callable[[float, float | None], None]:
    last = 0.0

    def progress(decoded_s: float, declared_s: float | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PROGRESS_INTERVAL_S:
            last = now
            report({"decoded_s": decoded_s, "declared_s": declared_s})

    return progress


def _take_stdout() -> BinaryIO:
    """Keep stdout for replies and send whatever native code prints to stderr."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _send(replies: BinaryIO, reply: dict[str, object]) -> None:
    replies.write(json.dumps(reply).encode() + b"\n")
    replies.flush()


def _limit_resources(limits: MediaLimits) -> None:
    if sys.platform == "win32":
        return
    import resource  # POSIX only

    wanted = (
        (resource.RLIMIT_AS, limits.child_memory_bytes),
        (resource.RLIMIT_CPU, limits.decode_cpu_s),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, value in wanted:
        _, hard = resource.getrlimit(kind)
        cap = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # macOS refuses limits on address space; the wall clock still holds there
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (cap, cap))


def _die_with_parent() -> None:
    threading.Thread(target=_exit_at_end_of_stdin, daemon=True).start()
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig, sigkill = 1, 9
        with contextlib.suppress(OSError):
            ctypes.CDLL(None).prctl(pr_set_pdeathsig, sigkill)


def _exit_at_end_of_stdin() -> None:
    while os.read(0, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
