"""Every verb that a person has, over one data directory."""

from music_separator.service.arrival import Added, NewTrack, clean_name, new_file_id
from music_separator.service.options import check_options
from music_separator.service.verbs import Cancels, Outcome, Service

__all__ = ["Added", "Cancels", "NewTrack", "Outcome", "Service", "check_options", "clean_name", "new_file_id"]
