"""Node is there for every test that needs it, and the packages are installed once."""

import json
import subprocess
from pathlib import Path

import pytest

from tests import nodejs


def make_project(folder: Path) -> Path:
    """Write a project without dependencies, so that `npm ci` needs no network."""
    project = {"name": "nothing", "version": "1.0.0"}
    lock = {**project, "lockfileVersion": 3, "requires": True, "packages": {"": project}}
    (folder / "package.json").write_text(json.dumps(project))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    return folder


def test_the_wheel_brings_node_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    said = subprocess.run([*nodejs.node(), "-p", "1 + 1"], capture_output=True, text=True, check=True)
    assert said.stdout == "2\n"


def test_a_system_node_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v16.20.2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert nodejs.node() == [str(nodejs.WHEEL_NODE)]


def test_node_modules_are_installed_once_per_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path)
    modules = nodejs.install_node_modules(project)
    monkeypatch.setattr(nodejs, "run_npm_ci", lambda folder: pytest.fail("installed twice"))
    assert nodejs.install_node_modules(project) == modules == tmp_path / "node_modules"


def test_a_failed_install_says_what_npm_said(tmp_path: Path) -> None:
    (make_project(tmp_path) / "package.json").write_text("{")
    with pytest.raises(RuntimeError, match="npm ci"):
        nodejs.install_node_modules(tmp_path)
