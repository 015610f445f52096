"""Songs whose lines come with their true times, as in LRC: how well their words are found inside of them."""

from dataclasses import replace

import numpy as np
from benchmarks.aligned_songs import Separated, align
from tests.timed_songs import TimedSong

from music_separator.domain.lyrics import Lyrics
from music_separator.pipeline.stages.line_times import with_words


def errors_with_line_times(song: TimedSong, separated: Separated) -> np.ndarray:
    """Give the error of each word in seconds, infinite in lines that got no words."""
    given = Lyrics(lines=tuple(replace(line, words=()) for line in song.lines), language=song.language)
    found = align(given.untimed, separated, tuple(line.start_ms for line in given.lines)).lyrics
    errors_ms: list[float] = []
    for line, sung, true in zip(given.lines, found.lines, song.lines, strict=True):
        words = with_words(line, sung).words
        errors_ms += (
            [abs(word.start_ms - right.start_ms) for word, right in zip(words, true.words, strict=True)]
            if words
            else [np.inf] * len(true.words)
        )
    return np.array(errors_ms) / 1000
