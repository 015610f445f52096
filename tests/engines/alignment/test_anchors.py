"""Times that somebody gave to lines, held against where the voice has them."""

import pytest

from music_separator.domain.units import Ms
from music_separator.engines.alignment.anchors import Anchors, believed

SAID: Anchors = tuple(Ms(3_000 * line) for line in range(1, 9))


def heard(*apart_ms: int) -> list[Ms | None]:
    """Put each line so far from its given time."""
    return [Ms((said or 0) + apart) for said, apart in zip(SAID, apart_ms, strict=True)]


def test_times_that_the_voice_agrees_with_are_believed() -> None:
    assert believed(SAID, heard(0, 100, -100, 1400, -1400, 0, 50_000, 0)) == SAID


@pytest.mark.parametrize("offset_ms", [5_000, -2_500])
def test_a_recording_that_begins_otherwise_is_told_by_its_offset(offset_ms: int) -> None:
    anchors = believed(SAID, heard(*[offset_ms] * 6, 0, 20_000))
    assert anchors == tuple(Ms((said or 0) + offset_ms) for said in SAID)


@pytest.mark.parametrize("faster", [0.96, 1.04])
def test_a_recording_that_is_faster_is_told_by_its_tempo(faster: float) -> None:
    said: Anchors = tuple(Ms(10_000 * line) for line in range(1, 21))
    found: list[Ms | None] = [Ms(round((each or 0) / faster) + 300) for each in said]
    found[3] = Ms(180_000)
    anchors = believed(said, found)
    assert anchors is not None
    assert [each for place, each in enumerate(anchors) if place != 3] == pytest.approx(
        [each for place, each in enumerate(found) if place != 3], abs=2
    )


def test_times_of_another_song_are_left_aside() -> None:
    assert believed(SAID, heard(0, 4_000, 8_000, -3_000, 12_000, 16_000, -20_000, 30_000)) is None


def test_few_times_are_believed_for_nothing_speaks_against_them() -> None:
    few: Anchors = (*SAID[:4], None, None, None, None)
    assert believed(few, heard(0, 9_000, 20_000, 31_000, 0, 0, 0, 0)) == few


def test_lines_without_a_sound_or_a_time_say_nothing() -> None:
    found = heard(0, 0, 0, 0, 0, 0, 9_000, 9_000)
    said: Anchors = (*SAID[:7], None)
    assert believed(said, [*found[:6], None, found[7]]) == said
