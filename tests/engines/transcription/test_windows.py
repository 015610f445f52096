"""Where a voice is cut, from levels written down by hand: 50 frames a second."""

import itertools

import numpy as np
import pytest

from music_separator.audio.voice import VOICE_RATE, Levels
from music_separator.engines.transcription.windows import FRAMES_PER_S, Window, cut_windows, sung_ranges

QUIET, LOUD = -80.0, -20.0


def levels(*parts: tuple[float, float]) -> Levels:
    """Make levels of parts: seconds, dB."""
    return np.concatenate([np.full(round(seconds * FRAMES_PER_S), db, np.float32) for seconds, db in parts])


def seconds(windows: tuple[Window, ...]) -> list[tuple[float, float]]:
    return [(round(window.start / VOICE_RATE, 2), round(window.stop / VOICE_RATE, 2)) for window in windows]


def test_a_phrase_is_one_window_with_a_margin() -> None:
    assert seconds(cut_windows(levels((2, QUIET), (3, LOUD), (4, QUIET)))) == [(1.8, 5.2)]


def test_margins_end_where_the_song_does() -> None:
    assert seconds(cut_windows(levels((3, LOUD)))) == [(0.0, 3.0)]


def test_phrases_with_short_pauses_share_a_window() -> None:
    assert seconds(cut_windows(levels((3, LOUD), (4, QUIET), (3, LOUD)))) == [(0.0, 10.0)]


def test_a_long_pause_parts_windows_and_is_in_none() -> None:
    assert seconds(cut_windows(levels((3, LOUD), (60, QUIET), (3, LOUD)))) == [(0.0, 3.2), (62.8, 66.0)]


def test_no_window_is_longer_than_thirty_seconds_and_cuts_lie_in_pauses() -> None:
    song = levels(*[(6.0, LOUD), (1.0, QUIET)] * 10)
    cut = seconds(cut_windows(song))
    assert cut == [(0.0, 27.2), (27.8, 55.2), (55.8, 69.2)]


def test_a_phrase_without_a_pause_is_cut_where_it_is_quietest() -> None:
    song = levels((24, LOUD), (0.2, LOUD - 10), (20, LOUD))
    assert seconds(cut_windows(song)) == [(0.0, 24.1), (24.1, 44.2)]


def test_voice_without_any_quiet_place_still_gives_windows_of_at_most_thirty_seconds() -> None:
    cut = cut_windows(levels((100, LOUD)))
    assert all(window.samples <= 30 * VOICE_RATE for window in cut)
    assert (cut[0].start, cut[-1].stop) == (0, 100 * VOICE_RATE)
    assert all(first.stop == second.start for first, second in itertools.pairwise(cut))


@pytest.mark.parametrize(
    "song",
    [levels((60, QUIET)), levels((60, -50)), levels((10, QUIET), (0.06, LOUD - 20), (10, QUIET)), levels((0, QUIET))],
    ids=["silence", "residue", "click", "nothing"],
)
def test_where_nobody_sings_there_are_no_windows(song: Levels) -> None:
    assert cut_windows(song) == ()


def test_a_soft_passage_counts_and_what_is_far_below_the_loudest_does_not() -> None:
    song = levels((3, LOUD), (10, LOUD - 31), (3, LOUD - 25), (10, LOUD - 31))
    assert seconds(cut_windows(song)) == [(0.0, 3.2), (12.8, 16.2)]


def test_sung_ranges_are_the_phrases_with_their_margins() -> None:
    song = levels((2, QUIET), (3, LOUD), (4, QUIET), (3, LOUD))
    assert seconds(sung_ranges(song)) == [(1.8, 5.2), (8.8, 12.0)]
    assert sung_ranges(levels((9, QUIET))) == ()
