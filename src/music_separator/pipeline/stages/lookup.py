"""Looking a song's words up, where somebody agreed to it: from what was found before, else from LRCLIB. In a worker.

What was found is kept on the disk, and that nothing was, too: the same song is not asked for twice in a while.
"""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from music_separator.engines.lrclib import TIMEOUT_S, LookedUp, LookupFailed, SongQuery, look_up
from music_separator.engines.patience import within
from music_separator.store.durable import write_atomically

FOUND_FOR_S = 90 * 86_400.0
NOTHING_FOR_S = 7 * 86_400.0
"""How long an answer is good: words hardly change, but a song that was not there may be added."""
LIMIT_S = 25.0
"""Names, connections and both requests have their own limits, which add up; this holds for all."""


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """Where to ask, and the folder of what was answered. ``now`` gives seconds since 1970."""

    base_url: str
    folder: Path
    now: Callable[[], float] = time.time
    timeout_s: float = TIMEOUT_S
    limit_s: float = LIMIT_S

    def words_of(self, song: SongQuery, check_cancelled: Callable[[], None]) -> LookedUp | None:
        """Give what there is on a song; None for nothing. Raises LookupFailed, and what ``check_cancelled`` does."""
        kept = self._kept(song)
        if kept is not None:
            return kept.found
        found = self._ask(song, check_cancelled)
        self.folder.mkdir(parents=True, exist_ok=True)
        values = {"at": self.now(), "found": None if found is None else found.to_json()}
        write_atomically(self._path(song), json.dumps(values, ensure_ascii=False).encode(errors="replace"))
        return found

    def _kept(self, song: SongQuery) -> "_Kept | None":
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            values = json.loads(self._path(song).read_text(encoding="utf-8"))
            found = None if values["found"] is None else LookedUp.from_json(values["found"])
            age_s = self.now() - float(values["at"])
            if 0 <= age_s < (NOTHING_FOR_S if found is None else FOUND_FOR_S):
                return _Kept(found=found)
        return None

    def _path(self, song: SongQuery) -> Path:
        asked = json.dumps([self.base_url, song.sent], ensure_ascii=False, sort_keys=True)
        return self.folder / f"{hashlib.sha256(asked.encode(errors='replace')).hexdigest()}.json"

    def _ask(self, song: SongQuery, check_cancelled: Callable[[], None]) -> LookedUp | None:
        """Ask; a cancel and the limit hold whatever the network does."""
        try:
            return within(self.limit_s, lambda: look_up(self.base_url, song, timeout_s=self.timeout_s), check_cancelled)
        except TimeoutError as error:
            raise LookupFailed("it does not answer") from error
        except ValueError as error:
            raise LookupFailed(f"it cannot be asked ({error})") from error


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """An answer that is still good; ``found`` is None where there was nothing."""

    found: LookedUp | None
