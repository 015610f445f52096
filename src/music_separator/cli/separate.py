"""``separate``."""


def separate() -> None:
    """Do it."""
