"""The API page in a real browser: it shows every route and asks nobody but this server."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import Server

pytestmark = pytest.mark.browser

LOAD_MS = 20_000


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def test_api_page_shows_the_routes_and_asks_only_this_server(page: Page, server: Server):
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{server.url}/docs")
    expect(page.locator(".opblock-summary-path").first).to_be_visible(timeout=LOAD_MS)
    document = httpx.get(f"{server.url}/openapi.json").json()
    shown = {path.replace("\u200b", "") for path in page.locator(".opblock-summary-path").all_text_contents()}
    assert shown == set(document["paths"]) | set(document["webhooks"])
    own = urlsplit(server.url).netloc
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {own}
    assert errors == []


def test_route_can_be_opened_and_tried(page: Page, server: Server):
    page.goto(f"{server.url}/docs")
    page.locator("#operations-system-health .opblock-summary-control").click(timeout=LOAD_MS)
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator("#operations-system-health .live-responses-table")).to_contain_text("healthy", timeout=LOAD_MS)
