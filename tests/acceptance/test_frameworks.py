"""React and Vue components without a browser against a real server: the order document's, unchanged, and ours."""

import itertools
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.order import at, code, section
from tests.frameworks.mounting import Shown, mounted
from tests.running import Server, running_server, snapshot, upload, wait_until_over
from tests.songs import LRC, write_song

CLIENTS = Path(__file__).parents[2] / "examples" / "clients"
OURS = [
    pytest.param(CLIENTS / "react" / "Songs.jsx", id="react"),
    pytest.param(CLIENTS / "vue" / "Songs.vue", id="vue"),
]
DOCUMENTED = {
    "react": ("React Example", "jsx", "AudioProcessor"),
    "vue": ("Vue Example", "vue", ""),
}
"""Where the document has the example of a framework, its language, and the component of a file that exports none."""

FINISHED = [
    ("upload", 100, "Upload complete, starting separation...", None),
    ("separation", 100, "Audio separation complete", None),
    ("transcription", 100, "Transcription complete", None),
    ("karaoke", 100, "Karaoke generation complete", None),
]
"""What the four bars show of a song that went through: stage, percent, message, error."""

_seeds = itertools.count(300)


@pytest.fixture(params=DOCUMENTED)
def example(request: pytest.FixtureRequest, document: str, ordered: Server, tmp_path: Path) -> tuple[Path, str]:
    """Write the document's example to a file of its own; gives it and the name of its component."""
    heading, language, name = DOCUMENTED[request.param]
    path = tmp_path / f"Example.{language}"
    path.write_text(at(ordered, code(section(document, heading), language)), encoding="utf-8")
    return path, name


def bars(shown: Shown, file_id: str | None = None) -> list[tuple[Any, ...]]:
    """Give what the bars of one song show."""
    return [
        (bar["stage"], bar["progress"], bar["message"], bar["error"])
        for bar in shown["stages"]
        if bar["file_id"] == file_id
    ]


def put_lyrics(server: Server, file_id: str) -> None:
    """Give a song that failed for want of words its words: a second attempt begins."""
    with server.client() as client:
        client.put(f"/jobs/{file_id}/lyrics", content=LRC, headers={"Content-Type": "text/plain"}).raise_for_status()


def test_documented_example_shows_a_song_to_its_end(example: tuple[Path, str], ordered: Server, tagged_song: Path):
    component, name = example
    with mounted(component, name=name) as page:
        page.wait_until_connected()
        upload(ordered, tagged_song)
        page.wait_for(lambda shown: bars(shown) == FINISHED)
        assert page.unmount() == 0, page.complaints
    assert bars(page.seen[0]) == [(stage, 0, "Waiting...", None) for stage, *_ in FINISHED]
    assert all(error is None for shown in page.seen for *_, error in bars(shown))
    assert page.complaints == []


def test_documented_example_shows_why_a_stage_failed(example: tuple[Path, str], ordered: Server, tmp_path: Path):
    component, name = example
    wordless = write_song(tmp_path / "song.wav", seconds=1.0, seed=next(_seeds))
    with mounted(component, name=name) as page:
        page.wait_until_connected()
        job = wait_until_over(ordered, upload(ordered, wordless)["file_id"])
        shown = page.wait_for(lambda shown: bars(shown)[2][3] is not None)
    assert bars(shown)[2] == ("transcription", 100, "Transcription failed", job["error"])
    assert bars(shown)[3] == ("karaoke", 0, "Waiting...", None)


@pytest.mark.parametrize("component", OURS)
def test_our_component_uploads_a_song_and_links_what_was_made(component: Path, shared: Server, tagged_song: Path):
    with mounted(component, url=shared.url) as page:
        page.wait_until_connected()
        page.choose(tagged_song)
        file_id = page.wait_for(lambda shown: shown["stages"] != [])["stages"][0]["file_id"]
        page.wait_for(lambda shown: bars(shown, file_id) == FINISHED and len(shown["links"]) == 7)
        assert page.unmount() == 0, page.complaints
    results = snapshot(shared, file_id)["results"]
    assert sorted(page.seen[-1]["links"]) == sorted(result["url"] for result in results)
    assert page.complaints == []


@pytest.mark.parametrize("component", OURS)
def test_our_component_that_comes_late_is_told_of_every_song_from_its_beginning(
    component: Path, shared: Server, tmp_path: Path
):
    songs = [write_song(tmp_path / f"{number}.wav", seconds=1.0, seed=next(_seeds)) for number in range(2)]
    ids = [upload(shared, song)["file_id"] for song in songs]
    assert [wait_until_over(shared, file_id)["status"] for file_id in ids] == ["failed", "failed"]
    with mounted(component, url=shared.url) as page:
        page.wait_until_connected()
        for file_id in ids:
            put_lyrics(shared, file_id)
        page.wait_for(lambda shown: all(bars(shown, file_id) == FINISHED for file_id in ids))
    assert page.complaints == []


def test_our_components_go_on_after_a_restart_with_the_next_attempt(tmp_path: Path):
    song = write_song(tmp_path / "song.wav", seconds=1.0)
    with ExitStack() as stack:
        server = stack.enter_context(running_server(tmp_path / "data"))
        pages = [stack.enter_context(mounted(component.values[0], url=server.url)) for component in OURS]
        for page in pages:
            page.wait_until_connected()
        file_id = upload(server, song)["file_id"]
        for page in pages:
            page.wait_for(lambda shown: any(bar[3] for bar in bars(shown, file_id)))
        server.kill()
        server.start()
        put_lyrics(server, file_id)
        for page in pages:
            page.wait_for(lambda shown: bars(shown, file_id) == FINISHED)
            assert page.complaints == []
