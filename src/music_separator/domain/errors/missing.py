"""What was asked for is not here."""

from music_separator.domain.errors.tree import MusicSeparatorError


class NotFoundError(MusicSeparatorError):
    """What was asked for is not here."""

    code = "not_found"


class UnknownTrack(NotFoundError):
    """No track of this owner has the id."""

    code = "unknown_file_id"

    def __init__(self, file_id: str) -> None:
        self.file_id = file_id
        super().__init__(f"There is no song with the id {file_id}. Look for it among your songs, or send it again.")


class UnknownModel(NotFoundError):
    """No separation model has the name."""

    code = "unknown_model"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known
        super().__init__(f"There is no model {name!r}. Known: {', '.join(known)}.")


class UnknownResult(NotFoundError):
    """The track has no such result (yet)."""

    code = "unknown_result"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known
        there = (
            f"What is there: {', '.join(known)}." if known else "Nothing has been made yet. Wait until a stage is done."
        )
        super().__init__(f"There is no result {name!r}. {there}")


class UnknownStage(NotFoundError):
    """No stage has the name."""

    code = "unknown_stage"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known
        super().__init__(f"There is no stage {name!r}. Known: {', '.join(known)}.")


class UnknownOwner(NotFoundError):
    """Nobody of the name has a token."""

    code = "unknown_owner"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known
        there = f"Known: {', '.join(known)}." if known else "Add one with `music-separator tokens add NAME`."
        super().__init__(f"There is no token of {name}. {there}")


class UnknownLyrics(NotFoundError):
    """No lyrics of the song have this number."""

    code = "unknown_lyrics"

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(
            f"This song has no lyrics with the number {number}. Look up the others with GET /jobs/<file_id>/lyrics."
        )
