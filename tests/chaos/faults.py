"""One fault at every write, rename, sync and commit of a job: the Nth fails, or the process that does it is killed.

    python -m tests.chaos.faults [--kind fail|kill] [--first 1] [--step 1] [--most 10000]

Goes on until a run has fewer operations than N, that is, passes without a fault. Prints what it saw; exits 1 on a loss.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.chaos.proof import prove_done
from tests.running import Server, snapshot, wait_for
from tests.songs import LRC, write_song

INJECT = Path(__file__).parent / "inject"
SONG_S = 2.0
TIMEOUT_S = 60.0
KINDS = ("fail", "kill")


def run_with_fault(folder: Path, song: Path, kind: str, number: int) -> str | None:
    """Run one job with one fault; gives the operation it struck, None when the job had fewer. Raises AssertionError."""
    data_dir = folder / "data"
    counter, armed = folder / "counter", folder / "armed"
    faulty = {
        "PYTHONPATH": str(INJECT),
        "FAULT": f"{kind}:{number}",
        "FAULT_ROOT": str(data_dir),
        "FAULT_COUNTER": str(counter),
        "FAULT_ARMED": str(armed),
    }
    server = Server(data_dir, variables=faulty).start()
    try:
        armed.touch()
        file_id = _upload_at_last(server, song)
        _wait_done(server, file_id)
        armed.unlink()
        prove_done(server, file_id)
    finally:
        server.stop()
    operations = counter.read_text(encoding="utf-8").splitlines()
    return operations[number - 1] if len(operations) >= number else None


def _upload_at_last(server: Server, song: Path) -> str:
    """Send the song until it is accepted, as any client does; a dead server is started again."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError), server.client() as client, song.open("rb") as file:
            answer = client.post("/upload", files={"file": (song.name, file)}, data={"lyrics": LRC})
            if answer.status_code in (200, 202):
                return str(answer.json()["file_id"])
            assert answer.json()["code"], answer.text
        _revive(server)
    raise AssertionError("the upload was never accepted")


def _wait_done(server: Server, file_id: str) -> None:
    def done() -> bool:
        _revive(server)
        with contextlib.suppress(OSError):
            return snapshot(server, file_id)["status"] in ("done", "failed", "cancelled")
        return False

    wait_for(done, timeout_s=TIMEOUT_S, what="the end of the job")


def _revive(server: Server) -> None:
    if not server.is_alive:
        server.start()


def runs(kind: str, *, first: int, step: int, most: int) -> Iterator[tuple[int, str]]:
    """Strike operation after operation; gives number and operation of each fault that was survived."""
    with tempfile.TemporaryDirectory() as base:
        song = write_song(Path(base) / "song.wav", seconds=SONG_S)
        for number in range(first, most + 1, step):
            folder = Path(base) / f"{kind}-{number}"
            folder.mkdir()
            struck = run_with_fault(folder, song, kind, number)
            if struck is None:
                return
            yield number, struck.replace(str(folder), "")


def main() -> int:
    """Run the whole thing from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--most", type=int, default=10_000)
    args = parser.parse_args()
    for kind in [args.kind] if args.kind else KINDS:
        survived = 0
        for number, struck in runs(kind, first=args.first, step=args.step, most=args.most):
            survived += 1
            print(f"{kind} {number}: {struck}", flush=True)
        print(f"{kind}: {survived} faults survived, then a run passed clean", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
