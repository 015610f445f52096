"""Every setting: a flag of the command line, or a variable ``MUSIC_SEPARATOR_<NAME>``. Units are in the names."""

from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 1 << 20
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Several names; as a variable they are separated by commas."""


class Settings(BaseSettings):
    """What a server or a command runs with. Frozen; made once, handed down."""

    model_config = SettingsConfigDict(env_prefix="MUSIC_SEPARATOR_", frozen=True, extra="ignore")

    host: str = Field("localhost", description="Address to listen on; localhost means both loopback addresses.")
    port: int = Field(5000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("music-separator", appauthor=False),
        description="Folder for songs, results and the databases; one server per folder.",
    )
    models_dir: Path | None = Field(
        None, description="Folder for weights, one folder each; models in the data directory where not given."
    )
    hub_url: str = Field(
        "https://huggingface.co",
        pattern=r"^https?://[^/]+",
        description="Where weights are fetched from: Hugging Face, or a mirror with the same addresses and headers.",
    )
    hub_token: SecretStr | None = Field(
        None,
        description="Token of an account there, for weights whose licence has to be accepted; never logged.",
    )
    lookup: bool = Field(
        False,
        description="Whether lyrics that are neither given nor in the tags are looked up: title, artist, album and "
        "length of the song are sent to LRCLIB. Never while offline.",
    )
    lookup_url: str = Field(
        "https://lrclib.net",
        pattern=r"^https?://[^/]+$",
        description="Where lyrics are looked up: LRCLIB, or another of it.",
    )
    lookup_dir: Path | None = Field(
        None, description="Folder for what was looked up; lookups in the data directory where not given."
    )
    offline: bool = Field(False, description="Never reach for the network; what is missing is an error that says so.")
    unsafe_open: bool = Field(
        False, description="Demand no token, whatever the address: whoever reaches the server has every song."
    )
    link_lifetime_s: float = Field(
        86400.0, ge=2, description="How long a signed download link works at most, at least half of it; in seconds."
    )
    slots: int = Field(1, ge=1, le=16, description="Songs worked on at the same time.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto", description="Where networks run: a graphics card if one can be used, or exactly this."
    )
    threads: int = Field(
        0, ge=0, le=256, description="Threads of a network; 0 takes all cores that may be used, shared among the slots."
    )
    model_idle_s: float = Field(
        300.0, gt=0, description="How long a worker without work keeps its model in memory, in seconds."
    )
    allow_fallback: bool = Field(True, description="Whether demucs and auto may fall back to a lesser engine.")
    max_upload_mib: int = Field(2048, ge=1, description="Largest upload, in MiB.")
    max_duration_s: float = Field(6 * 3600.0, gt=0, description="Longest audio, in seconds.")
    min_free_mib: int = Field(500, ge=0, description="Free disk to leave, in MiB; work waits below it.")
    hang_timeout_s: float = Field(60.0, gt=0, description="Silence after which a worker is taken for hung, in seconds.")
    watchdog_s: float = Field(30.0, gt=0, description="Interval of looking for jobs that nobody runs, in seconds.")
    allowed_hosts: Names = Field((), description="Host names accepted beside the loopback ones.")
    allowed_origins: Names = Field(("*",), description="Origins that may read; * is any, without credentials.")

    @property
    def weights_dir(self) -> Path:
        """The folder for weights."""
        return self.models_dir or self.data_dir / "models"

    @property
    def looks_up_at(self) -> str | None:
        """Where lyrics are looked up; None where nobody has agreed to it, or nothing may leave the machine."""
        return self.lookup_url if self.lookup and not self.offline else None

    @property
    def lookups_dir(self) -> Path:
        """The folder for what was looked up."""
        return self.lookup_dir or self.data_dir / "lookups"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK_HOSTS
