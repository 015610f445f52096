import os
from pathlib import Path

import pytest

from music_separator.store.key import KEY_BYTES, NAME, installation_key, stored_key


def test_key_is_made_once_and_kept(tmp_path: Path) -> None:
    key = installation_key(tmp_path)
    assert len(key) == KEY_BYTES
    assert installation_key(tmp_path) == stored_key(tmp_path) == key
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_no_two_installations_share_a_key(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert installation_key(tmp_path) != installation_key(tmp_path / "other")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions; the user's folder protects the file")
def test_nobody_else_may_read_the_key(tmp_path: Path) -> None:
    installation_key(tmp_path)
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", [b"", b"short"])
def test_key_that_is_not_whole_is_never_used(tmp_path: Path, left: bytes) -> None:
    (tmp_path / NAME).write_bytes(left)
    assert stored_key(tmp_path) is None
    assert len(installation_key(tmp_path)) == KEY_BYTES


def test_without_a_data_directory_there_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert stored_key(tmp_path / "nothing") is None
    assert stored_key(tmp_path / "file") is None
