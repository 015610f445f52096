"""Looking words up as the transcription stage does it: never without consent, kept on the disk, never a failed job."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from music_separator.domain.caution import CautionCode
from music_separator.domain.errors import Cancelled, NobodySings, NoTranscriber
from music_separator.engines.lrclib import LookupFailed, SongQuery
from music_separator.pipeline.stages.lookup import FOUND_FOR_S, NOTHING_FOR_S, Lookup
from music_separator.pipeline.tasks import TranscriptionTask, output_dir
from tests.lyrics_server import LyricsServer, record, running_lyrics_server
from tests.pipeline.test_recognition import SUNG_TEXT, models, run, stem, task
from tests.pipeline.test_stages import Listener

__all__ = ["models", "stem"]

SONG = SongQuery(title="Zvijezda", artist="Nitko")


def go_on() -> None:
    """Cancel nothing."""


def asking(folder: Path, server: LyricsServer | None, **values: Any) -> TranscriptionTask:
    chosen = {
        "title": "Zvijezda",
        "artist": "Nitko",
        "duration_s": 10.0,
        "transcriber": "none",
        "lookup_url": None if server is None else server.url,
        "lookup_dir": str(folder / "lookups"),
    }
    return TranscriptionTask(work_dir=str(folder), **({"given": None, "from_tags": None} | chosen | values))


def test_words_that_were_looked_up_are_kept_with_where_from(tmp_path: Path) -> None:
    listener = Listener()
    with running_lyrics_server(song=record()) as server:
        result = run(asking(tmp_path, server), listener)
    assert result["facts"] == {"source": "lookup", "made_by": "LRCLIB", "timed": True}
    text = (output_dir(str(tmp_path)) / "lyrics.txt").read_text(encoding="utf-8")
    assert text == "[00:01.00] La la la\n[00:03.00] Lo lo lo"
    details = [said["detail"] for said in listener.reports]
    assert details == ["looking_up", "lyrics_from_lookup"]


def test_plain_words_are_taken_where_there_are_no_times(tmp_path: Path) -> None:
    with running_lyrics_server(song=record(syncedLyrics=None)) as server:
        result = run(asking(tmp_path, server))
    assert result["facts"]["timed"] is False


@pytest.mark.parametrize(
    "values", [{"lookup_url": None}, {"given": "La la"}, {"from_tags": "La la"}, {"title": None}], ids=str
)
def test_nobody_is_asked_without_consent_or_need(tmp_path: Path, values: dict[str, Any]) -> None:
    with running_lyrics_server(song=record()) as server, contextlib.suppress(NoTranscriber):
        run(asking(tmp_path, server, **values))
    assert server.asked == []


def test_an_instrumental_fails_with_a_way_out(tmp_path: Path) -> None:
    nobody = record(instrumental=True, plainLyrics=None, syncedLyrics=None)
    says = pytest.raises(NobodySings, match="LRCLIB says that nobody sings")
    with running_lyrics_server(song=nobody) as server, says:
        run(asking(tmp_path, server))


def test_a_transcriber_that_a_person_named_hears_an_instrumental_all_the_same(
    tmp_path: Path, stem: Path, models: Path
) -> None:
    with running_lyrics_server(song=record(instrumental=True, plainLyrics=None, syncedLyrics=None)) as server:
        looked_up = {"title": "Zvijezda", "artist": "Nitko", "lookup_url": server.url, "lookup_dir": str(tmp_path)}
        result = run(task(tmp_path / "work", stem, models, is_chosen=True, **looked_up))
    assert result["facts"]["source"] == "whisper-tiny"
    assert len(server.asked) == 1


@pytest.mark.parametrize("values", [{"status": 500, "song": {}}, {"song": record(syncedLyrics="[00:01.00]🎤")}])
def test_a_look_up_that_fails_is_a_warning_and_the_transcriber_is_heard(
    tmp_path: Path, stem: Path, models: Path, values: dict[str, Any]
) -> None:
    with running_lyrics_server(**values) as server:
        looked_up = {"title": "Zvijezda", "artist": "Nitko", "lookup_url": server.url, "lookup_dir": str(tmp_path)}
        result = run(task(tmp_path / "work", stem, models, **looked_up))
    text = (output_dir(str(tmp_path / "work")) / "lyrics.txt").read_text(encoding="utf-8")
    assert text.startswith(SUNG_TEXT)
    assert [warning["code"] for warning in result["warnings"]] == [CautionCode.LOOKUP_FAILED]


def test_with_nobody_left_to_ask_both_reasons_are_said(tmp_path: Path) -> None:
    says = pytest.raises(NoTranscriber, match=r"switched off .* looking them up at 127.0.0.1:\d+ failed: it answers")
    with running_lyrics_server(status=503, song={}) as server, says:
        run(asking(tmp_path, server))


@pytest.mark.parametrize(
    ("song", "good_for_s"), [(record(), FOUND_FOR_S), (None, NOTHING_FOR_S)], ids=["found", "nothing"]
)
def test_an_answer_is_good_for_a_while_also_that_there_is_none(
    tmp_path: Path, song: dict[str, Any] | None, good_for_s: float
) -> None:
    with running_lyrics_server(song=song) as server:

        def look(at_s: float) -> int:
            before = len(server.asked)
            found = Lookup(base_url=server.url, folder=tmp_path, now=lambda: at_s).words_of(SONG, go_on)
            assert (found is None) == (song is None)
            return len(server.asked) - before

        once = look(1000.0)
        assert [look(1001.0), look(1000.0 + good_for_s - 1)] == [0, 0]
        assert look(1000.0 + good_for_s) == once
        assert look(0.0) == once  # a clock that was set back


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    with running_lyrics_server(song=record(), status=500) as server:
        lookup = Lookup(base_url=server.url, folder=tmp_path)
        with pytest.raises(LookupFailed):
            lookup.words_of(SONG, go_on)
        server.status = 200
        assert lookup.words_of(SONG, go_on) is not None


@pytest.mark.parametrize("content", [b"", b"{}", b'{"at": "x", "found": null}', b'{"at": 1, "found": {}}', b"\xff"])
def test_what_cannot_be_read_is_asked_again(tmp_path: Path, content: bytes) -> None:
    with running_lyrics_server(song=record()) as server:
        lookup = Lookup(base_url=server.url, folder=tmp_path)
        lookup.words_of(SONG, go_on)
        for path in tmp_path.iterdir():
            path.write_bytes(content)
        assert lookup.words_of(SONG, go_on) is not None
    assert len(server.asked) == 2


def test_a_cancel_and_the_limit_do_not_wait_for_the_network(tmp_path: Path) -> None:
    def cancel() -> None:
        raise Cancelled

    ends: list[tuple[Callable[[], None], type[Exception]]] = [(cancel, Cancelled), (go_on, LookupFailed)]
    with running_lyrics_server(hangs=threading.Event()) as server:
        lookup = Lookup(base_url=server.url, folder=tmp_path, limit_s=0.3)
        for check, error in ends:
            with pytest.raises(error):
                lookup.words_of(SONG, check)
