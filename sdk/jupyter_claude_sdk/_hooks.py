"""Hooks: callbacks that the CLI calls at points of a turn.

Source: the documented Python reference of the Agent SDK.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union

from ._errors import CLIConnectionError
from ._hook_types import HookEvent, HookJSONOutput
from ._repr import ShortRepr

#: What the CLI reads only inside of ``hookSpecificOutput``.
_SPECIFIC = frozenset(
    {"permissionDecision", "permissionDecisionReason", "updatedInput", "additionalContext"}
)


@dataclass
class HookContext:
    """What a hook is told besides its input.

    Attributes
    ----------
    signal : optional
        Kept for later use; None. ``context["signal"]`` reads it too.
    """

    signal: Any = None

    def __getitem__(self, name: str) -> Any:
        if name != "signal":
            raise KeyError(name)
        return self.signal

    def get(self, name: str, default: Any = None) -> Any:
        """Return ``context[name]``, or `default` where `name` is not ``"signal"``."""
        return self.signal if name == "signal" else default


#: ``async (input_data, tool_use_id, context) -> output``. `HookInput` types the first argument,
#: `HookJSONOutput` the result; plain dicts do as well.
HookCallback = Callable[
    [Any, Union[str, None], HookContext],
    Awaitable[Union[HookJSONOutput, Mapping[str, Any], None]],
]


@dataclass(repr=False)
class HookMatcher(ShortRepr):
    """Which calls a list of hooks is for.

    Parameters
    ----------
    matcher : str, optional
        A tool's name or pattern, such as ``"Bash"`` or ``"Write|Edit"``; None matches all.
    hooks : list of callable
        The hooks, each ``async (input_data, tool_use_id, context) -> output``.
    timeout : float, optional
        Seconds for all hooks of this matcher; the CLI's default is 60.
    on_failure : str, optional
        What happens if a hook raises or takes too long: ``"block"`` blocks what it was asked
        about, ``"continue"`` (and None) goes on. It is logged in any case. With a CLI that cannot
        block, connecting fails.
    """

    matcher: str | None = None
    hooks: list[HookCallback] = field(default_factory=list)
    timeout: float | None = None
    on_failure: Literal["continue", "block"] | None = None

    def __post_init__(self) -> None:
        if self.matcher is not None and not isinstance(self.matcher, str):
            raise TypeError(
                "HookMatcher.matcher must be a tool's name or pattern such as 'Write|Edit', not "
                f"{type(self.matcher).__name__}; functions go into hooks=[…]"
            )
        if not isinstance(self.hooks, (list, tuple)) or not all(map(callable, self.hooks)):
            raise TypeError("HookMatcher.hooks must be a list of functions; write hooks=[function]")
        if self.timeout is not None and (
            isinstance(self.timeout, bool) or not isinstance(self.timeout, (int, float))
        ):
            raise TypeError(
                f"HookMatcher.timeout must be a number of seconds, not {self.timeout!r}"
            )
        if self.on_failure not in (None, "continue", "block"):
            raise ValueError(f"on_failure is {self.on_failure!r}; it can be 'continue', 'block'")


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
