"""``doctor``."""


def doctor() -> None:
    """Do it."""
