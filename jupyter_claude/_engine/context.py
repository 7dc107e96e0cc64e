"""What fills the model's context: reads Claude Code's answers, and says them in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from jupyter_claude_sdk import ClaudeSDKError

from .._core.conversation import Context, Conversation
from .._process.client import SharedClient
from .._text import exact_line
from .._turns.items import count

#: "later": loaded when Claude needs it, so it fills nothing yet.
PartKind = Literal["used", "reserved", "free", "later"]
_KINDS: dict[str, PartKind] = {
    "used": "used",
    "buffer": "reserved",
    "free": "free",
    "deferred": "later",
}


class Part(NamedTuple):
    """One part of the context, such as the messages."""

    name: str
    tokens: int
    kind: PartKind


def context_of(answer: Mapping[str, Any]) -> Context | None:
    """Return the context from the CLI's answer to get_context_usage; None if it has none."""
    tokens, most = answer.get("totalTokens"), answer.get("maxTokens")
    if not isinstance(tokens, int) or not isinstance(most, int) or most <= 0:
        return None
    return Context(tokens=tokens, max=most, percent=round(100 * tokens / most, 1))


def parts_of(answer: Mapping[str, Any]) -> list[Part]:
    """Return the parts of the context from the same answer; the empty ones are left out."""
    parts = []
    for one in answer.get("categories") or ():
        name, tokens = one.get("name"), one.get("tokens")
        if isinstance(name, str) and isinstance(tokens, int) and tokens > 0:
            deferred = "deferred" if one.get("isDeferred") else "used"
            kind = _KINDS.get(one.get("kind") or deferred, "used")
            parts.append(Part(exact_line(name), tokens, kind))
    return parts


class ContextReader:
    """Asks Claude Code what fills the context.

    Parameters
    ----------
    client : SharedClient
        Asks Claude Code.
    conversation : Conversation
        Knows how full the context was after the last turn.
    """

    def __init__(self, client: SharedClient, conversation: Conversation) -> None:
        self._client = client
        self._conversation = conversation

    async def __call__(self) -> tuple[Context | None, list[Part]]:
        """Return how full the context is, and its parts; neither needs to be known."""
        known = self._conversation.context
        # Before the model's first answer nothing was sent.
        answered = any(turn.model_calls for turn in self._conversation.turns)
        if not self._client.connected or not (answered or known):
            return known, []
        try:
            answer = await self._client.get_context_usage()
        except ClaudeSDKError:
            return known, []  # the process has just ended
        return context_of(answer) or known, parts_of(answer)


def context_text(context: Context) -> str:
    """Say how full the context is."""
    return f"{count(context['tokens'])} of {count(context['max'])} tokens ({context['percent']:g}%)"
