"""A new user's first song in its short form: the benchmark of that name, with the song of this project."""

import subprocess
import sys
from pathlib import Path

from tests.listening import MILESTONES

ROOT = Path(__file__).parents[2]


def test_first_song_goes_from_upload_to_the_last_download():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.first_song"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for stage, progress, message in MILESTONES:
        assert f"{stage}: {progress}% - {message}" in done.stdout
    assert "real-time factor" in done.stdout
