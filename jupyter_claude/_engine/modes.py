"""The permission modes, and where the user can turn permission requests off.

Also the values of the setting ``kernel``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypedDict

from .._policy import rules
from .._policy.policy import load_policy


class Choice(TypedDict):
    """One choice: a model or a permission mode."""

    value: str
    label: str
    description: str


#: The mode without permission requests.
BYPASS = "bypassPermissions"

#: The warning before the user chooses that mode. The panel says the same.
BYPASS_MEANS = (
    "Claude then runs everything without asking, also commands that delete files or send data. "
    "This lasts until you choose another mode or the kernel ends."
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

#: Whether Claude may look into the kernel. In the panel, the labels complete "Claude may".
KERNEL: tuple[Choice, ...] = (
    Choice(
        value="off",
        label="not look",
        description="Claude can neither look into this kernel nor run code in it",
    ),
    Choice(
        value="ask",
        label="ask each time",
        description="each look into this kernel, and each run of code in it, asks you",
    ),
    Choice(
        value="look",
        label="look without asking",
        description="Claude looks into this kernel without asking; each run of code asks you",
    ),
)


def mode_named(words: str) -> str | None:
    """Return the mode with this name or with this label in the panel; None without one."""
    meant = _letters(words)
    for mode in MODES:
        if meant in (_letters(mode["value"]), _letters(mode["label"])):
            return mode["value"]
    return None


def label_of(name: str) -> str:
    """Return a mode's label in the panel."""
    return next((mode["label"] for mode in MODES if mode["value"] == name), name)


def _letters(words: str) -> str:
    return "".join(char for char in words.lower() if char.isalpha())


def refusal(mode: str, env: Mapping[str, str]) -> str:
    """Return why Claude Code would refuse a mode here; "" if it accepts the mode.

    Parameters
    ----------
    mode : str
        The permission mode.
    env : mapping
        Variables that Claude Code gets in addition to this process's own.
    """
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if mode != BYPASS or not is_root or {**os.environ, **env}.get("IS_SANDBOX") == "1":
        return ""
    return (
        "Permission requests stay on: Claude Code does not let root turn them off, "
        "except in a sandbox (IS_SANDBOX=1)"
    )


def offered(present: str, env: Mapping[str, str]) -> tuple[Choice, ...]:
    """Return the modes to choose from here, always with the present one."""
    policy = load_policy()
    return tuple(
        mode
        for mode in MODES
        if mode["value"] == present
        or not (refusal(mode["value"], env) or rules.refused_mode(policy, mode["value"]))
    )


def offered_kernels() -> tuple[Choice, ...]:
    """Return the values of ``kernel`` to choose from, as the administrator's policy allows."""
    allowed = rules.allowed_kernels(load_policy())
    return tuple(choice for choice in KERNEL if choice["value"] in allowed)
