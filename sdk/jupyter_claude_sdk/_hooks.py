"""Hooks: callbacks that the CLI calls at points of a turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union

from ._errors import CLIConnectionError
from ._hook_types import HookEvent, HookJSONOutput
from ._repr import ShortRepr


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
        """Return ``context[name]``, or `default`."""
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
        output = await callback(
            request.get("input") or {}, request.get("tool_use_id"), HookContext()
        )
        answer: dict[str, Any] = dict(output or {})
        # Python reserves two of the wire's words, so hooks spell them with an underscore.
        for python_name, wire_name in (("async_", "async"), ("continue_", "continue")):
            if python_name in answer:
                answer[wire_name] = answer.pop(python_name)
        return answer
