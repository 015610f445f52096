"""How fast this machine works: seconds of work per second of audio, by stage and engine. Feeds the ETA."""

from sqlalchemy import insert, select, update

from music_separator.domain.progress import StageName
from music_separator.store.database import Database
from music_separator.store.schema import rates

NEWEST_WEIGHT = 0.5
"""Share of the newest measurement in the stored rate: two or three songs teach a new machine."""


class Rates:
    """Learns from finished stages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, stage: StageName, engine: str) -> float | None:
        """Give the learnt rate, or None where this machine has not done it yet."""
        query = select(rates.c.seconds_per_second).where(rates.c.stage == stage, rates.c.engine == engine)
        with self._database.read() as connection:
            return connection.execute(query).scalars().first()

    def learn(self, stage: StageName, engine: str, seconds_per_second: float) -> None:
        """Blend one measurement in."""
        old = self.get(stage, engine)
        value = seconds_per_second if old is None else old + NEWEST_WEIGHT * (seconds_per_second - old)
        where = (rates.c.stage == stage) & (rates.c.engine == engine)
        with self._database.write() as connection:
            if connection.execute(update(rates).where(where).values(seconds_per_second=value)).rowcount == 0:
                connection.execute(insert(rates).values(stage=stage, engine=engine, seconds_per_second=value))
