"""``karaoke`` and ``separate``: the pipeline without a server."""

import json
import signal
import struct
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Run
from tests.engines.networks.small_demucs import SIX, write_small_demucs
from tests.listening import EVENT_KEYS, assert_tells_the_whole_story, assert_whole
from tests.processes import children_of, is_running
from tests.running import wait_for
from tests.songs import LRC, write_song

WAV_FLOAT = 3
"""The format tag of IEEE float samples in a WAV header."""


def read_float_wav(path: Path) -> tuple[int, np.ndarray]:
    """Read the bits a sample and the samples, (n, channels), of a WAV file; the format must be float."""
    raw = path.read_bytes()
    tag, channels, _rate, _bytes, _block, bits = struct.unpack_from("<HHIIHH", raw, raw.index(b"fmt ") + 8)
    assert tag in (WAV_FLOAT, 0xFFFE)
    start = raw.index(b"data") + 8
    return bits, np.frombuffer(raw[start:], dtype="<f4").reshape(-1, channels)


def hidden(folder: Path) -> list[Path]:
    return list(folder.rglob(".music-separator-*"))


def test_karaoke_prints_the_very_events_and_makes_the_files(run: Run, short: Path, tmp_path: Path):
    (tmp_path / "others.lrc").write_text("[00:00.10]Others\n", encoding="utf-16")
    done = run("karaoke", short.name, "--lyrics", "others.lrc", "--json", "-o", "out")
    log = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert_whole(log)
    assert_tells_the_whole_story(log)
    assert all(set(event) == set(EVENT_KEYS) for event in log)
    assert "files in " in done.stderr
    name = short.stem
    assert sorted(path.name for path in (tmp_path / "out" / name).iterdir()) == sorted(
        [
            "vocals.flac",
            "no_vocals.flac",
            f"{name}_karaoke.mp3",
            f"{name}_karaoke.lrc",
            f"{name}_karaoke.enhanced.lrc",
            f"{name}_sync.json",
        ]
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]
    sung = (tmp_path / "out" / name / f"{name}_karaoke.lrc").read_text(encoding="utf-8")
    assert "]Others" in sung
    assert "La la" not in sung  # those beside the song


def test_several_songs_give_plain_lines_and_5_when_some_fail(run: Run, short: Path, tmp_path: Path):
    (tmp_path / "words.mp3").write_text("no sound at all\n" * 20)
    done = run("karaoke", short.name, "words.mp3")
    assert (done.returncode, done.stdout) == (5, "")
    lines = done.stderr.splitlines()
    assert "separation: 10% - Separating audio tracks..." in lines
    assert "complete: 100% - All processing complete!" in lines
    assert any(line.startswith("words.mp3: ") and "not like audio" in line for line in lines)
    assert (tmp_path / short.stem / "vocals.flac").is_file()
    assert hidden(tmp_path) == []


def test_separate_to_wav_is_float_and_adds_up_unclipped(run: Run, short: Path, tmp_path: Path):
    done = run("separate", short.name, "--format", "wav", "--model", "center")
    assert (done.returncode, done.stdout) == (0, "")
    bits, vocals = read_float_wav(tmp_path / short.stem / "vocals.wav")
    _, instrumental = read_float_wav(tmp_path / short.stem / "no_vocals.wav")
    with wave.open(str(short), "rb") as file:
        mixture = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2) / 32768
    assert {path.name for path in (tmp_path / short.stem).iterdir()} == {"vocals.wav", "no_vocals.wav"}
    assert bits == 32
    np.testing.assert_allclose(vocals + instrumental, mixture, atol=1e-6)


def test_separate_by_one_s_own_checkpoint_writes_all_its_stems(run: Run, short: Path, tmp_path: Path):
    write_small_demucs(tmp_path / "mine.safetensors", "six")
    done = run("separate", short.name, "--weights", "mine.safetensors", "--overlap", "0.1")
    assert (done.returncode, done.stdout) == (0, "")
    made = {path.name for path in (tmp_path / short.stem).iterdir()}
    assert made == {f"{stem}.flac" for stem in (*SIX, "no_vocals")}
    assert f"{short.name}: The stems together differ much from the song" in done.stderr


def test_separate_into_two_stems_in_the_words_of_the_fallback(run: Run, short: Path, tmp_path: Path):
    done = run("separate", short.name, "--stems", "2")
    assert done.returncode == 0
    assert f"{short.name}: Separated with center instead of Demucs, because the weights htdemucs are not" in done.stderr
    assert {path.name for path in (tmp_path / short.stem).iterdir()} == {"vocals.flac", "no_vocals.flac"}


def test_without_lyrics_it_ends_with_4_and_the_stems_are_there(run: Run, tmp_path: Path):
    song = write_song(tmp_path / "wordless.wav", seconds=1.0)
    done = run("karaoke", song.name)
    assert done.returncode == 4
    assert "Add the lyrics as LRC and retry" in done.stderr
    assert {path.name for path in (tmp_path / "wordless").iterdir()} == {"vocals.flac", "no_vocals.flac"}


ENDS: list[tuple[list[str], int, str]] = [
    (["karaoke", "nothing.mp3"], 3, "There is no file nothing.mp3."),
    (["karaoke", "words.txt"], 3, "not like audio"),
    (["karaoke", "song.wav", "--lyrics", "nothing.lrc"], 3, "There is no file nothing.lrc."),
    (["separate", "song.wav", "--model", "htdemucs"], 4, "Choose model=center"),
    (["separate", "song.wav", "--model", "nonsense"], 2, "Known: demucs, auto"),
    (["separate", "song.wav", "--format", "aiff"], 2, "aiff"),
    (["separate", "song.wav", "--preset", "quick"], 2, "Known: exact, fast, preview"),
    (["separate", "song.wav", "--overlap", "1"], 2, "overlap must be between 0 and 0.9"),
    (["separate", "song.wav", "--shifts", "11"], 2, "shifts must be between 0 and 10"),
    (["separate", "song.wav", "--stems", "5"], 2, "stems must be one of 2, 4, 6"),
    (["separate", "song.wav", "--model", "center", "--stems", "4"], 2, "The model center gives 2 stems, not 4"),
    (["karaoke", "song.wav", "--model", "htdemucs", "--preset", "preview"], 2, "choose it with demucs or center"),
    (["separate", "song.wav", "--weights", "nothing.safetensors"], 3, "There is no file nothing.safetensors."),
    (["separate", "song.wav", "--weights", "words.txt"], 4, "it is no whole safetensors file"),
    (["separate", "song.wav", "--weights", "words.th"], 4, "a .th file holds code that runs when it is read"),
    (["karaoke", "song.wav", "words.txt", "--lyrics", "words.txt"], 2, "--lyrics fits one song"),
    (["karaoke"], 2, "SONG"),
    (["dance"], 2, "dance"),
]


@pytest.mark.parametrize(("arguments", "code", "says"), ENDS, ids=[" ".join(end[0]) for end in ENDS])
def test_each_kind_of_trouble_has_its_exit_code_and_sentence(
    run: Run, tmp_path: Path, arguments: list[str], code: int, says: str
):
    for name in ("words.txt", "words.th"):
        (tmp_path / name).write_text("words " * 100)
    write_song(tmp_path / "song.wav", seconds=1.0)
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert hidden(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="processes are counted in /proc")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_it_with_its_code_and_leaves_nothing(
    begun: Callable[..., subprocess.Popen[str]], tmp_path: Path, sent: signal.Signals, code: int
):
    song = write_song(tmp_path / "long.wav", seconds=90.0)
    song.with_suffix(".lrc").write_text(LRC)
    command = begun("karaoke", song.name, "--json")
    assert command.stdout is not None
    assert any(json.loads(line)["progress"] in range(11, 90) for line in command.stdout)
    children = children_of(command.pid)
    command.send_signal(sent)
    assert command.wait(timeout=10) == code
    assert children
    wait_for(lambda: not any(map(is_running, children)), timeout_s=5, what="the end of the workers")
    assert hidden(tmp_path) == []
