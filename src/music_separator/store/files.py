"""What is on disk, by digest: blobs (mixtures as uploaded), artifacts (published results), work (unfinished).

Only this file builds paths, and only of names that are one part of a path: a verb given anything else raises
ValueError before it touches the disk, so that nothing here can reach, or remove, what lies outside.
"""

import json
import os
import shutil
import threading
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from music_separator.domain.caution import Caution
from music_separator.domain.errors import NotEnoughSpace, UnknownResult
from music_separator.domain.job import Artifact, StageResult
from music_separator.domain.progress import StageName
from music_separator.store.durable import sync_file, sync_folder, write_atomically

MANIFEST = "manifest.json"


class FileStore:
    """The folders of one data directory.

    ``references`` is held while a row begins to refer to a file, and while the last such row and its file go: several
    songs, of several owners, may share one.
    """

    def __init__(self, data_dir: Path, *, min_free_bytes: int) -> None:
        self.references = threading.RLock()
        self._blobs = data_dir / "blobs"
        self._artifacts = data_dir / "artifacts"
        self._work = data_dir / "work"
        self._incoming = data_dir / "incoming"
        self._converted = data_dir / "converted"
        self._min_free_bytes = min_free_bytes
        for folder in (self._blobs, self._artifacts, self._work, self._incoming, self._converted):
            folder.mkdir(parents=True, exist_ok=True)

    def incoming(self, name: str) -> Path:
        """Name a file that is still arriving."""
        return self._incoming / f"{_part(name)}.part"

    def sweep_incoming(self) -> None:
        """Remove what never finished arriving; called before the server listens."""
        for path in self._incoming.iterdir():
            path.unlink()

    def blob(self, digest: str) -> Path:
        """Give the place of the bytes with this SHA-256."""
        return self._blobs / _part(digest)[:2] / digest

    def keep_blob(self, arrived: Path, digest: str) -> Path:
        """Move an arrived, already synced file to its place; the same bytes are kept once."""
        place = self.blob(digest)
        place.parent.mkdir(exist_ok=True)
        arrived.replace(place)
        sync_folder(place.parent)
        return place

    def drop_blob(self, digest: str) -> None:
        """Remove a mixture."""
        self.blob(digest).unlink(missing_ok=True)

    def work_dir(self, file_id: str, stage: StageName, digest: str) -> Path:
        """Give the folder where a stage keeps its finished chunks until it is published."""
        folder = self._work / _part(file_id) / f"{stage}.{_part(digest)[:16]}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def drop_stage_work(self, file_id: str, stage: StageName) -> None:
        """Remove what a stage no longer needs once its result is published."""
        for folder in (self._work / _part(file_id)).glob(f"{stage}.*"):
            shutil.rmtree(folder, ignore_errors=True)

    def drop_work(self, file_id: str) -> None:
        """Remove everything unfinished of a track."""
        shutil.rmtree(self._work / _part(file_id), ignore_errors=True)

    def is_published(self, digest: str) -> bool:
        """Whether a stage result with this digest is complete."""
        return (self._result_dir(digest) / MANIFEST).is_file()

    def publish(self, folder: Path, digest: str, result: StageResult) -> None:
        """Make a finished folder the result for a digest in one rename; a result that is there already stays."""
        if self.is_published(digest):
            shutil.rmtree(folder)
            return
        for artifact in result.artifacts:
            sync_file(folder / artifact.filename)
        write_atomically(folder / MANIFEST, json.dumps(asdict(result), indent=1).encode())
        target = self._result_dir(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(target)
        except OSError:
            # Another song with the same mixture may have made the same result meanwhile.
            if not self.is_published(digest):
                raise
            shutil.rmtree(folder)
        sync_folder(target.parent)

    def result(self, digest: str) -> StageResult:
        """Read what a published result holds."""
        stored = json.loads((self._result_dir(digest) / MANIFEST).read_text(encoding="utf-8"))
        return StageResult(
            artifacts=tuple(Artifact(**item) for item in stored["artifacts"]),
            facts=stored["facts"],
            warnings=tuple(map(Caution.stored, stored["warnings"])),
        )

    def artifact_path(self, digest: str, name: str) -> Path:
        """Find one file of a result by its name; raises UnknownResult."""
        known = {artifact.name: artifact for artifact in self.result(digest).artifacts}
        if name not in known:
            raise UnknownResult(name, tuple(known))
        return self._result_dir(digest) / known[name].filename

    def converted(self, digest: str, name: str, suffix: str) -> Path:
        """Give the place of a result's file in another format; the caller makes it where it is missing."""
        folder = self._converted / _part(digest)
        folder.mkdir(exist_ok=True)
        return folder / _part(f"{name}.{suffix}")

    def drop_result(self, digest: str) -> None:
        """Remove a published result: out of sight in one rename, then file by file."""
        shutil.rmtree(self._converted / _part(digest), ignore_errors=True)
        target = self._result_dir(digest)
        if target.exists():
            doomed = self._work / f"deleted-{digest}"
            target.rename(doomed)
            shutil.rmtree(doomed, ignore_errors=True)

    def sweep(self, *, results: Collection[str], blobs: Collection[str]) -> int:
        """Remove results and mixtures beside the ones named; gives how many. For when nothing else uses the folders."""
        unused = [path.name for path in self._artifacts.glob("*/*") if path.name not in results]
        for digest in unused:
            self.drop_result(digest)
        lost = [path.name for path in self._blobs.glob("*/*") if path.name not in blobs]
        for digest in lost:
            self.drop_blob(digest)
        return len(unused) + len(lost)

    def free_bytes(self) -> int:
        """Give the free space of the data directory's disk."""
        return shutil.disk_usage(self._work).free

    def require_space(self, needed_bytes: int) -> None:
        """Raise NotEnoughSpace unless that much fits above the floor."""
        wanted = needed_bytes + self._min_free_bytes
        free = self.free_bytes()
        if free < wanted:
            raise NotEnoughSpace(wanted, free)

    def _result_dir(self, digest: str) -> Path:
        return self._artifacts / _part(digest)[:2] / digest


def _part(name: str) -> str:
    """Give the name back if it is one part of a path, and none that leads elsewhere."""
    if name in ("", ".", "..") or "\0" in name or Path(name).name != name:
        raise ValueError(f"{name!r} is no name for a file")
    return name


def is_writable(folder: Path) -> bool:
    """Whether this process may create files in a folder."""
    return os.access(folder, os.W_OK)
