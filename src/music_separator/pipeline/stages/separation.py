"""Separation: read the file, split it chunk by chunk, write the stems. Runs in a worker.

A finished chunk lies on the disk before the next begins, so whatever ends this process costs one chunk at most.
"""

import json
from dataclasses import asdict
from pathlib import Path

from music_separator.audio.decode import decode
from music_separator.audio.encode import AudioFormat
from music_separator.audio.media import DecodedAudio, MediaLimits
from music_separator.audio.pcm import PcmReader
from music_separator.domain.caution import Caution
from music_separator.domain.errors import Cancelled
from music_separator.domain.job import StageResult
from music_separator.domain.progress import READY
from music_separator.engines.base import Mixture, SeparationEngine
from music_separator.pipeline.stages.chunks import Chunks
from music_separator.pipeline.stages.context import StageContext
from music_separator.pipeline.stages.engine import EngineShelf, Found
from music_separator.pipeline.stages.stems import StemFiles
from music_separator.pipeline.tasks import SeparationTask, output_dir
from music_separator.store.durable import write_atomically

DECODED = 4
"""Percent at which the file is read; before it by seconds, after it by bytes of weights."""
SEPARATED, WRITTEN = 97, 99
"""Percent at which all audio is separated; the rest is writing the stems, measured the same way."""


def separate(task: SeparationTask, context: StageContext, shelf: EngineShelf) -> StageResult:
    """Make the stems of a song; finished chunks of an earlier, interrupted run are used."""
    work_dir = Path(task.work_dir)
    shelf.begin(task)
    decoded = _decode_once(task, work_dir, context)
    found = shelf.engine_for(task, context)
    with PcmReader(work_dir / "mixture.f32") as pcm:
        mixture = Mixture(pcm=pcm, mono=decoded.mono, mean=decoded.mean, std=decoded.std)
        chunks = Chunks(work_dir / f"chunks-{found.engine.name}", found.engine, mixture)
        _make_chunks(chunks, context)
        files = StemFiles(output_dir(task.work_dir), AudioFormat(task.stem_format), decoded.source_bits)
        artifacts, energies = files.write(chunks, context, begin=SEPARATED, end=WRITTEN)
    facts: dict[str, str | float | bool] = {
        **_facts(found, decoded),
        **energies.facts(),
    }
    return StageResult(
        artifacts=artifacts, facts=facts, warnings=(*decoded.warnings, *found.warnings, *energies.warnings())
    )


def _make_chunks(chunks: Chunks, context: StageContext) -> None:
    """Separate what is not there yet, percent 10 to 97 by audio separated; a notice of the engine is the detail."""
    for chunk in chunks.missing():
        percent = READY + (SEPARATED - READY) * chunk.number // chunks.count
        context.work(percent, detail=chunks.engine.notice or "separating", chunk=chunk.number)
        chunks.make(chunk)


def _facts(found: Found, decoded: DecodedAudio) -> dict[str, str | float | bool]:
    engine: SeparationEngine = found.engine
    return {
        "engine": engine.name,
        "engine_version": engine.version,
        "weights": found.weights,
        "fallback": bool(found.warnings),
        "duration_s": round(decoded.duration_s, 3),
        "mono": decoded.mono,
    }


def _decode_once(task: SeparationTask, work_dir: Path, context: StageContext) -> DecodedAudio:
    """Decode the mixture unless an earlier run has; percent 1-4 by seconds read."""
    note = work_dir / "decoded.json"
    if note.exists():
        stored = json.loads(note.read_text(encoding="utf-8"))
        return DecodedAudio(**{**stored, "warnings": tuple(map(Caution.stored, stored["warnings"]))})

    def hear(decoded_s: float, declared_s: float | None) -> None:
        share = min(1.0, decoded_s / declared_s) if declared_s else 0.0
        context.prepare(1 + int(share * (DECODED - 1)), "Reading the audio", detail="decoding")

    def should_stop() -> bool:
        try:
            context.check_cancelled()
        except Cancelled:
            return True
        return False

    hear(0.0, None)  # said at once: the decoder takes a moment to start
    limits = MediaLimits(max_duration_s=task.max_duration_s)
    decoded = decode(Path(task.source), work_dir / "mixture.f32", limits, hear, should_stop)
    write_atomically(note, json.dumps(asdict(decoded)).encode())
    return decoded
