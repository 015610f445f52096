"""The house style as far as machines can see it: lint, format and types."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("check", ["ruff check", "ruff format --check", "mypy --strict"])
def test_the_checkout_is_clean_under(check: str) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", *check.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
