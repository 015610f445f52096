"""The numbered log of progress events, and the state of jobs that follows from it.

Every event is committed before anybody hears of it; number, log row and job state change in one transaction.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from music_separator.domain.job import JobStatus
from music_separator.domain.progress import ProgressEvent, StageName, StageReport, StageStatus
from music_separator.store.clock import now_iso
from music_separator.store.database import Database
from music_separator.store.schema import events, jobs, stages

Listener = Callable[[ProgressEvent], None]

MAX_TICKS = 5
"""Events a second, above which only milestones are said: with the milestones of a short song that stays below ten."""
MAX_SEQ = (1 << 53) - 1
"""No event has a higher number: the largest that every JSON reader keeps whole, and below what SQLite can compare."""
READ_LIMIT = 1000
"""Events given by one read; a reader goes on after the last."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an event changes in the job beside the stage's own row."""

    status: JobStatus | None = None
    result: str | None = None


class EventLog:
    """Appends events with rising numbers, reads them back, tells listeners in the order of the numbers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: list[Listener] = []
        self._again: list[Listener] = []
        self._recent: dict[str, deque[float]] = {}

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` after each commit, on the committing thread; the returned call undoes it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def append(
        self, file_id: str, report: StageReport, *, attempt: int, change: Change | None = None
    ) -> ProgressEvent | None:
        """Store one event of a running attempt; None when that attempt is over, so that late writers change nothing."""
        with self._database.write_lock:
            with self._database.write() as connection:
                row = active_row(connection, file_id, attempt)
                if row is None:
                    return None
                event = record(connection, row, report, change or Change())
            self._recent.setdefault(file_id, deque(maxlen=MAX_TICKS)).append(time.monotonic())
            if change is not None and change.status is not None and not change.status.is_active:
                self._recent.pop(file_id, None)
            self.tell(event)
        return event

    def is_busy(self, file_id: str) -> bool:
        """Whether so much was said of a job within the last second that what is no milestone had better wait."""
        recent = self._recent.get(file_id)
        return recent is not None and len(recent) == MAX_TICKS and time.monotonic() - recent[0] < 1.0

    def tell(self, event: ProgressEvent) -> None:
        """Hand a committed event to the listeners."""
        for listener in self._listeners:
            listener(event)

    def listen_again(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with stored events that are to be shown once more; the returned call undoes it."""
        self._again.append(listener)
        return lambda: self._again.remove(listener)

    def tell_again(self, event: ProgressEvent) -> None:
        """Show a stored event once more, under its old number."""
        for listener in self._again:
            listener(event)

    def read(self, file_id: str, *, after: int = 0, limit: int = READ_LIMIT) -> list[ProgressEvent]:
        """Read the events with numbers above ``after``, in order."""
        query = select(events.c.body).where(events.c.file_id == file_id, events.c.seq > after)
        with self._database.read() as connection:
            bodies = connection.execute(query.order_by(events.c.seq).limit(limit)).scalars()
            return [event_from(body) for body in bodies]

    def of_attempt(self, file_id: str, attempt: int, stage: StageName) -> list[ProgressEvent]:
        """Read what one attempt has said of one stage, in order."""
        query = select(events.c.body).where(
            events.c.file_id == file_id, events.c.attempt == attempt, events.c.stage == stage
        )
        with self._database.read() as connection:
            return [event_from(body) for body in connection.execute(query.order_by(events.c.seq)).scalars()]

    def of_last_attempts(self, file_id: str) -> list[ProgressEvent]:
        """Read, for every stage, the events of the last attempt that touched it, in order."""
        query = select(events.c.body).where(events.c.file_id == file_id).order_by(events.c.seq)
        with self._database.read() as connection:
            log = [event_from(body) for body in connection.execute(query).scalars()]
        last = {event.stage: event.attempt for event in log}
        return [event for event in log if event.attempt == last[event.stage]]


def active_row(connection: Connection, file_id: str, attempt: int) -> RowMapping | None:
    """Find the job's row if this attempt of it is still open."""
    row = connection.execute(select(jobs).where(jobs.c.file_id == file_id)).mappings().first()
    if row is None or row["attempt"] != attempt or not JobStatus(row["status"]).accepts_events:
        return None
    return row


def record(connection: Connection, job: RowMapping, report: StageReport, change: Change) -> ProgressEvent:
    """Give the report the job's next number and write it, with the states that follow, into the open transaction."""
    event = ProgressEvent(
        file_id=job["file_id"],
        stage=report.stage,
        progress=report.progress,
        message=report.message,
        error=report.error,
        code=report.code,
        seq=job["last_seq"] + 1,
        status=report.status,
        detail=report.detail,
        eta_seconds=report.eta_seconds,
        stage_eta_seconds=report.stage_eta_seconds,
        attempt=job["attempt"],
        batch_id=job["batch_id"],
        timestamp=now_iso(),
    )
    connection.execute(
        insert(events).values(
            file_id=event.file_id,
            seq=event.seq,
            attempt=event.attempt,
            stage=event.stage,
            progress=event.progress,
            status=event.status,
            body=event.payload(),
        )
    )
    _project(connection, event, change)
    status = change.status or job["status"]
    if status == JobStatus.QUEUED and event.status is StageStatus.RUNNING:
        status = JobStatus.RUNNING
    connection.execute(
        update(jobs)
        .where(jobs.c.file_id == event.file_id)
        .values(last_seq=event.seq, status=status, eta_seconds=event.eta_seconds, updated_at=event.timestamp)
    )
    return event


def _project(connection: Connection, event: ProgressEvent, change: Change) -> None:
    state: dict[str, Any] = {
        "status": event.status,
        "progress": event.progress,
        "message": event.message,
        "detail": event.detail,
        "error": event.error,
        "code": event.code,
        "eta_seconds": event.stage_eta_seconds,
    }
    if change.result is not None:
        state["result"] = change.result
    where = (stages.c.file_id == event.file_id) & (stages.c.stage == event.stage)
    if connection.execute(update(stages).where(where).values(**state)).rowcount == 0:
        connection.execute(insert(stages).values(file_id=event.file_id, stage=event.stage, **state))


def forget_stages(connection: Connection, file_id: str, names: tuple[StageName, ...]) -> None:
    """Drop the states of stages that a new attempt will run again."""
    connection.execute(delete(stages).where(stages.c.file_id == file_id, stages.c.stage.in_(names)))


def forget_cancelled_upload(connection: Connection, file_id: str) -> None:
    """Drop the state of an upload that was cancelled and whose bytes arrived all the same: they are there."""
    where = (stages.c.file_id == file_id) & (stages.c.stage == StageName.UPLOAD)
    connection.execute(delete(stages).where(where, stages.c.status == StageStatus.CANCELLED))


def event_from(body: dict[str, Any]) -> ProgressEvent:
    """Rebuild an event from its stored body."""
    return ProgressEvent(**{**body, "stage": StageName(body["stage"]), "status": StageStatus(body["status"])})
