"""The reference pages are what the program says."""

import subprocess
import sys
from pathlib import Path

from tests.docs.pages import DOCS

REFERENCE = DOCS / "reference"
EVENT = "processing_progress.schema.json"
WRITTEN = {"settings.md", "commands.md", "errors.md", "routes.md", "formats.md", EVENT}


def test_committed_pages_are_those_of_the_program(tmp_path: Path):
    command = [sys.executable, str(REFERENCE / "make_reference.py"), str(tmp_path)]
    subprocess.run(command, check=True, env={"MUSIC_SEPARATOR_PORT": "1234", "PATH": ""})
    committed = {page.name for page in REFERENCE.iterdir() if page.suffix in (".md", ".json")}
    assert {page.name for page in tmp_path.iterdir()} == WRITTEN == committed
    for page in sorted(tmp_path.iterdir()):
        kept = (REFERENCE / page.name).read_text(encoding="utf-8")
        assert kept == page.read_text(encoding="utf-8"), "run: python docs/reference/make_reference.py"
