"""What LRCLIB is asked, and what is made of its answers: against one on loopback."""

import threading
from typing import Any

import pytest

from music_separator.engines.lrclib import PROJECT, LookedUp, LookupFailed, SongQuery, look_up, song_query
from tests.lyrics_server import LyricsServer, record, running_lyrics_server

SONG = SongQuery(title="Zvijezda", artist="Nitko", album="Nebo", duration_s=10.4)
WORDS = LookedUp(plain="La la la\nLo lo lo", synced="[00:01.00] La la la\n[00:03.00] Lo lo lo", instrumental=False)


def test_title_artist_album_and_length_are_sent_and_the_name_of_the_program_and_nothing_else() -> None:
    with running_lyrics_server(song=record()) as server:
        assert look_up(server.url, SONG) == WORDS
    ((path, sent, agent),) = server.asked
    assert (path, sent) == (
        "/api/get",
        {"track_name": "Zvijezda", "artist_name": "Nitko", "album_name": "Nebo", "duration": "10"},
    )
    assert agent.startswith("music-separator/")
    assert agent.endswith(f"({PROJECT})")


def test_what_is_not_known_is_not_sent() -> None:
    with running_lyrics_server(song=record()) as server:
        look_up(server.url, SongQuery(title="Zvijezda", artist="Nitko"))
    assert server.asked[0][1] == {"track_name": "Zvijezda", "artist_name": "Nitko"}


def test_a_song_that_is_not_there_is_searched_for_by_title_and_artist() -> None:
    with running_lyrics_server(found=[record(duration=11, syncedLyrics=None)]) as server:
        assert look_up(server.url, SONG) == LookedUp(plain=WORDS.plain, synced=None, instrumental=False)
    assert server.paths == ["/api/get", "/api/search"]
    assert server.asked[1][1] == {"track_name": "Zvijezda", "artist_name": "Nitko"}


@pytest.mark.parametrize(
    ("found", "synced"),
    [
        ([], None),
        ([record(duration=13)], None),
        ([record(artistName="Netko drugi")], None),
        ([record(trackName="Zvijezda (Live)")], None),
        (["no song", {}, record(duration="10")], None),
        ([record(duration=12, syncedLyrics="[00:01.00] far"), record(syncedLyrics="[00:01.00] near")], "near"),
        ([record(syncedLyrics=None), record(duration=12, syncedLyrics="[00:01.00] timed")], "timed"),
        ([record(trackName="ZVIJEZDA!", artistName="nitko", syncedLyrics="[00:01.00] same")], "same"),
    ],
    ids=["none", "longer", "other artist", "other title", "garbage", "nearest", "with times first", "same names"],
)
def test_of_what_is_found_only_the_same_song_of_the_same_length_is_taken(found: Any, synced: str | None) -> None:
    with running_lyrics_server(found=found) as server:
        answer = look_up(server.url, SONG)
    assert (None if answer is None else (answer.synced or "").rpartition(" ")[2]) == synced


def test_an_instrumental_has_no_words() -> None:
    with running_lyrics_server(song=record(instrumental=True, plainLyrics=None, syncedLyrics="")) as server:
        assert look_up(server.url, SONG) == LookedUp(plain=None, synced=None, instrumental=True)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"status": 500, "song": {}}, "it answers with 500"),
        ({"status": 429, "song": {}}, "it answers with 429"),
        ({"body": b"<html>"}, "its answer is no JSON"),
        ({"body": b"[" * 100_000}, "its answer is no JSON"),
        ({"body": b" " * ((4 << 20) + 1)}, "its answer is too long"),
        ({"song": ["no", "song"]}, "its answer is no song"),
        ({"found": {"no": "list"}}, "its answer is no list of songs"),
        ({"sends_on_to": "http://127.0.0.2:9/api/get"}, "it sends us on to another address"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_answer_says_why(values: dict[str, Any], why: str) -> None:
    with running_lyrics_server(**values) as server, pytest.raises(LookupFailed, match=why):
        look_up(server.url, SONG)


def test_a_server_that_is_silent_or_not_there_is_given_up() -> None:
    with running_lyrics_server(hangs=threading.Event()) as server, pytest.raises(LookupFailed, match="does not answer"):
        look_up(server.url, SONG, timeout_s=0.2)
    with pytest.raises(LookupFailed, match="cannot be reached"):
        look_up("http://127.0.0.1:9", SONG, timeout_s=0.2)


@pytest.mark.parametrize(("title", "artist"), [(None, "Nitko"), ("Zvijezda", None), (" ", "Nitko"), ("Zvijezda", "")])
def test_without_title_and_artist_there_is_nothing_to_ask(title: str | None, artist: str | None) -> None:
    assert song_query(title, artist, "Nebo", 10.0) is None


def test_the_fixture_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with running_lyrics_server(song=record()) as server:
        assert isinstance(server, LyricsServer)
        look_up(server.url, SONG)
    assert capsys.readouterr().err == ""
