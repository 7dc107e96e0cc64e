"""The variables that make the CLI use the sign-in or the key that the user chose.

They stay in the kernel's memory. They are always an `Environment`, which prints only names.
"""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_claude_sdk.lowlevel import Environment

from .._turns.errors import ClaudeError

#: Variables that the CLI would use instead of the key.
_OTHERS = (
    *("ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
    *("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"),
)
#: Variables that the CLI would use instead of its own sign-in.
_BEFORE_SIGN_IN = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
_LONGEST = 4000


def key_problem(key: str) -> str:
    """Return why a text cannot be an API key, without the text; "" if it can."""
    key = key.strip()
    if not key:
        return "The key is empty; paste it again"
    if len(key) > _LONGEST or not key.isascii() or not key.isprintable() or " " in key:
        return "This is not an API key: it has spaces or unusual characters; paste it again"
    return ""


def key_environment(key: str) -> Environment:
    """Return the variables that make the CLI use an API key.

    Raises
    ------
    ClaudeError
        If the text cannot be a key. The message does not repeat it.
    """
    if problem := key_problem(key):
        del key  # an error shows the variables of its frames
        raise ClaudeError(problem)
    key = key.strip()
    return Environment(
        {
            **dict.fromkeys(_OTHERS, ""),
            "ANTHROPIC_API_KEY": key,
            # With this variable the CLI hides the key from Claude's commands, whose output goes
            # into the transcript. And settings files cannot send the key to another server.
            "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1",
        }
    )


def sign_in_environment(present: Mapping[str, str]) -> Environment:
    """Return the variables that make the CLI use its own sign-in, despite those present."""
    return Environment({name: "" for name in _BEFORE_SIGN_IN if present.get(name)})
