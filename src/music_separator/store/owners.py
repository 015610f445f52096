"""Owners as rows: a name, an id that songs are stored under, the digest of a token. A row is never removed.

So a name that was removed and is added again has its songs again, and nobody else is ever given them.
"""

import uuid

from sqlalchemy import RowMapping, insert, select, update

from music_separator.domain.errors import OwnerExists, UnknownOwner
from music_separator.domain.owner import FIRST_OWNER, Owner
from music_separator.store.clock import now_iso
from music_separator.store.database import Database
from music_separator.store.schema import owners


class OwnerStore:
    """Every row about owners. Tokens come here as digests only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def active(self) -> list[Owner]:
        """Read the owners that have a token, the oldest first."""
        query = select(owners).where(owners.c.token_digest.is_not(None))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(owners.c.created_at, owners.c.name)).mappings()
            return [_owner(row) for row in rows]

    def first_name(self) -> str:
        """Give the name that owns what was stored before there were tokens."""
        query = select(owners.c.name).where(owners.c.owner_id == FIRST_OWNER)
        with self._database.read() as connection:
            return connection.execute(query).scalars().first() or FIRST_OWNER

    def add(self, name: str, token_digest: str) -> Owner:
        """Give a name its token; the first name ever gets the songs that are there. Raises OwnerExists."""
        with self._database.write() as connection:
            known = {row["name"]: row for row in connection.execute(select(owners)).mappings()}
            if name not in known:
                is_first = all(row["owner_id"] != FIRST_OWNER for row in known.values())
                owner_id = FIRST_OWNER if is_first else str(uuid.uuid4())
                connection.execute(insert(owners).values(name=name, owner_id=owner_id, created_at=now_iso()))
            elif known[name]["token_digest"] is not None:
                raise OwnerExists(name)
            connection.execute(update(owners).where(owners.c.name == name).values(token_digest=token_digest))
            return _owner(connection.execute(select(owners).where(owners.c.name == name)).mappings().one())

    def replace(self, name: str, token_digest: str | None) -> None:
        """Replace the token of a name, or take it away. Raises UnknownOwner where it has none."""
        had_one = (owners.c.name == name) & owners.c.token_digest.is_not(None)
        with self._database.write() as connection:
            changed = connection.execute(update(owners).where(had_one).values(token_digest=token_digest)).rowcount
        if not changed:
            raise UnknownOwner(name, tuple(owner.name for owner in self.active()))


def _owner(row: RowMapping) -> Owner:
    return Owner(**row)
