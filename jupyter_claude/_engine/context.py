"""How full the model's context is: reads Claude Code's answer, and says it in words."""

from __future__ import annotations

from typing import Any

from .._core.conversation import Context
from .._turns.items import count


def context_of(answer: dict[str, Any]) -> Context | None:
    """Return the context from the CLI's answer to get_context_usage; None if it has none."""
    tokens, most = answer.get("totalTokens"), answer.get("maxTokens")
    if not isinstance(tokens, int) or not isinstance(most, int) or most <= 0:
        return None
    return Context(tokens=tokens, max=most, percent=round(100 * tokens / most, 1))


def context_text(context: Context) -> str:
    """Say how full the context is."""
    return (
        f"{count(context['tokens'])} of {count(context['max'])} tokens ({context['percent']:g} %)"
    )
