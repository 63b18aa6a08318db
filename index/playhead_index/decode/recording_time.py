"""When a video was recorded, as its file or a person says; nothing is guessed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

ZONED = ("com.apple.quicktime.creationdate", "creation_time", "date_recorded", "date")
"""Where files keep it, the most exact first: an iPhone's own time with its zone, then MP4's, Matroska's."""
ALWAYS_UTC = "creation_time"
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Cameras whose clock was never set count from 1904, 1970 or 1980."""
SLACK = timedelta(days=1)
"""A time further in the future than this is no time of a recording."""


def recorded_at(metadata: Mapping[str, str], now: datetime | None = None) -> float | None:
    """When a recording began, in seconds since 1970 (UTC), as the metadata of its file says; None where not.

    A date without a time of day, a local time without its zone and what no clock of a camera that is set can
    show are left out.

    Args:
        metadata: of the container or of a stream, as FFmpeg names it.
        now: the present: a later recording time is not believed; the machine's own by default.

    >>> recorded_at({"creation_time": "2024-05-17T14:30:12.000000Z"})
    1715956212.0
    >>> recorded_at({"creation_time": "1970-01-01T00:00:00Z"}) is recorded_at({"date": "2024-05-17"}) is None
    True
    """
    lowered = {name.lower(): value for name, value in metadata.items()}
    latest = (now or datetime.now(UTC)) + SLACK
    for name in ZONED:
        at = _instant(lowered.get(name, ""), utc=name == ALWAYS_UTC)
        if at is not None and EARLIEST <= at <= latest:
            return at.timestamp()
    return None


def recorded_time(text: str) -> datetime:
    """A time that a person writes, `2024-05-17T14:30:12`, without a zone in the machine's; in UTC.

    Raises:
        ValueError: it is no date with a time of day, or lies in the future.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(_EXPECTED.format(text)) from error
    if ":" not in text:
        raise ValueError(_EXPECTED.format(text))
    if at.astimezone(UTC) > datetime.now(UTC) + SLACK:
        raise ValueError(f"{text!r} lies in the future")
    return at.astimezone(UTC)


_EXPECTED = (
    "{!r} is no time: write it as 2024-05-17T14:30:12, with +02:00 for another zone than this machine's"
)


def _instant(text: str, *, utc: bool) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if ":" not in text or (at.tzinfo is None and not utc):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
