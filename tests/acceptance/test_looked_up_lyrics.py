"""Lyrics that are looked up, through the whole server: with consent only, timed by the voice, their source said."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mutagen.id3 import ID3

from tests.acceptance.test_bad_lyrics import SUNG
from tests.lyrics_server import LyricsServer, record, running_lyrics_server
from tests.running import Server, events, running_server, upload, wait_until_over

TRUE: dict[str, Any] = json.loads((SUNG.parent / "words.json").read_text(encoding="utf-8"))
LATE_MS = 3_000
"""The looked-up recording begins with so much more silence."""


def lrc() -> str:
    lines = []
    for line in TRUE["lines"]:
        at_ms = line["start_ms"] + LATE_MS
        lines.append(f"[{at_ms // 60_000:02}:{at_ms / 1000 % 60:05.2f}] {line['text']}")
    return "\n".join(lines)


@pytest.fixture
def bare_song(tmp_path: Path) -> Path:
    """Make a sung song without tags."""
    song = tmp_path / "sung.mp3"
    shutil.copyfile(SUNG, song)
    ID3(song).delete()
    return song


@pytest.fixture
def lyrics_server() -> Iterator[LyricsServer]:
    with running_lyrics_server(found=[record(duration=39, syncedLyrics=lrc())]) as server:
        yield server


@pytest.fixture
def agreed(tmp_path: Path, lyrics_server: LyricsServer) -> Iterator[Server]:
    """Run a server whose owner agreed to looking lyrics up."""
    variables = {
        "MUSIC_SEPARATOR_OFFLINE": "0",
        "MUSIC_SEPARATOR_HUB_URL": "http://127.0.0.1:9",
        "MUSIC_SEPARATOR_LOOKUP_URL": lyrics_server.url,
    }
    with running_server(tmp_path / "data", variables=variables, flags=("--lookup",)) as running:
        yield running


def test_looked_up_words_are_put_on_the_voice_and_their_times_are_a_hint(
    agreed: Server, lyrics_server: LyricsServer, bare_song: Path
):
    names = {"title": "Zvijezda", "artist": "Nitko", "model": "center"}
    file_id = upload(agreed, bare_song, **names)["file_id"]
    job = wait_until_over(agreed, file_id, timeout_s=120)
    assert (job["status"], job["lyrics_source"], job["lyrics_by"]) == ("done", "lookup", "LRCLIB")
    lines = httpx.get(f"{agreed.url}/jobs/{file_id}/lyrics").json()["lines"]
    assert [line["start_ms"] for line in lines] == pytest.approx([line["start_ms"] for line in TRUE["lines"]], abs=500)
    details = [event["detail"] for event in events(agreed, file_id)]
    assert {"lyrics_from_lookup", "aligning"} <= set(details)
    assert lyrics_server.paths == ["/api/get", "/api/search"]
    models = httpx.get(f"{agreed.url}/models").json()
    assert models["lyrics_lookup"] == lyrics_server.url


def test_nothing_is_asked_where_nobody_agreed(tmp_path: Path, lyrics_server: LyricsServer, bare_song: Path):
    variables = {"MUSIC_SEPARATOR_LOOKUP_URL": lyrics_server.url}
    with running_server(tmp_path / "data", variables=variables) as server:
        file_id = upload(server, bare_song, title="Zvijezda", artist="Nitko", model="center")["file_id"]
        assert wait_until_over(server, file_id, timeout_s=120)["code"] == "no_transcriber"
        assert httpx.get(f"{server.url}/models").json()["lyrics_lookup"] is None
    assert lyrics_server.asked == []
