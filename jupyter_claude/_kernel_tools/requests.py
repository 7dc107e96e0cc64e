"""`KernelRequests`: asks the user for looks at the kernel, and for code that runs in it.

The buttons never write a settings file. "Always allow looking in this session" sets the setting
``kernel``; "Approve for this turn" counts until the turn ends.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._asking.titles import title_of
from .._core.host import Host
from .._policy.policy import load_policy
from .._policy.rules import allowed_kernels
from .._requests import OwnRequest, new_id, said, waiting_line
from .._turns.items import RUN_CODE, pretty
from .._turns.requests import Field, PermissionRequest
from .._turns.turn import Turn
from .._user_tools.tools import UserTools
from .texts import LOOKING


class KernelRequests:
    """The user's say in the kernel's tools.

    Parameters
    ----------
    host : Host
        Its settings say whether looking is allowed.
    tools : UserTools
        The tools that the user made.
    effects : callable
        Returns in lines what code seems to do.
    edited : callable
        Called with the id of a call, Claude's code and the code as the user edited it.
    """

    def __init__(
        self,
        host: Host,
        tools: UserTools,
        effects: Callable[[str], list[str]],
        edited: Callable[[str, str, str], None],
    ) -> None:
        self._host = host
        self._tools = tools
        self._effects = effects
        self._edited = edited
        self._turns: set[str] = set()  # in which code may run without another question

    def allows(self, tool: str, turn: Turn) -> bool:
        """Whether the user has allowed a call already."""
        if tool in LOOKING:
            look = "look" in allowed_kernels(load_policy())
            return look and self._host.settings.kernel == "look"
        if tool == RUN_CODE:
            return turn.id in self._turns
        return load_policy().always_allow and self._tools.allows(tool)

    def request(
        self, tool: str, tool_input: dict[str, Any], call: str | None, turn: Turn
    ) -> OwnRequest | None:
        """Return the request for a call of one of the kernel's tools; None for other tools."""
        waiting = waiting_line(self._host.settings.request_timeout)
        if tool in LOOKING:
            looks = _request(
                tool,
                waiting,
                tool_input,
                "Always allow looking in this session",
                always="look" in allowed_kernels(load_policy()),
            )
            return OwnRequest(looks, lambda _: self._always_look(), _no_edit)
        users = self._tools.named(tool)
        if users is not None:
            button = f"Always allow {users.name} in this session"
            title = f"Run your function {users.name}?"
            asks = _request(tool, waiting, tool_input, button, title=title, always=True)
            return OwnRequest(asks, lambda _: self._tools.allow(users), _no_edit)
        code = tool_input.get("code")
        if tool != RUN_CODE or not isinstance(code, str):
            return None

        def edit(edited: str) -> dict[str, Any]:
            self._edited(call or "", code, edited)
            return {**tool_input, "code": edited}

        runs = _request(
            tool,
            waiting,
            {name: value for name, value in tool_input.items() if name not in ("code", "why")},
            "Approve for this turn",
            code=code,
            effects=self._effects(code),
            why=str(tool_input.get("why") or ""),
        )
        return OwnRequest(runs, lambda _: self._turns.add(turn.id), edit)

    def _always_look(self) -> None:
        self._host.settings.kernel = "look"


def _request(
    tool: str,
    waiting: str,
    fields: dict[str, Any],
    button: str,
    *,
    code: str | None = None,
    effects: list[str] | None = None,
    why: str = "",
    title: str = "",
    always: bool | None = None,
) -> PermissionRequest:
    """Make a request; `always` says of an "Always allow" button whether it may be there."""
    has_button = always is None or (always and load_policy().always_allow)
    return PermissionRequest(
        id=new_id(),
        waiting=waiting,
        tool=tool,
        reason="",
        command=None,
        path=None,
        new_file=False,
        diff=None,
        fields=[
            Field(name=name, value=value if isinstance(value, str) else pretty(value))
            for name, value in fields.items()
        ],
        says=said(why),
        suggestions=[{"index": 0, "label": button}] if has_button else [],
        code=code,
        effects=effects or [],
        title=title or title_of(tool, fields, Path()),
    )


def _no_edit(code: str) -> dict[str, Any]:
    raise ValueError("a look has no code to edit")
