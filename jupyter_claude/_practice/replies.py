"""What the scripts of the practice model share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_claude_sdk.testing import Reply

from .asked import Asked

#: Plays a prompt: returns the next reply to it. It is called again after each of its tool calls.
Play = Callable[[Asked], Reply]

#: Deltas as from a quick model: an answer takes a second or two.
PACE: dict[str, Any] = {"chunk": 9, "every": 0.02}


def say(text: str) -> Reply:
    """Return a reply that is only a text."""
    return [{"text": text, **PACE}]


def call(tool: str, **given: Any) -> Reply:
    """Return a reply that calls a tool."""
    return [{"tool": tool, "input": given}]


def steps(*replies: Reply | Play) -> Play:
    """Return a play of one reply after the other. The last one must call no tool."""

    def play(asked: Asked) -> Reply:
        reply = replies[min(asked.number, len(replies) - 1)]
        return reply(asked) if callable(reply) else reply

    return play


def not_done(asked: Asked, what: str) -> Reply:
    """Return what it says after a call that was denied, or that failed.

    Parameters
    ----------
    asked : Asked
        Its last call is the one.
    what : str
        What was not done, such as "changed nothing".
    """
    last = asked.last
    if last is None or not last.denied:
        shown = fenced(last.text if last else "Nothing was called.")
        return say(f"That did not work, so I {what}. This is what I got:\n\n{shown}")
    if last.reason:
        return say(
            f"You said no, so I {what}. You told me: “{last.reason}”. A real Claude would now do "
            "that. I am scripted, so please ask for it in a new message."
        )
    return say(f"You said no, so I {what}. That is fine.")


def fenced(text: str, language: str = "text", most: int = 2000) -> str:
    """Return a code block that its text cannot close. Of a long text it has the end."""
    shown = text if len(text) <= most else f"… {text[-most:]}"
    fence = "```"
    while fence in shown:
        fence += "`"
    return f"{fence}{language}\n{shown.strip()}\n{fence}"


def quoted(text: str) -> str:
    """Return code in a line, whatever it contains."""
    line = " ".join(text.split())
    if "`" not in line:
        return f"`{line}`"
    return f"`` {line} ``"
