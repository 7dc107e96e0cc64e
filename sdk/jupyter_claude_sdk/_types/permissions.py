"""Permissions: the CLI's requests before it uses a tool, and the answers of a callback.

Source: the documented Python reference of the Agent SDK, and requests observed on the CLI.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union, get_args

from .._base.repr import ShortRepr

__all__ = [
    "CanUseTool",
    "CanUseToolShadowedWarning",
    "PermissionBehavior",
    "PermissionMode",
    "PermissionResult",
    "PermissionResultAllow",
    "PermissionResultDeny",
    "PermissionRuleValue",
    "PermissionUpdate",
    "PermissionUpdateDestination",
    "PermissionUpdateType",
    "ToolPermissionContext",
]

PermissionBehavior = Literal["allow", "deny", "ask"]
PermissionUpdateType = Literal[
    "addRules", "replaceRules", "removeRules", "setMode", "addDirectories", "removeDirectories"
]
PermissionUpdateDestination = Literal["userSettings", "projectSettings", "localSettings", "session"]
PermissionMode = Literal["default", "acceptEdits", "plan", "bypassPermissions", "dontAsk", "auto"]


class CanUseToolShadowedWarning(UserWarning):
    """Because of ``allowed_tools`` or the mode, ``can_use_tool`` is not called for some tools."""


@dataclass(repr=False)
class PermissionRuleValue(ShortRepr):
    """One permission rule. ``str()`` returns its form in settings, such as ``Bash(ls:*)``.

    Attributes
    ----------
    tool_name : str
        The tool, such as ``"Bash"``.
    rule_content : str, optional
        Which of the tool's calls, such as ``"ls:*"``; None means all.
    """

    tool_name: str
    rule_content: str | None = None

    def __str__(self) -> str:
        return f"{self.tool_name}({self.rule_content})" if self.rule_content else self.tool_name


@dataclass(repr=False)
class PermissionUpdate(ShortRepr):
    """A change of permissions, as part of an answer such as "always allow".

    ``to_dict()`` returns the wire's form. `from_dict` keeps fields that this class does not have.

    Attributes
    ----------
    type : str
        What changes: the rules, the mode, or the folders that tools may use.
    rules, behavior : optional
        The rules, and whether they allow, deny or ask.
    mode : str, optional
        The new mode.
    directories : list of str, optional
        The folders.
    destination : str, optional
        Where the change is kept: ``"session"``, or a settings file. None means ``"session"``.
    raw : dict
        The wire's form as it came.
    """

    type: PermissionUpdateType
    rules: list[PermissionRuleValue] | None = None
    behavior: PermissionBehavior | None = None
    mode: PermissionMode | None = None
    directories: list[str] | None = None
    destination: PermissionUpdateDestination | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the wire's form.

        Raises
        ------
        ValueError
            If the CLI cannot use the update: its type is unknown, or it lacks what its type needs.
        """
        data = dict(self.raw)
        data["type"] = self.type
        if self.rules is not None:
            data["rules"] = self.rules
        for name in ("behavior", "mode", "directories", "destination"):
            value = getattr(self, name)
            if value is not None:
                data[name] = value
        # A type that came from a newer CLI may go back to it.
        return data if self.type and data == self.raw else wire_update(data)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "PermissionUpdate":
        """Make an update of the wire's form."""
        rules = data.get("rules")
        return cls(
            type=data.get("type", ""),
            rules=None
            if rules is None
            else [PermissionRuleValue(str(r.get("toolName")), r.get("ruleContent")) for r in rules],
            behavior=data.get("behavior"),
            mode=data.get("mode"),
            directories=data.get("directories"),
            destination=data.get("destination"),
            raw=data,
        )


#: What an update of each type needs.
_NEEDED: dict[str, tuple[str, ...]] = {
    "addRules": ("rules", "behavior"),
    "replaceRules": ("rules", "behavior"),
    "removeRules": ("rules", "behavior"),
    "setMode": ("mode",),
    "addDirectories": ("directories",),
    "removeDirectories": ("directories",),
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "behavior": get_args(PermissionBehavior),
    # The CLI also names the rules of its own arguments.
    "destination": (*get_args(PermissionUpdateDestination), "cliArg"),
}


def wire_update(update: Mapping[str, Any]) -> dict[str, Any]:
    """Make the wire's form of an update that is given by a program.

    Raises
    ------
    ValueError
        If the CLI cannot use it. It would ignore all updates of the answer, and say nothing.
    """
    kind = update.get("type")
    if kind not in _NEEDED:
        raise ValueError(f"A PermissionUpdate has the type {kind!r}; it can be {list(_NEEDED)}")
    data = {"destination": "session", **update}
    if data["destination"] is None:
        data["destination"] = "session"
    for name in _NEEDED[kind]:
        if data.get(name) is None:
            raise ValueError(f"A PermissionUpdate of the type {kind!r} needs {name}")
        if name in ("rules", "directories") and not isinstance(data[name], (list, tuple)):
            raise ValueError(f"A PermissionUpdate's {name} must be a list")
    for name, choices in _CHOICES.items():
        if data.get(name) is not None and data[name] not in choices:
            raise ValueError(
                f"A PermissionUpdate's {name} is {data[name]!r:.40}; it can be {list(choices)}"
            )
    if data.get("rules") is not None:
        data["rules"] = [_wire_rule(rule) for rule in data["rules"]]
    return data


def _wire_rule(rule: Any) -> dict[str, Any]:
    tool: Any = None
    content: Any = None
    if isinstance(rule, PermissionRuleValue):
        tool, content = rule.tool_name, rule.rule_content
    elif isinstance(rule, Mapping):
        tool = rule.get("toolName", rule.get("tool_name"))
        content = rule.get("ruleContent", rule.get("rule_content"))
    if not isinstance(tool, str) or not isinstance(content, (str, type(None))):
        raise ValueError(
            "A PermissionUpdate's rules must be PermissionRuleValue('TOOL', 'CONTENT'), not "
            f"{rule!r:.60}"
        )
    return {"toolName": tool} | ({} if content is None else {"ruleContent": content})


@dataclass(repr=False)
class ToolPermissionContext(ShortRepr):
    """What the CLI says about a tool call when it asks for permission.

    Attributes
    ----------
    signal : optional
        Reserved; always None.
    suggestions : list of PermissionUpdate
        What "always allow" could mean here. Return one in ``updated_permissions`` to allow it.
    tool_use_id : str, optional
        The call's id, as in its `ToolUseBlock`.
    agent_id : str, optional
        The subagent that wants to use the tool.
    blocked_path : str, optional
        The path that needs the permission.
    decision_reason : str, optional
        Why the CLI asks.
    title, display_name, description : str, optional
        A heading, the tool's name and what the call does, for people.
    raw : dict
        The whole request.
    """

    signal: Any = None
    suggestions: list[PermissionUpdate] = field(default_factory=list)
    tool_use_id: str | None = None
    agent_id: str | None = None
    blocked_path: str | None = None
    decision_reason: str | None = None
    title: str | None = None
    display_name: str | None = None
    description: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_request(cls, request: dict[str, Any]) -> "ToolPermissionContext":
        """Make a context of a ``can_use_tool`` request."""
        return cls(
            suggestions=[
                PermissionUpdate.from_dict(item)
                for item in request.get("permission_suggestions") or []
            ],
            tool_use_id=request.get("tool_use_id"),
            agent_id=request.get("agent_id"),
            blocked_path=request.get("blocked_path"),
            decision_reason=request.get("decision_reason"),
            description=request.get("description"),
            display_name=request.get("display_name"),
            title=request.get("title"),
            raw=request,
        )


@dataclass(repr=False)
class PermissionResultAllow(ShortRepr):
    """Let the tool run, with its own input or with another one.

    Attributes
    ----------
    behavior : str
        "allow".
    updated_input : dict, optional
        Another input for the tool; None keeps its own.
    updated_permissions : list of PermissionUpdate, optional
        Changes of permissions, such as one of the context's ``suggestions``. If the CLI cannot use
        one of them, the SDK sends none and logs a warning. The call is allowed all the same.
    """

    behavior: Literal["allow"] = "allow"
    updated_input: dict[str, Any] | None = None
    updated_permissions: list[PermissionUpdate] | None = None


@dataclass(repr=False)
class PermissionResultDeny(ShortRepr):
    """Refuse the tool call.

    Attributes
    ----------
    behavior : str
        "deny".
    message : str
        The reason, for Claude.
    interrupt : bool
        Whether to end the turn too.
    """

    behavior: Literal["deny"] = "deny"
    message: str = ""
    interrupt: bool = False


PermissionResult = Union[PermissionResultAllow, PermissionResultDeny]

#: ``async (tool_name, input, context) -> result``; a plain dict in the wire's form will do too.
CanUseTool = Callable[
    [str, dict[str, Any], ToolPermissionContext],
    Awaitable[Union[PermissionResult, dict[str, Any]]],
]
