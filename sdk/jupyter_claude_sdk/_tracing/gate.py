"""Decides whether something is traced. Only a program that uses OpenTelemetry itself is.

Such a program has imported ``opentelemetry.trace``. In any other program nothing of OpenTelemetry
is imported, and of this room only this module.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._options import ClaudeAgentOptions
    from .rows import BatchSpans
    from .turns import TurnSpans

logger = logging.getLogger("jupyter_claude_sdk")

#: The CLI has its own telemetry on if this variable is set, and begins its spans below
#: ``TRACEPARENT`` then.
_CLI_TELEMETRY = "CLAUDE_CODE_ENABLE_TELEMETRY"
_OFF = ("", "0", "false", "no", "off")


def _traces() -> bool:
    return sys.modules.get("opentelemetry.trace") is not None


def begin_turn(prompt: Mapping[str, Any] | None, options: ClaudeAgentOptions) -> TurnSpans | None:
    """Begin the span of a turn, below the caller's present span; return None if nothing is traced.

    Parameters
    ----------
    prompt : Mapping or None
        The user message; None if the CLI begins the turn by itself.
    options : ClaudeAgentOptions
        The options of the connection.
    """
    if not _traces():
        return None
    try:
        from .turns import TurnSpans

        return TurnSpans.begin(prompt, options)
    except Exception:
        logger.exception("A turn is not traced")
        return None


def begin_batch(concurrency: int, total: int | None) -> BatchSpans | None:
    """Begin the span of a run of a batch, below the caller's present span, or return None."""
    if not _traces():
        return None
    try:
        from .rows import BatchSpans

        return BatchSpans.begin(concurrency, total)
    except Exception:
        logger.exception("A batch is not traced")
        return None


def cli_traces(environment: Mapping[str, str]) -> bool:
    """Return whether the CLI's own telemetry is on, as far as its environment says so."""
    return environment.get(_CLI_TELEMETRY, "").strip().lower() not in _OFF
