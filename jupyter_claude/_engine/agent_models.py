"""Holds the models that Claude itself chooses for subagents to the administrator's policy."""

from __future__ import annotations

from typing import Any

from jupyter_claude_sdk import HookMatcher

from .._policy import rules
from .._policy.policy import load_policy


def hooks() -> dict[Any, list[HookMatcher]]:
    """Return the hooks for the options at a start; none without such a policy."""
    if load_policy().models is None:
        return {}
    return {"PreToolUse": [HookMatcher(matcher="Agent|Task", hooks=[_check])]}


async def _check(event: Any, tool_use_id: str | None, context: Any) -> Any:
    model = (event.get("tool_input") or {}).get("model")
    if model in (None, "", "inherit"):
        return {}
    refused = rules.refused_model(load_policy(), str(model))
    if not refused:
        return {}
    return {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": f"{refused}. Leave the model out.",
        }
    }
