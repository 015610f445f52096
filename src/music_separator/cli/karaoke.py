"""``karaoke``."""


def karaoke() -> None:
    """Do it."""
