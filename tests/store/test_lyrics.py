"""Versions of lyrics as rows."""

import pytest

from music_separator.domain.errors import UnknownLyrics, UnknownTrack
from music_separator.domain.job import JobOptions
from music_separator.domain.kept_lyrics import KnownTimes, LyricsOrigin, LyricsSource
from music_separator.store.lyrics import LyricsStore
from tests.store.conftest import Rows
from tests.tracks import track

GIVEN, TAGS, TRANSCRIBER = LyricsSource.GIVEN, LyricsSource.TAGS, LyricsSource.TRANSCRIBER


@pytest.fixture
def store(rows: Rows) -> LyricsStore:
    rows.jobs.add(track("song-1"), JobOptions(), request="request", start=False)
    return LyricsStore(rows.database)


def test_versions_are_numbered_and_none_is_used_until_somebody_says_so(store: LyricsStore) -> None:
    assert store.keep("song-1", "la", GIVEN, is_timed=False) == 1
    assert store.keep("song-1", "lo", TRANSCRIBER, is_timed=False, made_by="whisper-tiny") == 2
    assert store.in_use("song-1") is None
    store.use("song-1", 2)
    assert [(each.number, each.made_by, each.in_use) for each in store.history("song-1")] == [
        (1, None, False),
        (2, "whisper-tiny", True),
    ]


def test_where_words_are_from_is_read_without_them(store: LyricsStore) -> None:
    assert store.origin("song-1") == LyricsOrigin(source=None, made_by=None, versions=0)
    store.keep("song-1", "la", GIVEN, is_timed=False)
    store.keep("song-1", "lo", TRANSCRIBER, is_timed=False, made_by="whisper-tiny")
    store.use("song-1", 2)
    assert store.origin("song-1") == LyricsOrigin(source=TRANSCRIBER, made_by="whisper-tiny", versions=2)


def test_the_same_words_from_the_same_source_are_one_version(store: LyricsStore) -> None:
    numbers = [store.keep("song-1", "la", source, is_timed=False) for source in (GIVEN, TAGS, GIVEN)]
    assert numbers == [1, 2, 1]


def test_times_are_those_that_were_known_when_the_version_was_last_used(store: LyricsStore) -> None:
    known = KnownTimes(lines='{"lines": []}', separation="digest")
    store.keep("song-1", "la", GIVEN, is_timed=False)
    store.use("song-1", 1, known)
    assert store.get("song-1", 1).known == known
    store.use("song-1", 1)
    assert store.get("song-1", 1).known is None


def test_a_number_that_is_not_there_changes_nothing(store: LyricsStore) -> None:
    store.keep("song-1", "la", GIVEN, is_timed=False)
    store.use("song-1", 1)
    with pytest.raises(UnknownLyrics):
        store.use("song-1", 2)
    with pytest.raises(UnknownLyrics):
        store.get("song-1", 2)
    used = store.in_use("song-1")
    assert used is not None
    assert used.number == 1


def test_versions_go_with_their_song(store: LyricsStore, rows: Rows) -> None:
    store.keep("song-1", "la", GIVEN, is_timed=False)
    rows.jobs.delete("song-1")
    assert store.history("song-1") == []
    with pytest.raises(UnknownTrack):
        store.keep("song-1", "la", GIVEN, is_timed=False)
