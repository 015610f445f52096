"""The demo page against a real server, in a real browser."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

import music_separator
from tests.browser.pages import WORK_MS, DemoPage
from tests.running import Server, upload
from tests.songs import LRC, write_song

pytestmark = pytest.mark.browser

WEB = Path(music_separator.__file__).parent / "web"
EXAMPLES = Path(__file__).parents[2] / "examples" / "clients"
LONG_S = 60.0
"""Seconds of a song that is still being separated while a test looks at the page."""

Open = Callable[..., DemoPage]


@pytest.fixture(scope="module")
def long_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_song(tmp_path_factory.mktemp("songs") / "long.wav", seconds=LONG_S, seed=3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-GB", "hr-HR"])
def test_idle_page_has_nothing_for_axe(open_page: Open, scheme: str, locale: str):
    demo = open_page(color_scheme=scheme, locale=locale)
    assert demo.violations() == []
    expect(demo.page.locator("h1")).to_have_count(1)


def test_song_with_lrc_goes_through_to_its_downloads(demo: DemoPage, server: Server, song: Path):
    demo.start(song, title="La la", lyrics=LRC)
    card = demo.card("La la")
    card.expect_status("Ready")
    for stage in ("Upload", "Separation", "Transcription", "Karaoke"):
        expect(card.bar(stage)).to_have_attribute("aria-valuetext", "100%, done")
    for name in ("Vocals", "Instrumental", "Karaoke track", "Synced lyrics", "Timing data"):
        expect(card.download(name)).to_be_visible()
    for kind in ("Vocals", "Instrumental"):
        source = card.root.get_by_label(f"{kind}: La la").get_attribute("src")
        assert source is not None
        assert httpx.get(source, headers={"Range": "bytes=0-3"}).content == b"fLaC"
    with demo.page.expect_download() as started:
        card.download("Synced lyrics").click()
    assert "La la la" in started.value.path().read_text(encoding="utf-8")
    expect(demo.page.get_by_role("status")).to_have_text(re.compile("La la is ready"))
    assert demo.hosts <= {server.url, server.url.replace("http", "ws")}


def test_failed_song_shows_the_cross_and_completes_after_retry_with_lyrics(demo: DemoPage, song: Path):
    demo.start(song)
    card = demo.card("song.wav")
    card.expect_status("Failed")
    transcription = card.stage("transcription")
    expect(transcription.locator(".icon-cross")).to_be_visible()
    expect(transcription).to_contain_text("No lyrics were given")
    expect(card.bar("Transcription")).to_have_attribute("aria-valuetext", "Failed, failed")
    expect(card.download("Vocals")).to_be_visible()
    card.root.get_by_label("Add lyrics and go on").fill(LRC)
    card.button("Retry with lyrics").click()
    card.expect_status("Ready")
    expect(card.download("Karaoke track")).to_be_visible()
    expect(transcription.locator(".icon-tick")).to_be_visible()


def test_fallback_is_said_loudly(demo: DemoPage, song: Path):
    demo.start(song, lyrics=LRC)
    card = demo.card("song.wav")
    expect(card.root.locator(".warning")).to_contain_text("Please note:", timeout=WORK_MS)


def test_wrong_file_gets_a_plain_sentence(demo: DemoPage):
    demo.start({"name": "letter.mp3", "mimeType": "audio/mpeg", "buffer": b"Dear all, this is no song.\n" * 99})
    card = demo.card("letter.mp3")
    card.expect_status("Failed")
    expect(card.stage("upload")).to_contain_text("Send MP3, WAV, FLAC")
    assert demo.violations() == []
    card.button("Remove from list").click()
    expect(card.root).to_have_count(0)


def test_start_without_a_song_says_so(demo: DemoPage):
    demo.page.get_by_role("button", name="Start Processing").click()
    expect(demo.page.get_by_role("alert")).to_have_text("Choose a song first.")
    expect(demo.page.get_by_label("Drop a song here")).to_be_focused()


def test_song_and_its_lyrics_can_be_dropped_together(demo: DemoPage):
    demo.page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(['RIFF'], 'dropped.wav'));
          dataTransfer.items.add(new File(['[00:01.00]La'], 'dropped.lrc'));
          document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
        }"""
    )
    expect(demo.page.locator("#chosen")).to_have_text("dropped.wav (1 kB)")
    expect(demo.page.get_by_role("textbox", name="Lyrics")).to_have_value("[00:01.00]La")
    demo.page.get_by_role("button", name="Remove dropped.wav").press("Enter")
    expect(demo.page.locator("#chosen")).to_be_hidden()


def test_page_changes_its_language_and_remembers_it(demo: DemoPage, server: Server, song: Path):
    demo.start(song)
    demo.card("song.wav").expect_status("Failed")
    demo.page.get_by_label("Language of this page").select_option("hr")
    demo.card("song.wav").expect_status("Nije uspjelo")
    expect(demo.card("song.wav").stage("transcription")).to_contain_text("Tekst nije priložen")
    demo.page.reload()
    expect(demo.page.get_by_role("button", name="Pokreni obradu")).to_be_visible()
    assert demo.page.evaluate("document.documentElement.lang") == "hr"


def test_reload_during_a_run_picks_it_up(demo: DemoPage, long_song: Path):
    demo.start(long_song, lyrics=LRC)
    expect(demo.card("long.wav").stage("separation")).to_have_class(re.compile("active"), timeout=WORK_MS)
    demo.page.reload()
    card = demo.card("long.wav")
    card.expect_status("Working")
    before = card.percent("Separation")
    card.expect_status("Ready")
    assert before < 100


def test_cancel_stops_a_run_and_retry_goes_on(demo: DemoPage, long_song: Path):
    demo.start(long_song, lyrics=LRC)
    card = demo.card("long.wav")
    expect(card.stage("separation")).to_have_class(re.compile("active"), timeout=WORK_MS)
    card.button("Cancel").click()
    card.expect_status("Cancelled")
    expect(card.stage("separation").locator(".icon-dash")).to_be_visible()
    card.button("Retry").click()
    card.expect_status("Ready")


def test_two_songs_at_once_have_a_card_each(demo: DemoPage, song: Path, tmp_path: Path):
    demo.start(song, write_song(tmp_path / "second.wav", seed=2))
    for name in ("song.wav", "second.wav"):
        demo.card(name).expect_status("Failed")


def test_same_song_again_is_shown_once(demo: DemoPage, song: Path):
    demo.start(song, lyrics=LRC)
    demo.card("song.wav").expect_status("Ready")
    demo.start(song, lyrics=LRC)
    expect(demo.page.get_by_text("This song was here already")).to_be_visible()
    expect(demo.page.get_by_role("article")).to_have_count(1)


def test_copy_on_disk_works_against_the_server(open_page: Open, server: Server, song: Path, tmp_path: Path):
    copy = tmp_path / "copy of the page.html"
    shutil.copyfile(WEB / "test_progress.html", copy)
    demo = open_page(f"{copy.as_uri()}?server={server.url}")
    demo.start(song)
    card = demo.card("song.wav")
    card.expect_status("Failed")
    card.root.get_by_label("Add lyrics and go on").fill(LRC)
    card.button("Retry with lyrics").click()
    card.expect_status("Ready")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_running_and_when_over(open_page: Open, song: Path, long_song: Path, scheme: str):
    demo = open_page(color_scheme=scheme)
    demo.start(song, title="Failing")
    demo.card("Failing").expect_status("Failed")
    assert demo.violations() == []
    demo.start(long_song, title="Running", lyrics=LRC)
    expect(demo.card("Running").stage("separation")).to_have_class(re.compile("active"), timeout=WORK_MS)
    assert demo.violations() == []
    demo.card("Running").expect_status("Ready")
    assert demo.violations() == []


def test_lost_server_is_said_and_found_again(demo: DemoPage, server: Server, long_song: Path):
    demo.start(long_song, lyrics=LRC)
    expect(demo.card("long.wav").stage("separation")).to_have_class(re.compile("active"), timeout=WORK_MS)
    server.kill()
    expect(demo.page.get_by_text("cannot be reached")).to_be_visible(timeout=WORK_MS)
    server.start()
    demo.expect_connected()
    expect(demo.page.get_by_text("cannot be reached")).to_be_hidden()
    demo.card("long.wav").expect_status("Ready")


def test_song_of_another_client_appears_by_itself(demo: DemoPage, server: Server, song: Path):
    upload(server, song, lyrics=LRC, title="From elsewhere")
    demo.card("From elsewhere").expect_status("Ready")


def test_small_screen_does_not_scroll_sideways(open_page: Open, song: Path):
    demo = open_page(viewport={"width": 360, "height": 740})
    demo.start(song, title="A-very-long-title-without-any-space-in-it-at-all", lyrics=LRC)
    demo.card("A-very-long-title-without-any-space-in-it-at-all").expect_status("Ready")
    assert demo.page.evaluate("document.documentElement.scrollWidth") == 360


def test_nothing_moves_where_motion_is_unwanted(open_page: Open, long_song: Path):
    demo = open_page(reduced_motion="reduce")
    demo.start(long_song, lyrics=LRC)
    stage = demo.card("long.wav").stage("separation")
    expect(stage).to_have_class(re.compile("active"), timeout=WORK_MS)
    assert stage.evaluate("(row) => row.getAnimations({subtree: true}).length") == 0


def test_browser_notification_comes_when_asked_for(open_page: Open, song: Path):
    demo = open_page(permissions=["notifications"])
    demo.page.evaluate(
        "() => { window.Notification = class { constructor(words) { window.notified = words; }"
        " static permission = 'granted'; static async requestPermission() { return 'granted'; } }; }"
    )
    demo.page.get_by_label("Tell me with a browser notification").check()
    demo.start(song, title="La la", lyrics=LRC)
    demo.card("La la").expect_status("Ready")
    assert demo.page.evaluate("window.notified") == "La la is ready."


def test_plain_javascript_example_works(browser: Browser, server: Server, song: Path):
    page = browser.new_context().new_page()
    page.goto(f"{(EXAMPLES / 'plain-javascript.html').as_uri()}?server={server.url}")
    page.get_by_label("Song").set_input_files(song)
    page.get_by_label("Lyrics with times").fill(LRC)
    page.get_by_role("button", name="Start Processing").click()
    expect(page.get_by_role("status")).to_have_text("Ready to download:", timeout=WORK_MS)
    expect(page.get_by_role("link")).not_to_have_count(0)
    page.context.close()
