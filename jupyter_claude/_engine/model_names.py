"""Which names of models can be right: Claude Code takes any, and the API's refusal comes late.

Measured on 2.1.329: it knows its aliases in any case, and sends every other name as it stands. A
gateway or another provider may know names that nobody else does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from .._did_you_mean import did_you_mean
from .modes import Choice

_ALIASES = ("opus", "sonnet", "haiku", "fable", "best", "opusplan", "default")
_LONG_CONTEXT = re.compile(r"\[1m\]$", re.IGNORECASE)
# A full name, another provider's, or an address of Bedrock's.
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
    """Return in one line why a name cannot be a model's; "" if it may be one.

    Parameters
    ----------
    name : str
        Such as "opus" or "claude-sonnet-4-6".
    listed : iterable of Choice
        The models that Claude Code names, once it has been started.
    environment : mapping
        What Claude Code's environment has on top of ours.
    given : iterable of str
        The names of the variables that its settings files set.
    """
    known = _known(listed)
    if _is_known(name, known) or _FULL.search(name) or _other_provider(environment, given):
        return ""
    hint = did_you_mean(name, known) or f"it knows {', '.join(known)}"
    return (
        f"{name!r} is not a model that Claude Code knows; {hint}. A full name begins with claude-; "
        f"for a name of your own provider's set %config ClaudeMagics.model = {name!r}"
    )


def model_doubt(name: str, listed: Iterable[Choice]) -> str:
    """Return what is to be said of a name that only a provider can know; else ""."""
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
