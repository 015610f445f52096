"""The short form of the chaos suites; the long forms are the commands in faults.py and kills.py."""

import sys
from pathlib import Path

import pytest

from tests.chaos.faults import KINDS, run_with_fault
from tests.chaos.kills import storm
from tests.songs import write_song

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults are injected by Linux means")
SAMPLED = (3, 16, 24, 30, 37, 52, 66, 75)
"""Operations from every part of a job: arrival, decoding, chunks, publishing, each stage's commits."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", SAMPLED)
def test_a_job_survives_a_fault_at_any_operation(tmp_path: Path, kind: str, number: int) -> None:
    song = write_song(tmp_path / "song.wav", seconds=2.0)

    struck = run_with_fault(tmp_path, song, kind, number)

    assert struck is not None, "the job has fewer operations than before: choose others"


def test_nothing_is_lost_in_a_storm_of_kills(tmp_path: Path) -> None:
    run = storm(tmp_path, kills=8, songs=2, seed=3)

    assert sum(run.killed.values()) == 8
