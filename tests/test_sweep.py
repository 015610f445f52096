"""What a server removes when it starts: what nothing refers to, and only while no work is owed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from music_separator.bootstrap import Store, open_store, sweep_unused
from music_separator.config import Settings
from music_separator.domain.job import JobOptions, JobStatus
from music_separator.domain.progress import StageName, all_done, done
from music_separator.store.events import Change
from tests.tracks import digest_of, finished, track

USED, UNUSED = digest_of("used"), digest_of("unused")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open a store with a song whose separation is used, and results and mixtures that nothing refers to."""
    with open_store(Settings(data_dir=tmp_path)) as opened:
        song = track()
        opened.jobs.add(song, JobOptions(), request="a", start=True)
        for digest in (USED, UNUSED):
            folder = opened.files.work_dir("song-1", StageName.SEPARATION, digest) / "out"
            opened.files.publish(folder, digest, finished(folder, {"vocals.flac": b"voice"}))
        for blob in (song.blob, UNUSED):
            arrived = opened.files.incoming("arrived")
            arrived.write_bytes(b"song")
            opened.files.keep_blob(arrived, blob)
        opened.log.append("song-1", done(StageName.SEPARATION), attempt=1, change=Change(result=USED))
        yield opened


def kept(store: Store) -> list[tuple[bool, bool]]:
    """Tell for the used and the unused whether the result and the mixture are there."""
    blobs = (track().blob, UNUSED)
    return [
        (store.files.is_published(digest), store.files.blob(blob).exists())
        for digest, blob in zip((USED, UNUSED), blobs, strict=True)
    ]


def test_what_nothing_refers_to_goes_at_the_start(store: Store):
    store.log.append("song-1", all_done(), attempt=1, change=Change(status=JobStatus.DONE))
    sweep_unused(store)
    assert kept(store) == [(True, True), (False, False)]


def test_nothing_goes_while_work_is_owed(store: Store):
    sweep_unused(store)
    assert kept(store) == [(True, True), (True, True)]


def test_result_in_another_format_goes_with_it(store: Store):
    store.log.append("song-1", all_done(), attempt=1, change=Change(status=JobStatus.DONE))
    made = [store.files.converted(digest, "vocals", "mp3") for digest in (USED, UNUSED)]
    for path in made:
        path.write_bytes(b"mp3")
    sweep_unused(store)
    assert [path.exists() for path in made] == [True, False]
