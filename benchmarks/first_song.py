"""A new user's first song, from the upload to the last download, over HTTP and Socket.IO like any client.

Starts the real server on a free loopback port over an empty data folder, listens with the stock Socket.IO client, sends
the song with its lyrics, checks the eight documented events in their order and to the letter, downloads every result
and compares it with its digest. Needs the ``[test]`` extra; run from the root of the repository:

    python -m benchmarks.first_song [SONG LYRICS] [--model NAME] [--language CODE] [--limit-s SECONDS]

Without a song it takes the one in examples/song, as plain text. Exits 1 where anything is wrong or over the limit.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.listening import Event, assert_tells_the_whole_story, assert_whole, listening
from tests.running import running_server

from music_separator.karaoke.readers import decode_text, read_lyrics

EXAMPLE = Path(__file__).parent.parent / "examples" / "song"
LIMIT_S = 120.0
"""For a song of three to four minutes on two cores."""
WAIT_S = 1800.0


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is sent."""

    song: Path
    lyrics: str
    model: str
    language: str | None


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came of it; times in seconds from the first byte of the upload."""

    answered_s: float
    complete_s: float
    downloaded_s: float
    log: list[Event]
    job: dict[str, Any]
    sizes: dict[str, int]


def run(url: str, order: Order) -> Run:
    """Send the song, wait for the last event, download everything. Raises AssertionError where a promise is broken."""
    fields = {"lyrics": order.lyrics} | ({"language": order.language} if order.language else {})
    content = order.song.read_bytes()
    with listening(url) as listener, httpx.Client(base_url=url, timeout=WAIT_S) as client:
        began = time.monotonic()
        answer = client.post(f"/upload?model={order.model}", files={"file": (order.song.name, content)}, data=fields)
        assert answer.status_code == 202, answer.text
        answered_s = time.monotonic() - began
        file_id = answer.json()["file_id"]
        listener.wait_for_end(file_id, timeout_s=WAIT_S)
        complete_s = time.monotonic() - began
        log = listener.of(file_id)
        assert_tells_the_whole_story(log)
        assert_whole(log)
        job = client.get(f"/jobs/{file_id}").json()
        sizes = {result["name"]: _download(client, result) for result in job["results"]}
        whole = client.get(f"/download/{file_id}").raise_for_status().content
        assert whole[:2] == b"PK"
        return Run(
            answered_s=answered_s,
            complete_s=complete_s,
            downloaded_s=time.monotonic() - began,
            log=log,
            job=job,
            sizes={**sizes, "everything.zip": len(whole)},
        )


def _download(client: httpx.Client, result: dict[str, Any]) -> int:
    content = client.get(result["download_url"]).raise_for_status().content
    assert (len(content), hashlib.sha256(content).hexdigest()) == (result["size"], result["sha256"]), result["name"]
    return len(content)


def show(found: Run) -> None:
    """Print what came and how long it took."""
    for event in found.log:
        if event["progress"] in (10, 100):
            print(f"  {event['seq']:4}  {event['stage']}: {event['progress']}% - {event['message']}")
    for name, size in found.sizes.items():
        print(f"  {size:12,} bytes  {name}")
    for warning in found.job["warnings"]:
        print(f"  warning: {warning}")
    duration_s = found.job["duration_seconds"]
    print(f"song {duration_s:.0f} s; upload answered after {found.answered_s:.2f} s; {len(found.log)} events")
    print(f"complete after {found.complete_s:.1f} s, everything downloaded after {found.downloaded_s:.1f} s")
    print(f"real-time factor {found.complete_s / duration_s:.3f} ({duration_s / found.complete_s:.1f} times real time)")


def main() -> int:
    """Run once and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("song", type=Path, nargs="?", default=EXAMPLE / "twinkle.mp3")
    parser.add_argument("lyrics", type=Path, nargs="?", default=EXAMPLE / "twinkle.lrc")
    parser.add_argument("--model", default="demucs")
    parser.add_argument("--language")
    parser.add_argument("--limit-s", type=float, default=LIMIT_S)
    args = parser.parse_args()
    text = decode_text(args.lyrics.read_bytes())
    if args.song.parent == EXAMPLE:
        text = read_lyrics(text).text  # plain words, so that they are timed by the voice
    order = Order(song=args.song, lyrics=text, model=args.model, language=args.language)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{args.song.name}, {os.cpu_count()} cores, load before {load:.2f}")
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        with running_server(Path(folder) / "data") as server:
            print(f"server answers after {time.monotonic() - began:.1f} s")
            found = run(server.url, order)
    show(found)
    is_within = found.complete_s <= args.limit_s
    print(f"{'within' if is_within else 'OVER'} the limit of {args.limit_s:.0f} s")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
