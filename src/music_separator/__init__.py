"""A self-hosted music separator and karaoke maker whose progress is measured."""
