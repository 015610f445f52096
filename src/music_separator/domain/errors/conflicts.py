"""Not now, or not under this name."""

from music_separator.domain.errors.tree import MusicSeparatorError


class ConflictError(MusicSeparatorError):
    """Not now, or not under this name."""

    code = "conflict"


class FileIdTaken(ConflictError):
    """A client-made id that already names other bytes."""

    code = "file_id_taken"

    def __init__(self, file_id: str) -> None:
        self.file_id = file_id
        super().__init__(f"The id {file_id} already belongs to another file. Make a new one.")


class StageNotReady(ConflictError):
    """A verb that does not fit the state the job is in."""

    code = "not_ready"


class DataDirBusy(ConflictError):
    """Another server holds the data directory."""

    code = "data_dir_busy"

    def __init__(self, data_dir: str) -> None:
        self.data_dir = data_dir
        super().__init__(f"Another server already uses {data_dir}. Stop it, or choose another --data-dir.")


class WrongVersion(ConflictError):
    """The data was written by a newer program."""

    code = "data_too_new"

    def __init__(self, found: int, known: int) -> None:
        self.found, self.known = found, known
        super().__init__(f"The data is of version {found}, this program knows {known}. Install the newer program.")


class PortTaken(ConflictError):
    """Something else listens there."""

    code = "port_taken"

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(f"Port {port} is taken. Stop what listens there, or choose another one with --port.")


class NoServer(ConflictError):
    """Nothing answers at the address."""

    code = "no_server"

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(f"No server answers at {url}. Start one with `music-separator serve`, or give its --url.")


class OwnerExists(ConflictError):
    """A name that has a token already."""

    code = "owner_exists"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"There is a token of {name} already. Choose another name; `music-separator tokens renew {name}` "
            "makes a new token of the same owner."
        )
