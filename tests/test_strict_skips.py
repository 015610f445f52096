"""What a skip means to CI."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SUITE = """
import pytest

@pytest.mark.skip(reason="{reason}")
def test_that_is_skipped(): ...

@pytest.mark.xfail(reason="known")
def test_that_is_known_to_fail(): raise AssertionError

def test_that_passes(): ...
"""


def outcome(folder: Path, suite: str, strict: str) -> str:
    """Run a suite under the plugin and return pytest's last line."""
    (folder / "test_suite.py").write_text(suite)
    command = [sys.executable, "-m", "pytest", "-p", "tests.strict_skips", "--rootdir", str(folder), str(folder)]
    env = {"MUSIC_SEPARATOR_TEST_STRICT": strict}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False).stdout


def test_strict_mode_fails_a_skipped_test(tmp_path: Path) -> None:
    said = outcome(tmp_path, SUITE.format(reason="no Chromium here"), strict="1")
    assert "1 passed, 1 xfailed, 1 error" in said
    assert "forbids: no Chromium here" in said


@pytest.mark.parametrize(("reason", "strict"), [("real songs not here: sing some", "1"), ("no Chromium here", "0")])
def test_other_skips_stay_skips(tmp_path: Path, reason: str, strict: str) -> None:
    assert "1 passed, 1 skipped, 1 xfailed" in outcome(tmp_path, SUITE.format(reason=reason), strict)


def test_strict_mode_fails_a_skipped_module(tmp_path: Path) -> None:
    suite = "import pytest\npytest.skip('no such tool', allow_module_level=True)\n"
    assert "forbids: no such tool" in outcome(tmp_path, suite, strict="1")
