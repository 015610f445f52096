"""Cancel, Ctrl-C and restarts in the middle of a song."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.listening import assert_tells_the_whole_story, assert_whole, is_last, listening
from tests.processes import children_of, is_running
from tests.running import Server, events, snapshot, upload, wait_for, wait_until_over
from tests.sockets import socket_address
from tests.songs import LRC, write_song

CANCEL_LIMIT_S = 2.0
STOP_LIMIT_S = 5.0

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are counted in /proc")


def is_separating(server: Server, file_id: str) -> Callable[[], bool]:
    """Make the claim that real work is under way and a chunk is done."""

    def separating() -> bool:
        stage = snapshot(server, file_id)["stages"][-1]
        return bool(stage["stage"] == "separation" and 10 < stage["progress"] < 90)

    return separating


def test_cancel_during_the_separation_ends_it_at_once_and_retry_completes(shared: Server, long_song: Path):
    file_id = upload(shared, long_song, lyrics=LRC, title="To be cancelled")["file_id"]
    with listening(shared.url) as listener, shared.client() as client:
        wait_for(is_separating(shared, file_id), what="the separation")
        began = time.monotonic()
        answer = client.post(f"/jobs/{file_id}/cancel")
        listener.wait_for(lambda event: event["file_id"] == file_id and is_last(event))
        took_s = time.monotonic() - began
    log = events(shared, file_id)
    last = log[-1]
    assert took_s < CANCEL_LIMIT_S
    assert (answer.status_code, answer.json()["done"], answer.json()["status"]) == (200, "cancelled", "cancelled")
    assert (last["stage"], last["message"], last["status"], last["error"], last["code"]) == (
        "separation",
        "Cancelled",
        "cancelled",
        None,
        None,
    )
    assert 10 <= last["progress"] < 100
    assert snapshot(shared, file_id)["status"] == "cancelled"

    with shared.client() as client:
        client.post(f"/jobs/{file_id}/retry")

    job = wait_until_over(shared, file_id)
    log = events(shared, file_id)
    assert (job["status"], job["attempt"]) == ("done", 2)
    assert_whole(log)
    assert_tells_the_whole_story([event for event in log if event["attempt"] == 2 or event["stage"] == "upload"])


@on_linux
def test_ctrl_c_ends_fast_and_leaves_nothing_and_the_next_start_goes_on(server: Server, long_song: Path):
    file_id = upload(server, long_song, lyrics=LRC)["file_id"]
    wait_for(is_separating(server, file_id), what="the separation")
    with connect(socket_address(server.url)):  # an open page must not hold it up
        children = children_of(server.pid)
        began = time.monotonic()
        server.interrupt()
        took_s = time.monotonic() - began
    left = {pid for pid in children if is_running(pid)}

    server.start()

    job = wait_until_over(server, file_id)
    log = events(server, file_id)
    assert children
    assert left == set()
    assert took_s < STOP_LIMIT_S
    assert (job["status"], job["attempt"]) == ("done", 1)
    assert {event["attempt"] for event in log} == {1}
    assert_whole(log)
    assert_tells_the_whole_story(log)
    assert "Traceback" not in "".join(server.output)


def test_killed_server_goes_on_in_the_middle_without_a_new_attempt(server: Server, long_song: Path):
    file_id = upload(server, long_song, lyrics=LRC)["file_id"]
    wait_for(is_separating(server, file_id), what="the separation")
    server.kill()
    server.start()

    job = wait_until_over(server, file_id)

    log = events(server, file_id)
    assert (job["status"], job["attempt"]) == ("done", 1)
    assert_whole(log)
    assert_tells_the_whole_story(log)
    started = [event for event in log if (event["stage"], event["progress"]) == ("separation", 10)]
    assert len(started) == 1


def test_song_that_waits_for_its_turn_is_run_after_a_stop(server: Server, tmp_path: Path):
    songs = [
        write_song(tmp_path / f"{seed}.wav", seconds=seconds, seed=seed) for seed, seconds in ((1, 20.0), (2, 1.0))
    ]
    ids = [upload(server, song, lyrics=LRC)["file_id"] for song in songs]
    server.stop()
    server.start()
    for file_id in ids:
        job = wait_until_over(server, file_id)
        assert (job["status"], job["attempt"]) == ("done", 1)
        assert_whole(events(server, file_id))
