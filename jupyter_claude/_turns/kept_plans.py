"""The words about a plan that the user sent back: what Claude gets, and what the user reads."""

from __future__ import annotations

from .._text import one_line

_TOLD = "The user wants you to keep planning. Do not begin with the work."
_SAY = " They say: "


def for_claude(message: str) -> str:
    """Return the result of the call, with what the user wrote."""
    return f"{_TOLD}{_SAY}{message}" if message else _TOLD


def for_user(message: str) -> str:
    """Return what happened, for the user."""
    if not message:
        return "Not approved: Claude keeps planning"
    return f"Claude keeps planning. You told it: {one_line(message)}"


def message_in(result: str) -> str | None:
    """Return what the user wrote, from the result of the call; None for any other result."""
    if not result.startswith(_TOLD):
        return None
    return result.removeprefix(_TOLD).removeprefix(_SAY)
