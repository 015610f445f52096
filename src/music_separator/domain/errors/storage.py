"""The disk."""

from music_separator.domain.errors.tree import MusicSeparatorError


class StorageError(MusicSeparatorError):
    """The disk does not give what is needed."""

    code = "storage"


class NotEnoughSpace(StorageError):
    """Too little free disk for what is about to be written."""

    code = "not_enough_space"

    def __init__(self, needed_bytes: int, free_bytes: int) -> None:
        self.needed_bytes, self.free_bytes = needed_bytes, free_bytes
        super().__init__(
            f"About {needed_bytes / 2**20:.0f} MiB of free disk are needed and {free_bytes / 2**20:.0f} MiB are there. "
            "Make room; a waiting job goes on by itself."
        )


class StorageUnavailable(StorageError):
    """The database could not be read or written just now."""

    code = "storage_unavailable"

    def __init__(self) -> None:
        super().__init__("The data directory cannot be written just now (disk trouble, or a full disk). Try again.")
