"""The time of day as it is stored."""

from datetime import UTC, datetime


def now_iso() -> str:
    """Give the time now as ISO 8601 in UTC with milliseconds, such as 2026-11-23T08:15:00.000Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
