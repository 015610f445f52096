"""Random ``kill -9`` of the server or a worker while songs are processed; afterwards everything must be as it should.

    python -m tests.chaos.kills [--kills 40] [--songs 6] [--seed 1]

Uploads go on during the storm. Every accepted song must end done, with a log without gaps and each result once.
A stage that lost three workers at one chunk fails by contract; such a song is retried, as a person would, and counted.
"""

import argparse
import contextlib
import random
import signal
import sys
import tempfile
import time
from os import kill
from pathlib import Path

import httpx

from tests.chaos.proof import STEMS, prove_log
from tests.running import Server, events, snapshot, wait_for
from tests.songs import LRC, write_song

BETWEEN_S = (0.2, 2.5)
SONG_S = 20.0
TIMEOUT_S = 240.0
WORKER_SHARE = 0.6
WORKER_WAIT_S = 3.0


class Storm:
    """One server, its songs, and what was done to them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.server = Server(folder / "data").start()
        self.folder = folder
        self.accepted: list[str] = []
        self.killed = {"server": 0, "worker": 0}
        self.retried = 0

    def upload(self, number: int) -> None:
        """Send one more song; a dead server is started again, as its user would."""
        song = write_song(self.folder / f"song{number}.wav", seconds=SONG_S, seed=number + 1)

        def accepted() -> str | None:
            self.revive()
            with contextlib.suppress(httpx.TransportError), self.server.client() as client, song.open("rb") as file:
                answer = client.post("/upload", files={"file": (song.name, file)}, data={"lyrics": LRC})
                if answer.status_code in (200, 202):
                    return str(answer.json()["file_id"])
            return None

        self.accepted.append(wait_for(accepted, timeout_s=TIMEOUT_S, what="the upload"))

    def strike(self) -> None:
        """Kill the server or one of its children."""
        self.revive()
        worker = self._worker() if self.chance.random() < WORKER_SHARE else None
        if worker is None:
            self.server.kill()
            self.killed["server"] += 1
            return
        with contextlib.suppress(ProcessLookupError):
            kill(worker, signal.SIGKILL)
        self.killed["worker"] += 1

    def _worker(self) -> int | None:
        """Find a worker, waiting a moment for the server to start one; None while it has nothing to do."""
        deadline = time.monotonic() + WORKER_WAIT_S
        while time.monotonic() < deadline:
            children = children_of(self.server.pid)
            if children:
                return self.chance.choice(children)
            time.sleep(0.05)
        return None

    def revive(self) -> None:
        """Start the server if it is dead."""
        if not self.server.is_alive:
            self.server.start()

    def prove(self) -> None:
        """Wait for the end of every song and assert that nothing was lost."""
        for file_id in self.accepted:
            wait_for(lambda file_id=file_id: self._is_done(file_id), timeout_s=TIMEOUT_S, what=f"the end of {file_id}")
            prove_log(events(self.server, file_id))
            assert {result["name"] for result in snapshot(self.server, file_id)["results"]} > STEMS
        assert len(set(self.accepted)) == len(self.accepted)
        manifests = list(self.server.data_dir.glob("artifacts/*/*/manifest.json"))
        folders = list(self.server.data_dir.glob("artifacts/*/*"))
        # One transcription result is shared: every song has the same words.
        assert len(manifests) == len(folders) == 2 * len(self.accepted) + 1, (len(manifests), len(folders))

    def _is_done(self, file_id: str) -> bool:
        self.revive()
        with contextlib.suppress(OSError):
            job = snapshot(self.server, file_id)
            if job["status"] == "failed":
                assert job["code"] == "worker_crashed", job
                with self.server.client() as client:
                    client.post(f"/jobs/{file_id}/retry")
                self.retried += 1
            return bool(job["status"] == "done")
        return False


def children_of(pid: int) -> list[int]:
    """Find the child processes of a process (Linux)."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in path.read_text(encoding="ascii").split()]
    return found


def storm(folder: Path, *, kills: int, songs: int, seed: int) -> Storm:
    """Upload and kill in turn, then prove. Gives the storm for its figures."""
    run = Storm(folder, seed)
    try:
        run.upload(0)
        for number in range(kills):
            if len(run.accepted) < songs and number % max(1, kills // songs) == 0:
                run.upload(len(run.accepted))
            time.sleep(run.chance.uniform(*BETWEEN_S))
            run.strike()
        run.prove()
    finally:
        run.server.stop()
    return run


def main() -> int:
    """Run the whole thing from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--songs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = storm(Path(folder), kills=args.kills, songs=args.songs, seed=args.seed)
    print(f"{run.killed} killed, {len(run.accepted)} songs accepted and done, {run.retried} retried, no gap, no double")
    return 0


if __name__ == "__main__":
    sys.exit(main())
