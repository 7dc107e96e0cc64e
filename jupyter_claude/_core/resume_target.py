"""Where a conversation goes on with its next prompt."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class ResumeTarget:
    """Where the next prompt goes on.

    Attributes
    ----------
    session_id : str or None
        An earlier conversation; None begins a new one.
    at : str or None
        The uuid of its last message that counts; None is its end.
    copy : str or None
        The id of the copy in which it goes on; None goes on in that conversation itself.
    turns : int or None
        How many of the present turns a copy begins with.
    """

    session_id: str | None
    at: str | None = None
    copy: str | None = None
    turns: int | None = None
