"""Running the media child: its own interpreter, limits, bubblewrap where that works, killed on time-out or cancel.

Nothing the child says is trusted: replies are JSON of a capped size, and only known errors are rebuilt from them.
"""

import contextlib
import functools
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from music_separator.audio.media import MediaLimits
from music_separator.domain.errors import (
    AudioTooLong,
    AudioTooShort,
    Cancelled,
    DecodingLimit,
    EmptyFile,
    FileTooLarge,
    MusicSeparatorError,
    NoSound,
    NotAudio,
    SilentAudio,
)

POLL_S = 0.1
"""How often cancel and the deadline are looked at."""

_MAX_REPLY_BYTES = 16 * 2**20
"""Lyrics of a million characters, escaped, and room to spare."""

_MAX_STDERR_BYTES = 8192

_ERRORS: dict[str, type[MusicSeparatorError]] = {
    kind.__name__: kind
    for kind in (AudioTooLong, AudioTooShort, DecodingLimit, EmptyFile, FileTooLarge, NoSound, NotAudio, SilentAudio)
}

# the package is found by path, so that the child runs the very code of its parent however that was installed
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from music_separator.audio.child import main; main()"
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]

_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")

Reply = dict[str, Any]

OnProgress = Callable[[float, float | None], None]
"""Seconds decoded, seconds declared."""


@dataclass(frozen=True, kw_only=True)
class MediaTask:
    """What the child shall do. ``target`` is the file that it may write, which must exist."""

    name: Literal["probe", "decode"]
    source: Path
    limits: MediaLimits
    target: Path | None = None

    @property
    def wall_s(self) -> float:
        """Time after which the child is killed."""
        return self.limits.probe_wall_s if self.name == "probe" else self.limits.decode_wall_s


def run(
    task: MediaTask,
    *,
    on_progress: OnProgress = lambda decoded_s, declared_s: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Reply:
    """Run ``task`` in a child process and give its result.

    Raises the child's own InputError, DecodingLimit where it was stopped or crashed, Cancelled once ``should_stop``
    answers True, OSError where the disk or a file fails.
    """
    confined = bubblewrap_works()
    command, request = _command(task, confined=confined)
    with _child(command) as child:
        return _follow(child, request, task.wall_s, on_progress, should_stop)


@functools.cache
def bubblewrap_works() -> bool:
    """Tell whether bubblewrap is here and allowed (containers often forbid user namespaces). Tried once a process."""
    if sys.platform != "linux" or shutil.which("bwrap") is None:
        return False
    command = [*_bubblewrap(), *_interpreter(), "-c", "import av, numpy, soxr, mutagen"]
    try:
        return subprocess.run(command, capture_output=True, timeout=20, env=_environment(), check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _command(task: MediaTask, *, confined: bool) -> tuple[list[str], Reply]:
    """Give the argument array and the request. Inside bubblewrap the two files have fixed names."""
    source, target = task.source.resolve(), task.target.resolve() if task.target else None
    wrap: list[str] = []
    if confined:
        wrap = [*_bubblewrap(), "--ro-bind", str(source), "/media/source"]
        source = Path("/media/source")
        if target:
            wrap += ["--bind", str(target), "/media/target"]
            target = Path("/media/target")
    request = {"task": task.name, "source": str(source), "target": str(target), "limits": asdict(task.limits)}
    return [*wrap, *_interpreter(), "-c", _BOOT, str(_PACKAGE_ROOT)], request


def _interpreter() -> list[str]:
    return [sys.executable, "-I", "-X", "utf8"]


def _bubblewrap() -> list[str]:
    """Give the bubblewrap prefix: system and Python read-only, no home, no network, no other process."""
    python = (sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix), _PACKAGE_ROOT)
    system = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/nix/store", "/etc/ld.so.cache", "/etc/alternatives")
    prefix = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for name, value in _environment().items():
        prefix += ["--setenv", name, value]
    prefix += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for path in (*system, *python):
        prefix += ["--ro-bind-try", str(path), str(path)]
    return [*prefix, "--chdir", "/"]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    # one thread: the address space limit counts every thread's arena
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@contextlib.contextmanager
def _child(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start the child; whatever happens, it and all that it started are gone afterwards."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        cwd=tempfile.gettempdir(),
        start_new_session=True,  # a Ctrl-C in the terminal is the parent's to handle
    )
    try:
        yield child
    finally:
        _kill(child)
        with contextlib.suppress(OSError):
            assert child.stdin is not None
            child.stdin.close()


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill ``child``, and on POSIX its process group.

    A bubblewrap that is killed before it has set up its own child leaves that one waiting for ever, out of reach of
    ``--die-with-parent`` and with our pipes open.
    """
    if sys.platform == "win32":
        child.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _follow(
    child: subprocess.Popen[bytes],
    request: Reply,
    wall_s: float,
    on_progress: OnProgress,
    should_stop: Callable[[], bool],
) -> Reply:
    replies: queue.Queue[Reply | None] = queue.Queue(maxsize=64)
    noise: deque[bytes] = deque(maxlen=2)
    threads = (
        threading.Thread(target=_read_replies, args=(child, replies), daemon=True),
        threading.Thread(target=_read_noise, args=(child, noise), daemon=True),
    )
    for thread in threads:
        thread.start()
    _ask(child, request)
    deadline = time.monotonic() + wall_s
    while True:
        if should_stop():
            raise Cancelled
        if time.monotonic() > deadline:
            raise DecodingLimit(f"it took longer than {wall_s:.0f} seconds")
        with contextlib.suppress(queue.Empty):
            reply = replies.get(timeout=POLL_S)
            if reply is None:
                raise DecodingLimit(_cause_of_death(child, b"".join(noise)))
            if "progress" in reply:
                on_progress(*_progress(reply["progress"]))
            else:
                return _outcome(reply)


def _ask(child: subprocess.Popen[bytes], request: Reply) -> None:
    assert child.stdin is not None
    with contextlib.suppress(OSError):  # a child that died at once is reported by its missing reply
        child.stdin.write(json.dumps(request).encode() + b"\n")
        child.stdin.flush()


def _read_replies(child: subprocess.Popen[bytes], replies: "queue.Queue[Reply | None]") -> None:
    """Parse lines until the child ends or says what it may not; then put None, the end."""
    assert child.stdout is not None
    # closed here: to close a pipe that another thread reads blocks until that one is done
    with contextlib.suppress(ValueError, OSError), child.stdout:
        while (line := child.stdout.readline(_MAX_REPLY_BYTES)).endswith(b"\n"):
            reply = json.loads(line)
            if not isinstance(reply, dict):
                break
            _hand_over(child, replies, reply)
    _hand_over(child, replies, None)


def _hand_over(child: subprocess.Popen[bytes], replies: "queue.Queue[Reply | None]", reply: Reply | None) -> None:
    """Put ``reply``, unless the child was killed, after which nobody listens."""
    while child.returncode is None:
        with contextlib.suppress(queue.Full):
            replies.put(reply, timeout=POLL_S)
            return


def _read_noise(child: subprocess.Popen[bytes], noise: deque[bytes]) -> None:
    assert child.stderr is not None
    with contextlib.suppress(ValueError, OSError), child.stderr:
        while part := os.read(child.stderr.fileno(), _MAX_STDERR_BYTES):
            noise.append(part)


def _cause_of_death(child: subprocess.Popen[bytes], noise: bytes) -> str:
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=1.0)
    status = child.poll()
    # bubblewrap reports its child's signal n as exit status 128 + n
    number = -status if status is not None and status < 0 else (status or 0) - 128
    if number == getattr(signal, "SIGXCPU", None):
        return "it needed more processor time than is allowed"
    if number > 0:
        with contextlib.suppress(ValueError):
            return f"the decoder was ended by {signal.Signals(number).name}"
    last = noise.decode("utf-8", "replace").strip().splitlines()[-1:]
    if last and "MemoryError" in last[0]:
        return "it needs more memory than is allowed"
    return "the decoder ended without an answer"


def _outcome(reply: Reply) -> Reply:
    if "error" in reply:
        raise _rebuilt(reply["error"])
    if isinstance(failure := reply.get("failure"), dict):
        raise OSError(failure.get("errno"), str(failure.get("text")))
    result = reply.get("result")
    if not isinstance(result, dict):
        raise nonsense()
    return result


def _progress(seen: Reply) -> tuple[float, float | None]:
    try:
        declared_s = seen["declared_s"]
        return float(seen["decoded_s"]), None if declared_s is None else float(declared_s)
    except (KeyError, TypeError, ValueError):
        raise nonsense() from None


def nonsense() -> DecodingLimit:
    """Give the error for a child that answers out of order."""
    return DecodingLimit("the decoder gave an answer that makes no sense")


def _rebuilt(error: Reply) -> MusicSeparatorError:
    try:
        return _ERRORS[error["kind"]](**error["values"])
    except (KeyError, TypeError, ValueError):
        return DecodingLimit("the decoder failed in a way that it could not describe")
