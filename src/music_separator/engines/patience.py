"""Waiting for what cannot be interrupted, such as looking up a name, with a limit and an ear for a cancel."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

POLL_S = 0.1

T = TypeVar("T")


def within(limit_s: float, call: Callable[[], T], tick: Callable[[], None]) -> T:
    """Give what ``call`` gives, or raise what it raises; TimeoutError when it takes longer.

    A thread calls, and is left behind to end by itself. ``tick`` is called ten times a second, and ends it by raising.
    """
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except Exception as error:  # the border of a thread: it is raised where the answer is waited for
            answer.set_exception(error)

    Thread(target=run, name="question", daemon=True).start()
    for _ in range(max(1, round(limit_s / POLL_S))):
        tick()
        if wait([answer], timeout=POLL_S).done:
            return answer.result()
    raise TimeoutError(f"no answer within {limit_s:.0f} s")
