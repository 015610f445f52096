import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from music_separator.domain.errors import NotEnoughSpace, UnknownResult
from music_separator.domain.progress import StageName
from music_separator.store.durable import sha256_of, write_atomically
from music_separator.store.files import FileStore
from tests.tracks import digest_of, finished

DIGEST = digest_of("result")
SEPARATION = StageName.SEPARATION
OUTSIDE = ["", ".", "..", "../out", "a/../../out", "/nowhere", "a/b", "nul\0byte"]
VERBS: dict[str, Callable[[FileStore, str], object]] = {
    "incoming": lambda files, name: files.incoming(name),
    "blob": lambda files, name: files.blob(name),
    "keep_blob": lambda files, name: files.keep_blob(files.incoming("arrived"), name),
    "drop_blob": lambda files, name: files.drop_blob(name),
    "work_dir of a song": lambda files, name: files.work_dir(name, SEPARATION, DIGEST),
    "work_dir of a digest": lambda files, name: files.work_dir("song-1", SEPARATION, name),
    "drop_stage_work": lambda files, name: files.drop_stage_work(name, SEPARATION),
    "drop_work": lambda files, name: files.drop_work(name),
    "is_published": lambda files, name: files.is_published(name),
    "result": lambda files, name: files.result(name),
    "artifact_path": lambda files, name: files.artifact_path(name, "vocals"),
    "drop_result": lambda files, name: files.drop_result(name),
}


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "data", min_free_bytes=0)


def publish(files: FileStore, content: bytes, *, song: str = "song-1", digest: str = DIGEST) -> None:
    """Finish one file in a song's folder of work and publish it."""
    folder = files.work_dir(song, SEPARATION, digest) / "out"
    files.publish(folder, digest, finished(folder, {"vocals.flac": content}, duration_s=10.0))


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name_leads_out_of_the_folder(files: FileStore, tmp_path: Path, verb: str, name: str) -> None:
    files.incoming("arrived").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match="is no name for a file"):
        VERBS[verb](files, name)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_in_any_script_stays_in_the_folder(files: FileStore, tmp_path: Path) -> None:
    folder = files.work_dir("Čežnja – 夜 (live)", SEPARATION, DIGEST)
    assert folder.is_relative_to(tmp_path / "data" / "work")


def test_arrived_bytes_are_kept_once_under_their_digest(files: FileStore) -> None:
    for name in ("first", "second"):
        arrived = files.incoming(name)
        arrived.write_bytes(b"mixture")
        place = files.keep_blob(arrived, digest_of("mixture"))
        assert not arrived.exists()
    assert place == files.blob(digest_of("mixture"))
    assert place.read_bytes() == b"mixture"
    files.drop_blob(digest_of("mixture"))
    assert not place.exists()


def test_what_never_finished_arriving_is_swept_away(files: FileStore) -> None:
    files.incoming("broken").touch()
    files.sweep_incoming()
    assert not files.incoming("broken").exists()


def test_a_published_result_is_read_back_as_it_was_made(files: FileStore) -> None:
    publish(files, b"voice")
    result = files.result(DIGEST)
    assert [(item.name, item.size) for item in result.artifacts] == [("vocals", 5)]
    assert result.facts == {"duration_s": 10.0}
    assert files.artifact_path(DIGEST, "vocals").read_bytes() == b"voice"
    assert sha256_of(files.artifact_path(DIGEST, "vocals")) == result.artifacts[0].sha256


def test_publishing_moves_the_finished_folder(files: FileStore) -> None:
    publish(files, b"voice")
    assert files.is_published(DIGEST)
    assert not (files.work_dir("song-1", SEPARATION, DIGEST) / "out").exists()


def test_a_result_published_again_stays_as_it_is(files: FileStore, tmp_path: Path) -> None:
    publish(files, b"first")
    publish(files, b"second", song="song-2")
    assert files.artifact_path(DIGEST, "vocals").read_bytes() == b"first"
    assert len(list((tmp_path / "data").rglob("vocals.flac"))) == 1


def test_songs_that_publish_one_result_at_the_same_moment_leave_one(files: FileStore, tmp_path: Path) -> None:
    """Two songs with one mixture and other lyrics: the second rename met a full folder and raised."""
    for turn in range(10):
        digest, together = digest_of(f"turn {turn}"), threading.Barrier(4)

        def race(song: int, digest: str = digest, together: threading.Barrier = together) -> None:
            folder = files.work_dir(f"song-{song}", SEPARATION, digest) / "out"
            result = finished(folder, {"vocals.flac": b"voice"})
            together.wait(10)
            files.publish(folder, digest, result)

        with ThreadPoolExecutor(4) as songs:
            list(songs.map(race, range(4)))
        assert files.artifact_path(digest, "vocals").read_bytes() == b"voice"
    assert len(list((tmp_path / "data").rglob("vocals.flac"))) == 10


def test_a_folder_without_a_manifest_is_no_result(files: FileStore, tmp_path: Path) -> None:
    (tmp_path / "data" / "artifacts" / DIGEST[:2] / DIGEST).mkdir(parents=True)
    assert not files.is_published(DIGEST)


def test_a_name_that_a_result_does_not_have_is_answered_with_those_it_has(files: FileStore) -> None:
    publish(files, b"voice")
    with pytest.raises(UnknownResult, match="What is there: vocals"):
        files.artifact_path(DIGEST, "drums")


def test_a_dropped_result_is_gone_and_may_be_made_again(files: FileStore, tmp_path: Path) -> None:
    publish(files, b"first")
    files.drop_result(DIGEST)
    files.drop_result(DIGEST)
    assert not files.is_published(DIGEST)
    assert list((tmp_path / "data").rglob("vocals.flac")) == []
    publish(files, b"second")
    assert files.artifact_path(DIGEST, "vocals").read_bytes() == b"second"


def test_the_work_of_one_stage_is_dropped_alone(files: FileStore) -> None:
    separation = files.work_dir("song-1", SEPARATION, DIGEST)
    karaoke = files.work_dir("song-1", StageName.KARAOKE, DIGEST)
    files.drop_stage_work("song-1", SEPARATION)
    assert (separation.exists(), karaoke.exists()) == (False, True)
    files.drop_work("song-1")
    assert not karaoke.exists()


def test_other_options_have_other_folders_of_work(files: FileStore) -> None:
    folders = {files.work_dir("song-1", SEPARATION, digest_of(text)) for text in ("one", "two")}
    assert len(folders) == 2


def test_space_is_there_for_what_fits_above_the_floor(files: FileStore) -> None:
    files.require_space(0)


def test_too_little_space_says_how_much_is_needed_with_the_floor(tmp_path: Path) -> None:
    files = FileStore(tmp_path, min_free_bytes=1 << 60)
    with pytest.raises(NotEnoughSpace) as full:
        files.require_space(1000)
    assert full.value.needed_bytes == (1 << 60) + 1000
    assert 0 < full.value.free_bytes < 1 << 60


def test_a_file_written_atomically_is_replaced_whole(tmp_path: Path) -> None:
    write_atomically(tmp_path / "note.json", b"first")
    write_atomically(tmp_path / "note.json", b"second")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("note.json", b"second")]
