"""Real processes on both sides: the supervisor, and tests/workers/tasks.py as its worker."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from music_separator.domain.errors import Cancelled, StageFailed
from music_separator.workers import supervisor as supervisor_module
from music_separator.workers.lost import WorkerCounts, WorkerLost
from music_separator.workers.supervisor import Supervisor, WorkerSettings
from tests.running import wait_for
from tests.workers.tasks import COMMAND

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals end processes on POSIX only")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child when its parent is killed")
CANCEL_LIMIT_S = 2.0
"""What the product promises: a cancel reaches native code in less."""


class Running:
    """A task under way on another thread, and what it has reported."""

    def __init__(self, supervisor: Supervisor, threads: ThreadPoolExecutor, task: dict[str, Any]) -> None:
        self.reports: list[dict[str, Any]] = []
        self.reported = threading.Event()
        self.future: Future[dict[str, Any]] = threads.submit(supervisor.run, "song", task, self.hear)

    def hear(self, report: dict[str, Any]) -> None:
        self.reports.append(report)
        self.reported.set()

    def wait_for_report(self) -> None:
        assert self.reported.wait(20)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor(WorkerSettings(command=COMMAND))
    yield made
    made.close()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def do(supervisor: Supervisor, what: str, **task: Any) -> dict[str, Any]:
    """Run one task and give its answer."""
    return supervisor.run("song", {"do": what, **task}, lambda _report: None)


def pid_of(supervisor: Supervisor) -> int:
    pid: int = do(supervisor, "echo")["pid"]
    return pid


def is_gone(pid: int) -> bool:
    """Whether a process has ended with all its threads; one that nobody has waited for yet has ended too."""
    process = Path(f"/proc/{pid}")
    try:
        state = (process / "stat").read_text(encoding="ascii").rsplit(")", maxsplit=1)[1].split()[0]
        return state in "ZX" and len(list((process / "task").iterdir())) <= 1
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_result_comes_back_whole(supervisor: Supervisor) -> None:
    text = "Čežnja 夜 \n" * 50_000
    answer = do(supervisor, "echo", text=text)
    assert answer["gave"] == text
    assert answer["pid"] != os.getpid()


def test_the_next_task_finds_the_worker_warm(supervisor: Supervisor) -> None:
    assert pid_of(supervisor) == pid_of(supervisor)


def test_a_worker_that_waits_too_long_for_work_is_ended_and_the_next_task_has_another() -> None:
    supervisor = Supervisor(WorkerSettings(command=COMMAND, idle_s=0.2))
    before = pid_of(supervisor)
    wait_for(lambda: is_gone(before), timeout_s=10, what="the end of the idle worker")
    assert pid_of(supervisor) != before
    supervisor.close()


def test_a_worker_at_work_is_not_idle_however_long_it_takes(threads: ThreadPoolExecutor) -> None:
    supervisor = Supervisor(WorkerSettings(command=COMMAND, idle_s=0.1))
    running = Running(supervisor, threads, {"do": "chunks"})
    running.wait_for_report()
    with pytest.raises(TimeoutError):
        running.future.result(1)
    supervisor.cancel("song")
    with pytest.raises(Cancelled):
        running.future.result(5)
    supervisor.close()


def test_no_worker_waits_for_work_while_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    free = [supervisor_module.SHORT_MEMORY_BYTES + 1]
    monkeypatch.setattr(supervisor_module, "free_memory", lambda: free[0])
    monkeypatch.setattr(supervisor_module, "IDLE_POLL_S", 0.05)
    supervisor = Supervisor(WorkerSettings(command=COMMAND))
    before = pid_of(supervisor)
    assert pid_of(supervisor) == before
    free[0] = supervisor_module.SHORT_MEMORY_BYTES
    wait_for(lambda: is_gone(before), timeout_s=10, what="the end of the idle worker")
    assert pid_of(supervisor) != before
    supervisor.close()


def test_two_tasks_at_once_have_a_worker_each(supervisor: Supervisor, threads: ThreadPoolExecutor) -> None:
    running = Running(supervisor, threads, {"do": "chunks"})
    running.wait_for_report()
    other = supervisor.run("other", {"do": "echo"}, lambda _report: None)["pid"]
    assert supervisor.running() == {"song": supervisor.running()["song"]}
    assert other != supervisor.running()["song"]
    supervisor.cancel("song")


def test_progress_is_throttled_and_what_must_arrive_arrives(
    supervisor: Supervisor, threads: ThreadPoolExecutor
) -> None:
    running = Running(supervisor, threads, {"do": "report", "seconds": 1.0})
    running.future.result(20)
    numbers = [report["number"] for report in running.reports]
    assert numbers[0] == 0
    assert numbers[-2:] == ["first that must arrive", "second that must arrive"]
    assert 2 <= len(numbers[:-2]) <= 11
    assert numbers[:-2] == sorted(numbers[:-2])


def test_a_failure_of_the_task_keeps_its_code_and_its_sentence(supervisor: Supervisor) -> None:
    with pytest.raises(StageFailed, match="The audio is silent") as failure:
        do(supervisor, "fail")
    assert failure.value.code == "silent_audio"


@pytest.mark.parametrize(
    ("what", "code", "sentence"),
    [
        ("break_down", "internal_error", "ZeroDivisionError"),
        ("run_out_of_memory", "out_of_memory", "memory"),
    ],
)
def test_what_nobody_foresaw_is_a_failure_too(supervisor: Supervisor, what: str, code: str, sentence: str) -> None:
    with pytest.raises(StageFailed, match=sentence) as failure:
        do(supervisor, what)
    assert failure.value.code == code


def test_a_worker_survives_the_failure_of_its_task(supervisor: Supervisor) -> None:
    before = pid_of(supervisor)
    with pytest.raises(StageFailed):
        do(supervisor, "break_down")
    assert pid_of(supervisor) == before


def test_a_full_disk_is_told_apart_by_its_errno(supervisor: Supervisor) -> None:
    with pytest.raises(WorkerLost, match="No space left on device") as lost:
        do(supervisor, "fill_the_disk")
    assert (lost.value.errno, lost.value.hung) == (errno.ENOSPC, False)


def test_noise_of_any_kind_does_not_break_the_protocol(supervisor: Supervisor) -> None:
    before = pid_of(supervisor)
    do(supervisor, "make_noise")
    assert do(supervisor, "echo", text="still here") == {"pid": before, "gave": "still here"}


def test_a_task_that_reads_stdin_finds_it_empty(supervisor: Supervisor) -> None:
    assert do(supervisor, "read_stdin")["gave"] == ""


@posix_only
@pytest.mark.parametrize(
    ("task", "name"),
    [
        ({"do": "die_by_signal", "signal": "SIGKILL"}, "SIGKILL"),
        ({"do": "abort"}, "SIGABRT"),
        ({"do": "segfault"}, "SIGSEGV"),
    ],
)
def test_a_worker_that_dies_is_named_by_its_signal_and_replaced(
    supervisor: Supervisor, task: dict[str, Any], name: str
) -> None:
    before = pid_of(supervisor)
    with pytest.raises(WorkerLost, match=f"killed by {name}") as lost:
        supervisor.run("song", task, lambda _report: None)
    assert (lost.value.hung, lost.value.errno) == (False, None)
    assert pid_of(supervisor) != before
    assert supervisor.counts() == WorkerCounts(started=2, lost={name: 1})


def test_a_worker_that_ends_by_itself_is_quoted(supervisor: Supervisor) -> None:
    with pytest.raises(WorkerLost, match="exit code 7: the last words"):
        do(supervisor, "leave")


@linux_only
def test_a_worker_started_ahead_gets_the_first_task(supervisor: Supervisor) -> None:
    supervisor.start_ahead()
    wait_for(lambda: supervisor.counts().started == 1)
    do(supervisor, "echo")
    assert supervisor.counts().started == 1


@linux_only
def test_a_worker_that_waits_is_told_what_is_likely_to_come(supervisor: Supervisor) -> None:
    supervisor.start_ahead()
    supervisor.prepare({"text": "first"})
    wait_for(lambda: supervisor.counts().started == 1)
    assert do(supervisor, "prepared")["gave"] == ["first"]
    supervisor.prepare({"text": "second"})
    assert do(supervisor, "prepared")["gave"] == ["first", "second"]


def test_no_worker_is_started_to_be_told_something(supervisor: Supervisor) -> None:
    supervisor.prepare({"text": "first"})
    assert do(supervisor, "prepared")["gave"] == []
    assert supervisor.counts().started == 1


def test_closing_ends_a_worker_started_ahead() -> None:
    supervisor = Supervisor(WorkerSettings(command=COMMAND))
    children = set(psutil.Process().children())
    supervisor.start_ahead()
    (child,) = wait_for(lambda: set(psutil.Process().children()) - children)
    supervisor.close()
    wait_for(lambda: not child.is_running())


def test_a_worker_that_died_while_idle_is_not_given_a_task(supervisor: Supervisor) -> None:
    before = pid_of(supervisor)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: is_gone(before), timeout_s=5, what="the end of the worker")
    assert pid_of(supervisor) != before


@linux_only
def test_a_worker_that_cannot_be_understood_is_ended(supervisor: Supervisor) -> None:
    """The supervisor waited for ever for the end of a worker whose pipe had broken but that lived on."""
    before = pid_of(supervisor)
    with pytest.raises(WorkerLost, match="no message"):
        do(supervisor, "break_the_protocol")
    assert is_gone(before)


def test_a_worker_that_holds_the_interpreter_for_too_long_is_hung_and_replaced() -> None:
    supervisor = Supervisor(WorkerSettings(command=COMMAND, hang_timeout_s=1.5))
    before = pid_of(supervisor)
    began = time.monotonic()
    with pytest.raises(WorkerLost, match="stopped answering") as lost:
        do(supervisor, "hold_the_gil")
    assert lost.value.hung
    assert 1.5 <= time.monotonic() - began < 5
    assert pid_of(supervisor) != before
    supervisor.close()


def test_long_work_that_answers_is_not_hung(threads: ThreadPoolExecutor) -> None:
    supervisor = Supervisor(WorkerSettings(command=COMMAND, hang_timeout_s=1.0))
    running = Running(supervisor, threads, {"do": "chunks"})
    with pytest.raises(TimeoutError):
        running.future.result(2)
    supervisor.close()
    with pytest.raises(Cancelled):
        running.future.result(5)


def test_a_cancel_at_a_chunk_edge_keeps_the_worker_warm(supervisor: Supervisor, threads: ThreadPoolExecutor) -> None:
    before = pid_of(supervisor)
    running = Running(supervisor, threads, {"do": "chunks"})
    running.wait_for_report()
    assert supervisor.cancel("song") is True
    with pytest.raises(Cancelled):
        running.future.result(CANCEL_LIMIT_S)
    assert pid_of(supervisor) == before


@posix_only
@pytest.mark.parametrize("what", ["hold_the_gil", "ignore_everything"])
def test_a_cancel_reaches_work_that_never_asks_in_time(
    supervisor: Supervisor, threads: ThreadPoolExecutor, what: str
) -> None:
    running = Running(supervisor, threads, {"do": what})
    running.wait_for_report()
    pid = supervisor.running()["song"]
    assert pid is not None
    began = time.monotonic()
    supervisor.cancel("song")
    with pytest.raises(Cancelled):
        running.future.result(20)
    assert is_gone(pid)
    assert time.monotonic() - began < CANCEL_LIMIT_S


def test_a_cancel_reaches_a_worker_that_is_still_starting(threads: ThreadPoolExecutor) -> None:
    """A cancel while the worker started waited until it was ready, a minute at worst."""
    silent = (sys.executable, "-c", "import time; time.sleep(30)")
    supervisor = Supervisor(WorkerSettings(command=silent))
    running = Running(supervisor, threads, {"do": "echo"})
    wait_for(lambda: supervisor.cancel("song"), timeout_s=5, what="the start of the task")
    began = time.monotonic()
    with pytest.raises(Cancelled):
        running.future.result(20)
    assert time.monotonic() - began < CANCEL_LIMIT_S
    supervisor.close()


def test_there_is_nothing_to_cancel_under_a_key_that_does_not_run(supervisor: Supervisor) -> None:
    pid_of(supervisor)
    assert supervisor.cancel("song") is False
    assert supervisor.running() == {}


def test_a_worker_that_never_gets_ready_is_given_up() -> None:
    silent = (sys.executable, "-c", "import time; time.sleep(30)")
    supervisor = Supervisor(WorkerSettings(command=silent, start_timeout_s=0.3))
    with pytest.raises(WorkerLost, match="did not start in time") as lost:
        do(supervisor, "echo")
    assert lost.value.hung
    supervisor.close()


def test_a_worker_that_cannot_start_says_why() -> None:
    broken = (sys.executable, "-c", "raise SystemExit('no such module')")
    supervisor = Supervisor(WorkerSettings(command=broken))
    with pytest.raises(WorkerLost, match="exit code 1: no such module"):
        do(supervisor, "echo")
    supervisor.close()


def test_closing_ends_idle_and_busy_workers(threads: ThreadPoolExecutor) -> None:
    supervisor = Supervisor(WorkerSettings(command=COMMAND))
    running = Running(supervisor, threads, {"do": "hold_the_gil"})
    running.wait_for_report()
    busy = supervisor.running()["song"]
    idle = supervisor.run("other", {"do": "echo"}, lambda _report: None)["pid"]
    supervisor.close()
    assert is_gone(idle)
    assert busy is not None
    assert is_gone(busy)
    with pytest.raises(Cancelled):
        running.future.result(0)


def test_nothing_runs_after_the_close(supervisor: Supervisor) -> None:
    supervisor.close()
    with pytest.raises(Cancelled):
        do(supervisor, "echo")


@linux_only
@pytest.mark.parametrize("kind", ["idle", "busy"])
def test_a_parent_that_is_killed_leaves_no_worker(kind: str) -> None:
    command = [sys.executable, "-m", "tests.workers.parent", kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline().split(":")[1].strip(" }\n"))
        assert not is_gone(worker)
        parent.kill()
        wait_for(lambda: is_gone(worker), timeout_s=2, what="the end of the worker")


@linux_only
def test_running_out_of_memory_takes_the_worker_first(supervisor: Supervisor) -> None:
    score = Path(f"/proc/{pid_of(supervisor)}/oom_score_adj").read_text(encoding="ascii")
    assert score.strip() == "1000"
