"""Everything that can go wrong for a person: one tree, a code each, a sentence that says what to do.

MusicSeparatorError
├─ InputError                what was given cannot be used
│  ├─ NoSuchFile  EmptyFile  NotAudio  NoSound  FileTooLarge  AudioTooLong  AudioTooShort  SilentAudio
│  ├─ UnreadableLyrics  EmptyLyrics  LyricsTooLong  WrongLyricsTimes
│  └─ InvalidRequest
├─ NotFoundError             what was asked for is not here
│  └─ UnknownTrack  UnknownModel  UnknownResult  UnknownStage  UnknownOwner  UnknownLyrics
├─ AccessError               who asks may not
│  ├─ TokenError              no token, or one that is not known
│  │  └─ TokenMissing  TokenUnknown
│  └─ LinkExpired  LinkInvalid
├─ ConflictError             not now, or not under this name
│  └─ FileIdTaken  StageNotReady  DataDirBusy  WrongVersion  PortTaken  NoServer  OwnerExists
├─ StageError                a stage could not be done
│  ├─ NoTranscriber  NoVoice  NobodySings  AlignmentUnavailable  ModelUnavailable  BadSeparation
│  ├─ NotEnoughMemory  OutOfMemory
│  ├─ WeightsError            the files of a network are not here, or not what they should be
│  │  └─ WeightsMissing  WeightsUnreachable  WeightsGated  WeightsDamaged  BadCheckpoint
│  ├─ WorkerCrashed  WorkerHung  DecodingLimit
│  └─ StageFailed            any of these, come back from another process
├─ StorageError
│  └─ NotEnoughSpace  StorageUnavailable
└─ Cancelled                 not an error: somebody asked to stop

No HTTP here: server/errors.py maps classes to status codes, cli maps them to exit codes.
"""

from collections.abc import Iterator
from typing import ClassVar


class MusicSeparatorError(Exception):
    """Root of the tree. ``code`` is the machine's word, ``str()`` the sentence for people."""

    code: ClassVar[str] = "error"

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling whatever the constructor takes: rebuild from the finished state."""
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))


def _rebuild(kind: type[MusicSeparatorError], args: tuple[object, ...], state: dict[str, object]) -> object:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


def every_kind(root: type[MusicSeparatorError] = MusicSeparatorError) -> Iterator[type[MusicSeparatorError]]:
    """Walk the tree from its root down."""
    yield root
    for kind in root.__subclasses__():
        yield from every_kind(kind)


class InputError(MusicSeparatorError):
    """What was given cannot be used."""

    code = "bad_input"


class NoSuchFile(InputError):
    """A song or a lyrics file that is not there."""

    code = "no_such_file"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"There is no file {path}. Check its name and folder.")


class EmptyFile(InputError):
    """The file has no bytes."""

    code = "empty_file"

    def __init__(self) -> None:
        super().__init__("The file is empty. Choose a file that has sound in it.")


class NotAudio(InputError):
    """The bytes are no audio or video container that is read here."""

    code = "not_audio"

    def __init__(self, looks_like: str = "") -> None:
        self.looks_like = looks_like
        what = f"This looks like {looks_like}, not like audio." if looks_like else "This is not a readable audio file."
        super().__init__(f"{what} Send MP3, WAV, FLAC, M4A, OGG, Opus, AIFF or a video with sound.")


class NoSound(InputError):
    """A container without an audio stream."""

    code = "no_audio_stream"

    def __init__(self) -> None:
        super().__init__("The file opens, but it has no audio track. Send one that has sound.")


class FileTooLarge(InputError):
    """More bytes than the limit."""

    code = "file_too_large"

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        super().__init__(f"The file is larger than the limit of {limit_bytes / 2**20:.0f} MiB. Send a smaller one.")


class AudioTooLong(InputError):
    """More sound than the limit."""

    code = "audio_too_long"

    def __init__(self, duration_s: float, limit_s: float) -> None:
        self.duration_s, self.limit_s = duration_s, limit_s
        super().__init__(
            f"The audio is {duration_s / 60:.0f} minutes long; the limit is {limit_s / 60:.0f}. "
            "Cut it and send the parts."
        )


class AudioTooShort(InputError):
    """Less sound than anything can be done with."""

    code = "audio_too_short"

    def __init__(self, duration_s: float) -> None:
        self.duration_s = duration_s
        super().__init__(
            f"Only {duration_s:.2f} s of sound could be read; at least 0.5 s is needed. Send a longer file."
        )


class SilentAudio(InputError):
    """All samples are zero or nearly so."""

    code = "silent_audio"

    def __init__(self) -> None:
        super().__init__("The audio is silent from start to end: there is nothing to separate. Check the export.")


class UnreadableLyrics(InputError):
    """Lyrics that are not text, or a file of another kind."""

    code = "unreadable_lyrics"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"The lyrics cannot be read: {why}. Send plain text, LRC, SRT, WebVTT or timed JSON.")


class EmptyLyrics(InputError):
    """Lyrics were given, and there is not one word in them."""

    code = "empty_lyrics"

    def __init__(self) -> None:
        super().__init__("The lyrics have no words in them. Send the text of the song, or leave the field out.")


class LyricsTooLong(InputError):
    """More words than anybody could sing in the song."""

    code = "lyrics_too_long"

    def __init__(self, words: int, duration_s: float) -> None:
        self.words, self.duration_s = words, duration_s
        count = "1 word" if words == 1 else f"{words:,} words"
        super().__init__(
            f"The lyrics have {count}, more than can be sung in {duration_s:.0f} s. "
            "Check that they belong to this song."
        )


class WrongLyricsTimes(InputError):
    """Times that came with lyrics and cannot be; ``line`` counts from 1, ``why`` is a clause."""

    code = "wrong_lyrics_times"

    def __init__(self, line: int, why: str) -> None:
        self.line, self.why = line, why
        super().__init__(f"Line {line} of the lyrics: {why}. Send them again with that corrected.")


class InvalidRequest(InputError):
    """A parameter that has no meaning."""

    code = "invalid_request"


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


class Cancelled(MusicSeparatorError):
    """Somebody asked to stop; raised at a chunk edge or by the supervisor."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Cancelled")
