"""Runs the pipeline on one song without a server: in a hidden folder beside the output, which is gone afterwards."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from music_separator.bootstrap import direct_service
from music_separator.cli import exits
from music_separator.cli.job_lyrics import source_of
from music_separator.cli.settings import settings_from
from music_separator.cli.show import Show
from music_separator.domain.errors import MusicSeparatorError, NoSuchFile
from music_separator.domain.job import INTERNAL, JobOptions
from music_separator.domain.owner import FIRST_OWNER
from music_separator.domain.progress import StageName
from music_separator.service import NewTrack, Service
from music_separator.workers.supervisor import Supervisor


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be made of one song, and where."""

    song: Path
    options: JobOptions
    stages: Sequence[StageName]
    out_dir: Path
    language: str | None = None
    stem_format: str = "flac"
    only_times: bool = False
    offline: bool | None = None
    lookup: bool | None = None
    own_checkpoint: Path | None = None

    @property
    def name(self) -> str:
        """What the folder and the karaoke files are called: the song's name, or "song" where that is dots only."""
        return self.song.stem if self.song.stem.strip(". ") else "song"


@dataclass(frozen=True, kw_only=True)
class Made:
    """What became of an order: its folder and files, its exit code, and a sentence where something went wrong."""

    folder: Path
    files: tuple[Path, ...]
    exit_code: int
    error: str | None
    warnings: tuple[str, ...]
    words: str | None = None
    """Where the words are from."""


def make(order: Order, show: Show, workers: Supervisor) -> Made:
    """Run the stages and put what they made into ``out_dir/<song name>``. Raises InputError for what is no song."""
    if not order.song.is_file():
        raise NoSuchFile(str(order.song))
    if order.own_checkpoint is not None and not order.own_checkpoint.is_file():
        raise NoSuchFile(str(order.own_checkpoint))
    order.out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=order.out_dir, prefix=".music-separator-") as own:
        # Weights and what was looked up outlive the command; everything else of it does not.
        lasting = settings_from({})
        settings = settings_from(
            {
                "data_dir": Path(own),
                "models_dir": lasting.weights_dir,
                "lookup_dir": lasting.lookups_dir,
                "min_free_mib": 0,
                "offline": order.offline,
                "lookup": order.lookup,
            }
        )
        with direct_service(
            settings,
            order.stages,
            workers,
            stem_format=order.stem_format,
            only_times=order.only_times,
            own_checkpoint=order.own_checkpoint,
            ahead=order.options,
        ) as service:
            stop = service.log.listen(show.event)
            try:
                return _run(order, service)
            finally:
                stop()


def _run(order: Order, service: Service) -> Made:
    added = service.add_track(_track_of(order, service))
    job = service.jobs.get(added.track.file_id)
    folder = order.out_dir / order.name
    files = _collect(service, added.track.file_id, folder)
    failed = next((state for state in job.stages if state.error is not None), None)
    return Made(
        folder=folder,
        files=files,
        exit_code=exits.of_code(failed.code or "") if failed else exits.DONE,
        error=failed.error if failed else None,
        warnings=tuple(warning.message for warning in job.warnings),
        words=_words_of(service, added.track.file_id),
    )


def _words_of(service: Service, file_id: str) -> str | None:
    words = service.words.store.origin(file_id)
    decided = service.jobs.get(file_id).stage(StageName.TRANSCRIPTION)
    if words.source is None or decided is None or decided.result is None:
        return None
    return source_of(words.source, words.made_by)


def _track_of(order: Order, service: Service) -> NewTrack:
    arrived = service.files.incoming("song")
    shutil.copyfile(order.song, arrived)
    with arrived.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return NewTrack(
        owner=FIRST_OWNER,
        path=arrived,
        sha256=digest,
        size_bytes=arrived.stat().st_size,
        filename=order.song.name,
        options=order.options,
        file_id=order.name,  # the karaoke files are named after it
        language=order.language,
    )


def _collect(service: Service, file_id: str, folder: Path) -> tuple[Path, ...]:
    job = service.jobs.get(file_id)
    made = []
    for state in job.stages:
        if state.result is None:
            continue
        folder.mkdir(exist_ok=True)
        for artifact in service.files.result(state.result).artifacts:
            if artifact.kind not in ("lyrics", INTERNAL):
                target = folder / artifact.filename
                shutil.move(service.files.artifact_path(state.result, artifact.name), target)
                made.append(target)
    return tuple(made)


def make_all(orders: Sequence[Order], show: Show, workers: Supervisor, say: Callable[[str], None]) -> int:
    """Run several orders one after the other, on one warm worker; gives the exit code for all."""
    codes = []
    for order in orders:
        try:
            made = make(order, show, workers)
        except MusicSeparatorError as error:
            say(f"{order.song.name}: {error}")
            codes.append(exits.of_error(type(error)))
            continue
        say_what_went_wrong(order, made, say)
        if made.words is not None:
            say(f"{order.song.name}: words {made.words}")
        if made.files:
            say(f"{order.song.name}: {len(made.files)} files in {made.folder}")
        codes.append(made.exit_code)
    return exits.of_several(codes)


def say_what_went_wrong(order: Order, made: Made, say: Callable[[str], None]) -> None:
    """Say the warnings and the error of an order, each with the song's name."""
    for sentence in (*made.warnings, *([made.error] if made.error else [])):
        say(f"{order.song.name}: {sentence}")
