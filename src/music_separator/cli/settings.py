"""Settings for a command: flags first, then variables, then defaults; what cannot be used is said in one sentence."""

from typing import TYPE_CHECKING, Any

from music_separator.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from music_separator.config import Settings


def settings_from(given: dict[str, Any]) -> "Settings":
    """Make the settings; a flag that is None was not given. Raises InvalidRequest."""
    # Late, so that --help does not load what checks them: a third of a second.
    from pydantic import ValidationError

    from music_separator.config import Settings

    try:
        return Settings(**{key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = error.errors()[0]
        name = "_".join(str(part) for part in wrong["loc"])
        flag, variable = name.replace("_", "-"), f"MUSIC_SEPARATOR_{name.upper()}"
        raise InvalidRequest(f"The setting {flag} (or {variable}) cannot be used: {wrong['msg']}.") from error
