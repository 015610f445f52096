"""Write the reference pages from the program itself:  python docs/reference/make_reference.py [FOLDER]

Without FOLDER they are written beside this file. A test fails where the committed pages are not these.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pages import commands, errors, event, formats, routes, settings

PAGES = {
    "settings.md": settings.page,
    "commands.md": commands.page,
    "errors.md": errors.page,
    "routes.md": routes.page,
    "formats.md": formats.page,
    "processing_progress.schema.json": event.page,
}
NOTE = "<!-- Written by make_reference.py from the program. Change the program, then run it again. -->\n\n"


def main(folder: Path) -> None:
    """Write every page."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, page in PAGES.items():
            note = NOTE if name.endswith(".md") else ""
            (folder / name).write_text(note + page(Path(scratch)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
