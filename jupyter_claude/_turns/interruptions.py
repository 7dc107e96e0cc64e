"""Why turns are interrupted: the error with which each of them will end."""

from __future__ import annotations

from .errors import ClaudeError


class Interruptions:
    """Keeps the reason of each interruption until its turn has ended."""

    def __init__(self) -> None:
        self._reasons: dict[str, ClaudeError] = {}

    def note(self, turn: str, reason: ClaudeError) -> bool:
        """Note why a turn is interrupted; the first reason counts.

        Parameters
        ----------
        turn : str
            The turn's id.
        reason : ClaudeError
            The error with which it will end.

        Returns
        -------
        bool
            Whether this is the first reason.
        """
        return self._reasons.setdefault(turn, reason) is reason

    def take(self, turn: str) -> ClaudeError | None:
        """Return why a turn that has ended was interrupted, and forget it; None if it was not."""
        return self._reasons.pop(turn, None)
