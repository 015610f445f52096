"""Contestants that take turns, each in a process of its own: what a machine does meanwhile hits all of them alike.

A contestant is a Python file that says ``ready`` once it has loaded, and then, for every line it reads, does its work
once and answers with the seconds it took (and whatever else it wants to say, as one JSON object).
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Answer = dict[str, Any]


def serve(work: Callable[[], Answer]) -> None:
    """Be a contestant: do ``work`` for every line on stdin; its time is measured here."""
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        said = work()
        print(json.dumps({"seconds": time.perf_counter() - began, **said}), flush=True)


@dataclass
class Contestant:
    """One process and what it has answered. ``busy`` is the share of a core that others took during each turn."""

    name: str
    command: Sequence[str]
    answers: list[Answer] = field(default_factory=list)

    def start(self) -> None:
        """Start it and wait until it is loaded."""
        self.process = subprocess.Popen(
            [sys.executable, *self.command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()

    def turn(self) -> Answer:
        """Let it do its work once."""
        assert self.process.stdin is not None
        before, own = _busy_s(), self._own_s()
        began = time.perf_counter()
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self._read()
        took = time.perf_counter() - began
        answer["others"] = max(0.0, (_busy_s() - before) - (self._own_s() - own)) / took
        self.answers.append(answer)
        return answer

    def stop(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)

    def seconds(self) -> list[float]:
        """Give the times of the quieter half of the turns: those during which other processes took least."""
        quiet = sorted(self.answers, key=lambda answer: answer["others"])[: (len(self.answers) + 1) // 2]
        return [answer["seconds"] for answer in quiet]

    def median(self) -> float:
        """Give the median of these."""
        return statistics.median(self.seconds())

    def _read(self) -> Answer:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {self.process.wait()}")
        said: Answer = json.loads(line)
        return said

    def _own_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def race(contestants: Sequence[Contestant], turns: int) -> None:
    """Start all, let each take its turn as often as told, end all; prints one line each, the first is the measure."""
    for contestant in contestants:
        contestant.start()
        contestant.turn()
        contestant.answers.clear()  # the first time is for caches
    for _ in range(turns):
        for contestant in contestants:
            contestant.turn()
    for contestant in contestants:
        contestant.stop()
    first = contestants[0].median()
    for contestant in contestants:
        times, others = contestant.seconds(), max(answer["others"] for answer in contestant.answers)
        print(
            f"{contestant.name:34} median {contestant.median():7.2f} s  {min(times):7.2f} .. {max(times):7.2f}  "
            f"n {len(times)}/{turns}  ratio {first / contestant.median():5.2f}  others <= {others:.2f}"
        )


def _busy_s() -> float:
    """Give the seconds that all cores together have worked."""
    ticks = [int(value) for value in Path("/proc/stat").read_text(encoding="utf-8").split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
