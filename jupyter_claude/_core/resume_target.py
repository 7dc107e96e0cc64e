"""Where the next prompt continues."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class ResumeTarget:
    """Which conversation the next prompt continues, and from which message.

    Attributes
    ----------
    session_id : str or None
        An earlier conversation; None begins a new one.
    at : str or None
        The uuid of the last message to keep; None keeps all.
    copy : str or None
        The id of the copy that the prompt continues; None continues the conversation itself.
    turns : int or None
        How many of the present turns a copy begins with.
    """

    session_id: str | None
    at: str | None = None
    copy: str | None = None
    turns: int | None = None
