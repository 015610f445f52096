"""No link of a document leads nowhere; every page of the documentation can be reached from its index."""

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, anchors, links, name_of

ABSOLUTE = ("http://", "https://", "mailto:")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_link_leads_nowhere(page: Path):
    dead = []
    for target in links(page):
        if target.startswith(ABSOLUTE):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or not found.is_relative_to(ROOT) or (anchor and anchor not in anchors(found)):
            dead.append(target)
    assert dead == []


def test_every_page_is_reached_from_the_index():
    reached, to_read = set[Path](), [DOCS / "README.md"]
    while to_read:
        page = to_read.pop()
        if page in reached:
            continue
        reached.add(page)
        paths = [(page.parent / target.partition("#")[0]).resolve() for target in links(page) if "://" not in target]
        to_read += [path for path in paths if path.suffix == ".md"]
    assert {name_of(page) for page in PAGES if page.is_relative_to(DOCS) and page not in reached} == set()


def test_readme_leads_to_the_documentation():
    assert {"docs/README.md", "docs/tutorial/first-song.md"} <= set(links(ROOT / "README.md"))
