"""The benchmarks of Demucs in short, with their own bounds: 20 s of sound, memory over ten minutes with a stub.

Random weights of the true architectures. The long forms are the commands themselves.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import demucs_memory

from tests.extras import needs_reference

ROOT = Path(__file__).parents[2]
LIMIT_S = 600
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="memory and load are read as Linux gives them")
pytestmark = pytest.mark.timeout(LIMIT_S)


def run(name: str, *arguments: str) -> str:
    """Run a benchmark, which must meet its bounds, and give what it printed."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@linux_only
def test_memory_does_not_grow_from_one_minute_to_ten() -> None:
    said = run("demucs_memory", "--stub")
    grown = re.search(r"grows by (-?\d+) MB from 1 to 10 minutes", said)
    assert grown
    assert int(grown[1]) <= demucs_memory.MOST_GROWTH_MB


@needs_reference
@pytest.mark.parametrize("network", ["htdemucs", "htdemucs_6s", "htdemucs_ft"])
def test_every_network_is_computed_as_the_package_does(network: str) -> None:
    (decibels,) = re.findall(rf"^{network} +([\d.]+) dB", run("demucs_exactness", "--only", network), re.MULTILINE)
    assert float(decibels) >= 100


@pytest.mark.timed
@linux_only
@needs_reference
def test_both_presets_are_faster_than_the_package() -> None:
    said = run("demucs_speed", "--seconds", "20", "--turns", "3")
    assert len(re.findall(r"ratio +[\d.]+", said)) == 4
