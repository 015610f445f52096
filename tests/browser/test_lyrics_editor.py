"""The lyrics editor against a real server, with the real aligner on a real voice."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.test_bad_lyrics import OWN, SUNG
from tests.browser.pages import WORK_MS, DemoPage
from tests.running import Server, running_server, upload, wait_until_over

pytestmark = pytest.mark.browser

TEXTS = OWN.strip().split("\n")
PHONE = {"width": 360, "height": 740}
OpenEditor = Callable[..., Page]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server for all of these tests: each begins with lyrics of six lines, whatever they say."""
    with running_server(tmp_path_factory.mktemp("editor") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def sung(server: Server) -> str:
    """Have a song sung; gives its id."""
    file_id = upload(server, SUNG, lyrics=OWN, title="Twinkle")["file_id"]
    assert wait_until_over(server, file_id, timeout_s=120)["status"] == "done"
    return str(file_id)


@pytest.fixture
def editor(browser: Browser, server: Server, sung: str) -> Iterator[OpenEditor]:
    """Give a function that opens the editor of the song; no page may throw, or ask another host."""
    opened: list[Page] = []
    errors: list[str] = []

    def open_editor(song: str = sung, **context: Any) -> Page:
        options: dict[str, Any] = {"locale": "en-GB", "viewport": {"width": 1100, "height": 900}, **context}
        page = browser.new_context(**options).new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: errors.extend([] if request.url.startswith(server.url) else [request.url]))
        opened.append(page)
        page.goto(f"{server.url}/lyrics?song={song}")
        return page

    yield open_editor
    for page in opened:
        page.context.close()
    assert errors == []


def times(page: Page) -> list[tuple[str, str]]:
    """Read start and end of every line."""
    starts, ends = page.locator(".start").all(), page.locator(".end").all()
    return [(start.input_value(), end.input_value()) for start, end in zip(starts, ends, strict=True)]


def save(page: Page, how: Callable[[], None]) -> None:
    """Save in some way and wait until the karaoke is made."""
    expect(page.get_by_role("status")).to_have_text("")
    how()
    expect(page.get_by_role("status")).to_contain_text("Saved.", timeout=WORK_MS)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


def test_corrected_line_alone_is_fitted_and_the_others_keep_their_times(editor: OpenEditor):
    page = editor()
    words = page.get_by_role("textbox", name="Words of line 3")
    expect(words).not_to_have_value("")
    before = times(page)
    words.fill("High above the world so high")
    marks = page.locator(".mark")
    expect(marks.nth(2)).to_have_text("will be fitted to the voice")
    expect(page.locator("#summary")).to_have_text("To be fitted to the voice: 1. Timed by hand: 0.")
    save(page, page.get_by_role("button", name="Save").click)
    expect(page.get_by_role("status")).to_have_text("Saved. Lines fitted to the voice: 1.")
    expect(page.locator(".line[data-state=new]")).to_have_count(1)
    after = times(page)
    assert [time for place, time in enumerate(after) if place != 2] == [
        time for place, time in enumerate(before) if place != 2
    ]
    expect(page.locator("#source")).to_have_text("Words: edited")


def test_line_is_timed_by_hand_with_the_keyboard_alone(editor: OpenEditor, server: Server, sung: str):
    page = editor()
    start = page.get_by_label("Start of line 5")
    start.focus()
    start.press("Control+a")
    start.type("0:25.777")
    save(page, lambda: start.press("Control+Enter"))
    expect(page.get_by_label("Start of line 5")).to_have_value("0:25.777")
    line = httpx.get(f"{server.url}/jobs/{sung}/lyrics").json()["lines"][4]
    assert (line["start_ms"], line["aligned"]) == (25_777, False)


def test_an_earlier_version_is_chosen(editor: OpenEditor):
    page = editor()
    page.get_by_label("Versions of the lyrics").select_option("1")
    page.get_by_role("button", name="Sing this version").click()
    expect(page.locator("#source")).to_have_text("Words: given with the song", timeout=WORK_MS)
    expect(page.get_by_role("textbox", name="Words of line 3")).to_have_value(TEXTS[2])


def test_lines_are_added_removed_and_brought_back(editor: OpenEditor):
    page = editor()
    first = page.get_by_role("textbox", name="Words of line 1").input_value()
    page.get_by_role("button", name="Add a line after line 1").click()
    expect(page.get_by_role("textbox", name="Words of line 2")).to_be_focused()
    page.keyboard.type("Up there")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Words of line 3")).to_be_focused()
    page.get_by_role("button", name="Remove line 1").press("Enter")
    expect(page.get_by_role("textbox", name="Words of line 1")).to_have_value("Up there")
    page.get_by_role("button", name="Undo all").click()
    expect(page.locator(".line")).to_have_count(len(TEXTS))
    expect(page.get_by_role("textbox", name="Words of line 1")).to_have_value(first)


def test_time_that_is_none_is_said_at_once_and_what_the_server_refuses_loses_nothing(editor: OpenEditor):
    page = editor()
    start = page.get_by_label("Start of line 2")
    start.fill("later")
    start.blur()
    expect(page.get_by_role("alert")).to_have_text("Write a time as minutes:seconds, such as 1:02.5.")
    start.fill("9:00")
    start.blur()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("after the end of the song")
    expect(page.get_by_label("Start of line 2")).to_have_value("9:00.000")


@pytest.mark.parametrize("locale", ["en-GB", "hr-HR"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_editor_has_nothing_for_axe_and_fits_a_phone(editor: OpenEditor, scheme: str, locale: str):
    page = editor(color_scheme=scheme, locale=locale, viewport=PHONE)
    page.locator(".words").nth(2).fill("Nešto drugo")
    expect(page.locator(".line[data-state=changed]")).to_have_count(1)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_words_from_right_to_left_are_written_so(editor: OpenEditor):
    page = editor()
    words = page.get_by_role("textbox", name="Words of line 1")
    words.fill("يا ليل يا عين")
    assert words.evaluate("field => getComputedStyle(field).direction") == "rtl"


def test_song_that_is_not_there_is_said(editor: OpenEditor):
    page = editor(song="123e4567-e89b-12d3-a456-426614174999")
    expect(page.get_by_role("alert")).to_have_text("There is no such song.")


def test_card_says_where_the_words_are_from_and_leads_to_the_editor(open_page: Callable[..., DemoPage], sung: str):
    demo = open_page()
    card = demo.card("Twinkle")
    expect(card.root.locator(".card-words")).to_contain_text("Words: ")
    card.root.get_by_role("link", name="Edit lyrics: Twinkle").click()
    expect(demo.page).to_have_url(f"{demo.page.url.split('/lyrics')[0]}/lyrics?song={sung}")
    expect(demo.page.get_by_role("heading", level=1)).to_have_text("Lyrics: Twinkle")


def test_times_are_read_and_written_to_the_millisecond(editor: OpenEditor):
    read, written = editor().evaluate(
        """async () => {
          const { parseTime, formatTime } = await import('/lyrics/edits.js');
          const texts = ['1:02.345', '62.3', '1:02', '0:00,5', '1:61', 'x', ''];
          return [texts.map(parseTime), [0, 62345, 600000].map(formatTime)];
        }"""
    )
    assert read == [62_345, 62_300, 62_000, 500, None, None, None]
    assert written == ["0:00.000", "1:02.345", "10:00.000"]


def test_what_is_sent_has_times_for_lines_of_a_person_alone(editor: OpenEditor):
    sent = editor().evaluate(
        """async () => {
          const { linesOf, toSend, withStart, withText, withLineAfter, without, isChanged } =
            await import('/lyrics/edits.js');
          const line = (text, start_ms, more = {}) => ({ text, start_ms, end_ms: start_ms + 900, aligned: true,
            found: true, warning: null, words: [{ text, start_ms, end_ms: start_ms + 900 }], ...more });
          const lyrics = { lines: [line('one', 1000), line('two', 2000, { aligned: false }), line('three', 3000)] };
          const lines = linesOf(lyrics);
          const [one, two, three] = lines.map((each) => each.key);
          return {
            same: [isChanged(lines, lyrics), toSend(lines).lines],
            moved: toSend(withStart(lines, three, 3100)).lines[2],
            corrected: toSend(withText(lines, two, 'TWO ')).lines[1],
            added: toSend(withLineAfter(lines, one)).lines.length,
            removed: [isChanged(without(lines, one), lyrics), toSend(without(lines, one)).lines.length],
          };
        }"""
    )
    assert sent == {
        "same": [
            False,
            [
                {"text": "one"},
                {
                    "text": "two",
                    "start_ms": 2000,
                    "end_ms": 2900,
                    "words": [{"text": "two", "start_ms": 2000, "end_ms": 2900}],
                },
                {"text": "three"},
            ],
        ],
        "moved": {"text": "three", "start_ms": 3100, "end_ms": 4000, "words": []},
        "corrected": {"text": "TWO", "start_ms": 2000, "end_ms": 2900, "words": []},
        "added": 3,
        "removed": [True, 2],
    }


def test_line_timed_by_hand_says_where_its_words_are_uncertain(editor: OpenEditor):
    doubtful = editor().evaluate(
        """async () => {
          const { hasDoubtfulWords, linesOf, withStart, withText } = await import('/lyrics/edits.js');
          const line = { text: 'one', start_ms: 1000, end_ms: 1900, aligned: false, found: true,
            warning: 'uncertain_times', words: [] };
          const lines = linesOf({ lines: [line, { ...line, warning: null }, { ...line, aligned: true }] });
          const key = lines[0].key;
          return [...lines, withStart(lines, key, 1100)[0], withText(lines, key, 'two')[0]].map(hasDoubtfulWords);
        }"""
    )
    assert doubtful == [True, False, False, False, False]


def test_a_server_that_wants_a_token_is_given_the_one_behind_the_address(browser: Browser, tmp_path: Path):
    missing = "123e4567-e89b-12d3-a456-426614174999"
    with running_server(tmp_path / "data", flags=("--host", "0.0.0.0")) as locked:
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(f"{locked.url}/lyrics?song={missing}")
        expect(page.get_by_role("alert")).to_contain_text("This server asks for a token.")
        page.goto("about:blank")
        page.goto(f"{locked.url}/lyrics?song={missing}#token={locked.token}")
        expect(page.get_by_role("alert")).to_have_text("There is no such song.")
        assert "token" not in page.url
        page.reload()
        expect(page.get_by_role("alert")).to_have_text("There is no such song.")
        page.context.close()
