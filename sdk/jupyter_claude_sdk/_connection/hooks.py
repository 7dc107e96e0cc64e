"""Calling the hooks that the CLI asks for."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from .._errors import CLIConnectionError
from .._types.hook_types import HookEvent
from .._types.hooks import HookCallback, HookContext, HookMatcher

#: What the CLI reads only inside of ``hookSpecificOutput``.
_SPECIFIC = frozenset(
    {"permissionDecision", "permissionDecisionReason", "updatedInput", "additionalContext"}
)


class HookRegistry:
    """Gives each hook an id for the CLI to call it by."""

    def __init__(self, hooks: Mapping[HookEvent, list[HookMatcher]] | None) -> None:
        self.callbacks: dict[str, HookCallback] = {}
        self.wire: dict[str, list[dict[str, Any]]] | None = None
        self._blocks = False  # whether a failure of some hook is to block
        if not hooks:
            return
        self.wire = {}
        for event, matchers in hooks.items():
            self.wire[event] = [self._register(matcher) for matcher in matchers]

    def _register(self, matcher: HookMatcher) -> dict[str, Any]:
        ids = []
        for hook in matcher.hooks:
            ids.append(f"hook_{len(self.callbacks)}")
            self.callbacks[ids[-1]] = hook
        entry: dict[str, Any] = {"matcher": matcher.matcher, "hookCallbackIds": ids}
        if matcher.timeout is not None:
            entry["timeout"] = matcher.timeout
        self._blocks |= matcher.on_failure == "block"
        if matcher.on_failure is not None:
            entry["onFailure"] = matcher.on_failure
        return entry

    def check_server(self, server_info: Mapping[str, Any]) -> None:
        """Refuse a CLI that would let through what a failed hook is to block.

        Raises
        ------
        CLIConnectionError
            If there is such a hook and the CLI does not say that it can.
        """
        if self._blocks and not server_info.get("hook_on_failure_supported"):
            raise CLIConnectionError(
                'A hook has on_failure="block", which this Claude Code cannot do: install a newer '
                "one, or leave on_failure out"
            )

    async def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call the hook that a ``hook_callback`` request names and return its answer."""
        callback = self.callbacks[request["callback_id"]]
        given = request.get("input") or {}
        output: Any = callback(given, request.get("tool_use_id"), HookContext())
        if inspect.isawaitable(output):  # a plain function may answer at once
            output = await output
        return _hook_answer(output, given.get("hook_event_name"))


def _hook_answer(output: Any, event: str | None) -> dict[str, Any]:
    """Turn what a hook returned into the wire's answer.

    Raises
    ------
    TypeError, ValueError
        If the CLI would pass over it in silence, and do what the hook meant to stop.
    """
    if output is None:
        return {}
    if not isinstance(output, Mapping):
        raise TypeError(f"A hook must return a dict, not {type(output).__name__}")
    answer = dict(output)
    # Python reserves two of the wire's words, so hooks spell them with an underscore.
    for python_name, wire_name in (("async_", "async"), ("continue_", "continue")):
        if python_name in answer:
            answer[wire_name] = answer.pop(python_name)
    misplaced = _SPECIFIC.intersection(answer)
    if misplaced:
        raise ValueError(
            f"A hook's {', '.join(sorted(misplaced))} must stand in its 'hookSpecificOutput'"
        )
    if answer.get("decision") not in (None, "block", "approve"):
        raise ValueError(f"A hook's decision is {answer['decision']!r}; it can be 'block'")
    specific = answer.get("hookSpecificOutput")
    if isinstance(specific, Mapping) and "hookEventName" not in specific and event is not None:
        answer["hookSpecificOutput"] = {"hookEventName": event, **specific}
    return answer
