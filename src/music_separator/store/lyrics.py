"""The words of a song as rows: every version that was ever there, numbered, one of them in use."""

from sqlalchemy import ColumnElement, RowMapping, func, insert, select, update

from music_separator.domain.errors import UnknownLyrics, UnknownTrack
from music_separator.domain.kept_lyrics import KeptLyrics, KnownTimes, LyricsOrigin, LyricsSource
from music_separator.store.clock import now_iso
from music_separator.store.database import Database
from music_separator.store.schema import jobs, lyrics


class LyricsStore:
    """Every row about lyrics. Nothing is ever written over but which version is in use, and the times it knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, file_id: str, text: str, source: LyricsSource, *, is_timed: bool, made_by: str | None = None) -> int:
        """Keep words and give their number; the same words from the same source are kept once.

        Raises UnknownTrack for a song that was deleted meanwhile.
        """
        same = (lyrics.c.file_id == file_id) & (lyrics.c.source == source) & (lyrics.c.text == text)
        newest = select(func.max(lyrics.c.number)).where(lyrics.c.file_id == file_id)
        with self._database.write() as connection:
            known = connection.execute(select(lyrics.c.number).where(same)).scalars().first()
            if known is not None:
                return int(known)
            if connection.execute(select(jobs.c.file_id).where(jobs.c.file_id == file_id)).first() is None:
                raise UnknownTrack(file_id)
            number = (connection.execute(newest).scalar() or 0) + 1
            values = {"file_id": file_id, "number": number, "source": source, "made_by": made_by, "text": text}
            rest = {"is_timed": is_timed, "in_use": False, "created_at": now_iso()}
            connection.execute(insert(lyrics).values(**values, **rest))
            return number

    def use(self, file_id: str, number: int, known: KnownTimes | None = None) -> None:
        """Make a version the one that is sung, with the times that it may keep. Raises UnknownLyrics."""
        of_song = lyrics.c.file_id == file_id
        lines, separation = (known.lines, known.separation) if known is not None else (None, None)
        values = {"in_use": True, "known_lines": lines, "known_separation": separation}
        with self._database.write() as connection:
            connection.execute(update(lyrics).where(of_song).values(in_use=False))
            chosen = update(lyrics).where(of_song, lyrics.c.number == number).values(**values)
            if connection.execute(chosen).rowcount == 0:
                raise UnknownLyrics(number)

    def get(self, file_id: str, number: int) -> KeptLyrics:
        """Read one version. Raises UnknownLyrics."""
        found = self._read(file_id, lyrics.c.number == number)
        if not found:
            raise UnknownLyrics(number)
        return found[0]

    def in_use(self, file_id: str) -> KeptLyrics | None:
        """Read the version that is sung; None while nobody knows any words."""
        return next(iter(self._read(file_id, lyrics.c.in_use)), None)

    def history(self, file_id: str) -> list[KeptLyrics]:
        """Read every version, the oldest first."""
        return self._read(file_id)

    def origin(self, file_id: str) -> LyricsOrigin:
        """Read where the words in use come from, and no text."""
        query = select(lyrics.c.source, lyrics.c.made_by, lyrics.c.in_use).where(lyrics.c.file_id == file_id)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        used = next((row for row in rows if row.in_use), None)
        if used is None:
            return LyricsOrigin(source=None, made_by=None, versions=len(rows))
        return LyricsOrigin(source=LyricsSource(used.source), made_by=used.made_by, versions=len(rows))

    def _read(self, file_id: str, *where: ColumnElement[bool]) -> list[KeptLyrics]:
        query = select(lyrics).where(lyrics.c.file_id == file_id, *where).order_by(lyrics.c.number)
        with self._database.read() as connection:
            return [_kept(row) for row in connection.execute(query).mappings()]


def _kept(row: RowMapping) -> KeptLyrics:
    lines, separation = row["known_lines"], row["known_separation"]
    return KeptLyrics(
        number=row["number"],
        source=LyricsSource(row["source"]),
        made_by=row["made_by"],
        text=row["text"],
        is_timed=row["is_timed"],
        in_use=row["in_use"],
        known=None if lines is None else KnownTimes(lines=lines, separation=separation),
        created_at=row["created_at"],
    )
