"""``--help`` is there at once: no verb's own parts are loaded for it."""

import subprocess
import sys
import time

import pytest

PROGRAM = [sys.executable, "-m", "music_separator", "--help"]
BARE = [sys.executable, "-c", "import typer, typer.rich_utils"]
"""What the help of any command made with typer costs."""
HEAVY = ("pydantic", "numpy", "sqlalchemy", "av", "fastapi", "dbos", "ctranslate2", "prometheus_client")
TIMES_BARE = 2.0
"""0.30 s against 0.21 s when this was written, 0.65 s before; a ratio, for the machine may be slow or busy."""


def fastest_s(command: list[str]) -> float:
    """Time the fastest of three runs, the only one that other work on the machine may not have lengthened."""
    took_s = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        took_s.append(time.monotonic() - began)
    return min(took_s)


@pytest.mark.timed
def test_help_costs_little_more_than_its_library():
    assert fastest_s(PROGRAM) < TIMES_BARE * fastest_s(BARE)


def test_help_loads_no_part_of_any_verb():
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", *PROGRAM[1:]], capture_output=True, text=True, check=True
    )
    loaded = {line.rsplit("|", maxsplit=1)[-1].strip() for line in shown.stderr.splitlines()}
    assert "Separate songs" in shown.stdout
    assert "typer" in loaded
    assert loaded.isdisjoint(HEAVY)
