"""Start AI Music Separator on a machine with nothing but Python >= 3.11: `python3 app.py [VERB] [flags]`.

Makes `.venv` beside this file, installs the package into it (uv where present, else pip) and goes on inside it, at once
where the stamp of that install is. No syntax newer than Python 3.6: an old Python is to be told what it lacks.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
STAMP = VENV / "installed-by-app"
ASKED = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + (ROOT / "uv.lock").read_bytes()).digest()
VARIABLES = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")}
NO_VENV = "Python's venv or ensurepip module is missing: `apt install python3-venv`, or install uv, then start again."
NO_NETWORK = "The package servers cannot be reached: go online, or check the proxy settings, and start again."


def main(arguments: "list[str]") -> None:
    """Set up if need be, then become the program or, for `test`, its test suite."""
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit("AI Music Separator needs Python 3.11 or newer, this is {}.{}.".format(*sys.version_info))
    extra = "test" if arguments[:1] == ["test"] else ""
    try:
        failure = "" if is_ready(extra) else set_up(extra)
    except OSError as error:
        failure = f"Cannot set up in {ROOT} ({error}): it must be a folder you may write to, on a disk with space."
    except KeyboardInterrupt:
        sys.exit(130)
    if failure:
        sys.exit(NO_NETWORK if any(sign in failure for sign in ("Retrying (", "Failed to fetch")) else failure)
    serving = not arguments or (arguments[0].startswith("-") and arguments[0] != "--help")
    command = [PYTHON, "-P", "-m", "music_separator", *(["serve"] if serving else []), *arguments]
    if extra:
        os.chdir(ROOT)
        command = [PYTHON, "-m", "pytest", *arguments[1:]]
    if os.name != "nt":
        os.execve(PYTHON, command, VARIABLES)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows: exec would detach; the console hands Ctrl-C to the child
    sys.exit(subprocess.call(command, env=VARIABLES))


def set_up(extra: str) -> str:
    """Bring `.venv` to what the checkout asks for. Return "", or the sentence that says why it did not work."""
    with (ROOT / ".install-lock").open("a") as lock:
        hold(lock.fileno())
        if is_ready(extra):  # by the start that we waited for
            return ""
        before = STAMP.read_bytes() if STAMP.exists() else place()  # no stamp: made by hand, kept as it is
        sound = place() and before.startswith(place())
        print("Updating ..." if sound else f"Setting up ({1300 if extra else 780} MB) ...", file=sys.stderr)
        if not sound:
            (VENV / "pyvenv.cfg").unlink(missing_ok=True)  # first: a rest without it counts for nothing
            if run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)):
                return NO_VENV
        STAMP.write_bytes(b"interrupted")
        failure = install(extra)
        STAMP.write_bytes(before if failure else place() + ASKED + extra.encode())
        return failure


def hold(lock: int) -> None:
    """Take the lock, for the steps of `run` as well; the system frees it when the last of them is gone, however."""
    os.set_inheritable(lock, True)
    if sys.platform != "win32":
        fcntl.flock(lock, fcntl.LOCK_EX)
    else:
        while True:
            with suppress(OSError):  # after ten seconds of waiting
                msvcrt.locking(lock, msvcrt.LK_LOCK, 1)
                break


def is_ready(extra: str) -> bool:
    """Tell whether an install of this state of the checkout ended well here, with `extra` or more."""
    stamp = STAMP.read_bytes() if STAMP.exists() else b""
    return stamp.startswith(place() + ASKED) and stamp.endswith(extra.encode())


def place() -> bytes:
    """Return where `.venv` is and the version of its Python; b"" where that does not run."""
    code = "import sys; sys.version_info >= (3, 11) and print(sys.version_info[:2])"
    with suppress(OSError):
        (VENV / "pyvenv.cfg").stat()
        version = subprocess.run([PYTHON, "-ISc", code], capture_output=True, check=False).stdout
        return version and os.fsencode(ROOT) + b"\n" + version
    return b""


def install(extra: str) -> str:
    """Install the package, editable: the tested set by uv, else what pip finds."""
    uv = ["uv", "sync", "--quiet", "--frozen", "--inexact", "--compile-bytecode", "--python", PYTHON]
    failure = run(*uv, *(["--extra", extra] if extra else [])) if shutil.which("uv") else NO_VENV
    if failure and not run(PYTHON, "-m", "ensurepip"):
        failure = run(PYTHON, "-m", "pip", "-q", "install", "--no-input", "-e", f".[{extra}]" if extra else ".")
    return failure


def run(*command: str) -> str:
    """Run a step without a word; return "", or what it had to say when it failed."""
    env = dict(VARIABLES, UV_PROJECT_ENVIRONMENT=str(VENV), PIP_USER="0")
    step = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, close_fds=False)
    return (step.stdout + step.stderr).decode(errors="replace").strip() or str(step) if step.returncode else ""


if __name__ == "__main__":
    main(sys.argv[1:])
