"""The media child misbehaves in every way a hostile file could make it; the parent stays calm."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from music_separator.audio import sandbox
from music_separator.audio.decode import decode
from music_separator.audio.media import MediaLimits
from music_separator.audio.probe import probe
from music_separator.audio.sandbox import MediaTask
from music_separator.domain.errors import Cancelled, DecodingLimit, NotAudio
from tests.audio.files import tone, write_wav
from tests.running import wait_for

Play = Callable[[str], MediaTask]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Put a script in the place of the media child; give a task for it."""

    def prepare(script: str) -> MediaTask:
        command = [sys.executable, "-I", "-c", "import os, sys, time\n" + script]
        monkeypatch.setattr(sandbox, "_command", lambda task, *, confined: (command, {}))
        return MediaTask(name="probe", source=tmp_path, limits=MediaLimits(probe_wall_s=5))

    return prepare


def processes_that_name(path: Path) -> list[int]:
    """Give the ids of the processes with ``path`` among their arguments."""
    return [process.pid for process in psutil.process_iter(["cmdline"]) if str(path) in (process.info["cmdline"] or ())]


@pytest.fixture
def unconfined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do without bubblewrap, as in most containers."""
    monkeypatch.setattr(sandbox, "bubblewrap_works", lambda: False)


def test_an_answer_comes_back(play: Play) -> None:
    assert sandbox.run(play('print(\'{"result": {"a": 1}}\', flush=True); time.sleep(60)')) == {"a": 1}


def test_a_flood_of_noise_blocks_nobody(play: Play) -> None:
    flood = "for _ in range(200): os.write(2, b'x' * 65536)\nprint('{\"result\": {}}')"
    assert sandbox.run(play(flood)) == {}


@pytest.mark.parametrize(
    "script",
    [
        "for _ in range(400): os.write(1, b'x' * 65536)",
        "print('no json')",
        "print('[1, 2]')",
        "print('{\"result\": 5}')",
        'print(\'{"error": {"kind": "SystemExit", "values": {}}}\')',
        'print(\'{"error": {"kind": "NotAudio", "values": {"wrong": 1}}}\')',
        "print('{\"error\": 7}')",
        "print('{\"progress\": 7}')",
        "print('{}')",
        "print('{\"result\": {}}', end='')",
        "os.close(1); os.close(2); time.sleep(60)",
        "sys.exit(3)",
        "",
    ],
)
def test_answers_that_make_no_sense_are_a_limit_and_no_crash(play: Play, script: str) -> None:
    with pytest.raises(DecodingLimit):
        sandbox.run(play(script))


def test_a_refusal_of_the_child_is_raised_here(play: Play) -> None:
    with pytest.raises(NotAudio, match="a riddle"):
        sandbox.run(play('print(\'{"error": {"kind": "NotAudio", "values": {"looks_like": "a riddle"}}}\')'))


def test_a_full_disk_in_the_child_is_an_os_error_here(play: Play) -> None:
    with pytest.raises(OSError, match="No space") as full:
        sandbox.run(play('print(\'{"failure": {"errno": 28, "text": "No space left"}}\')'))
    assert full.value.errno == 28


@pytest.mark.skipif(sys.platform == "win32", reason="signals end processes on POSIX only")
def test_a_crash_is_named_by_its_signal(play: Play) -> None:
    with pytest.raises(DecodingLimit, match="SIGSEGV"):
        sandbox.run(play("os.kill(os.getpid(), 11)"))


def test_cancel_is_fast_while_the_child_is_silent(play: Play) -> None:
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        sandbox.run(play("time.sleep(60)"), should_stop=stop.is_set)
    assert time.monotonic() - began < 1.0


def test_a_child_that_hangs_is_killed(play: Play) -> None:
    began = time.monotonic()
    task = replace(play("time.sleep(60)"), limits=MediaLimits(probe_wall_s=1))
    with pytest.raises(DecodingLimit, match="longer than 1 seconds"):
        sandbox.run(task)
    assert time.monotonic() - began < 3


@pytest.mark.usefixtures("unconfined")
def test_without_bubblewrap_files_are_read_all_the_same(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "Ščuka 歌.wav", tone())
    assert probe(path, MediaLimits()).duration_s == 2.0
    assert decode(path, tmp_path / "a.pcm", MediaLimits()).samples == 88_200


@pytest.mark.usefixtures("unconfined")
@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_memory_is_limited(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone())
    with pytest.raises(DecodingLimit):
        decode(path, tmp_path / "a.pcm", MediaLimits(child_memory_bytes=60 * 2**20))


@pytest.mark.skipif(not sandbox.bubblewrap_works(), reason="bubblewrap is not here or not allowed")
def test_inside_bubblewrap_there_is_no_home_no_network_and_one_writable_file(tmp_path: Path) -> None:
    script = (
        "import os, socket\n"
        f"assert not os.path.exists({str(tmp_path)!r}) and not os.path.exists(os.path.expanduser('~/.cache'))\n"
        "assert [name for _, name in socket.if_nameindex()] == ['lo']\n"
        "for place in ('/usr/x', '/media/source'):\n"
        "    try: open(place, 'ab'); raise SystemExit(place)\n"
        "    except OSError: pass\n"
        "open('/media/target', 'wb').write(b'ok')\n"
        "print(os.environ.get('HOME'))\n"
    )
    source, target = tmp_path / "source", tmp_path / "target"
    source.touch()
    target.touch()
    task = MediaTask(name="decode", source=source, target=target, limits=MediaLimits())
    command, _ = sandbox._command(task, confined=True)
    at = command.index("-c")
    ran = subprocess.run([*command[: at + 1], script], capture_output=True, text=True, timeout=20, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "None\n", "")
    assert target.read_bytes() == b"ok"


@pytest.mark.usefixtures("unconfined")
@pytest.mark.skipif(sys.platform == "win32", reason="/proc and kill are POSIX")
def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    task = MediaTask(name="probe", source=tmp_path / "a", limits=MediaLimits())
    command, _ = sandbox._command(task, confined=False)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        os.mkfifo(tmp_path / "a")
        child.stdin.write(b'{"task": "probe", "source": "%s", "target": "", "limits": {}}\n' % bytes(tmp_path / "a"))
        child.stdin.close()
        assert child.wait(timeout=5) != 0


@pytest.mark.skipif(not sandbox.bubblewrap_works(), reason="bubblewrap is not here or not allowed")
def test_cancelled_while_bubblewrap_starts_ends_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone())
    task = MediaTask(name="probe", source=path, limits=MediaLimits())

    def cancel_at_every_moment() -> None:
        for step in range(100):
            with pytest.raises(Cancelled):
                sandbox.run(task, should_stop=lambda step=step: time.sleep(step * 50e-6) is None)

    canceller = threading.Thread(target=cancel_at_every_moment, daemon=True)
    canceller.start()
    canceller.join(timeout=60)
    assert not canceller.is_alive()
    wait_for(lambda: not processes_that_name(path))


def test_cancel_ends_the_reader_of_a_child_that_floods(play: Play) -> None:
    threads = threading.active_count()
    asked = iter([False, False])
    with pytest.raises(Cancelled):
        sandbox.run(
            play('while True: print(\'{"progress": {"decoded_s": 1, "declared_s": 1}}\', flush=True)'),
            on_progress=lambda decoded_s, declared_s: time.sleep(0.2),
            should_stop=lambda: next(asked, True),
        )
    wait_for(lambda: threading.active_count() == threads)


@pytest.mark.usefixtures("unconfined")
def test_a_child_that_lies_about_what_it_wrote_is_not_believed(tmp_path: Path, play: Play) -> None:
    answer = {"samples": 5, "sample_rate": 44_100, "source_bits": 16, "mono": False, "peak": 1.0, "rms": 1.0}
    answer |= {"mean": 0.0, "std": 1.0, "packet_errors": 0, "declared_s": None, "warnings": []}
    play(f"import json; print(json.dumps({{'result': {answer}}}))")
    with pytest.raises(DecodingLimit, match="makes no sense"):
        decode(tmp_path / "a", tmp_path / "a.pcm", MediaLimits())
    (tmp_path / "a").write_bytes(b"1")
    with pytest.raises(DecodingLimit, match="makes no sense"):
        probe(tmp_path / "a", MediaLimits())
