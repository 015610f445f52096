"""``align``: timed words on stdout and nothing else there, whatever the lyrics are."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PROGRAM, Run
from tests.running import wait_for
from tests.songs import write_song

EXAMPLE = Path(__file__).parents[2] / "examples" / "song"
TRUE_LINES = json.loads((EXAMPLE / "words.json").read_text(encoding="utf-8"))["lines"]
PLAIN = "".join(f"{line['text']}\n" for line in TRUE_LINES)
LINE_LRC = "[00:00.20]Pjesma za mjesec i za sve koji noću hodaju gradom sami\n[00:00.60]夜 🎤 да\n"
NEAR_MS, NEAR_SHARE = 300, 0.83
"""What real songs reach (docs/adr/0009)."""


def starts(lines: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(word["text"], word["start_ms"]) for line in lines for word in line["words"]]


def left_over(folder: Path) -> set[str]:
    """Name what a command has left in its folder and in the folder for temporary files."""
    return {path.name for path in folder.rglob("*") if "music-separator-" in path.name}


@pytest.mark.parametrize("piped", [False, True])
def test_json_has_every_plain_word_where_it_is_sung(tmp_path: Path, piped: bool):
    words = tmp_path / "words.txt"
    words.write_text(PLAIN, encoding="utf-8")
    command = [*PROGRAM, "align", str(EXAMPLE / "twinkle.mp3"), "--lyrics", "-" if piped else "words.txt", "--json"]
    done = subprocess.run(command, cwd=tmp_path, input=PLAIN.encode(), capture_output=True, check=False, timeout=60)
    printed = json.loads(done.stdout)
    assert (done.returncode, list(printed)) == (0, ["lines"])
    assert all(list(line) == ["text", "start_ms", "end_ms", "words"] for line in printed["lines"])
    words_printed = [word for line in printed["lines"] for word in line["words"]]
    assert all(list(word) == ["text", "start_ms", "end_ms", "confidence"] for word in words_printed)
    assert [line["text"] for line in printed["lines"]] == PLAIN.splitlines()
    found, true = starts(printed["lines"]), starts(TRUE_LINES)
    assert [text for text, _ in found] == [text for text, _ in true]
    near = [abs(a - b) < NEAR_MS for (_, a), (_, b) in zip(found, true, strict=True)]
    assert sum(near) > NEAR_SHARE * len(near)
    assert b"karaoke: 100% - Karaoke generation complete" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["words.txt"]


def test_lrc_comes_out_with_the_lines_it_was_given_in(run: Run, short: Path, tmp_path: Path):
    (tmp_path / "words.lrc").write_text(LINE_LRC, encoding="utf-8")
    done = run("align", short.name, "--lyrics", "words.lrc", TMPDIR=str(tmp_path))
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("[00:00.")][:2] == LINE_LRC.splitlines()
    assert left_over(tmp_path) == set()


def test_stdout_is_utf_8_whatever_the_system_speaks(run: Run, short: Path, tmp_path: Path):
    (tmp_path / "words.lrc").write_text(LINE_LRC, encoding="utf-8")
    done = run("align", short.name, "--lyrics", "words.lrc", "--json", PYTHONIOENCODING="cp1252")
    assert [line["text"] for line in json.loads(done.stdout)["lines"]][1] == "夜 🎤 да"


def test_out_dir_keeps_stems_and_times(run: Run, short: Path, tmp_path: Path):
    done = run("align", short.name, "--lyrics", short.with_suffix(".lrc").name, "-o", "out")
    kept = {path.name.removeprefix(short.stem) for path in (tmp_path / "out" / short.stem).iterdir()}
    assert done.returncode == 0
    assert kept == {"vocals.flac", "no_vocals.flac", "_karaoke.lrc", "_karaoke.enhanced.lrc", "_sync.json"}


ENDS: list[tuple[list[str], int, str]] = [
    (["nothing.mp3", "--lyrics", "words.txt"], 3, "There is no file nothing.mp3."),
    (["song.wav", "--lyrics", "nothing.txt"], 3, "There is no file nothing.txt."),
    (["words.txt", "--lyrics", "words.txt"], 3, "not like audio"),
    (["song.wav", "--lyrics", "empty.txt"], 3, "no words in them"),
    (["song.wav", "--lyrics", "emoji.txt"], 3, "no words in them"),
    (["song.wav", "--lyrics", "many.txt"], 3, "more than can be sung"),
    (["song.wav", "--lyrics", "words.txt", "--model", "htdemucs"], 4, "Choose model=center"),
    (["song.wav", "--lyrics", "words.txt", "--model", "nonsense"], 2, "Known: demucs, auto"),
    (["song.wav"], 2, "--lyrics"),
]


@pytest.mark.parametrize(("arguments", "code", "says"), ENDS, ids=[" ".join(end[0]) for end in ENDS])
def test_each_kind_of_trouble_has_its_exit_code_and_prints_nothing(
    run: Run, tmp_path: Path, arguments: list[str], code: int, says: str
):
    for name, words in {"words": "la " * 20, "empty": " \n\n", "emoji": "🎤🎶\n🎤\n", "many": "words " * 500}.items():
        (tmp_path / f"{name}.txt").write_text(words, encoding="utf-8")
    write_song(tmp_path / "song.wav", seconds=1.0)
    done = run("align", *arguments, "--json", TMPDIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert left_over(tmp_path) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="signals as a terminal sends them")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_it_with_its_code_and_leaves_nothing(
    begun: Callable[..., subprocess.Popen[str]], tmp_path: Path, sent: signal.Signals, code: int
):
    song = write_song(tmp_path / "long.wav", seconds=90.0)
    (tmp_path / "words.txt").write_text("la la la\n")
    command = begun("align", song.name, "--lyrics", "words.txt", "-o", "out")
    wait_for(lambda: left_over(tmp_path), what="the work folder")
    command.send_signal(sent)
    assert command.wait(timeout=10) == code
    assert left_over(tmp_path) == set()


def test_timed_json_comes_out_as_it_went_in(run: Run):
    done = run("align", EXAMPLE / "twinkle.mp3", "--lyrics", EXAMPLE / "words.json", "--json")
    assert json.loads(done.stdout)["lines"] == TRUE_LINES
