"""Weights: the files a network is loaded from, by name; where they lie, where they come from, what they must be.

A folder each: the files, and a record of their digests (docs/adr/0010). A digest is never made up: it is the one that
the source stated when the file was fetched, or it was taken of a file that somebody had put there by hand.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from music_separator.domain.errors import (
    NotEnoughSpace,
    WeightsDamaged,
    WeightsGated,
    WeightsMissing,
    WeightsUnreachable,
)
from music_separator.engines.download import STALL_S, NotAsStated, digests_of, download
from music_separator.engines.hub import ANSWER_LIMIT_S, NoAnswer, NotAllowed, Offer, ask
from music_separator.engines.shards import INDEX_SUFFIX, listed_in

RECORD = "weights.json"
LOCK_POLL_S = 0.2
MEGABYTE = 10**6
SPARE_BYTES = 200 << 20
"""Disk that stays free beside the weights."""

OnBytes = Callable[[int, int], None]
"""Bytes that are here and bytes in all, several times a second; 0 of 0 while that is not known. May raise to stop."""


@dataclass(frozen=True, kw_only=True)
class WeightsFile:
    """One file of some weights. ``names`` are those that it may have: conversions of different age differ.

    An index (shards.py) stands for itself and for every file that it lists.
    """

    names: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Weights by name. ``repository`` is their place on the hub, ``about_mb`` roughly their size for people; ``gated``
    ones are given to who has accepted their licence.
    """

    name: str
    title: str
    repository: str
    licence: str
    about_mb: int
    files: tuple[WeightsFile, ...]
    gated: bool = False

    def downloading(self, here: int, total: int) -> str:
        """Say for people how many of all bytes are here."""
        return f"Downloading {self.title} ({self.licence}): {here // MEGABYTE} of {-(-total // MEGABYTE)} MB"


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """What is known of one file. ``stated`` is the digest that ``source`` stated; both are None for a file by hand."""

    size: int
    sha256: str
    stated: str | None = None
    source: str | None = None
    revision: str | None = None


Records = dict[str, FileRecord]
"""By file name."""


@dataclass(frozen=True, kw_only=True)
class WeightsStore:
    """The folder of all weights of an installation, and the hub that it is filled from."""

    root: Path
    hub_url: str
    offline: bool
    token: str | None = field(default=None, repr=False)
    """What the hub is shown by who has accepted a licence there; never logged."""
    answer_limit_s: float = ANSWER_LIMIT_S
    stall_s: float = STALL_S

    def folder(self, weights: Weights) -> Path:
        """Give the folder of these weights; files may be placed there by hand."""
        return self.root / weights.name

    def is_here(self, weights: Weights) -> bool:
        """Whether every required file is there. Nothing is computed."""
        folder = self.folder(weights)
        present = [_present(folder, file) for file in weights.files if file.required]
        try:
            return all(path is not None and all(part.is_file() for part in _parts_of(path)) for path in present)
        except ValueError:
            return False

    def digest(self, weights: Weights) -> str | None:
        """Give one digest for all files as recorded; None where they are not here or not recorded yet."""
        records = self._records(weights)
        if not self.is_here(weights) or not records:
            return None
        return hashlib.sha256(json.dumps({name: r.sha256 for name, r in sorted(records.items())}).encode()).hexdigest()

    def digests(self, weights: Weights) -> tuple[str, ...] | None:
        """Give the SHA-256 of each file as recorded, in their order; None where one is not here or not recorded yet."""
        records = self._records(weights)
        present = [_present(self.folder(weights), file) for file in weights.files if file.required]
        found = [records[path.name].sha256 for path in present if path is not None and path.name in records]
        return tuple(found) if len(found) == len(present) else None

    def require(self, weights: Weights) -> None:
        """Raise WeightsMissing where they are not here and must not be fetched."""
        if self.offline and not self.is_here(weights):
            raise WeightsMissing(weights.name, str(self.folder(weights)))

    def ensure(self, weights: Weights, on_bytes: OnBytes = lambda here, total: None) -> Path:
        """Give the folder with all files in it, fetched where need be.

        Raises WeightsMissing (offline), WeightsUnreachable, WeightsDamaged, NotEnoughSpace; what ``on_bytes`` raises
        stops it, and what has arrived is gone on with the next time.
        """
        self.require(weights)
        folder = self.folder(weights)
        folder.mkdir(parents=True, exist_ok=True)
        with _alone_in(folder, lambda: on_bytes(0, 0)):
            if not self.is_here(weights):
                self._fetch(weights, on_bytes)
            self._check_sizes(weights)
        return folder

    def verify(self, weights: Weights) -> Records:
        """Read every file again and compare it with its record. Raises WeightsMissing, WeightsDamaged."""
        if not self.is_here(weights):
            raise WeightsMissing(weights.name, str(self.folder(weights)))
        self._check_sizes(weights)
        records = self._records(weights)
        for name, record in records.items():
            if _sha256_of(self.folder(weights) / name) != record.sha256:
                raise WeightsDamaged(weights.name, name, "it has changed since it was recorded")
        return records

    def _check_sizes(self, weights: Weights) -> None:
        """Compare with the record, which is made of what is there where there is none: files placed by hand."""
        folder, records = self.folder(weights), self._records(weights)
        present = filter(None, (_present(folder, file) for file in weights.files))
        for path in [path for found in present for path in (found, *_parts_of(found))]:
            size = path.stat().st_size
            if path.name not in records:
                self._note(weights, path.name, FileRecord(size=size, sha256=_sha256_of(path)))
            elif records[path.name].size != size:
                reason = f"{size} bytes instead of {records[path.name].size}"
                raise WeightsDamaged(weights.name, path.name, reason)

    def _fetch(self, weights: Weights, on_bytes: OnBytes) -> None:
        try:
            offers = self._ask_all(weights, weights.files, lambda: on_bytes(0, 0))
            offers += self._ask_for_listed(weights, offers, lambda: on_bytes(0, 0))
            total = sum(offer.size for offer in offers)
            self._require_space(weights, offers)
            here = 0
            for offer in offers:
                self._fetch_file(weights, offer, partial(_add_up, on_bytes, here, total))
                here += offer.size
        except NoAnswer as error:
            if weights.gated and isinstance(error, NotAllowed):
                shown = "the token that is set is not enough" if self.token else "no token is set"
                page = f"{self.hub_url}/{weights.repository}"
                raise WeightsGated(weights.name, page, f"{error}; {shown}") from error
            raise WeightsUnreachable(weights.name, self.hub_url, str(error)) from error

    def _ask_all(
        self, weights: Weights, files: Iterable[WeightsFile], tick: Callable[[], None], revision: str | None = None
    ) -> list[Offer]:
        """Ask for every file, all of one revision: the given one, else that which the first answer names."""
        offers: list[Offer] = []
        for file in files:
            wanted = revision or (offers[0].revision if offers else None)
            found = next(
                (offer for name in file.names if (offer := self._ask(weights, name, wanted, tick)) is not None), None
            )
            if found is not None:
                offers.append(found)
            elif file.required:
                raise NoAnswer(f"it has no {' or '.join(file.names)} in {weights.repository}")
        return offers

    def _ask(self, weights: Weights, name: str, revision: str | None, tick: Callable[[], None]) -> Offer | None:
        return ask(
            self.hub_url,
            weights.repository,
            name,
            revision=revision,
            token=self.token,
            tick=tick,
            limit_s=self.answer_limit_s,
        )

    def _ask_for_listed(self, weights: Weights, offers: list[Offer], tick: Callable[[], None]) -> list[Offer]:
        """Fetch the index among the offered files, if there is one, and ask for every file that it lists."""
        index = next((offer for offer in offers if offer.name.endswith(INDEX_SUFFIX)), None)
        if index is None:
            return []
        self._fetch_file(weights, index, lambda _size: tick())
        try:
            names = listed_in(self.folder(weights) / index.name)
        except ValueError as error:
            raise WeightsDamaged(weights.name, index.name, str(error)) from error
        return self._ask_all(weights, [WeightsFile(names=(name,)) for name in names], tick, index.revision)

    def _require_space(self, weights: Weights, offers: list[Offer]) -> None:
        folder = self.folder(weights)
        arrived = sum(part.stat().st_size for part in folder.glob("*.part"))
        needed = sum(offer.size for offer in offers if not (folder / offer.name).exists()) - arrived + SPARE_BYTES
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise NotEnoughSpace(needed, free)

    def _fetch_file(self, weights: Weights, offer: Offer, on_bytes: Callable[[int], None]) -> None:
        """Fetch one file; one that is there must be what the hub offers, and is never replaced."""
        target = self.folder(weights) / offer.name
        try:
            if target.exists():
                stated, sha256 = digests_of(target, offer)
                if stated != offer.digest:
                    raise NotAsStated(f"{self.hub_url} offers another one")
            else:
                sha256 = download(offer, target, on_bytes, token=self.token, stall_s=self.stall_s)
        except NotAsStated as error:
            raise WeightsDamaged(weights.name, offer.name, str(error)) from error
        record = FileRecord(
            size=offer.size, sha256=sha256, stated=offer.digest, source=self.hub_url, revision=offer.revision
        )
        self._note(weights, offer.name, record)

    def _records(self, weights: Weights) -> Records:
        try:
            stored = json.loads((self.folder(weights) / RECORD).read_text(encoding="utf-8"))
            return {name: FileRecord(**values) for name, values in stored["files"].items()}
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (ValueError, TypeError, KeyError, AttributeError):
            raise WeightsDamaged(weights.name, RECORD, "it cannot be read") from None

    def _note(self, weights: Weights, name: str, record: FileRecord) -> None:
        files = {**self._records(weights), name: record}
        place = self.folder(weights) / RECORD
        stored = {
            "weights": weights.name,
            "repository": weights.repository,
            "files": {name: asdict(files[name]) for name in sorted(files)},
        }
        temporary = place.with_suffix(".tmp")
        temporary.write_text(json.dumps(stored, indent=1), encoding="utf-8")
        temporary.replace(place)


def _add_up(on_bytes: OnBytes, before: int, total: int, size: int) -> None:
    on_bytes(before + size, total)


def _parts_of(path: Path) -> tuple[Path, ...]:
    """Give the files that an index lists; none of any other file. Raises ValueError."""
    return tuple(path.with_name(name) for name in listed_in(path)) if path.name.endswith(INDEX_SUFFIX) else ()


def _present(folder: Path, file: WeightsFile) -> Path | None:
    return next((folder / name for name in file.names if (folder / name).is_file()), None)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone_in(folder: Path, tick: Callable[[], None]) -> Iterator[None]:
    """Keep other processes from fetching the same weights meanwhile; wait for one that does."""
    lock = FileLock(folder / ".lock")
    while True:
        tick()
        try:
            lock.acquire(timeout=LOCK_POLL_S)
            break
        except Timeout:
            continue
    try:
        yield
    finally:
        lock.release()
