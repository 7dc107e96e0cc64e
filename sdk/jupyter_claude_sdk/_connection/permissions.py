"""Asks the user's permission callback, and makes the wire's answer of its result."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from typing import Any

from .._types.permissions import (
    CanUseTool,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionUpdate,
    ToolPermissionContext,
    wire_update,
)

logger = logging.getLogger("jupyter_claude_sdk")


async def decide(callback: CanUseTool, request: dict[str, Any]) -> dict[str, Any]:
    """Ask a permission callback about a ``can_use_tool`` request; return the wire's answer.

    Raises
    ------
    TypeError
        If the callback returns something that is not an answer.
    """
    tool_input = request.get("input") or {}
    context = ToolPermissionContext.from_request(request)
    result: Any = callback(str(request.get("tool_name")), tool_input, context)
    if inspect.isawaitable(result):  # a plain function returns its result at once
        result = await result
    return permission_answer(result, tool_input)


#: The names of the result classes' fields on the wire. A dict may use either name.
_WIRE_NAMES = {"updated_input": "updatedInput", "updated_permissions": "updatedPermissions"}


def permission_answer(result: Any, tool_input: dict[str, Any]) -> dict[str, Any]:
    """Turn what a permission callback returned into the wire's answer.

    Raises
    ------
    TypeError
        If `result` is neither a result class nor a dict with ``behavior`` "allow" or "deny".
    """
    if isinstance(result, PermissionResultAllow):
        answer: dict[str, Any] = {
            "behavior": "allow",
            "updatedInput": tool_input if result.updated_input is None else result.updated_input,
        }
        return _with_updates(answer, result.updated_permissions)
    if isinstance(result, PermissionResultDeny):
        return {"behavior": "deny", "message": result.message, "interrupt": result.interrupt}
    if isinstance(result, dict) and result.get("behavior") in ("allow", "deny"):
        answer = dict(result)
        for python_name, wire_name in _WIRE_NAMES.items():
            if python_name in answer:  # else the CLI would run the tool with its first input
                answer.setdefault(wire_name, answer.pop(python_name))
        if answer["behavior"] == "allow":
            if answer.get("updatedInput") is None:
                answer["updatedInput"] = tool_input
            return _with_updates(answer, answer.pop("updatedPermissions", None))
        answer.setdefault("message", "")
        return answer
    raise TypeError(
        "can_use_tool must return PermissionResultAllow, PermissionResultDeny or a dict with "
        f"'behavior' 'allow' or 'deny', not {type(result).__name__}"
    )


def _with_updates(answer: dict[str, Any], updates: Any) -> dict[str, Any]:
    """Add changes of permissions to an answer: all, or with a warning none.

    The CLI would ignore all of them because of one that it cannot use.
    """
    if updates is None:
        return answer
    try:
        if not isinstance(updates, (list, tuple)):
            raise ValueError(f"they must be a list, not {type(updates).__name__}")
        answer["updatedPermissions"] = [_update(item) for item in updates]
    except ValueError as error:
        logger.warning(
            "can_use_tool allowed the call, but its updated_permissions are left out: %s", error
        )
    return answer


def _update(item: Any) -> dict[str, Any]:
    if isinstance(item, PermissionUpdate):
        return item.to_dict()
    if isinstance(item, Mapping):
        return wire_update(item)
    raise ValueError(f"they must be PermissionUpdate objects, not {type(item).__name__}")
