"""What must hold after any accident: the job is done, its log has no gap and no step back, every result exists once."""

from collections import Counter
from pathlib import Path
from typing import Any

from tests.listening import MILESTONES
from tests.running import Server, events, snapshot

STEMS = {"vocals", "no_vocals"}


def prove_done(server: Server, file_id: str) -> None:
    """Assert that a job with timed lyrics ended as it must, in one attempt."""
    job = snapshot(server, file_id)
    assert job["status"] == "done", job
    log = events(server, file_id)
    prove_log(log)
    said = [(event["stage"], event["progress"], event["message"]) for event in log]
    assert [entry for entry in said if entry in MILESTONES] == MILESTONES, said
    assert {result["name"] for result in job["results"]} > STEMS
    prove_files(server.data_dir, job)


def prove_log(log: list[dict[str, Any]]) -> None:
    """Assert that numbers have no gap, percents never fall or repeat within a stage of an attempt, the end is last."""
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    last: dict[tuple[int, str], int] = {}
    for event in log:
        key = event["attempt"], event["stage"]
        is_end = event["status"] in ("failed", "cancelled")
        assert event["progress"] > last.get(key, -1) or is_end, (event, last)
        last[key] = event["progress"]


def prove_files(data_dir: Path, job: dict[str, Any]) -> None:
    """Assert that every result is on disk once, whole, and that nothing unfinished is left lying about."""
    digests = Counter(path.parent.name for path in data_dir.glob("artifacts/*/*/manifest.json"))
    assert len(digests) == 3, digests
    assert len(list(data_dir.glob("artifacts/*/*"))) == 3
    assert len(list(data_dir.glob("blobs/*/*"))) == 1
    sizes = sorted(result["size"] for result in job["results"])
    unlisted = ("manifest.json", "timed_lyrics.json")  # what results are, and what the next edit begins with
    stored = [path for path in data_dir.glob("artifacts/*/*/*") if path.name not in unlisted]
    assert sorted(path.stat().st_size for path in stored) == sizes
    assert not [path for path in (data_dir / "work").rglob("*") if path.is_file()]
