"""Tracks and jobs as rows: added together, read back as values, changed by the verbs that people have."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from music_separator.domain.attempt import next_stage
from music_separator.domain.caution import Caution
from music_separator.domain.errors import FileIdTaken, UnknownTrack
from music_separator.domain.job import Job, JobOptions, JobStatus, StageState, Track
from music_separator.domain.progress import (
    WORK_STAGES,
    ProgressEvent,
    StageName,
    StageReport,
    StageStatus,
    cancelled,
    uploaded,
)
from music_separator.store.clock import now_iso
from music_separator.store.database import Database
from music_separator.store.events import Change, EventLog, active_row, forget_cancelled_upload, forget_stages, record
from music_separator.store.schema import events, jobs, lyrics, stages, tracks

OPEN_STAGE = (StageStatus.QUEUED, StageStatus.RUNNING, StageStatus.PAUSED)


class JobStore:
    """Every row about tracks and jobs. Reads of one song raise UnknownTrack where there is none."""

    def __init__(self, database: Database, log: EventLog) -> None:
        self._database = database
        self._log = log

    def reserve(self, track: Track, *, batch_id: str | None = None) -> int:
        """Open the log of a track whose bytes still arrive; gives the attempt that they are told under.

        One reserved before (an upload that broke off) goes on; one that was cancelled is begun again.
        Raises FileIdTaken for an id whose bytes are stored, and for one of another owner.
        """
        with self._database.write() as connection:
            if not _is_reserved(connection, track):
                connection.execute(insert(tracks).values(**asdict(track)))
                values = _new_job(track, JobOptions(), status=JobStatus.UPLOADING, request=None, batch_id=batch_id)
                connection.execute(insert(jobs).values(**values))
            row = _job_row(connection, track.file_id)
            if row["status"] == JobStatus.CANCELLED:
                forget_stages(connection, track.file_id, (StageName.UPLOAD,))
                anew = {"status": JobStatus.UPLOADING, "attempt": row["attempt"] + 1, "cancel_requested": False}
                connection.execute(update(jobs).where(jobs.c.file_id == track.file_id).values(**anew))
            return int(_job_row(connection, track.file_id)["attempt"])

    def add(self, track: Track, options: JobOptions, *, request: str, start: bool, batch_id: str | None = None) -> Job:
        """Store a track whose bytes are safe, its job and the event that says so, in one transaction.

        Where another upload made the same ``request`` meanwhile, nothing is stored and its job is given. What was
        cancelled while its bytes arrived is stored and stays cancelled; nothing more is said. Raises
        FileIdTaken as ``reserve`` does.
        """
        status = JobStatus.QUEUED if start else JobStatus.UPLOADED
        values = _new_job(track, options, status=status, request=request, batch_id=batch_id)
        with self._database.write_lock:
            with self._database.write() as connection:
                twin = connection.execute(select(jobs.c.file_id).where(jobs.c.request == request)).scalars().first()
                if twin is not None:
                    return _job(_job_row(connection, twin), _stage_rows(connection, twin))
                if _is_reserved(connection, track):
                    row = _job_row(connection, track.file_id)
                    values |= {"last_seq": row["last_seq"], "attempt": row["attempt"]}
                    if row["status"] == JobStatus.CANCELLED:
                        values["status"] = JobStatus.CANCELLED
                    where = tracks.c.file_id == track.file_id
                    connection.execute(update(tracks).where(where).values(**asdict(track)))
                    connection.execute(update(jobs).where(jobs.c.file_id == track.file_id).values(**values))
                else:
                    connection.execute(insert(tracks).values(**asdict(track)))
                    connection.execute(insert(jobs).values(**values))
                event = None
                if values["status"] != JobStatus.CANCELLED:
                    event = record(connection, _job_row(connection, track.file_id), uploaded(starting=start), Change())
            if event is not None:
                self._log.tell(event)
        return self.get(track.file_id)

    def get(self, file_id: str) -> Job:
        """Read one job with the states of its stages."""
        with self._database.read() as connection:
            return _job(_job_row(connection, file_id), _stage_rows(connection, file_id))

    def track(self, file_id: str, *, owner: str | None = None) -> Track:
        """Read one track; with ``owner``, another one's track is unknown."""
        with self._database.read() as connection:
            row = connection.execute(select(tracks).where(tracks.c.file_id == file_id)).mappings().first()
        if row is None or (owner is not None and row["owner"] != owner):
            raise UnknownTrack(file_id)
        return Track(**row)

    def library(self, *, owner: str | None = None) -> list[tuple[Track, Job]]:
        """Read the tracks with their jobs, the newest first."""
        query = select(tracks).where(tracks.c.blob != "").order_by(tracks.c.created_at.desc(), tracks.c.file_id)
        if owner is not None:
            query = query.where(tracks.c.owner == owner)
        with self._database.read() as connection:
            found = [Track(**row) for row in connection.execute(query).mappings()]
            return [
                (
                    track,
                    _job(_job_row(connection, track.file_id), _stage_rows(connection, track.file_id)),
                )
                for track in found
            ]

    def active(self) -> list[Job]:
        """Read the jobs that are owed work, the oldest first."""
        query = select(jobs.c.file_id).where(jobs.c.status.in_([JobStatus.QUEUED, JobStatus.RUNNING]))
        with self._database.read() as connection:
            ids = connection.execute(query.order_by(jobs.c.updated_at)).scalars().all()
        return [self.get(file_id) for file_id in ids]

    def find_request(self, request: str) -> str | None:
        """Find the track that the same bytes of the same owner with the same options made, if any."""
        query = select(jobs.c.file_id).where(jobs.c.request == request)
        with self._database.read() as connection:
            return connection.execute(query).scalars().first()

    def begin_attempt(
        self,
        file_id: str,
        *,
        first_stage: StageName,
        last_stage: StageName = WORK_STAGES[-1],
        report: StageReport | None,
        options: JobOptions | None = None,
    ) -> Job:
        """Queue a job's first attempt, or the next one where one ran; the stages between first and last are due."""
        due = WORK_STAGES[WORK_STAGES.index(first_stage) : WORK_STAGES.index(last_stage) + 1]
        event: ProgressEvent | None = None
        with self._database.write_lock:
            with self._database.write() as connection:
                row = _job_row(connection, file_id)
                if JobStatus(row["status"]).is_active:
                    return _job(row, _stage_rows(connection, file_id))
                first_run = row["status"] == JobStatus.UPLOADED
                forget_stages(connection, file_id, (*due, StageName.COMPLETE))
                forget_cancelled_upload(connection, file_id)
                values: dict[str, Any] = {
                    "attempt": row["attempt"] + (0 if first_run else 1),
                    "status": JobStatus.QUEUED,
                    "first_stage": first_stage,
                    "last_stage": last_stage,
                    "cancel_requested": False,
                    "warnings": [each for each in row["warnings"] if _stage_of(each) not in due],
                    "updated_at": now_iso(),
                }
                if options is not None:
                    values["options"] = asdict(options)
                connection.execute(update(jobs).where(jobs.c.file_id == file_id).values(**values))
                if report is not None:
                    event = record(connection, _job_row(connection, file_id), report, Change())
            if event is not None:
                self._log.tell(event)
        return self.get(file_id)

    def set_options(self, file_id: str, options: JobOptions) -> None:
        """Replace what was chosen."""
        with self._database.write() as connection:
            values = {"options": asdict(options)}
            connection.execute(update(jobs).where(jobs.c.file_id == file_id).values(**values))

    def request_cancel(self, file_id: str) -> bool:
        """Remember that the running attempt shall end; False when there is none."""
        with self._database.write() as connection:
            row = _job_row(connection, file_id)
            if active_row(connection, file_id, row["attempt"]) is None:
                return False
            connection.execute(update(jobs).where(jobs.c.file_id == file_id).values(cancel_requested=True))
            return True

    def end_partial(self, file_id: str, attempt: int) -> None:
        """End an attempt whose stages are done while others of the song are not: there is no ``complete`` to tell."""
        with self._database.write() as connection:
            if active_row(connection, file_id, attempt) is not None:
                where = jobs.c.file_id == file_id
                connection.execute(update(jobs).where(where).values(status=JobStatus.DONE, updated_at=now_iso()))

    def add_warning(self, file_id: str, warning: Caution, *, stage: StageName | None = None) -> bool:
        """Keep a warning until its stage is run anew; False when the job has it already."""
        with self._database.write() as connection:
            known = _job_row(connection, file_id)["warnings"]
            if warning in map(Caution.stored, known):
                return False
            values = {"warnings": [*known, {**asdict(warning), "stage": stage}]}
            connection.execute(update(jobs).where(jobs.c.file_id == file_id).values(**values))
            return True

    def end_cancelled(self, file_id: str) -> None:
        """Write the last event of a cancelled attempt, at the percent its current stage had reached."""
        job = self.get(file_id)
        state = next((s for s in reversed(job.stages) if s.status in OPEN_STAGE), None)
        report = cancelled(state.stage, state.progress) if state else cancelled(next_stage(job), 0)
        self._log.append(file_id, report, attempt=job.attempt, change=Change(status=JobStatus.CANCELLED))

    def delete(self, file_id: str) -> list[str]:
        """Remove every row about a track; returns the result digests that no other track uses."""
        with self._database.write() as connection:
            own = select(stages.c.result).where(stages.c.file_id == file_id, stages.c.result.is_not(None))
            digests = set(connection.execute(own).scalars())
            others = select(stages.c.result).where(stages.c.file_id != file_id, stages.c.result.in_(digests))
            shared = set(connection.execute(others).scalars())
            for table in (lyrics, events, stages, jobs, tracks):
                connection.execute(delete(table).where(table.c.file_id == file_id))
        return sorted(digests - shared)

    def results_in_use(self) -> set[str]:
        """Give the digests of every result that a stage refers to."""
        with self._database.read() as connection:
            return set(connection.execute(select(stages.c.result).where(stages.c.result.is_not(None))).scalars())

    def blobs_in_use(self) -> set[str]:
        """Give the digests of every mixture that a track refers to."""
        with self._database.read() as connection:
            return set(connection.execute(select(tracks.c.blob)).scalars())

    def count_by_status(self) -> dict[JobStatus, int]:
        """Count the jobs in each status, also where there are none."""
        query = select(jobs.c.status, func.count()).group_by(jobs.c.status)
        with self._database.read() as connection:
            found = {row[0]: int(row[1]) for row in connection.execute(query)}
        return {status: found.get(status, 0) for status in JobStatus}

    def blob_in_use(self, blob: str) -> bool:
        """Whether any track still has these bytes as its mixture."""
        with self._database.read() as connection:
            return connection.execute(select(tracks.c.file_id).where(tracks.c.blob == blob)).first() is not None


def _stage_of(stored_warning: object) -> str | None:
    return stored_warning.get("stage") if isinstance(stored_warning, dict) else None


def _new_job(
    track: Track, options: JobOptions, *, status: JobStatus, request: str | None, batch_id: str | None
) -> dict[str, Any]:
    return {
        "file_id": track.file_id,
        "request": request,
        "status": status,
        "attempt": 1,
        "first_stage": WORK_STAGES[0],
        "last_stage": WORK_STAGES[-1],
        "options": asdict(options),
        "cancel_requested": False,
        "batch_id": batch_id,
        "warnings": [],
        "last_seq": 0,
        "eta_seconds": None,
        "created_at": track.created_at,
        "updated_at": track.created_at,
    }


def _is_reserved(connection: Connection, track: Track) -> bool:
    """Whether the owner has reserved the track's id; raises FileIdTaken where it is somebody else's, or in use."""
    row = connection.execute(select(tracks).where(tracks.c.file_id == track.file_id)).mappings().first()
    if row is None:
        return False
    if row["owner"] != track.owner or row["blob"] != "":
        raise FileIdTaken(track.file_id)
    return True


def _job_row(connection: Connection, file_id: str) -> RowMapping:
    row = connection.execute(select(jobs).where(jobs.c.file_id == file_id)).mappings().first()
    if row is None:
        raise UnknownTrack(file_id)
    return row


def _stage_rows(connection: Connection, file_id: str) -> list[RowMapping]:
    return list(connection.execute(select(stages).where(stages.c.file_id == file_id)).mappings())


def _job(row: RowMapping, stage_rows: list[RowMapping]) -> Job:
    states = {StageName(stage["stage"]): stage for stage in stage_rows}
    return Job(
        file_id=row["file_id"],
        status=JobStatus(row["status"]),
        attempt=row["attempt"],
        first_stage=StageName(row["first_stage"]),
        last_stage=StageName(row["last_stage"]),
        options=JobOptions(**row["options"]),
        cancel_requested=row["cancel_requested"],
        batch_id=row["batch_id"],
        warnings=tuple(map(Caution.stored, row["warnings"])),
        last_seq=row["last_seq"],
        eta_seconds=row["eta_seconds"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        stages=tuple(_state(states[name]) for name in StageName if name in states),
    )


def _state(row: RowMapping) -> StageState:
    values = {key: value for key, value in row.items() if key != "file_id"}
    return StageState(**{**values, "stage": StageName(row["stage"]), "status": StageStatus(row["status"])})
