"""A real song with hand-made times, through the page as a person would take it."""

import itertools
import json

import httpx
import pytest

from tests.browser.pages import DemoPage
from tests.chaos.proof import prove_done
from tests.jamendo import jamendo_songs
from tests.running import Server, events

STAGES = ("upload", "separation", "transcription", "karaoke")


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_real_song_ends_complete_with_right_downloads(demo: DemoPage, server: Server) -> None:
    song = jamendo_songs()[0]
    demo.start(song.audio, title=song.title, lyrics=song.enhanced_lrc())
    card = demo.card(song.title)
    seen: list[list[int]] = []
    card.root.wait_for()

    while card.root.locator(".badge").inner_text() != "Ready":
        seen.append([card.percent(stage.capitalize()) for stage in STAGES])
        demo.page.wait_for_timeout(200)

    for before, after in itertools.pairwise(seen):
        assert all(low <= high for low, high in zip(before, after, strict=True)), (before, after)
    file_id = httpx.get(f"{server.url}/jobs").json()["jobs"][0]["file_id"]
    prove_done(server, file_id)
    assert len({event["progress"] for event in events(server, file_id) if event["stage"] == "separation"}) > 15
    sync = json.loads(httpx.get(f"{server.url}/download/{file_id}/{file_id}_sync.json").content)
    starts = {line["start_ms"] for line in sync["lines"]}
    assert {round(line.start_ms, -1) for line in song.lines} <= {round(start, -1) for start in starts}
    vocals = httpx.get(f"{server.url}/download/{file_id}/vocals", headers={"Range": "bytes=0-3"})
    assert (vocals.status_code, vocals.content) == (206, b"fLaC")
