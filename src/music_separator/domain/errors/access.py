"""Who asks may not."""

from music_separator.domain.errors.tree import MusicSeparatorError


class AccessError(MusicSeparatorError):
    """Who asks may not."""

    code = "no_access"


class TokenError(AccessError):
    """A token is demanded, and the right one did not come."""

    code = "token"


class TokenMissing(TokenError):
    """Nothing says who asks."""

    code = "token_required"

    def __init__(self) -> None:
        super().__init__(
            "This server wants a token. Send it as a Bearer token in the header Authorization, "
            "to Socket.IO as auth.token."
        )


class TokenUnknown(TokenError):
    """A token that was never made here, was replaced or removed."""

    code = "unknown_token"

    def __init__(self) -> None:
        super().__init__(
            "The token is not known here. Check it, or have a new one made where the server runs "
            "(`music-separator tokens`)."
        )


class LinkExpired(AccessError):
    """A signed link whose time is over."""

    code = "link_expired"

    def __init__(self) -> None:
        super().__init__("The link has expired. Look the song up again: its links are made anew.")


class LinkInvalid(AccessError):
    """A signed link that was not made here, was changed, or whose token is gone."""

    code = "link_invalid"

    def __init__(self) -> None:
        super().__init__("The link is not valid, or no longer. Look the song up again: its links are made anew.")
