"""Transcription: decide which words are sung. Given ones win over those in the file's tags. Runs in a worker."""

from music_separator.domain.errors import NoTranscriber
from music_separator.domain.job import StageResult
from music_separator.domain.lyrics import Lyrics
from music_separator.domain.progress import READY
from music_separator.karaoke.readers import read_lyrics
from music_separator.pipeline.stages.context import StageContext, artifact
from music_separator.pipeline.tasks import TranscriptionTask, output_dir


def transcribe(task: TranscriptionTask, context: StageContext) -> StageResult:
    """Store the words and where they came from. Raises NoTranscriber, EmptyLyrics, UnreadableLyrics."""
    text, source = _choose(task)
    context.work(READY, detail=f"lyrics_{source}", chunk=0)
    lyrics = read_lyrics(text)
    path = output_dir(task.work_dir) / "lyrics.txt"
    path.write_text(text, encoding="utf-8")
    facts: dict[str, str | float | bool] = {
        "source": source,
        "timed": isinstance(lyrics, Lyrics),
    }
    return StageResult(artifacts=(artifact(path, name="lyrics", kind="lyrics"),), facts=facts)


def _choose(task: TranscriptionTask) -> tuple[str, str]:
    if task.given:
        return task.given, "given"
    if task.from_tags:
        return task.from_tags, "from_tags"
    raise NoTranscriber
