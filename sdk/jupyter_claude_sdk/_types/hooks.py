"""Hooks: callbacks that the CLI calls at certain points of a turn.

Source: the documented Python reference of the Agent SDK.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union

from .._base.repr import ShortRepr
from .hook_types import HookJSONOutput

__all__ = ["HookCallback", "HookContext", "HookMatcher"]


@dataclass
class HookContext:
    """What a hook gets beside its input.

    Attributes
    ----------
    signal : optional
        Reserved; always None. ``context["signal"]`` reads it too.
    """

    signal: Any = None

    def __getitem__(self, name: str) -> Any:
        if name != "signal":
            raise KeyError(name)
        return self.signal

    def get(self, name: str, default: Any = None) -> Any:
        """Return ``context[name]``; return `default` if `name` is not ``"signal"``."""
        return self.signal if name == "signal" else default


#: ``async (input_data, tool_use_id, context) -> output``. `HookInput` is the type of the first
#: argument, `HookJSONOutput` that of the result. A plain dict will do too.
HookCallback = Callable[
    [Any, Union[str, None], HookContext],
    Awaitable[Union[HookJSONOutput, Mapping[str, Any], None]],
]


@dataclass(repr=False)
class HookMatcher(ShortRepr):
    """Hooks, and the calls that they are for.

    Parameters
    ----------
    matcher : str, optional
        A tool's name or a pattern, such as ``"Bash"`` or ``"Write|Edit"``; None matches all.
    hooks : list of callable
        The hooks, each ``async (input_data, tool_use_id, context) -> output``.
    timeout : float, optional
        Seconds for all hooks of this matcher; the CLI's default is 60.
    on_failure : str, optional
        What happens if a hook raises, takes too long, or returns what the CLI would ignore.
        ``"block"`` blocks the call, ``"continue"`` and None let it continue. The SDK logs the error
        in both cases. With ``"block"`` a hook must return a dict: ``{}`` lets the call continue,
        None blocks it. Connecting fails if the CLI does not support ``"block"`` or
        did not take the hooks.
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
