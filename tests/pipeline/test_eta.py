"""Time left, with a clock that stands where the test puts it."""

import pytest

from music_separator.pipeline.eta import Expectation, StageClock


class Now:
    """A clock."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now() -> Now:
    return Now()


UNKNOWN = Expectation(audio_s=100.0, rate=None)
LEARNT = Expectation(audio_s=100.0, rate=0.9)


@pytest.mark.parametrize(
    ("audio_s", "rate", "total_s"), [(100.0, 0.9, 90.0), (None, 0.9, None), (100.0, None, None), (None, None, None)]
)
def test_a_whole_stage_is_expected_from_its_audio_and_the_learnt_rate(
    audio_s: float | None, rate: float | None, total_s: float | None
) -> None:
    assert Expectation(audio_s=audio_s, rate=rate).total_s() == total_s


@pytest.mark.parametrize(("progress", "left_s"), [(0, 90.0), (9, 90.0), (10, 90.0), (55, 45.0), (99, 1.0)])
def test_before_a_pace_is_known_the_learnt_rate_counts(now: Now, progress: int, left_s: float) -> None:
    assert StageClock(LEARNT, now).left_s(progress) == left_s


def test_what_was_never_learnt_is_unknown_until_a_pace_is(now: Now) -> None:
    clock = StageClock(UNKNOWN, now)
    clock.begin(10)
    assert clock.left_s(10) is None
    now.at += 9.0
    assert clock.left_s(40) == 18.0


@pytest.mark.parametrize(("elapsed_s", "progress"), [(1.9, 60), (30.0, 14)])
def test_a_pace_is_not_believed_before_two_seconds_and_five_percent(now: Now, elapsed_s: float, progress: int) -> None:
    clock = StageClock(UNKNOWN, now)
    clock.begin(10)
    now.at += elapsed_s
    assert clock.left_s(progress) is None


def test_the_pace_of_this_very_stage_wins_over_what_was_learnt(now: Now) -> None:
    clock = StageClock(LEARNT, now)
    clock.begin(10)
    now.at += 30.0
    assert clock.left_s(40) == 60.0


def test_a_run_that_goes_on_in_the_middle_counts_its_own_steps_only(now: Now) -> None:
    clock = StageClock(UNKNOWN, now)
    clock.begin(50)
    now.at += 5.0
    assert clock.left_s(60) == 20.0


def test_the_pace_of_a_whole_stage_is_seconds_of_work_per_second_of_audio(now: Now) -> None:
    clock = StageClock(Expectation(audio_s=60.0, rate=None), now)
    clock.begin(10)
    now.at += 30.0
    assert clock.pace() == 0.5


def test_a_stage_seen_in_part_or_not_at_all_teaches_nothing(now: Now) -> None:
    part = StageClock(LEARNT, now)
    part.begin(11)
    assert part.pace() is None
    assert StageClock(LEARNT, now).pace() is None


def test_audio_of_unknown_length_teaches_nothing(now: Now) -> None:
    clock = StageClock(Expectation(audio_s=None, rate=None), now)
    clock.begin(10)
    assert clock.pace() is None
