"""Transcription: decide which words are sung. Given ones win over those in the file's tags, those over what is looked
up, and that over what a transcriber hears. Runs in a worker.
"""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import InputError, NobodySings, NoTranscriber
from music_separator.domain.job import StageResult
from music_separator.domain.kept_lyrics import LyricsSource
from music_separator.domain.lyrics import Lyrics
from music_separator.domain.progress import READY
from music_separator.engines.lrclib import NAME, LookedUp, LookupFailed, song_query
from music_separator.karaoke.readers import read_lyrics
from music_separator.pipeline.stages.context import StageContext, artifact
from music_separator.pipeline.stages.lookup import Lookup
from music_separator.pipeline.stages.recognition import recognise
from music_separator.pipeline.tasks import TranscriptionTask, output_dir
from music_separator.pipeline.winner import Winner

ASKING = 2
"""Percent of getting ready at which words are looked up."""


def transcribe(task: TranscriptionTask, context: StageContext) -> StageResult:
    """Store the words and where they came from.

    Raises EmptyLyrics and UnreadableLyrics for words that were given, NobodySings where a look-up says so and no
    person has named a transcriber, else what ``recognise`` raises.
    """
    if task.given:
        return _keep(task, task.given, LyricsSource.GIVEN, context)
    if task.from_tags:
        timed = isinstance(read_lyrics(task.from_tags), Lyrics)
        return _keep(task, task.from_tags, LyricsSource.TIMED_TAGS if timed else LyricsSource.TAGS, context)
    try:
        found = _looked_up(task, context)
        if found is not None and found.text is not None:
            return _keep(task, found.text, LyricsSource.LOOKUP, context)
    except (LookupFailed, InputError) as error:
        return _recognise_after(error, task, context)
    if found is not None and found.instrumental and not task.is_chosen:
        raise NobodySings(NAME)
    return recognise(task, context)


def _looked_up(task: TranscriptionTask, context: StageContext) -> LookedUp | None:
    """Look the words up where somebody agreed to it. Raises LookupFailed."""
    query = song_query(task.title, task.artist, task.album, task.duration_s)
    if task.lookup_url is None or query is None:
        return None
    host = urlsplit(task.lookup_url).netloc
    context.prepare(ASKING, f"Looking the lyrics up at {host}", detail="looking_up")
    return Lookup(base_url=task.lookup_url, folder=Path(task.lookup_dir)).words_of(query, context.check_cancelled)


def _recognise_after(failure: Exception, task: TranscriptionTask, context: StageContext) -> StageResult:
    """Go on without the look-up, and say so. Raises NoTranscriber with both reasons."""
    why = f"looking them up at {urlsplit(task.lookup_url or '').netloc} failed: {failure}"
    try:
        result = recognise(task, context)
    except NoTranscriber as error:
        raise NoTranscriber(f"{error.why}, and {why}") from error
    message = f"The lyrics could not be looked up ({failure}); they are what the transcriber heard."
    return replace(result, warnings=(*result.warnings, Caution(code=CautionCode.LOOKUP_FAILED, message=message)))


def _keep(task: TranscriptionTask, text: str, source: LyricsSource, context: StageContext) -> StageResult:
    lyrics = read_lyrics(text)
    context.work(READY, detail=Winner(source=source).detail, chunk=0)
    path = output_dir(task.work_dir) / "lyrics.txt"
    path.write_text(text, encoding="utf-8")
    facts: dict[str, str | float | bool] = {"source": str(source), "timed": isinstance(lyrics, Lyrics)}
    if source is LyricsSource.LOOKUP:
        facts["made_by"] = NAME
    return StageResult(artifacts=(artifact(path, name="lyrics", kind="lyrics"),), facts=facts)
