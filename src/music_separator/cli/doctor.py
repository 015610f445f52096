"""``doctor``: what works on this machine, and what to do about what does not."""

import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from music_separator.cli import exits
from music_separator.cli.settings import settings_from

if TYPE_CHECKING:
    from music_separator.config import Settings

ACOUSTIC_MODEL_ADVICE = "Its wheels are for Python 3.11 to 3.13 on common systems; elsewhere pip needs a C compiler."


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at. ``ok`` False stops the program from working; a remark only limits it."""

    what: str
    ok: bool
    says: str


def doctor() -> None:
    """Say what works here and what to do about what does not."""
    findings = list(_findings(settings_from({})))
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what:<12} {finding.says}")
    raise typer.Exit(exits.DONE if all(finding.ok for finding in findings) else exits.FAILED)


def _findings(settings: "Settings") -> Iterator[Finding]:
    import av

    from music_separator.audio.sandbox import bubblewrap_works

    system = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding(what="system", ok=sys.version_info >= (3, 11), says=system)
    libraries = ".".join(str(part) for part in av.library_versions["libavcodec"])
    yield Finding(what="audio", ok=True, says=f"FFmpeg libraries {libraries} through PyAV {av.__version__}")
    sandbox = "bubblewrap" if bubblewrap_works() else "limits on time, memory and size only (bubblewrap is not usable)"
    yield Finding(what="sandbox", ok=True, says=f"files from outside are opened in a child process with {sandbox}")
    yield from _engines(settings)
    yield _graphics()
    yield _aligner()
    yield from _witnesses(settings)
    yield from _transcribers(settings)
    yield _lookup(settings)
    yield _data_dir(settings)
    yield _port(settings)


def _engines(settings: "Settings") -> Iterator[Finding]:
    from music_separator.bootstrap import weights_of
    from music_separator.engines.registry import MODELS, availability

    store = weights_of(settings)
    for model in MODELS:
        state = availability(model.name, store)
        yield Finding(what="model", ok=True, says=f"{model.name}: {state.reason or 'runs here'}")


def _graphics() -> Finding:
    from music_separator.engines.graphics import graphics

    found = graphics()
    if found.usable:
        says = ", ".join(device.name for device in found.devices) or "the graphics card of this Mac"
    else:
        says = found.advice or "no graphics card is seen; networks run on the processor"
    return Finding(what="graphics", ok=True, says=says)


def _aligner() -> Finding:
    from music_separator.engines.registry import make_aligner

    engine = make_aligner()
    limits = engine.limits()
    says = engine.missing() or ("runs here" if limits is None else f"{limits} {ACOUSTIC_MODEL_ADVICE}")
    return Finding(what="alignment", ok=True, says=f"{engine.name}: {says}")


def _witnesses(settings: "Settings") -> Iterator[Finding]:
    from music_separator.bootstrap import weights_of
    from music_separator.engines.alignment.ctc import missing
    from music_separator.engines.alignment.ctc_weights import CTC_WEIGHTS

    store = weights_of(settings)
    for weights in CTC_WEIGHTS:
        here = "confirms word times" if store.is_here(weights) else f"not here; `models pull {weights.name}` fetches it"
        yield Finding(what="witness", ok=True, says=f"{weights.name}: {missing() or here}")


def _transcribers(settings: "Settings") -> Iterator[Finding]:
    from music_separator.bootstrap import weights_of
    from music_separator.engines.transcription.registry import states

    for state in states(weights_of(settings)):
        says = state.reason or "runs here"
        yield Finding(what="transcriber", ok=True, says=f"{state.name}: {says}")


def _lookup(settings: "Settings") -> Finding:
    place = settings.looks_up_at
    off = "off; --lookup switches it on and sends title, artist, album and length of songs without lyrics"
    says = off if place is None else f"at {place}: title, artist, album and length of songs without lyrics are sent"
    return Finding(what="look-up", ok=True, says=says)


def _data_dir(settings: "Settings") -> Finding:
    from music_separator.config import MIB

    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_bytes(b"")
        probe.unlink()
        free = shutil.disk_usage(folder).free // MIB
    except OSError as error:
        return Finding(what="data folder", ok=False, says=f"{folder}: {error.strerror}. Choose another --data-dir.")
    enough = free >= settings.min_free_mib
    advice = "" if enough else f" Below {settings.min_free_mib} MiB all work waits: make room."
    return Finding(what="data folder", ok=enough, says=f"{folder} is writable, {free} MiB free.{advice}")


def _port(settings: "Settings") -> Finding:
    with socket.socket() as found:
        taken = found.connect_ex(("127.0.0.1", settings.port)) == 0
    says = "taken; a server may be running, else choose another --port" if taken else "free"
    return Finding(what="port", ok=True, says=f"{settings.port} is {says}")
