"""Claude's plan, which the user approves, edits or sends back.

The CLI tells Claude by itself which plan was approved, and whether the user edited it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_claude_sdk import (
    PermissionMode,
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionUpdate,
)

from .._policy.policy import load_policy
from .._policy.rules import refused_mode
from .._turns import kept_plans
from .._turns.items import PLAN_TOOL
from .._turns.requests import AlwaysAllow

PLAN = PLAN_TOOL
TITLE = "Claude's plan"

#: The buttons that approve, the permission mode after each, and the outcome in words.
_BUTTONS: tuple[tuple[str, PermissionMode, str], ...] = (
    ("Approve and accept edits", "acceptEdits", "Approved. Claude edits files without asking"),
    ("Approve and ask for each edit", "default", "Approved. Claude asks for each edit"),
)


def buttons() -> list[AlwaysAllow]:
    """Return the buttons that approve a plan, as the administrator's policy allows."""
    policy = load_policy()
    return [
        {"index": index, "label": label}
        for index, (label, mode, _) in enumerate(_BUTTONS)
        if not refused_mode(policy, mode)
    ]


def plan_in(given: Mapping[str, Any]) -> str:
    """Return the plan in the tool's input; "" without one."""
    plan = given.get("plan")
    return plan if isinstance(plan, str) else ""


def approved(
    given: dict[str, Any], index: int | None, edited: str | None
) -> tuple[PermissionResult, str]:
    """Return the answer to the CLI, and the outcome in words.

    Parameters
    ----------
    given : dict
        The tool's input.
    index : int or None
        The button; None asks for each edit.
    edited : str or None
        The plan as the user edited it.
    """
    possible = [button["index"] for button in buttons()]
    if not possible:
        return kept_planning("The administrator's policy allows no mode in which a plan is done.")
    usual = 1 if 1 in possible else possible[0]
    _, mode, outcome = _BUTTONS[index if index in possible else usual]
    update = PermissionUpdate(type="setMode", mode=mode, destination="session")
    if edited is None:
        return PermissionResultAllow(updated_permissions=[update]), outcome
    changed = {**given, "plan": edited}
    result = PermissionResultAllow(updated_input=changed, updated_permissions=[update])
    return result, f"{outcome}. You edited the plan"


def kept_planning(message: str) -> tuple[PermissionResultDeny, str]:
    """Return the answer to the CLI that keeps it in plan mode, and the outcome in words."""
    message = message.strip()
    told = kept_plans.for_claude(message)
    return PermissionResultDeny(message=told), kept_plans.for_user(message)
