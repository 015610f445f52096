"""Record the logs of `serve --demo` from real runs of the example song, without a network.

    python examples/events/record.py

Writes src/music_separator/web/demo/*.jsonl: one event a line, as it goes over the wire.
"""

import hashlib
import json
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from music_separator.audio.decode import decode
from music_separator.audio.encode import AudioFormat, open_writer
from music_separator.audio.media import MediaLimits
from music_separator.audio.pcm import PcmReader
from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.bootstrap import running_service
from music_separator.config import Settings
from music_separator.domain.job import JobOptions
from music_separator.domain.progress import ProgressEvent, StageName, StageStatus
from music_separator.service import NewTrack, Service

ROOT = Path(__file__).resolve().parents[2]
SONG = ROOT / "examples" / "song"
TARGET = ROOT / "src" / "music_separator" / "web" / "demo"
CANCEL_AT = 45
"""Percent of the separation."""
READING_S = 3.0
"""How long somebody looks at a failure before the lyrics are pasted."""
LONGEST_RUN_S = 120


def main() -> None:
    """Run songs one after the other; each is the example several times in a row, and so has no results yet."""
    lyrics = (SONG / "twinkle.lrc").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(data_dir=folder / "data", offline=True)
        with running_service(settings) as service:
            upload(service, SONG / "twinkle.mp3", until=is_last)  # so that the time left can be told
            complete = upload(service, repeated(4, folder), lyrics, until=is_last)
            failed = upload(service, repeated(3, folder), until=is_last)
            time.sleep(READING_S)
            wait(service, failed, lambda: service.save_lyrics(failed, lyrics), until=is_last)
            cancelled = upload(service, repeated(5, folder), lyrics, until=is_half_way)
            wait(service, cancelled, lambda: service.cancel(cancelled), until=is_last)
            write("complete", service, complete)
            write("failed-then-retried", service, failed)
            write("cancelled", service, cancelled)


def repeated(times: int, folder: Path) -> Path:
    """Write a longer song."""
    decode(SONG / "twinkle.mp3", folder / "once.pcm", MediaLimits())
    path = folder / f"{times} times.flac"
    with (
        PcmReader(folder / "once.pcm") as once,
        open_writer(path, AudioFormat.FLAC, sample_rate=SAMPLE_RATE) as writer,
    ):
        for _ in range(times):
            writer.write(once.read(0, once.samples))
    return path


def upload(service: Service, song: Path, lyrics: str | None = None, *, until: Callable[[ProgressEvent], bool]) -> str:
    """Add a song and wait for an event of it."""
    file_id = str(uuid.uuid5(uuid.NAMESPACE_OID, song.name))
    arrived = service.files.incoming(file_id)
    shutil.copyfile(song, arrived)
    new = NewTrack(
        owner="local",
        path=arrived,
        sha256=hashlib.sha256(song.read_bytes()).hexdigest(),
        size_bytes=song.stat().st_size,
        filename=song.name,
        options=JobOptions(lyrics=lyrics),
        file_id=file_id,
    )
    wait(service, file_id, lambda: service.add_track(new), until=until)
    return file_id


def wait(
    service: Service, file_id: str, begin: Callable[[], object], *, until: Callable[[ProgressEvent], bool]
) -> None:
    """Begin something and wait for an event of a song."""
    came = threading.Event()
    stop = service.log.listen(lambda event: came.set() if event.file_id == file_id and until(event) else None)
    begin()
    if not came.wait(LONGEST_RUN_S):
        raise TimeoutError(f"{file_id} takes too long: {service.log.read(file_id)[-1]}")
    stop()


def is_last(event: ProgressEvent) -> bool:
    """Whether an event ends its attempt."""
    return event.stage is StageName.COMPLETE or event.status in (StageStatus.FAILED, StageStatus.CANCELLED)


def is_half_way(event: ProgressEvent) -> bool:
    """Whether it is time to cancel."""
    return event.stage is StageName.SEPARATION and event.progress >= CANCEL_AT


def write(name: str, service: Service, file_id: str) -> None:
    """Write the whole log of a song."""
    lines = [json.dumps(event.payload(), ensure_ascii=False) for event in service.log.read(file_id)]
    (TARGET / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
