"""Whether what was chosen for a job can be done here."""

from music_separator.domain.job import JobOptions
from music_separator.domain.units import Ms, ms_from_seconds
from music_separator.engines.presets import separation_choice
from music_separator.engines.registry import check_choice, check_known
from music_separator.engines.transcription.registry import check_transcriber
from music_separator.karaoke.readers import read_lyrics

HEADER_SLACK = 1.2
"""Some headers only estimate a length; times beyond it are refused for certain once the song was decoded."""


def check_options(options: JobOptions) -> None:
    """Raise UnknownModel, InvalidRequest, EmptyLyrics or UnreadableLyrics for what nothing here could do."""
    check_known(options.model)
    check_choice(options.model, separation_choice(options.preset, options.overlap, options.shifts, options.stems))
    check_transcriber(options.transcriber)
    if options.lyrics is not None:
        read_lyrics(options.lyrics)


def check_lyrics(options: JobOptions, duration_ms: Ms | None) -> None:
    """Raise what ``read_lyrics`` does for lyrics that do not fit a song of this length."""
    if options.lyrics is not None:
        read_lyrics(options.lyrics, duration_ms)


def longest_ms(header_s: float | None) -> Ms | None:
    """Give how long a song may be whose header says so many seconds."""
    return None if header_s is None else ms_from_seconds(header_s * HEADER_SLACK)
