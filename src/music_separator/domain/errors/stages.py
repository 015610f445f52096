"""A stage could not be done."""

from music_separator.domain.errors.tree import MusicSeparatorError


class StageError(MusicSeparatorError):
    """A stage could not be done."""

    code = "stage_failed"


class NoTranscriber(StageError):
    """No lyrics were given, and nothing here can recognise them; ``why`` is a clause."""

    code = "no_transcriber"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"No lyrics were given, the file's tags have none, and {why}. "
            "Add the lyrics as LRC and retry; the stems stay."
        )


class WeightsError(StageError):
    """The files that a network is loaded from cannot be had. ``why`` is a clause of it, without places on this disk."""

    code = "weights"
    why = "the weights cannot be had"


class WeightsMissing(WeightsError):
    """Weights that are not on this machine, with the network forbidden."""

    code = "weights_missing"

    def __init__(self, name: str, folder: str) -> None:
        self.name, self.folder = name, folder
        self.why = f"the weights {name} are not on this machine while the network is switched off (offline)"
        super().__init__(f"T{self.why[1:]}. Add their files to {folder} by hand, or switch offline off.")


class WeightsUnreachable(WeightsError):
    """Weights that could not be fetched."""

    code = "weights_unreachable"

    def __init__(self, name: str, source: str, reason: str) -> None:
        self.name, self.source, self.reason = name, source, reason
        self.why = f"the weights {name} could not be fetched from {source} ({reason})"
        super().__init__(f"T{self.why[1:]}. Check the connection and retry; what has arrived is kept.")


class WeightsGated(WeightsError):
    """Weights that are given only to who has accepted their licence at ``page``."""

    code = "weights_gated"

    def __init__(self, name: str, page: str, reason: str) -> None:
        self.name, self.page, self.reason = name, page, reason
        whose = f"the weights {name} are given only to who has accepted their licence ({reason})"
        self.why = f"{whose}: accept it at {page}, make a token there and set MUSIC_SEPARATOR_HUB_TOKEN to it"
        super().__init__(
            f"T{whose[1:]}. Make a token of an account that has accepted it at {page}, "
            "set MUSIC_SEPARATOR_HUB_TOKEN to it and retry."
        )


class WeightsDamaged(WeightsError):
    """A file of weights that is not what its source, or its record, states."""

    code = "weights_damaged"

    def __init__(self, name: str, filename: str, reason: str) -> None:
        self.name, self.filename, self.reason = name, filename, reason
        self.why = f"the file {filename} of the weights {name} is not what it should be ({reason})"
        super().__init__(f"T{self.why[1:]}. Check where it came from, remove it and fetch it again.")


class BadCheckpoint(WeightsError):
    """A file that is no checkpoint of a network that is built here; ``reason`` is a clause."""

    code = "bad_checkpoint"

    def __init__(self, filename: str, reason: str) -> None:
        self.filename, self.reason = filename, reason
        self.why = f"the checkpoint {filename} cannot be used: {reason}"
        super().__init__(
            f"T{self.why[1:]}. Choose a .safetensors checkpoint of htdemucs as the demucs package makes it."
        )


class AlignmentUnavailable(StageError):
    """Plain lyrics, and nothing here that can find their times."""

    code = "alignment_unavailable"

    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        why = f": {reason}" if reason else ""
        super().__init__(
            f"The lyrics have no times, and nothing installed here can find them in the song{why}. "
            "Add the lyrics as LRC (with [mm:ss.xx] times) and retry; the stems stay."
        )


class NoVoice(StageError):
    """A transcriber or an aligner was asked, and nobody sings."""

    code = "no_voice"

    def __init__(self) -> None:
        super().__init__(
            "No voice with words was found in the song. "
            "Send the version that is sung, or add the lyrics as LRC and retry; the stems stay."
        )


class NobodySings(StageError):
    """Whoever keeps lyrics says that the song has none. ``where`` names them."""

    code = "nobody_sings"

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(
            f"{where} says that nobody sings in this song. "
            "Add the lyrics, or choose a transcriber, and retry where that is wrong; the stems stay."
        )


class ModelUnavailable(StageError):
    """A model asked for by its exact name that cannot run here."""

    code = "model_unavailable"

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(f"The model {name} cannot run here: {reason}. Choose model=center, which needs nothing.")


class NotEnoughMemory(StageError):
    """Less memory than a model is known to need."""

    code = "not_enough_memory"

    def __init__(self, name: str, needed_bytes: int, free_bytes: int) -> None:
        self.name, self.needed_bytes, self.free_bytes = name, needed_bytes, free_bytes
        self.why = f"{name} needs about {needed_bytes / 1e9:.1f} GB of memory and {free_bytes / 1e9:.1f} GB are free"
        super().__init__(f"{self.why}. Retry when other programs are closed, or choose model=center.")


class OutOfMemory(StageError):
    """A transcriber that does not fit into memory, known before it is loaded or found out meanwhile; ``where`` says
    which memory. The first sentence is the order document's.
    """

    code = "out_of_memory"

    def __init__(self, title: str, needed_bytes: int, free_bytes: int, where: str) -> None:
        self.title, self.needed_bytes, self.free_bytes, self.where = title, needed_bytes, free_bytes, where
        super().__init__(
            f"Model loading failed: out of memory. {title} needs about {needed_bytes / 1e9:.1f} GB {where}, where "
            f"{free_bytes / 1e9:.1f} GB are free. Choose a smaller transcriber, or close other programs and retry."
        )


class BadSeparation(StageError):
    """A network gave what cannot be music; ``why`` is a clause."""

    code = "bad_separation"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"The separation is no good: {why}. Check the weights (`models verify`), or choose model=center."
        )


class WorkerCrashed(StageError):
    """The process that did the work died three times at the same chunk."""

    code = "worker_crashed"

    def __init__(self, cause: str, chunk: int | None) -> None:
        self.cause, self.chunk = cause, chunk
        where = "before the first chunk" if chunk is None else f"at chunk {chunk}"
        super().__init__(f"The worker died three times {where} ({cause}). Retry, or send the file in another format.")


class WorkerHung(StageError):
    """The process that did the work stopped answering three times at the same chunk."""

    code = "worker_hung"

    def __init__(self, chunk: int | None) -> None:
        self.chunk = chunk
        where = "before the first chunk" if chunk is None else f"at chunk {chunk}"
        super().__init__(f"The worker stopped answering three times {where}. Retry when the machine is less busy.")


class DecodingLimit(StageError):
    """The decoder was stopped by a limit on time, memory or output."""

    code = "decoding_limit"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"Reading the file was stopped: {why}. Convert it to WAV or FLAC and send that.")


class StageFailed(StageError):
    """A failure that happened in another process, with the code it had there."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code  # type: ignore[misc]  # the class of the original is gone, its word is kept
        super().__init__(message)
