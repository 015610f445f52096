"""The document that the product was ordered from: where it is, and its code examples to the letter."""

import re
from pathlib import Path

from tests.running import Server

DOCUMENT = Path(__file__).parents[3] / "shared" / "reference" / "progress-feedback.md"
PORT = 5000


def section(document: str, heading: str) -> str:
    """Give the part under a heading."""
    return re.split(r"\n#{2,3} ", document.split(f"### {heading}\n", maxsplit=1)[1], maxsplit=1)[0]


def code(part: str, language: str) -> str:
    """Give the first example of a language."""
    found = re.search(rf"```{language}\n(.*?)```", part, re.DOTALL)
    assert found is not None
    return found[1]


def at(server: Server, example: str) -> str:
    """Change the port, and nothing else, where the server could not have the document's."""
    return example.replace(f"localhost:{PORT}", server.url.replace("http://127.0.0.1", "localhost"))
