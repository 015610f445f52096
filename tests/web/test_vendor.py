"""The files of other projects that the page needs: exactly the bytes that the manifest names."""

import hashlib
import json
from pathlib import Path

import pytest

import music_separator

VENDOR = Path(music_separator.__file__).parent / "web" / "vendor"
MANIFEST: dict[str, dict[str, str]] = json.loads((VENDOR / "MANIFEST.json").read_text(encoding="utf-8"))
THIRD_PARTY = (Path(__file__).parents[2] / "THIRD_PARTY.md").read_text(encoding="utf-8")
NODE = Path(__file__).parents[1] / "node"


def test_every_vendored_file_is_in_the_manifest():
    present = {path.name for path in VENDOR.iterdir() if path.name not in ("MANIFEST.json", ".gitattributes")}
    assert present == set(MANIFEST)


@pytest.mark.parametrize("name", MANIFEST)
def test_vendored_file_has_the_hash_of_the_manifest(name: str):
    entry = MANIFEST[name]
    assert set(entry) == {"package", "version", "licence", "sha256", "source"}
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == entry["sha256"]


def test_page_and_node_tests_use_one_version():
    vendored = {entry["package"]: entry["version"] for entry in MANIFEST.values()}
    wanted = json.loads((NODE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert wanted.items() <= vendored.items()


@pytest.mark.parametrize("name", MANIFEST)
def test_vendored_package_is_named_with_its_licence(name: str):
    rows = [row for row in THIRD_PARTY.splitlines() if row.startswith("| " + MANIFEST[name]["package"] + " ")]
    assert [MANIFEST[name]["version"] in row and MANIFEST[name]["licence"] in row for row in rows] == [True]


def test_lock_names_no_registry_host():
    assert "resolved" not in (NODE / "package-lock.json").read_text(encoding="utf-8")
