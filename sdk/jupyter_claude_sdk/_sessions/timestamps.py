"""Reads the timestamps of transcripts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def moment(timestamp: object) -> datetime | None:
    """Return the time of an ISO 8601 timestamp, in UTC if it names no zone; None if it is none."""
    try:  # Python 3.10 does not read the Z
        found = datetime.fromisoformat(str(timestamp).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=timezone.utc)


def milliseconds(timestamp: object) -> int | None:
    """Return the time of an ISO 8601 timestamp in milliseconds since 1970; None if it is none."""
    found = moment(timestamp)
    return None if found is None else (found - _EPOCH) // timedelta(milliseconds=1)
