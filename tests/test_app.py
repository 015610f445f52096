"""The start from nothing: `app.py` in a stand-in checkout, with a stand-in for uv; no network, no real packages."""

import ast
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for uv is a script with a shebang line")

APP = Path(__file__).parent.parent / "app.py"

PROGRAM = """
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "prefix": sys.prefix, "cwd": os.getcwd(), "variables": dict(os.environ)}))
sys.exit(3 if "fail" in sys.argv else 0)
"""

UV = """#!{python}
import os, pathlib, signal, sys, time
root = pathlib.Path.cwd()
log = root / "uv.log"
def note(word):
    with log.open("a") as file: print(word, *sys.argv[1:], file=file)
mode = os.environ.get("FAKE_UV", "works")
note("begin")
if mode == "offline": sys.exit("  cause: Failed to fetch: https://files.example/x.whl")
if mode == "broken": sys.exit("uv: command not found")
if mode.startswith("parent-dies"): os.kill(os.getppid(), signal.SIGKILL)
if mode == "parent-dies, too": sys.exit(1)
if mode in ("slow", "parent-dies"): time.sleep(0.7)
site = next(pathlib.Path(os.environ["UV_PROJECT_ENVIRONMENT"]).glob("lib/python*/site-packages"))
(site / "app.pth").write_text(str(root / "src"))
if "test" in sys.argv: (site / "pytest.py").write_text((root / "src/music_separator/__main__.py").read_text())
note("end")
"""

BACKEND = """
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    info = "standin-1.dist-info"
    with zipfile.ZipFile(pathlib.Path(folder) / "standin-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("standin.pth", str(pathlib.Path.cwd() / "src"))
        wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: standin\\nVersion: 1\\n")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "/RECORD", "")
    return "standin-1-py3-none-any.whl"
"""

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "standin"
version = "1"
"""


class Checkout:
    """A folder with the real `app.py`, a program that tells how it was started, and a uv that notes each call."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "src/music_separator").mkdir(parents=True)
        (root / "src/music_separator/__init__.py").touch()
        (root / "src/music_separator/__main__.py").write_text(PROGRAM)
        (root / "pyproject.toml").write_text(PYPROJECT)
        (root / "backend.py").write_text(BACKEND)
        (root / "uv.lock").write_text("version = 1")
        shutil.copy(APP, root)
        (root / "bin").mkdir()
        (root / "bin/uv").write_text(UV.format(python=sys.executable))
        (root / "bin/uv").chmod(0o755)

    def begin(self, *arguments: str, cwd: Path | None = None, **variables: str) -> subprocess.Popen[str]:
        """Start `python app.py` with nothing on PATH but the stand-in for uv."""
        env = {"PATH": str(self.root / "bin"), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, **variables}
        return subprocess.Popen(
            [sys.executable, str(self.root / "app.py"), *arguments],
            env=env, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def start(self, *arguments: str, cwd: Path | None = None, **variables: str) -> "Outcome":
        return Outcome(self.begin(*arguments, cwd=cwd, **variables))

    @property
    def installs(self) -> list[str]:
        log = self.root / "uv.log"
        return log.read_text().splitlines() if log.exists() else []


class Outcome:
    """How a start ended: exit code, what it printed, and what the program saw if it was reached."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.out, self.err = process.communicate(timeout=60)
        self.code = process.returncode

    @property
    def program(self) -> dict[str, Any]:
        assert self.out, self.err
        seen: dict[str, Any] = json.loads(self.out)
        return seen


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "a folder, č"
    root.mkdir()
    return Checkout(root)


def load_app() -> ModuleType:
    spec = importlib.util.spec_from_file_location("app_under_test", APP)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_first_start_installs_the_locked_set_and_serves_inside_the_environment(checkout: Checkout) -> None:
    first = checkout.start()
    assert first.program["arguments"] == ["serve"]
    assert first.program["prefix"] == str(checkout.root / ".venv")
    assert first.err == "Setting up (780 MB) ...\n"
    assert checkout.installs[0].startswith("begin sync --quiet --frozen")


def test_second_start_installs_nothing_and_says_nothing(checkout: Checkout) -> None:
    checkout.start()
    second = checkout.start()
    assert (second.program["arguments"], second.err) == (["serve"], "")
    assert len(checkout.installs) == 2


@pytest.mark.parametrize(
    ("arguments", "reached"),
    [
        ([], ["serve"]),
        (["--port", "5001"], ["serve", "--port", "5001"]),
        (["serve", "--offline"], ["serve", "--offline"]),
        (["karaoke", "song.mp3", "--json"], ["karaoke", "song.mp3", "--json"]),
        (["--help"], ["--help"]),
    ],
)
def test_a_verb_is_passed_on_and_flags_alone_mean_serve(
    checkout: Checkout, arguments: list[str], reached: list[str]
) -> None:
    assert checkout.start(*arguments).program["arguments"] == reached


def test_the_program_keeps_the_callers_folder_and_gives_its_exit_code(checkout: Checkout, tmp_path: Path) -> None:
    ended = checkout.start("separate", "fail", cwd=tmp_path)
    assert ended.code == 3
    assert ended.program["cwd"] == str(tmp_path)


def test_test_adds_the_extra_and_runs_pytest_in_the_checkout(checkout: Checkout, tmp_path: Path) -> None:
    checkout.start()
    tested = checkout.start("test", "-k", "some", cwd=tmp_path)
    assert tested.program["arguments"] == ["-k", "some"]
    assert tested.program["cwd"] == str(checkout.root)
    assert checkout.installs[-1].endswith("--extra test")


def test_serving_after_test_installs_nothing(checkout: Checkout) -> None:
    checkout.start("test")
    assert checkout.start().program["arguments"] == ["serve"]
    assert len(checkout.installs) == 2


def test_a_changed_lock_updates_in_place(checkout: Checkout) -> None:
    checkout.start()
    (checkout.root / ".venv/added-by-hand").touch()
    (checkout.root / "uv.lock").write_text("version = 2")
    updated = checkout.start()
    assert updated.err == "Updating ...\n"
    assert len(checkout.installs) == 4
    assert (checkout.root / ".venv/added-by-hand").exists()


def test_an_interrupted_install_is_made_again_from_nothing(checkout: Checkout) -> None:
    killed = checkout.start(FAKE_UV="parent-dies, too")
    assert killed.code == -signal.SIGKILL
    (checkout.root / ".venv/half-made").touch()
    assert checkout.start().program["arguments"] == ["serve"]
    assert not (checkout.root / ".venv/half-made").exists()


def test_ctrl_c_during_the_install_ends_without_a_traceback(checkout: Checkout) -> None:
    interrupted = checkout.begin(FAKE_UV="slow")
    while not checkout.installs:
        time.sleep(0.01)
    interrupted.send_signal(signal.SIGINT)
    ended = Outcome(interrupted)
    assert (ended.code, ended.err.splitlines()[1:]) == (130, [])
    assert checkout.start().program["arguments"] == ["serve"]


def test_a_rest_of_an_environment_is_made_again(checkout: Checkout) -> None:
    (checkout.root / ".venv/lib").mkdir(parents=True)
    assert checkout.start().program["arguments"] == ["serve"]


def test_an_environment_made_by_hand_is_kept(checkout: Checkout) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout.root / ".venv"], check=True)
    (checkout.root / ".venv/added-by-hand").touch()
    assert checkout.start().program["arguments"] == ["serve"]
    assert (checkout.root / ".venv/added-by-hand").exists()


def test_a_moved_folder_makes_its_environment_again(checkout: Checkout, tmp_path: Path) -> None:
    checkout.start()
    moved = checkout.root.rename(tmp_path / "elsewhere")
    checkout.root = moved
    assert checkout.start().program["prefix"] == str(moved / ".venv")
    assert len(checkout.installs) == 4


def test_an_environment_whose_python_vanished_is_made_again(checkout: Checkout) -> None:
    checkout.start()
    python = checkout.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to(checkout.root / "gone")
    assert checkout.start().program["arguments"] == ["serve"]


def test_the_environments_own_python_starts_it_without_an_install(checkout: Checkout) -> None:
    checkout.start()
    own = subprocess.run(
        [checkout.root / ".venv/bin/python", checkout.root / "app.py"], capture_output=True, text=True, check=True
    )
    assert json.loads(own.stdout)["arguments"] == ["serve"]
    assert len(checkout.installs) == 2


def test_two_starts_at_once_install_once(checkout: Checkout) -> None:
    both = [checkout.begin(FAKE_UV="slow"), checkout.begin(FAKE_UV="slow")]
    assert [Outcome(process).program["arguments"] for process in both] == [["serve"], ["serve"]]
    assert [line.split()[0] for line in checkout.installs] == ["begin", "end"]


def test_the_next_start_waits_for_an_installer_that_outlived_its_start(checkout: Checkout) -> None:
    killed = checkout.begin(FAKE_UV="parent-dies")
    while killed.poll() is None:
        time.sleep(0.01)
    assert checkout.start().program["arguments"] == ["serve"]
    assert [line.split()[0] for line in checkout.installs] == ["begin", "end", "begin", "end"]
    killed.communicate()


def test_variables_that_lead_elsewhere_are_not_passed_on(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "music_separator.py").write_text("raise SystemExit('the wrong one')")
    there = str(tmp_path)
    started = checkout.start(cwd=tmp_path, PYTHONPATH=there, PYTHONHOME=sys.base_prefix, VIRTUAL_ENV=there)
    assert {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"} & started.program["variables"].keys() == set()


def test_without_a_working_uv_pip_installs(checkout: Checkout) -> None:
    assert checkout.start(FAKE_UV="broken", PIP_USER="1").program["arguments"] == ["serve"]
    assert checkout.start(FAKE_UV="broken").err == ""


def test_without_network_one_sentence_says_so_and_what_is_there_stays(checkout: Checkout) -> None:
    checkout.start()
    (checkout.root / ".venv/added-by-hand").touch()
    (checkout.root / "pyproject.toml").write_text(PYPROJECT.replace("requires = []", 'requires = ["absent"]'))
    nowhere = "http://127.0.0.1:9/simple"
    failed = checkout.start(FAKE_UV="offline", PIP_NO_INDEX="0", PIP_INDEX_URL=nowhere, PIP_RETRIES="1")
    assert (failed.code, failed.err) == (1, f"Updating ...\n{load_app().NO_NETWORK}\n")
    assert checkout.start().err == "Updating ...\n"
    assert (checkout.root / ".venv/added-by-hand").exists()


def test_a_failed_install_shows_what_the_installer_said(checkout: Checkout) -> None:
    (checkout.root / "backend.py").write_text("raise RuntimeError('no backend today')")
    failed = checkout.start(FAKE_UV="broken")
    assert failed.code == 1
    assert "no backend today" in failed.err
    assert "app.py" not in failed.err


def test_a_folder_that_cannot_be_written_gets_one_sentence(checkout: Checkout) -> None:
    (checkout.root / ".install-lock").mkdir()
    failed = checkout.start()
    assert failed.code == 1
    assert failed.err.startswith(f"Cannot set up in {checkout.root} (")
    assert len(failed.err.splitlines()) == 1


def test_a_python_without_ensurepip_gets_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    app = load_app()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(app, "run", lambda *command: f"No module named {command[-1]}")
    assert app.install("") == app.NO_VENV
    assert "apt install python3-venv" in app.NO_VENV


def test_a_python_without_venv_gets_the_fix(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    app = load_app()
    for name, place in {"ROOT": "", "VENV": ".venv", "STAMP": ".venv/installed-by-app"}.items():
        monkeypatch.setattr(app, name, checkout.root / place)
    monkeypatch.setattr(app, "PYTHON", str(checkout.root / ".venv/bin/python"))
    monkeypatch.setattr(app, "run", lambda *command: f"No module named {command[2]}")
    assert app.set_up("") == app.NO_VENV


def test_an_old_python_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    ast.parse(APP.read_text(encoding="utf-8"), feature_version=(3, 6))
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    with pytest.raises(SystemExit, match=r"^AI Music Separator needs Python 3\.11 or newer, this is 3\.8\.$"):
        load_app().main([])


def test_it_is_short_and_needs_the_standard_library_only() -> None:
    source = APP.read_text(encoding="utf-8")
    tree = ast.walk(ast.parse(source))
    imported = {name.name for node in tree if isinstance(node, ast.Import) for name in node.names}
    assert imported <= sys.stdlib_module_names
    assert len(source.splitlines()) < 120
