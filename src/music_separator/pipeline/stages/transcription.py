"""Transcription: decide which words are sung. Given ones win over those in the file's tags, and both over what a
transcriber hears. Runs in a worker.
"""

from music_separator.domain.job import StageResult
from music_separator.domain.lyrics import Lyrics
from music_separator.domain.progress import READY
from music_separator.karaoke.readers import read_lyrics
from music_separator.pipeline.stages.context import StageContext, artifact
from music_separator.pipeline.stages.recognition import recognise
from music_separator.pipeline.tasks import TranscriptionTask, output_dir


def transcribe(task: TranscriptionTask, context: StageContext) -> StageResult:
    """Store the words and where they came from.

    Raises EmptyLyrics and UnreadableLyrics for words that were given, else what ``recognise`` raises.
    """
    if task.given:
        return _keep(task, task.given, "given", context)
    if task.from_tags:
        return _keep(task, task.from_tags, "from_tags", context)
    return recognise(task, context)


def _keep(task: TranscriptionTask, text: str, source: str, context: StageContext) -> StageResult:
    context.work(READY, detail=f"lyrics_{source}", chunk=0)
    lyrics = read_lyrics(text)
    path = output_dir(task.work_dir) / "lyrics.txt"
    path.write_text(text, encoding="utf-8")
    facts: dict[str, str | float | bool] = {
        "source": source,
        "timed": isinstance(lyrics, Lyrics),
    }
    return StageResult(artifacts=(artifact(path, name="lyrics", kind="lyrics"),), facts=facts)
