"""What the documents tell people to type works: commands and Python are run, JavaScript and JSON are read.

``bash`` and ``python`` blocks of a page are run in order, in one folder, with a server where they ask for one.
``console`` blocks are shown only: their verbs and flags have to exist, as have those of blocks without a language.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, Block, blocks, name_of
from tests.nodejs import node
from tests.running import running_server

RUN = ("bash", "python")
WHERE = "http://localhost:5000"
COMMAND = re.compile(
    r"^(?:\$ )?(?:\w+=\S+ )?(?:python3 app\.py|music-separator)(?P<rest>(?: [^#\n|>]*)?)", re.MULTILINE
)
RUNNABLE = [page for page in PAGES if any(block.language in RUN for block in blocks(page))]
LANGUAGES = {"", "bash", "python", "console", "js", "json", "html", "text", "mermaid"}


def script_of(page: Path) -> str:
    """Put the blocks of a page into one script; Python, which has one namespace a page, where its last block is."""
    found = [block for block in blocks(page) if block.language in RUN]
    python = [block for block in found if block.language == "python"]
    whole = "\n\n".join(block.code for block in python)
    parts = ["set -euo pipefail"]
    for block in found:
        if block.language == "bash":
            parts.append(block.code)
        elif block is python[-1]:
            parts.append(f"{sys.executable} - <<'END_OF_PYTHON'\n{whole}\nEND_OF_PYTHON")
    return "\n".join(parts).replace("python3 app.py", f"{sys.executable} -m music_separator")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is missing")
@pytest.mark.parametrize("page", RUNNABLE, ids=name_of)
def test_commands_and_python_run(page: Path, tmp_path: Path):
    script, folder = script_of(page), tmp_path / "work"
    folder.mkdir()
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("node_modules"))
    variables = {**os.environ, "MUSIC_SEPARATOR_DATA_DIR": str(tmp_path / "data"), "MUSIC_SEPARATOR_OFFLINE": "1"}
    if WHERE in script:
        with running_server(tmp_path / "served") as server:
            run(script.replace(WHERE, server.url), folder, variables)
    else:
        run(script, folder, variables)


def run(script: str, folder: Path, variables: dict[str, str]) -> None:
    """Run a script; what it said is shown where it failed."""
    ran = subprocess.run(["bash"], input=script, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_names_a_language_that_is_checked(page: Path):
    assert {block.language for block in blocks(page)} <= LANGUAGES


@pytest.mark.parametrize("page", [*DOCS.rglob("*.md"), ROOT / "README.md"], ids=name_of)
def test_every_command_that_is_shown_exists(page: Path):
    known = flags_by_verb()
    for block in blocks(page):
        for found in COMMAND.finditer(block.code if block.language != "text" else ""):
            assert_known(found["rest"].split(), known)


def flags_by_verb() -> dict[str, set[str]]:
    """Read verbs and their flags from the reference, which another test holds to the program."""
    sections = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8").split("\n## ")[1:]
    return {section.splitlines()[0]: set(re.findall(r"(?<=[`\s])--?[a-z][a-z-]*", section)) for section in sections}


def assert_known(words: list[str], known: dict[str, set[str]]) -> None:
    """Assert that a command line has a verb that there is, with flags that it takes."""
    if words == ["test"] or not words or words == ["VERB", "..."]:
        return
    verb = next((name for name in (" ".join(words[:2]), words[0]) if name in known), "serve")
    assert verb != "serve" or words[0] == "serve" or words[0].startswith("-"), words
    assert {word for word in words if word.startswith("-")} <= known[verb], words


def test_javascript_can_be_read(tmp_path: Path):
    for number, (page, block) in enumerate(of_language("js")):
        path = tmp_path / f"{page.stem}-{number}.mjs"
        path.write_text(block.code, encoding="utf-8")
        checked = subprocess.run([*node(), "--check", str(path)], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, f"{name_of(page)}:\n{checked.stderr}"


def test_json_can_be_read():
    for _, block in of_language("json"):
        json.loads(block.code)


def of_language(language: str) -> list[tuple[Path, Block]]:
    """Find the blocks of a language, with their pages."""
    return [(page, block) for page in PAGES for block in blocks(page) if block.language == language]
