"""What the CLI's environment gets so that it uses the sign-in or the key that the user chose.

It stays in the kernel's memory. It is made an `Environment` at once, which prints names alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_claude_sdk.lowlevel import Environment

from .._turns.errors import ClaudeError

#: What the CLI would take in place of the key, or before it.
_OTHERS = (
    *("ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
    *("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"),
)
#: What the CLI would take before its own sign-in.
_BEFORE_SIGN_IN = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
_LONGEST = 4000


def key_problem(key: str) -> str:
    """Say why a text cannot be an API key, without repeating it; "" if it can."""
    key = key.strip()
    if not key:
        return "The key is empty; paste it again"
    if len(key) > _LONGEST or not key.isascii() or not key.isprintable() or " " in key:
        return "That is no API key: it has spaces or other characters; paste it again"
    return ""


def key_environment(key: str) -> Environment:
    """Return the variables that make the CLI use an API key.

    Raises
    ------
    ClaudeError
        If it cannot be a key; the message does not repeat it.
    """
    if problem := key_problem(key):
        del key  # an error shows the variables of its frames
        raise ClaudeError(problem)
    key = key.strip()
    return Environment(
        {
            **dict.fromkeys(_OTHERS, ""),
            "ANTHROPIC_API_KEY": key,
            # The CLI then keeps the key from the commands that Claude runs, whose output would
            # bring it into the transcript, and settings files cannot send it to another server.
            "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1",
        }
    )


def sign_in_environment(present: Mapping[str, str]) -> Environment:
    """Return the variables that make the CLI use its own sign-in, over those that are there."""
    return Environment({name: "" for name in _BEFORE_SIGN_IN if present.get(name)})
