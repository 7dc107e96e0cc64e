"""Checks a model's name early: Claude Code accepts any name, and the API refuses it much later.

Measured on 2.1.329: Claude Code knows its aliases in upper and lower case, and sends every other
name unchanged. A gateway or another provider may have its own names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from .._did_you_mean import did_you_mean
from .modes import Choice

_ALIASES = ("opus", "sonnet", "haiku", "fable", "best", "opusplan", "default")
_LONG_CONTEXT = re.compile(r"\[1m\]$", re.IGNORECASE)
# A full name, a name of another provider, or an address on Bedrock.
_FULL = re.compile(r"claude|[.:/@]", re.IGNORECASE)
_PROVIDERS = re.compile(
    "ANTHROPIC_(?:[A-Z]+_)?BASE_URL$|CLAUDE_CODE_USE_(?:ANTHROPIC|BEDROCK|FOUNDRY|GATEWAY|MANTLE|VERTEX)"
)


def model_problem(
    name: str,
    listed: Iterable[Choice],
    environment: Mapping[str, str],
    given: Iterable[str] = (),
) -> str:
    """Return in one line why no model can have a name; "" if one can.

    Parameters
    ----------
    name : str
        Such as "opus" or "claude-sonnet-4-6".
    listed : iterable of Choice
        The models that Claude Code lists.
    environment : mapping
        Variables that Claude Code gets in addition to this process's own.
    given : iterable of str
        The names of the variables that settings files set.
    """
    known = _known(listed)
    if _is_known(name, known) or _FULL.search(name) or _other_provider(environment, given):
        return ""
    hint = did_you_mean(name, known) or f"it knows {', '.join(known)}"
    return (
        f"Claude Code does not know the model {name!r}; {hint}. A full name begins with claude-. "
        f"To use a name of your own provider, set %config ClaudeMagics.model = {name!r}"
    )


def model_doubt(name: str, listed: Iterable[Choice]) -> str:
    """Return a remark on a name that only a provider can know; otherwise ""."""
    known = _known(listed)
    if _is_known(name, known) or _FULL.search(name):
        return ""
    hint = did_you_mean(name, known)
    return "Claude Code does not list this name; it is sent unchanged" + (hint and f"; {hint}")


def _known(listed: Iterable[Choice]) -> list[str]:
    return list(dict.fromkeys([*_ALIASES, *(model["value"] for model in listed if model["value"])]))


def _is_known(name: str, known: Iterable[str]) -> bool:
    plain = _LONG_CONTEXT.sub("", name.strip()).lower()
    return any(plain == _LONG_CONTEXT.sub("", one).lower() for one in known)


def _other_provider(environment: Mapping[str, str], given: Iterable[str]) -> bool:
    names = {*os.environ, *environment}
    set_here = (name for name in names if environment.get(name, os.environ.get(name)))
    return any(_PROVIDERS.match(name) for name in (*given, *set_here))
