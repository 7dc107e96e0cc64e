"""Permission modes: which there are, and where permission requests can be turned off."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypedDict


class Choice(TypedDict):
    """One thing to choose: a model, a permission mode."""

    value: str
    label: str
    description: str


#: The mode without permission requests.
BYPASS = "bypassPermissions"

#: What that means, for whoever is about to choose it; the panel says the same.
BYPASS_MEANS = (
    "Everything that Claude asks for then runs at once, also commands that delete or send. "
    "It lasts until you choose another mode or the kernel ends."
)

#: The permission modes, the usual ones first.
MODES: tuple[Choice, ...] = (
    Choice(value="default", label="Ask", description="Asks before it edits or runs something"),
    Choice(value="acceptEdits", label="Accept edits", description="Edits files without asking"),
    Choice(value="plan", label="Plan", description="Reads and plans, changes nothing"),
    Choice(value="dontAsk", label="Don't ask", description="Denies what no permission rule allows"),
    Choice(value="auto", label="Auto", description="A model decides what is safe to run"),
    Choice(
        value=BYPASS,
        label="Bypass permissions",
        description="Runs everything without asking",
    ),
)


def mode_named(words: str) -> str | None:
    """Return the mode of that name, or of the words that the panel has for it; None if none is."""
    meant = _letters(words)
    for mode in MODES:
        if meant in (_letters(mode["value"]), _letters(mode["label"])):
            return mode["value"]
    return None


def _letters(words: str) -> str:
    return "".join(char for char in words.lower() if char.isalpha())


def refusal(mode: str, env: Mapping[str, str]) -> str:
    """Say why Claude Code would refuse a mode here; "" if it would not.

    Parameters
    ----------
    mode : str
        The permission mode.
    env : mapping
        What Claude Code's environment has on top of ours.
    """
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if mode != BYPASS or not is_root or {**os.environ, **env}.get("IS_SANDBOX") == "1":
        return ""
    return (
        "Permission requests stay on: Claude Code does not let root turn them off "
        "(in a sandbox, where IS_SANDBOX=1 is set, it does)"
    )


def offered(present: str, env: Mapping[str, str]) -> tuple[Choice, ...]:
    """Return the modes that can be chosen here, and the present one."""
    return tuple(
        mode for mode in MODES if mode["value"] == present or not refusal(mode["value"], env)
    )
