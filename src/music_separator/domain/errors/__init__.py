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

# In the order of the tree: every_kind walks it, and the reference shows it.
# isort: off
from music_separator.domain.errors.tree import Cancelled, MusicSeparatorError, every_kind
from music_separator.domain.errors.given import (
    AudioTooLong,
    AudioTooShort,
    EmptyFile,
    EmptyLyrics,
    FileTooLarge,
    InputError,
    InvalidRequest,
    LyricsTooLong,
    NoSound,
    NoSuchFile,
    NotAudio,
    SilentAudio,
    UnreadableLyrics,
    WrongLyricsTimes,
)
from music_separator.domain.errors.missing import (
    NotFoundError,
    UnknownLyrics,
    UnknownModel,
    UnknownOwner,
    UnknownResult,
    UnknownStage,
    UnknownTrack,
)
from music_separator.domain.errors.access import (
    AccessError,
    LinkExpired,
    LinkInvalid,
    TokenError,
    TokenMissing,
    TokenUnknown,
)
from music_separator.domain.errors.conflicts import (
    ConflictError,
    DataDirBusy,
    FileIdTaken,
    NoServer,
    OwnerExists,
    PortTaken,
    StageNotReady,
    WrongVersion,
)
from music_separator.domain.errors.stages import (
    AlignmentUnavailable,
    BadCheckpoint,
    BadSeparation,
    DecodingLimit,
    ModelUnavailable,
    NobodySings,
    NotEnoughMemory,
    NoTranscriber,
    NoVoice,
    OutOfMemory,
    StageError,
    StageFailed,
    WeightsDamaged,
    WeightsError,
    WeightsGated,
    WeightsMissing,
    WeightsUnreachable,
    WorkerCrashed,
    WorkerHung,
)
from music_separator.domain.errors.storage import NotEnoughSpace, StorageError, StorageUnavailable
# isort: on

__all__ = [
    "AccessError",
    "AlignmentUnavailable",
    "AudioTooLong",
    "AudioTooShort",
    "BadCheckpoint",
    "BadSeparation",
    "Cancelled",
    "ConflictError",
    "DataDirBusy",
    "DecodingLimit",
    "EmptyFile",
    "EmptyLyrics",
    "FileIdTaken",
    "FileTooLarge",
    "InputError",
    "InvalidRequest",
    "LinkExpired",
    "LinkInvalid",
    "LyricsTooLong",
    "ModelUnavailable",
    "MusicSeparatorError",
    "NoServer",
    "NoSound",
    "NoSuchFile",
    "NoTranscriber",
    "NoVoice",
    "NobodySings",
    "NotAudio",
    "NotEnoughMemory",
    "NotEnoughSpace",
    "NotFoundError",
    "OutOfMemory",
    "OwnerExists",
    "PortTaken",
    "SilentAudio",
    "StageError",
    "StageFailed",
    "StageNotReady",
    "StorageError",
    "StorageUnavailable",
    "TokenError",
    "TokenMissing",
    "TokenUnknown",
    "UnknownLyrics",
    "UnknownModel",
    "UnknownOwner",
    "UnknownResult",
    "UnknownStage",
    "UnknownTrack",
    "UnreadableLyrics",
    "WeightsDamaged",
    "WeightsError",
    "WeightsGated",
    "WeightsMissing",
    "WeightsUnreachable",
    "WorkerCrashed",
    "WorkerHung",
    "WrongLyricsTimes",
    "WrongVersion",
    "every_kind",
]
