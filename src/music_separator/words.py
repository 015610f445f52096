"""The words of a song: which there are, where they came from, which are sung, what times their lines have."""

from collections.abc import Sequence
from dataclasses import dataclass

from music_separator.domain.job import Job, JobOptions, Track
from music_separator.domain.kept_lyrics import KeptLyrics, KnownTimes, LyricsSource
from music_separator.domain.lyrics import Line, Lyrics
from music_separator.domain.progress import StageName, StageStatus
from music_separator.karaoke.kept_times import KnownLine, keep_times, keep_words, read_known
from music_separator.karaoke.readers import read_lyrics
from music_separator.karaoke.song import TIMED_LYRICS
from music_separator.store.files import FileStore
from music_separator.store.lyrics import LyricsStore


@dataclass(frozen=True, kw_only=True)
class SongWords:
    """The words in use, and every version. ``lines`` are text alone where nobody knows yet when they are sung.

    ``is_current`` says that the karaoke has been made of these very lines.
    """

    kept: KeptLyrics | None
    lines: tuple[KnownLine | str, ...]
    is_current: bool
    history: tuple[KeptLyrics, ...]


@dataclass(frozen=True, kw_only=True)
class Words:
    """The verbs about words, over what is stored of them."""

    files: FileStore
    store: LyricsStore

    def remember(self, track: Track, options: JobOptions, other_tags: Sequence[str] = ()) -> None:
        """Keep what came with a song: given words, those in its tags, the best first. The first of them is sung."""
        numbers = []
        if options.lyrics:
            numbers.append(self._keep(track.file_id, options.lyrics, LyricsSource.GIVEN))
        for text in (track.tag_lyrics, *other_tags):
            if text:
                tags = LyricsSource.TIMED_TAGS if _is_timed(text) else LyricsSource.TAGS
                numbers.append(self._keep(track.file_id, text, tags))
        if numbers and self.store.in_use(track.file_id) is None:
            self.store.use(track.file_id, numbers[0])

    def found(self, file_id: str, text: str, source: LyricsSource, made_by: str | None) -> None:
        """Keep the words that transcription decided on; they are sung unless they are already."""
        used = self.store.in_use(file_id)
        if used is None or used.text != text:
            self.store.use(file_id, self._keep(file_id, text, source, made_by))

    def save(self, job: Job, text: str, *, align_all: bool = False) -> None:
        """Keep words that a person sent; they are sung from now on, and unchanged lines keep their times.

        ``align_all`` forgets the times that the voice has given.
        """
        used = self.store.in_use(job.file_id)
        if used is not None and used.text == text:
            number = used.number
        else:
            source = LyricsSource.GIVEN if used is None else LyricsSource.EDITED
            number = self._keep(job.file_id, text, source)
        self._use(job, number, align_all=align_all)

    def choose(self, job: Job, number: int, *, align_all: bool = False) -> str:
        """Sing a version again; gives its text. Raises UnknownLyrics."""
        text = self.store.get(job.file_id, number).text
        self._use(job, number, align_all=align_all)
        return text

    def look(self, job: Job) -> SongWords:
        """Read the words of a song as far as they are known."""
        history = tuple(self.store.history(job.file_id))
        kept = next((each for each in history if each.in_use), None)
        made = self._made(job)
        lines: tuple[KnownLine | str, ...] = ()
        if made is not None:
            lines = read_known(made)
        elif kept is not None:
            lines = _lines_of(kept)
        return SongWords(kept=kept, lines=lines, is_current=made is not None, history=history)

    def _keep(self, file_id: str, text: str, source: LyricsSource, made_by: str | None = None) -> int:
        return self.store.keep(file_id, text, source, is_timed=_is_timed(text), made_by=made_by)

    def _use(self, job: Job, number: int, *, align_all: bool) -> None:
        self.store.use(job.file_id, number, None if align_all else self._known(job))

    def _known(self, job: Job) -> KnownTimes | None:
        """Give the times that lines have now; those that they had before, where the last edit came to nothing."""
        separation, made = job.stage(StageName.SEPARATION), self._made(job)
        if made is not None and separation is not None and separation.result is not None:
            return KnownTimes(lines=made, separation=separation.result)
        used = self.store.in_use(job.file_id)
        return None if used is None else used.known

    def _made(self, job: Job) -> str | None:
        """Read the lines that the karaoke was made of."""
        karaoke = job.stage(StageName.KARAOKE)
        if karaoke is None or karaoke.status is not StageStatus.DONE or karaoke.result is None:
            return None
        if all(artifact.name != TIMED_LYRICS for artifact in self.files.result(karaoke.result).artifacts):
            return None
        return self.files.artifact_path(karaoke.result, TIMED_LYRICS).read_text(encoding="utf-8")


def _is_timed(text: str) -> bool:
    return isinstance(read_lyrics(text), Lyrics)


def _lines_of(kept: KeptLyrics) -> tuple[KnownLine | str, ...]:
    known = read_known(kept.known.lines) if kept.known is not None else ()
    merged = keep_times(keep_words(read_lyrics(kept.text), known), known)
    return tuple(
        KnownLine(line=line, aligned=merged.is_aligned(place)) if isinstance(line, Line) else line
        for place, line in enumerate(merged.lyrics.lines)
    )
