"""A song of four minutes: time and memory of a process that does nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from music_separator.worker_start import WORKER_VARIABLES

MOST_MB, MOST_CPU_S = 700, 30
SINGING_ALONG = """
import resource, sys
import numpy as np
from music_separator.engines.alignment.base import AlignmentRequest
from music_separator.engines.alignment.phonetic import PhoneticEngine
from music_separator.domain.lyrics import LyricsText

def hum():
    random = np.random.default_rng(0)
    for second in range(240):
        yield random.normal(0, 0.1, (2, 44_100)).astype(np.float32)

lines = tuple("every night we sing another song together" for _ in range(60))
request = AlignmentRequest(text=LyricsText(lines=lines), mixture=hum(), vocals=hum(), duration_s=240.0)
lyrics = PhoneticEngine().align(request, lambda share: None)
assert sum(len(line.words) for line in lyrics.lines) == 420
usage = resource.getrusage(resource.RUSAGE_SELF)
if sys.platform == "linux":  # there ru_maxrss begins with what the process that started this one had
    status = open("/proc/self/status", encoding="ascii").read()
    peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
else:
    peak = usage.ru_maxrss
print(peak / 1e6, usage.ru_utime + usage.ru_stime)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module")
def test_four_minutes_take_little_time_and_memory() -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", SINGING_ALONG],
        cwd=root,
        env={**os.environ, **WORKER_VARIABLES},
        capture_output=True,
        text=True,
        check=True,
        timeout=170,
    )
    memory_mb, cpu_s = map(float, done.stdout.split())
    assert memory_mb < MOST_MB
    assert cpu_s < MOST_CPU_S
