"""What entries of transcripts say of the time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def milliseconds(timestamp: object) -> int | None:
    """Return an ISO 8601 timestamp, in UTC where it names no zone, as milliseconds since 1970.

    None if it is not one.
    """
    try:  # Python 3.10 does not read the Z
        moment = datetime.fromisoformat(str(timestamp).replace("Z", "+00:00"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - _EPOCH) // timedelta(milliseconds=1)
