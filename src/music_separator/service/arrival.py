"""What arrives: an upload, what its file says of itself, and the track that it becomes."""

import hashlib
import json
import unicodedata
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from music_separator.audio.media import MediaInfo, Tags
from music_separator.domain.errors import InputError, InvalidRequest
from music_separator.domain.job import Job, JobOptions, Track
from music_separator.karaoke.readers import read_lyrics
from music_separator.store.clock import now_iso

MAX_NAME_LENGTH = 255


@dataclass(frozen=True, kw_only=True)
class NewTrack:
    """An upload whose bytes are on disk: where they are, what they are, what was chosen."""

    owner: str
    path: Path
    sha256: str
    size_bytes: int
    filename: str
    options: JobOptions
    file_id: str | None = None
    title: str | None = None
    artist: str | None = None
    language: str | None = None
    batch_id: str | None = None
    start: bool = True


@dataclass(frozen=True, kw_only=True)
class Added:
    """What became of an upload."""

    track: Track
    job: Job
    existing: bool = False


def clean_name(name: str) -> str:
    """Make a client's file name fit to show and to store: NFC, no folders, no control characters."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    kept = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip()
    return kept[-MAX_NAME_LENGTH:] or "audio"


def new_file_id(text: str | None) -> str:
    """Make an id, or check one that a client made. Raises InvalidRequest for what is no UUID."""
    if text is None:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise InvalidRequest("file_id must be a UUID such as 123e4567-e89b-12d3-a456-426614174000.") from None


def lyrics_in(tags: Tags) -> list[str]:
    """Give the lyrics in tags, the best first; none that only say "[Instrumental]", or that are no lyrics."""
    return [text for text in (tags.lyrics, *tags.other_lyrics) if text is not None and _is_readable(text)]


def _is_readable(text: str) -> bool:
    try:
        read_lyrics(text)
    except InputError:
        return False
    return True


def track_of(new: NewTrack, info: MediaInfo, tag_lyrics: str | None) -> Track:
    """Make the track of an upload: what was said of it goes before what its tags say."""
    return Track(
        file_id=new.file_id or new_file_id(None),
        owner=new.owner,
        blob=new.sha256,
        filename=clean_name(new.filename),
        size_bytes=new.size_bytes,
        title=new.title or info.tags.title,
        artist=new.artist or info.tags.artist,
        album=info.tags.album,
        language=new.language or info.tags.language,
        duration_s=info.duration_s,
        tag_lyrics=tag_lyrics,
        source_bits=info.source_bits,
        created_at=now_iso(),
    )


def request_digest(new: NewTrack) -> str:
    """Give what two uploads of the same song with the same choices have in common."""
    chosen = [new.owner, new.sha256, asdict(new.options), new.title, new.artist, new.language]
    return hashlib.sha256(json.dumps(chosen, ensure_ascii=False).encode()).hexdigest()
