"""The demo page in the hands of a person: found by the words and roles on it."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Request, expect

CONNECT_MS = 15_000
WORK_MS = 60_000
"""How long one stage of a short song may take on a busy machine."""


class DemoPage:
    """One open page. ``errors`` are what scripts threw, ``hosts`` where it asked for anything."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._note)

    def open(self, url: str) -> None:
        """Go there and wait for the connection."""
        self.page.goto(url)
        self.expect_connected()

    def expect_connected(self) -> None:
        """Wait until the page says that it is connected."""
        expect(self.page.locator("#connection")).to_have_attribute("data-state", "online", timeout=CONNECT_MS)

    def start(self, *songs: Path | dict[str, Any], title: str = "", lyrics: str = "") -> None:
        """Choose songs, fill in the form and press Start Processing."""
        form = self.page.get_by_role("form", name="New song")
        form.get_by_label("Drop a song here").set_input_files(list(songs))  # type: ignore[arg-type]
        if title:
            form.get_by_label("Title").fill(title)
        if lyrics:
            form.get_by_role("textbox", name="Lyrics").fill(lyrics)
        form.get_by_role("button", name="Start Processing").click()

    def card(self, name: str) -> "Card":
        """Find the card of a song by the name on it."""
        return Card(self.page.get_by_role("article", name=name, exact=True))

    def violations(self) -> list[str]:
        """Give what axe finds: rule and place."""
        found = Axe().run(self.page).response["violations"]
        return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]

    def _note(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "file"):
            self.hosts.add(f"{address.scheme}://{address.netloc}")


class Card:
    """One song of the list."""

    def __init__(self, root: Locator) -> None:
        self.root = root

    def expect_status(self, word: str) -> None:
        """Wait for the word on the badge."""
        expect(self.root.locator(".badge")).to_have_text(word, timeout=WORK_MS)

    def stage(self, name: str) -> Locator:
        """Find the row of a stage."""
        return self.root.locator(f"[data-stage={name}]")

    def bar(self, name: str) -> Locator:
        """Find the progress bar of a stage as assistive technology does."""
        return self.root.get_by_role("progressbar", name=name)

    def percent(self, name: str) -> int:
        """Read how far a stage is."""
        return int(self.bar(name).get_attribute("aria-valuenow") or "0")

    def download(self, name: str) -> Locator:
        """Find a download link by the start of its name."""
        return self.root.get_by_role("link", name=name)

    def button(self, name: str) -> Locator:
        """Find a button."""
        return self.root.get_by_role("button", name=name, exact=True)
