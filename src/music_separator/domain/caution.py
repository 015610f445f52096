"""What a person should know about a result that was made all the same: a code and a sentence."""

from dataclasses import dataclass
from enum import StrEnum


class CautionCode(StrEnum):
    """The machine's word for each kind; ``OTHER`` is a sentence that was stored before there were codes."""

    FALLBACK = "fallback"
    HIGH_RESIDUAL = "high_residual"
    CUT_SHORT = "cut_short"
    DAMAGED = "damaged"
    NOT_NUMBERS = "not_numbers"
    UNCERTAIN_TIMES = "uncertain_times"
    FOREIGN_LYRICS = "foreign_lyrics"
    LATE_TIMES = "late_times"
    LINE_TIMES_ONLY = "line_times_only"
    SPEECH_ALONE = "speech_alone"
    LOOKUP_FAILED = "lookup_failed"
    ON_PROCESSOR = "on_processor"
    DEMO = "demo"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Caution:
    """One thing to know. ``message`` is English, its numbers in a fixed order, so that others can be made of it."""

    code: CautionCode
    message: str

    @classmethod
    def stored(cls, item: object) -> "Caution":
        """Rebuild one that was stored or sent as JSON. Raises ValueError, KeyError, TypeError for what is none."""
        if isinstance(item, dict):
            return cls(code=CautionCode(item["code"]), message=str(item["message"]))
        return cls(code=CautionCode.OTHER, message=str(item))
