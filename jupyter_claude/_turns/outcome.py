"""How a turn ended, read from its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_claude_sdk import ClientTurn, ResultMessage

from .._text import one_line
from .api_errors import api_error
from .errors import ClaudeError, TurnFailed, TurnInterrupted, TurnLimitReached
from .provider_errors import CLAUDE_API, Server

if TYPE_CHECKING:
    from .turn import TurnState

# What the CLI reports when an answer was empty, or no answer of the API at all.
_UNREADABLE = "[ede_diagnostic]"
INTERRUPTED = "Stopped. Send another message to continue"


def outcome(
    client_turn: ClientTurn, reason: ClaudeError | None = None, server: Server = CLAUDE_API
) -> Exception | None:
    """Return the error that a turn ended with; None if it ended well.

    Parameters
    ----------
    client_turn : ClientTurn
        The turn, which has ended.
    reason : ClaudeError, optional
        Why this package interrupted the turn, if it did.
    server : Server, optional
        Who was asked. Default: the Claude API.
    """
    result = client_turn.result
    if reason is not None:
        return reason
    if client_turn.error is not None or result is None:
        return lost(client_turn.error)
    return of_result(result, server, interrupted=client_turn.interrupted)


def lost(cause: Exception | None) -> TurnFailed:
    """Return the error of a turn whose process ended."""
    text = one_line(str(cause or "no result came"))
    what = "Claude Code stopped in the middle of the turn"
    kept = "your next prompt continues the same conversation"
    return TurnFailed(f"{what} ({text}); {kept}").offer(f"{what}; {kept}.", "again")


def of_result(
    result: ResultMessage, server: Server = CLAUDE_API, *, interrupted: bool = False
) -> ClaudeError | None:
    """Return the error that a result reports, or None; `server` as for `outcome`."""
    if not result.is_error and result.subtype == "success":
        return None
    if interrupted or str(result.terminal_reason).startswith("aborted"):
        return TurnInterrupted(INTERRUPTED)
    text = one_line(result.result or "; ".join(result.errors or []) or result.subtype)
    if result.subtype == "error_max_turns":
        return TurnLimitReached("Stopped at the limit of model calls (max_turns)")
    if result.subtype == "error_max_budget_usd":
        return TurnLimitReached("Stopped at Claude Code's own budget (max_budget_usd)")
    if text.startswith(_UNREADABLE):
        what = "The API sent an answer that Claude Code could not read"
        return TurnFailed(f"{what}; run the cell again").offer(f"{what}.", "again")
    if result.terminal_reason == "api_error" or result.api_error_status is not None:
        return api_error(result.api_error_status, text, server)
    return TurnFailed(text).offer(text, "again")


def state_after(error: Exception | None) -> TurnState:
    """Return the state of a turn that ended with `error`."""
    if error is None:
        return "done"
    return "interrupted" if isinstance(error, TurnInterrupted) else "failed"
