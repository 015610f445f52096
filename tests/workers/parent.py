"""A parent for tests: starts a worker, prints its pid and waits to be killed. ``-m tests.workers.parent idle|busy``."""

import json
import sys
import threading
from typing import Any

from music_separator.workers.supervisor import Supervisor, WorkerSettings
from tests.workers.tasks import COMMAND


def main(kind: str) -> None:
    """Have one worker, idle or deep in native code, and say which process it is."""
    supervisor = Supervisor(WorkerSettings(command=COMMAND))
    if kind == "idle":
        say(supervisor.run("song", {"do": "echo"}, lambda _report: None)["pid"])
        threading.Event().wait()

    def hear(_report: dict[str, Any]) -> None:
        say(supervisor.running()["song"])

    supervisor.run("song", {"do": "hold_the_gil"}, hear)


def say(pid: int | None) -> None:
    sys.stdout.write(json.dumps({"worker": pid}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
