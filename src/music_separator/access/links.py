"""Signed links: a path that may be fetched without a token until a time, since a plain link has no header.

The signature is HMAC-SHA256 over the time, the owner, the digest of the owner's token and the path: it opens this path
for this owner alone, and ends with the token. What a query adds (``format``) is not signed.
"""

import hashlib
import hmac
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from music_separator.domain.errors import LinkExpired, LinkInvalid
from music_separator.domain.owner import Owner

EXPIRES, SIGNATURE = "expires", "signature"
"""What a signed link has in its query: seconds since 1970, and hex."""


@dataclass(frozen=True, kw_only=True)
class Links:
    """Makes and checks links with the key of the installation."""

    key: bytes = field(repr=False)
    lifetime_s: float

    def signed(self, path: str, owner: Owner) -> str:
        """Sign a path for an owner; where no token is demanded the path is enough."""
        return path if owner.token_digest is None else f"{path}?{self.query(path, owner)}"

    def query(self, path: str, owner: Owner) -> str:
        """Give what a signed link has after the question mark.

        The times are steps of half a lifetime, so that a link stays the same for a while: players and caches know
        it again.
        """
        step_s = self.lifetime_s / 2
        expires = str(int((time.time() // step_s + 2) * step_s))
        return urlencode({EXPIRES: expires, SIGNATURE: self._signature(path, owner, expires)})

    def owner_of(self, path: str, query: dict[str, str], owners: Iterable[Owner]) -> Owner:
        """Find for whom a link was signed. Raises LinkInvalid, LinkExpired."""
        expires = query.get(EXPIRES, "")
        given = query.get(SIGNATURE, "").encode()
        found = [
            owner for owner in owners if hmac.compare_digest(self._signature(path, owner, expires).encode(), given)
        ]
        if not found:
            raise LinkInvalid
        if time.time() >= int(expires):
            raise LinkExpired
        return found[0]

    def _signature(self, path: str, owner: Owner, expires: str) -> str:
        signed = "\n".join((expires, owner.owner_id, owner.token_digest or "", path))
        return hmac.new(self.key, signed.encode(), hashlib.sha256).hexdigest()
