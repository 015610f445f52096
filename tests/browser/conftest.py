"""A real Chromium for the browser tests: the system's own, or the one that playwright installed."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.pages import DemoPage
from tests.running import Server

ENABLE = "apt-get install chromium (or: playwright install chromium)"
NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


def find_chromium(playwright: Playwright) -> str | None:
    """Give the path of a Chromium, the system's first."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Launch Chromium once for these tests; skip them where there is none.

    Not for the session: while it is open this thread has an event loop, which other tests must not see.
    """
    with sync_playwright() as playwright:
        executable = find_chromium(playwright)
        if executable is None:
            pytest.skip(f"there is no Chromium here; this enables the browser tests: {ENABLE}")
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        args = [*QUIET, "--no-sandbox"] if is_root else list(QUIET)
        launched = playwright.chromium.launch(executable_path=executable, args=args)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[Callable[..., DemoPage]]:
    """Give a function that opens the demo page in a fresh context; no page may throw."""
    opened: list[DemoPage] = []

    def open_page(url: str | None = None, **context: Any) -> DemoPage:
        options: dict[str, Any] = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **context}
        page = DemoPage(browser.new_context(**options).new_page())
        opened.append(page)
        page.open(url or f"{server.url}/test_progress.html")
        return page

    yield open_page
    for page in opened:
        page.page.context.close()
    assert [error for page in opened for error in page.errors] == []


@pytest.fixture
def demo(open_page: Callable[..., DemoPage]) -> DemoPage:
    """Open the demo page as the server serves it, and wait until it is connected."""
    return open_page()
