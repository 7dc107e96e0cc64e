"""Hooks: callbacks that the CLI calls at points of a turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Union

HookEvent = Literal[
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "UserPromptSubmit",
    "Stop",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "PermissionRequest",
    "Notification",
]


@dataclass
class HookContext:
    """What a hook is told besides its input; ``signal`` is kept for later use and is None."""

    signal: Any = None


#: ``async (input_data, tool_use_id, context) -> dict``
HookCallback = Callable[[dict[str, Any], Union[str, None], HookContext], Awaitable[dict[str, Any]]]


@dataclass
class HookMatcher:
    """Which calls a list of hooks is for.

    Parameters
    ----------
    matcher : str, optional
        A tool's name or pattern, such as ``"Bash"`` or ``"Write|Edit"``; None matches all.
    hooks : list of callable
        The hooks, each ``async (input_data, tool_use_id, context) -> dict``.
    timeout : float, optional
        Seconds for all hooks of this matcher; the CLI's default is 60.
    on_failure : str, optional
        ``"block"`` makes a hook that raises or times out block the call; otherwise it goes on.
    """

    matcher: str | None = None
    hooks: list[HookCallback] = field(default_factory=list)
    timeout: float | None = None
    on_failure: str | None = None


class HookRegistry:
    """Gives each hook an id for the CLI to call it by."""

    def __init__(self, hooks: dict[Any, list[HookMatcher]] | None) -> None:
        self.callbacks: dict[str, HookCallback] = {}
        self.wire: dict[str, list[dict[str, Any]]] | None = None
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
        if matcher.on_failure is not None:
            entry["onFailure"] = matcher.on_failure
        return entry

    async def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call the hook that a ``hook_callback`` request names and return its answer."""
        callback = self.callbacks[request["callback_id"]]
        answer = await callback(
            request.get("input") or {}, request.get("tool_use_id"), HookContext()
        )
        answer = dict(answer or {})
        # Python reserves two of the wire's words, so hooks spell them with an underscore.
        for python_name, wire_name in (("async_", "async"), ("continue_", "continue")):
            if python_name in answer:
                answer[wire_name] = answer.pop(python_name)
        return answer
