"""Separation: read the file, split it chunk by chunk, write the stems. Runs in a worker.

A finished chunk lies on the disk before the next begins, so whatever ends this process costs one chunk at most.
"""

import json
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from music_separator.audio.decode import decode
from music_separator.audio.encode import AudioFormat, AudioWriter, open_writer, split_whole
from music_separator.audio.media import DecodedAudio, MediaLimits
from music_separator.audio.pcm import PcmReader, PcmWriter
from music_separator.audio.waveform import SAMPLE_RATE, Waveform
from music_separator.domain.caution import Caution
from music_separator.domain.errors import Cancelled
from music_separator.domain.job import Artifact, StageResult
from music_separator.domain.progress import READY
from music_separator.engines.base import Mixture, SeparationEngine, Stem
from music_separator.engines.registry import make_engine
from music_separator.pipeline.stages.context import StageContext, artifact
from music_separator.pipeline.tasks import SeparationTask, output_dir
from music_separator.store.durable import write_atomically

SEPARATED = 97
"""Percent at which all audio is separated; the rest is writing the stems, measured the same way."""
INSTRUMENTAL = "no_vocals"
ENCODE_SAMPLES = 10 * SAMPLE_RATE


def separate(task: SeparationTask, context: StageContext) -> StageResult:
    """Make the stems of a song; finished chunks of an earlier, interrupted run are used."""
    work_dir = Path(task.work_dir)
    decoded = _decode_once(task, work_dir, context)
    context.prepare(READY - 1, "Loading the model", detail="loading_model")
    engine = make_engine(task.engine)
    engine.load()
    with PcmReader(work_dir / "mixture.f32") as pcm:
        mixture = Mixture(pcm=pcm, mono=decoded.mono, mean=decoded.mean, std=decoded.std)
        chunks = _Chunks(work_dir / "chunks", engine, mixture)
        for number in chunks.missing():
            context.work(READY + (SEPARATED - READY) * number // chunks.count, detail="separating", chunk=number)
            chunks.make(number)
        artifacts = _write_stems(task, decoded, chunks, context)
    facts: dict[str, str | float | bool] = {
        "engine": engine.name,
        "engine_version": engine.version,
        "duration_s": round(decoded.duration_s, 3),
        "mono": decoded.mono,
    }
    return StageResult(artifacts=artifacts, facts=facts, warnings=decoded.warnings)


def _decode_once(task: SeparationTask, work_dir: Path, context: StageContext) -> DecodedAudio:
    """Decode the mixture unless an earlier run has; percent 1-8 by seconds read."""
    note = work_dir / "decoded.json"
    if note.exists():
        stored = json.loads(note.read_text(encoding="utf-8"))
        return DecodedAudio(**{**stored, "warnings": tuple(map(Caution.stored, stored["warnings"]))})

    def hear(decoded_s: float, declared_s: float | None) -> None:
        share = min(1.0, decoded_s / declared_s) if declared_s else 0.0
        context.prepare(1 + int(share * (READY - 2)), "Reading the audio", detail="decoding")

    def should_stop() -> bool:
        try:
            context.check_cancelled()
        except Cancelled:
            return True
        return False

    limits = MediaLimits(max_duration_s=task.max_duration_s)
    decoded = decode(Path(task.source), work_dir / "mixture.f32", limits, hear, should_stop)
    write_atomically(note, json.dumps(asdict(decoded)).encode())
    return decoded


@dataclass(frozen=True)
class _Chunks:
    """The separated chunks of one song on the disk, a file per stem and number."""

    folder: Path
    engine: SeparationEngine
    mixture: Mixture

    @property
    def count(self) -> int:
        """How many chunks the song has; the last may be short."""
        return -(-self.mixture.samples // self.engine.chunk_samples)

    def missing(self) -> list[int]:
        """Number the chunks whose files are not all there. Finished ones are not passed through one by one: then the
        first report of a resumed run is about the chunk that an earlier worker may have died at.
        """
        return [
            number
            for number in range(self.count)
            if not all(self._path(stem, number).exists() for stem in self.engine.stems)
        ]

    def make(self, number: int) -> None:
        """Separate one chunk."""
        self.folder.mkdir(exist_ok=True)
        start, stop = self.bounds(number)
        for stem, samples in self.engine.separate(self.mixture, start, stop).items():
            path = self._path(stem, number)
            partial = path.with_suffix(".partial")
            with PcmWriter(partial) as writer:
                writer.write(samples)
            partial.replace(path)

    def bounds(self, number: int) -> tuple[int, int]:
        """Give the first sample of a chunk and the first after it."""
        start = number * self.engine.chunk_samples
        return start, min(start + self.engine.chunk_samples, self.mixture.samples)

    def read(self, stem: Stem, number: int) -> Waveform:
        """Read one chunk of one stem back, shape (2, n)."""
        with PcmReader(self._path(stem, number)) as pcm:
            return pcm.read(0, pcm.samples)

    def _path(self, stem: Stem, number: int) -> Path:
        return self.folder / f"{stem}.{number:05}.f32"


def _write_stems(
    task: SeparationTask, decoded: DecodedAudio, chunks: _Chunks, context: StageContext
) -> tuple[Artifact, ...]:
    """Write every stem and the instrumental in the wanted format; percent 97-99 by chunks written."""
    out = output_dir(task.work_dir)
    kind = AudioFormat(task.stem_format)
    paths = {name: out / f"{name}.{kind}" for name in (*map(str, chunks.engine.stems), INSTRUMENTAL)}
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(open_writer(path, kind, sample_rate=SAMPLE_RATE, bits=decoded.source_bits))
            for name, path in paths.items()
        }
        for number in range(chunks.count):
            context.work(SEPARATED + 2 * number // chunks.count, detail="encoding", chunk=chunks.count)
            _write_chunk(writers, chunks, number, bits=None if kind is AudioFormat.WAV else decoded.source_bits)
    return tuple(artifact(path, name=name, kind="stem") for name, path in paths.items())


def _write_chunk(writers: dict[str, AudioWriter], chunks: _Chunks, number: int, *, bits: int | None) -> None:
    """Append one chunk to every file; vocals and instrumental add up to the mixture in whole numbers of ``bits``."""
    start, stop = chunks.bounds(number)
    mixture, vocals = chunks.mixture.read(start, stop), chunks.read(Stem.VOCALS, number)
    if bits is None:
        writers[Stem.VOCALS].write(vocals)
        writers[INSTRUMENTAL].write(mixture - vocals)
    else:
        whole_vocals, whole_instrumental = split_whole(mixture, vocals, bits)
        writers[Stem.VOCALS].write(whole_vocals)
        writers[INSTRUMENTAL].write(whole_instrumental)
    for stem in chunks.engine.stems:
        if stem is not Stem.VOCALS:
            writers[stem].write(chunks.read(stem, number))
