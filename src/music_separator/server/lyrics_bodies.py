"""The public JSON of lyrics: lines as they are sung, and the versions that are kept."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from music_separator.domain.caution import CautionCode
from music_separator.domain.kept_lyrics import KeptLyrics, LyricsSource
from music_separator.karaoke.kept_times import KnownLine
from music_separator.karaoke.readers import read_lyrics
from music_separator.pipeline.doubt import confidence_of, is_doubtful
from music_separator.words import SongWords


class LyricsIn(BaseModel):
    """New lyrics as JSON; the same route takes text/plain."""

    lyrics: str


class ChoiceIn(BaseModel):
    """The number of lyrics that are kept."""

    number: int = Field(ge=1, le=1 << 31)


class KeptLyricsBody(BaseModel):
    """One version of a song's lyrics."""

    number: int
    source: LyricsSource
    made_by: str | None
    timed: bool
    in_use: bool
    beginning: str
    created_at: str

    @classmethod
    def of(cls, kept: KeptLyrics) -> "KeptLyricsBody":
        """Describe a version without all of its text."""
        return cls(**_facts(kept))


class LyricsVersionBody(KeptLyricsBody):
    """One version, with its text as it came in: plain text, LRC or timed JSON."""

    file_id: str
    text: str

    @classmethod
    def whole(cls, file_id: str, kept: KeptLyrics) -> "LyricsVersionBody":
        """Give a version with its text."""
        return cls(**_facts(kept), file_id=file_id, text=kept.text)


class LyricsWordBody(BaseModel):
    """A word of a line."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


class LyricsLineBody(BaseModel):
    """A line; times are null while nobody knows them."""

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    words: list[LyricsWordBody] = []
    aligned: bool = True
    found: bool = True
    confidence: float | None = None
    warning: CautionCode | None = None

    @classmethod
    def of(cls, line: KnownLine | str) -> "LyricsLineBody":
        """Describe a line, and whether its times are to be doubted."""
        if isinstance(line, str):
            return cls(text=line)
        words = [LyricsWordBody.model_validate(word, from_attributes=True) for word in line.line.words]
        return cls(
            text=line.line.text,
            start_ms=line.line.start_ms,
            end_ms=line.line.end_ms,
            words=words,
            aligned=line.aligned,
            found=line.line.found,
            confidence=confidence_of(line.line),
            warning=CautionCode.UNCERTAIN_TIMES if is_doubtful(line.line) else None,
        )


class LyricsBody(BaseModel):
    """The lyrics of a song: those in use line by line, and every version, the oldest first."""

    file_id: str
    number: int | None
    source: LyricsSource | None
    made_by: str | None
    text: str | None
    current: bool
    lines: list[LyricsLineBody]
    versions: list[KeptLyricsBody]

    @classmethod
    def of(cls, file_id: str, words: SongWords) -> "LyricsBody":
        """Make the body of what is known."""
        kept = words.kept
        return cls(
            file_id=file_id,
            number=None if kept is None else kept.number,
            source=None if kept is None else kept.source,
            made_by=None if kept is None else kept.made_by,
            text=None if kept is None else kept.text,
            current=words.is_current,
            lines=_lines(words.lines),
            versions=[KeptLyricsBody.of(each) for each in words.history],
        )


BEGINNING = 80
"""Characters of a version's words that a list shows."""


def _lines(lines: Sequence[KnownLine | str]) -> list[LyricsLineBody]:
    return [LyricsLineBody.of(line) for line in lines]


def _facts(kept: KeptLyrics) -> dict[str, object]:
    return {
        "number": kept.number,
        "source": kept.source,
        "made_by": kept.made_by,
        "timed": kept.is_timed,
        "in_use": kept.in_use,
        "beginning": read_lyrics(kept.text).text[:BEGINNING],
        "created_at": kept.created_at,
    }
