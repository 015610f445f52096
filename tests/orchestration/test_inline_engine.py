from pathlib import Path

import pytest

from music_separator.orchestration.inline_engine import InlineEngine
from music_separator.orchestration.port import JobEngine
from tests.orchestration.stages import STAGES, Stages


@pytest.fixture
def stages(tmp_path: Path) -> Stages:
    return Stages(tmp_path / "journal")


def test_an_attempt_is_over_when_ensure_returns(stages: Stages) -> None:
    engine: JobEngine = InlineEngine(stages=STAGES, run_stage=stages.run)
    engine.launch()
    engine.ensure("song", 3)
    engine.close()
    assert stages.said() == [
        "begin song 3 first",
        "end song 3 first",
        "begin song 3 second",
        "end song 3 second",
        "begin song 3 third",
        "end song 3 third",
    ]


def test_a_stage_that_says_so_ends_the_attempt(stages: Stages) -> None:
    stages.last_stage = "second"
    InlineEngine(stages=STAGES, run_stage=stages.run).ensure("song", 1)
    assert stages.begun() == ["first", "second"]


def test_what_a_stage_raises_reaches_the_command(stages: Stages) -> None:
    stages.failures = [OSError("disk")]
    with pytest.raises(OSError, match="disk"):
        InlineEngine(stages=STAGES, run_stage=stages.run).ensure("song", 1)


def test_there_is_nothing_to_withdraw_or_to_forget(stages: Stages) -> None:
    engine = InlineEngine(stages=STAGES, run_stage=stages.run)
    engine.withdraw("song", 1)
    engine.forget("song")
    assert stages.said() == []
