"""What is asked and answered about a file of sound: limits, what a quick look shows, what decoding showed."""

from dataclasses import dataclass, field

from music_separator.domain.caution import Caution

MIN_DURATION_S = 0.5
"""Less sound than this is refused (the wire contract)."""


@dataclass(frozen=True, kw_only=True)
class MediaLimits:
    """How much a file from outside may cost."""

    max_bytes: int = 2 * 2**30
    max_duration_s: float = 6 * 3600.0
    child_memory_bytes: int = 2**30
    """Address space of the child process; decoding needs about a third of it."""
    probe_wall_s: float = 30.0
    decode_wall_s: float = 1800.0
    decode_cpu_s: int = 900
    """Six hours of Opus take about a minute of processor time."""

    def __post_init__(self) -> None:
        if self.max_bytes <= 0 or self.max_duration_s <= 0:
            raise ValueError("limits must be above zero")

    @property
    def output_bytes(self) -> int:
        """Size that the working file may reach: the longest allowed audio and a second more."""
        return int((self.max_duration_s + 1.0) * 44_100 * 8)


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What the file says about itself; texts as written there, lyrics plain or LRC.

    ``other_lyrics`` are those that are in it beside ``lyrics``, the best ones.
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    lyrics: str | None = None
    other_lyrics: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class MediaInfo:
    """What a quick look at the file shows, without decoding it."""

    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: float | None
    """As declared; only decoding shows the truth. None where the file does not say."""
    duration_is_estimate: bool
    """The declared duration is a guess from size and bit rate."""
    source_bits: int
    """24 where the codec is lossless and holds more than 16 bits, else 16."""
    tags: Tags = field(default_factory=Tags)


@dataclass(frozen=True, kw_only=True)
class DecodedAudio:
    """What decoding showed about the working file it wrote."""

    samples: int
    sample_rate: int
    source_bits: int
    mono: bool
    """Both channels of the working file are identical in every sample."""
    peak: float
    rms: float
    mean: float
    """Of the mono mix (left + right) / 2, in double precision."""
    std: float
    """Of the mono mix, with samples - 1 as divisor (torch's default, which Demucs uses)."""
    packet_errors: int
    declared_s: float | None
    warnings: tuple[Caution, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of the working file in seconds."""
        return self.samples / self.sample_rate
