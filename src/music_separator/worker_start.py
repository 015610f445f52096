"""How the workers of an installation are started. Loads little: a command starts its worker before all else."""

import sys

from music_separator.config import Settings
from music_separator.workers.supervisor import Supervisor, WorkerSettings

WORKER_COMMAND = (sys.executable, "-P", "-m", "music_separator.pipeline.worker")
"""-P: nothing in the folder that the server was started in can stand in for a module."""

WORKER_VARIABLES = {"OPENBLAS_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1"}
"""The products of the numpy engines are small: threads of the matrix library mostly wait for each other there.
Aligning a song of 166 s on two busy cores took 5 s of processor time with one thread, over 60 s with two."""


def make_supervisor(settings: Settings) -> Supervisor:
    """Make the supervisor of this installation's workers."""
    return Supervisor(
        WorkerSettings(
            command=WORKER_COMMAND,
            variables=WORKER_VARIABLES,
            hang_timeout_s=settings.hang_timeout_s,
            idle_s=settings.model_idle_s,
        )
    )
