"""An engine in a process of its own, to be killed: ``-m tests.orchestration.interrupted DATABASE JOURNAL VERSION``.

Runs the first stage of ``song`` and hangs in its second one; ``next`` waits in the queue. A line on stdin closes the
engine and then stops the stage, in the order in which the server does.
"""

import os
import sys
import threading
from pathlib import Path

from music_separator.domain.errors import Cancelled
from music_separator.orchestration.dbos_engine import DbosEngine
from tests.orchestration.stages import STAGES, Stages


def main(database: str, journal: str, version: str) -> None:
    stages = Stages(Path(journal))
    stopping, stopped = threading.Event(), threading.Event()

    def run(file_id: str, attempt: int, stage: str) -> bool:
        if stage == "first":
            return stages.run(file_id, attempt, stage)
        stages.begin(file_id, attempt, stage)
        stopping.wait()
        stopped.set()
        raise Cancelled

    engine = DbosEngine(Path(database), stages=STAGES, run_stage=run, version=version)
    engine.launch()
    engine.ensure("song", 1)
    engine.ensure("next", 1)
    sys.stdin.readline()
    engine.close()
    stopping.set()
    stopped.wait()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
