import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_separator.domain.errors import EmptyLyrics, UnreadableLyrics
from music_separator.domain.lyrics import Lyrics
from music_separator.karaoke.readers import decode_text, read_lyrics

SECONDS = 5.0
"""Roomy on a busy machine; a quadratic pattern takes minutes on these."""


@pytest.mark.parametrize(
    "make",
    [
        lambda: "[" * 2**20,
        lambda: "<" * 2**20,
        lambda: "[00:01.00]" + "<" * 10**6,
        lambda: "[00:01.00]a" + "[00:01" * 170_000,
        lambda: "[]" * 2**19 + "x",
        lambda: "[" + " " * 10**6 + "x",
        lambda: "[00:01.00]a" + "\u2060[" * 500_000,
        lambda: "[ti:" + "]" * 10**6 + "x",
        lambda: " " * (2**20 - 1) + "x",
        lambda: "[1:" * 340_000,
        lambda: "[00:01.00]a\n" * 80_000,
        lambda: '{"lines": [' + '{"text": "a"},' * 70_000 + '{"text": "a"}]}',
        lambda: '{"lines": ' + "[" * 10**6,
        lambda: "{" * 10**6,
        lambda: "00:00:01,000 --> 00:00:02,000\na\n" * 30_000,
        lambda: "00:00:01,000 --> 00:00:02,000\n" + "<a" * 500_000,
        lambda: "00:00:01,000 --> 00:00:02,000\n" + "{\\" * 500_000,
        lambda: "-->" * 340_000,
        lambda: "[00:01.00]" + "<00:01.00>a " * 80_000,
    ],
)
def test_a_megabyte_of_anything_is_answered_quickly(make: Callable[[], str]) -> None:
    started = time.monotonic()

    with suppress(EmptyLyrics, UnreadableLyrics):
        read_lyrics(make())

    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize(
    "make",
    [
        lambda: "[00:01.00]" * 50_000 + "<00:01.00>a " * 30_000,
        lambda: "[00:01.00]" * 50_000 + "a\n" + "b\n" * 200_000,
    ],
)
def test_a_few_repeats_cannot_ask_for_millions_of_words(make: Callable[[], str]) -> None:
    started = time.monotonic()

    with pytest.raises(UnreadableLyrics, match="more than 100,000 words"):
        read_lyrics(make())

    assert time.monotonic() - started < SECONDS


def test_five_thousand_timed_words_are_read_at_once() -> None:
    row = "[{0:02d}:{1:02d}.00]" + " ".join("<{0:02d}:{1:02d}." + f"{part:02d}>riječ" for part in range(10))
    text = "\n".join(row.format(number // 60, number % 60) for number in range(500))
    started = time.monotonic()

    lyrics = read_lyrics(text)

    assert isinstance(lyrics, Lyrics)
    assert sum(len(line.words) for line in lyrics.lines) == 5000
    assert time.monotonic() - started < 1.0


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(raw: bytes) -> None:
    with suppress(UnreadableLyrics):
        decode_text(raw)


LRC_LIKE = st.lists(
    st.sampled_from(
        ["[", "]", "<", ">", "00:01.00", "[00:02.5]", "<00:03>", "[offset:+9]", "[ti:", "\n", " ", "a", "ž", "99:99"]
    )
    | st.text(max_size=3),
    max_size=40,
).map("".join)


@given(LRC_LIKE)
def test_any_text_is_lyrics_or_refused(text: str) -> None:
    with suppress(EmptyLyrics, UnreadableLyrics):
        read_lyrics(text)
