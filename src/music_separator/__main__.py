"""``python -m music_separator`` is the command ``music-separator``."""

from music_separator.cli.main import run

run()
