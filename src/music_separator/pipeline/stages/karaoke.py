"""Karaoke: timed words laid out in lines, written in every format beside the instrumental as MP3. Runs in a worker."""

from datetime import datetime
from pathlib import Path

from music_separator.audio.encode import AudioFormat, open_writer
from music_separator.audio.stream import blocks_of
from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.domain.job import INTERNAL, Artifact, StageResult
from music_separator.domain.lyrics import Lyrics
from music_separator.domain.progress import READY
from music_separator.domain.units import Ms, ms_from_seconds
from music_separator.karaoke.kept_times import KnownLine, keep_times, keep_words, read_known, write_known
from music_separator.karaoke.layout import lay_out
from music_separator.karaoke.mp3_tags import tag_karaoke_mp3
from music_separator.karaoke.readers import read_lyrics
from music_separator.karaoke.song import AUDIO_SUFFIX, TIMED_LYRICS, KaraokeSong
from music_separator.karaoke.writers import all_writers
from music_separator.pipeline.stages.alignment import align, doubts, lateness
from music_separator.pipeline.stages.changed_lines import Aligned
from music_separator.pipeline.stages.context import StageContext, artifact
from music_separator.pipeline.stages.song_aligner import ALIGNED, SongAligner
from music_separator.pipeline.tasks import KaraokeTask, output_dir

ENCODED = 95
"""Percent at which the instrumental is encoded; laying out and writing text takes no time worth measuring."""


def make_karaoke(task: KaraokeTask, context: StageContext) -> StageResult:
    """Write every karaoke file. Raises WrongLyricsTimes, and what ``align`` raises."""
    duration_ms = ms_from_seconds(task.duration_s)
    aligned = _aligned(task, duration_ms, context)
    lyrics = aligned.lyrics
    song = KaraokeSong(
        file_id=task.file_id,
        title=(task.title or lyrics.title or "").strip() or "Untitled",
        artist=task.artist or lyrics.artist,
        language=task.language or lyrics.language,
        duration_ms=duration_ms,
        lyrics=lyrics if task.only_times else lay_out(lyrics),
    )
    out = output_dir(task.work_dir)
    is_aligned = aligned.count + aligned.worded > 0
    audio = () if task.only_times else (_make_audio(song, task, context, ALIGNED if is_aligned else READY),)
    made = (*audio, *_write_texts(song, task, out), *_write_words(lyrics, task, out), _write_lines(aligned, out))
    facts: dict[str, str | float | bool] = {
        "lines": len(song.lyrics.lines),
        "aligned": is_aligned,
        "lines_aligned": aligned.count,
        "lines_worded": aligned.worded,
    }
    has_doubts = is_aligned or aligned.merged.kept
    cautions = (lateness(lyrics, duration_ms), *aligned.cautions, doubts(lyrics) if has_doubts else None)
    return StageResult(artifacts=made, facts=facts, warnings=tuple(filter(None, cautions)))


def _aligned(task: KaraokeTask, duration_ms: Ms, context: StageContext) -> Aligned:
    """Give the words that were sent all times that they lack, first those that they had before."""
    given = read_lyrics(task.lyrics, duration_ms)
    known = read_known(task.known) if task.known else ()
    aligner = SongAligner(task, context)
    if task.hinted and isinstance(given, Lyrics):
        return align(keep_times(given.untimed, known), aligner, tuple(line.start_ms for line in given.lines))
    return align(keep_times(keep_words(given, known), known), aligner)


def _write_words(lyrics: Lyrics, task: KaraokeTask, out: Path) -> tuple[Artifact, ...]:
    """Write the words alone where they are not those that transcription wrote."""
    if not task.edited:
        return ()
    path = out / "lyrics.txt"
    path.write_text(lyrics.text + "\n", encoding="utf-8")
    return (artifact(path, name="lyrics", kind="lyrics"),)


def _write_lines(aligned: Aligned, out: Path) -> Artifact:
    """Write the lines as they were given, with their times: what the next edit begins with."""
    known = [
        KnownLine(line=line, aligned=aligned.merged.is_aligned(place))
        for place, line in enumerate(aligned.lyrics.lines)
    ]
    path = out / f"{TIMED_LYRICS}.json"
    path.write_text(write_known(known), encoding="utf-8")
    return artifact(path, name=TIMED_LYRICS, kind=INTERNAL, media_type="application/json")


def _make_audio(song: KaraokeSong, task: KaraokeTask, context: StageContext, begin: int) -> Artifact:
    """Make the MP3 with the words in its tags; percent ``begin`` to 95 by seconds encoded."""
    path = output_dir(task.work_dir) / f"{task.file_id}{AUDIO_SUFFIX}"
    total = task.duration_s * SAMPLE_RATE
    with open_writer(path, AudioFormat.MP3, sample_rate=SAMPLE_RATE) as writer:
        for samples in blocks_of(Path(task.instrumental)):
            share = min(1.0, writer.samples / total)
            context.work(begin + int((ENCODED - begin) * share), detail="encoding", chunk=0)
            writer.write(samples)
    tag_karaoke_mp3(path, song)
    return artifact(path, name=path.name, kind="karaoke")


def _write_texts(song: KaraokeSong, task: KaraokeTask, out: Path) -> tuple[Artifact, ...]:
    made = []
    for writer in all_writers(generated_at=datetime.fromisoformat(task.made_at)):
        path = out / f"{song.file_id}{writer.suffix}"
        path.write_bytes(writer.render(song))
        made.append(artifact(path, name=path.name, kind="karaoke", media_type=writer.media_type))
    return tuple(made)
