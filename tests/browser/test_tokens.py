"""The page of a server that wants a token, and what a person deletes on it."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

import music_separator
from tests.browser.pages import DemoPage
from tests.running import Server, running_server
from tests.songs import LRC

pytestmark = pytest.mark.browser

WEB = Path(music_separator.__file__).parent / "web"
Open = Callable[..., DemoPage]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Run a server that other machines reach, in the place of the open one."""
    with running_server(tmp_path / "data", flags=("--host", "0.0.0.0")) as running:
        yield running


@pytest.fixture
def locked(browser: Browser, server: Server) -> Iterator[DemoPage]:
    """Open the page without a token."""
    demo = DemoPage(browser.new_context(locale="en-GB", accept_downloads=True).new_page())
    demo.page.goto(server.url)
    expect(demo.page.get_by_role("form", name="This server asks for a token")).to_be_visible()
    yield demo
    demo.page.context.close()
    assert demo.errors == []


def unlock(demo: DemoPage, token: str) -> None:
    demo.page.get_by_label("Token", exact=True).fill(token)
    demo.page.get_by_role("button", name="Open", exact=True).click()


def test_page_asks_for_the_token_and_keeps_it(locked: DemoPage, server: Server):
    expect(locked.page.get_by_role("form", name="New song")).to_be_hidden()
    expect(locked.page.get_by_label("Token", exact=True)).to_be_focused()
    assert locked.violations() == []
    unlock(locked, "ms_wrong")
    expect(locked.page.get_by_role("alert")).to_contain_text("That token is not known here.")
    assert locked.violations() == []
    unlock(locked, server.token)
    locked.expect_connected()
    expect(locked.page.get_by_role("form", name="New song")).to_be_visible()
    locked.page.reload()
    locked.expect_connected()
    locked.page.get_by_role("button", name="Forget token").click()
    expect(locked.page.get_by_label("Token", exact=True)).to_be_visible()
    expect(locked.page.get_by_role("alert")).to_be_hidden()


def test_link_of_the_first_start_opens_the_page_and_the_token_leaves_the_address(open_page: Open, server: Server):
    asked: list[str] = []
    demo = open_page(f"{server.url}/#token={server.token}")
    demo.page.on("request", lambda request: asked.append(request.url))
    assert demo.page.url == f"{server.url}/"
    demo.page.reload()
    demo.expect_connected()
    assert not any(server.token in url for url in asked)


def test_song_goes_through_and_its_downloads_work(open_page: Open, server: Server, song: Path):
    demo = open_page(f"{server.url}/#token={server.token}")
    demo.start(song, title="La la", lyrics=LRC)
    card = demo.card("La la")
    card.expect_status("Ready")
    source = card.root.get_by_label("Vocals: La la").get_attribute("src")
    assert source is not None
    assert httpx.get(source, headers={"Range": "bytes=0-3"}).content == b"fLaC"
    for name, start in (("Synced lyrics", b"[ti:La la]"), ("Everything", b"PK\x03\x04")):
        with demo.page.expect_download() as started:
            card.download(name).click()
        assert started.value.path().read_bytes().startswith(start)


def test_removed_token_locks_the_page(open_page: Open, server: Server):
    from music_separator.bootstrap import open_tokens
    from music_separator.config import Settings

    with open_tokens(Settings(data_dir=server.data_dir)) as tokens:
        demo = open_page(f"{server.url}/#token={tokens.add('ivo').token}")
        tokens.remove("ivo")
    expect(demo.page.get_by_role("alert")).to_contain_text("That token is not known here.", timeout=15_000)
    unlock(demo, server.token)
    demo.expect_connected()


def test_song_is_deleted_after_a_question(open_page: Open, server: Server, song: Path):
    demo = open_page(f"{server.url}/#token={server.token}")
    demo.start(song, title="La la", lyrics=LRC)
    card = demo.card("La la")
    card.expect_status("Ready")
    card.button("Delete song").click()
    question = demo.page.get_by_role("dialog", name="Delete “La la”?")
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    assert demo.violations() == []
    demo.page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(card.root).to_be_visible()
    card.button("Delete song").click()
    question.get_by_role("button", name="Delete song").click()
    expect(card.root).to_have_count(0)
    expect(demo.page.get_by_role("status")).to_have_text("La la is deleted.")
    with server.client(server.token) as client:
        assert client.get("/songs").json()["count"] == 0


def test_copy_on_disk_asks_for_the_token_and_offers_no_deletion(open_page: Open, server: Server, song: Path, tmp_path):
    copy = tmp_path / "copy.html"
    shutil.copyfile(WEB / "test_progress.html", copy)
    demo = open_page(f"{copy.as_uri()}?server={server.url}#token={server.token}")
    demo.start(song, lyrics=LRC)
    card = demo.card("song.wav")
    card.expect_status("Ready")
    expect(card.button("Delete song")).to_be_hidden()
    with demo.page.expect_download() as started:
        card.download("Everything").click()
    assert re.search(r"\.zip$", started.value.suggested_filename)
