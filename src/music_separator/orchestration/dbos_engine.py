"""The job engine on DBOS Transact: SQLite when embedded. One workflow per attempt, one step per stage.

DBOS keeps the queue, the finished steps and the recovery; what a stage did is known by its artifacts and its log, so a
workflow may be abandoned at any moment and begun again under the next name (``<file_id>.<attempt>.<n>``).
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID
from dbos._error import DBOSAwaitedWorkflowCancelledError, DBOSNonExistentWorkflowError, DBOSWorkflowCancelledError

from music_separator.orchestration.port import RunStage

PIPELINE_VERSION = "1"
"""Raised when stages change their order or meaning; older unfinished workflows are then begun anew under this one."""
QUEUE = "jobs"
POLL_S = 0.1
NEVER_GIVE_UP = 1_000_000
"""Recoveries before DBOS parks a workflow. Its default of 100 would lose a job on a machine that crashes often."""
LIVE = ("PENDING", "ENQUEUED", "DELAYED")
GRACE_S = 10.0
"""How long a begun workflow may be seen idle (DBOS is about to recover it) before it is begun anew."""


EXPECTED = (DBOSAwaitedWorkflowCancelledError, DBOSNonExistentWorkflowError, DBOSWorkflowCancelledError)
"""What DBOS reports, with a traceback, whenever a running attempt is withdrawn or forgotten: no news to an operator."""


class DbosEngine:
    """JobEngine over DBOS. One per process: DBOS is a singleton."""

    def __init__(
        self,
        database: Path,
        *,
        stages: Sequence[str],
        run_stage: RunStage,
        slots: int = 1,
        version: str = PIPELINE_VERSION,
    ) -> None:
        self._stages = tuple(stages)
        self._run_stage = run_stage
        self._slots = slots
        self._version = version
        self._closing = threading.Event()
        self._executing: set[str] = set()
        self._idle_since: dict[str, float] = {}
        self._lock = threading.Lock()
        config: DBOSConfig = {
            "name": "music-separator",
            "system_database_url": f"sqlite:///{database}",
            "application_version": version,
            "executor_id": "local",
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
        }
        DBOS(config=config)
        logging.getLogger("dbos").addFilter(_is_news)
        self._workflow = self._register()

    def launch(self) -> None:
        """Begin to run what is owed, also what an earlier process began."""
        DBOS.launch()
        self._queue = DBOS.register_queue(
            QUEUE, worker_concurrency=self._slots, polling_interval_sec=POLL_S, on_conflict="always_update"
        )

    def ensure(self, file_id: str, attempt: int) -> None:
        """Queue an attempt unless a workflow of this version already has it."""
        with self._lock:
            found = self._workflows(f"{file_id}.{attempt}.")
            for workflow in found:
                if workflow.status in LIVE:
                    if self._will_go_on(workflow):
                        return
                    DBOS.cancel_workflow(workflow.workflow_id)
            with SetWorkflowID(f"{file_id}.{attempt}.{len(found) + 1}"):
                self._queue.enqueue(self._workflow, file_id, attempt)

    def withdraw(self, file_id: str, attempt: int) -> None:
        """Cancel the attempt's live workflows."""
        for workflow in self._workflows(f"{file_id}.{attempt}."):
            if workflow.status in LIVE:
                DBOS.cancel_workflow(workflow.workflow_id)

    def forget(self, file_id: str) -> None:
        """Delete the engine's history of a track."""
        ids = [workflow.workflow_id for workflow in self._workflows(f"{file_id}.")]
        if ids:
            DBOS.delete_workflows(ids)

    def close(self) -> None:
        """Stop taking work. What runs is never recorded as ended: the next launch finds it begun, and goes on."""
        self._closing.set()
        DBOS.destroy(destroy_registry=True)

    def _register(self) -> Callable[[str, int], None]:
        """Make the workflow known to DBOS, which wants plain functions."""

        @DBOS.step(name="stage")
        def run_stage(file_id: str, attempt: int, stage: str) -> bool:
            self._park_if_closing()
            try:
                return self._run_stage(file_id, attempt, stage)
            except BaseException:
                self._park_if_closing()
                raise

        @DBOS.workflow(name="attempt", max_recovery_attempts=NEVER_GIVE_UP)
        def run_attempt(file_id: str, attempt: int) -> None:
            workflow_id = DBOS.workflow_id or ""
            self._executing.add(workflow_id)
            try:
                for stage in self._stages:
                    if not run_stage(file_id, attempt, stage):
                        return
            finally:
                self._executing.discard(workflow_id)

        return run_attempt

    def _park_if_closing(self) -> None:
        """Hold a thread whose workflow must stay begun; it ends with the process."""
        if self._closing.is_set():
            threading.Event().wait()

    def _will_go_on(self, workflow: Any) -> bool:
        """Whether a live workflow is of this version and, if begun, really runs (or is about to) in this process."""
        workflow_id = workflow.workflow_id
        if workflow.app_version not in (None, self._version):
            return False
        if workflow.status != "PENDING" or workflow_id in self._executing:
            self._idle_since.pop(workflow_id, None)
            return True
        return time.monotonic() - self._idle_since.setdefault(workflow_id, time.monotonic()) < GRACE_S

    def _workflows(self, prefix: str) -> list[Any]:
        return DBOS.list_workflows(workflow_id_prefix=prefix, load_input=False, load_output=False)


def _is_news(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], EXPECTED))
