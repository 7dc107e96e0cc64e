"""What is wrong with a session's options, said in one line before anything is started.

Without these checks a misspelt mode would end the CLI at its start, or silently be ignored; a
string where a list belongs would be taken letter by letter.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, get_args

from ._option_types import EffortLevel, SettingSource
from ._permissions import CanUseToolShadowedWarning, PermissionMode

if TYPE_CHECKING:
    from ._options import ClaudeAgentOptions

_STRINGS = (
    "resume",
    "session_id",
    "resume_session_at",
    "resume_drops_turn",
    "model",
    "fallback_model",
    "permission_prompt_tool_name",
    "append_system_prompt",
    "client_app",
)
_STRING_LISTS = ("allowed_tools", "disallowed_tools", "betas")
_NUMBERS = ("max_turns", "max_budget_usd", "max_thinking_tokens", "max_buffer_size")
_CHOICES: dict[str, tuple[str, ...]] = {
    "permission_mode": get_args(PermissionMode),
    "effort": get_args(EffortLevel),
}
_THINKING = ("adaptive", "enabled", "disabled")


def check_options(options: ClaudeAgentOptions) -> None:
    """Refuse options that cannot work.

    Raises
    ------
    TypeError
        If a value has the wrong type.
    ValueError
        If a value is none of the possible ones, or two options exclude each other.
    """
    for name in _STRINGS:
        _expect(name, getattr(options, name), str, "a string")
    for name in _NUMBERS:
        value = getattr(options, name)
        if isinstance(value, bool):
            raise TypeError(f"{name} must be a number, not {value!r}")
        _expect(name, value, (int, float), "a number")
    for name in _STRING_LISTS:
        _expect_strings(name, getattr(options, name))
    for name, choices in _CHOICES.items():
        _expect_choice(name, getattr(options, name), choices)
    if options.setting_sources is not None:
        _expect_strings("setting_sources", options.setting_sources)
        for source in options.setting_sources:
            _expect_choice("setting_sources", source, get_args(SettingSource))
    for name in ("cwd", "cli_path", "settings"):
        _expect(name, getattr(options, name), (str, PathLike), "a path")
    _expect("add_dirs", options.add_dirs, (list, tuple), "a list of paths")
    _expect("mcp_servers", options.mcp_servers, (Mapping, str, PathLike), "a dict or a path")
    for name in ("env", "extra_args"):
        _expect(name, getattr(options, name), Mapping, "a dict")
    for name in ("can_use_tool", "stderr"):
        value = getattr(options, name)
        if value is not None and not callable(value):
            raise TypeError(f"{name} must be a function, not {_called(value)}")
    if options.can_use_tool is not None and options.permission_prompt_tool_name is not None:
        raise ValueError(
            "can_use_tool and permission_prompt_tool_name exclude each other: "
            "both answer the same question"
        )
    if isinstance(options.skills, str) and options.skills != "all":
        raise ValueError(f"skills is {options.skills!r}; write 'all' or a list of names")
    if options.skills is not None and not isinstance(options.skills, str):
        _expect_strings("skills", options.skills)
    if isinstance(options.tools, (list, tuple)):
        _expect_strings("tools", options.tools)
    elif options.tools is not None:
        _expect_preset("tools", options.tools, ("preset",))
    if options.system_prompt is not None and not isinstance(options.system_prompt, str):
        _expect_preset("system_prompt", options.system_prompt, ("preset", "custom", "file"))
    if options.output_format is not None:
        _expect_preset("output_format", options.output_format, ("json_schema",))
        if not isinstance(options.output_format.get("schema"), Mapping):
            raise ValueError("output_format needs a JSON Schema under 'schema'")
    _check_thinking(options.thinking)
    _check_hooks(options.hooks)


def _check_thinking(thinking: Any) -> None:
    if thinking is None:
        return
    _expect_preset("thinking", thinking, _THINKING)
    if thinking["type"] == "enabled" and not isinstance(thinking.get("budget_tokens"), int):
        raise ValueError(
            "thinking is enabled without a budget; write "
            "{'type': 'enabled', 'budget_tokens': 10000}, or {'type': 'adaptive'}"
        )


def _check_hooks(hooks: Any) -> None:
    if hooks is None:
        return
    _expect("hooks", hooks, Mapping, "a dict of lists by event")
    for event, matchers in hooks.items():
        if not isinstance(matchers, (list, tuple)) or not all(
            hasattr(matcher, "hooks") for matcher in matchers
        ):
            raise TypeError(f"hooks[{event!r}] must be a list of HookMatcher")


def _expect(name: str, value: Any, types: Any, what: str) -> None:
    if value is not None and not isinstance(value, types):
        raise TypeError(f"{name} must be {what}, not {_called(value)}")


def _expect_strings(name: str, value: Any) -> None:
    if isinstance(value, str):
        raise TypeError(f"{name} must be a list of strings; write [{value!r}]")
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"{name} must be a list of strings, not {_called(value)}")


def _expect_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise ValueError(f"{name} is {value!r}; it can be {', '.join(map(repr, choices))}")


def _expect_preset(name: str, value: Any, kinds: tuple[str, ...]) -> None:
    _expect(name, value, Mapping, "a dict with a 'type'")
    if value.get("type") not in kinds:
        raise ValueError(
            f"{name} has the type {value.get('type')!r}; it can be {', '.join(map(repr, kinds))}"
        )


def _called(value: Any) -> str:
    return f"{type(value).__name__} {str(value)[:40]!r}"


# --- a callback that is never asked -----------------------------------------------------------


def warn_if_shadowed(options: ClaudeAgentOptions) -> None:
    """Warn the line that makes the options if rules let tools through before ``can_use_tool``.

    Called from ``__post_init__``. A copy that `dataclasses.replace` makes was warned of already.
    """
    if options.can_use_tool is None:
        return
    caller = sys._getframe(3)  # above this, __post_init__ and __init__
    if caller.f_globals.get("__name__") == "dataclasses":
        return
    if options.permission_mode == "bypassPermissions":
        text = (
            "can_use_tool will not be asked: permission_mode is 'bypassPermissions', which lets "
            "every tool through. A PreToolUse hook sees every call."
        )
    else:
        tools = list(_allowed_whole(options))
        if not tools:
            return
        text = (
            f"can_use_tool will not be asked about {', '.join(tools)}: allowed_tools lets every "
            "call of it through. Leave it out there, narrow its rule, or use a PreToolUse hook, "
            "which sees every call."
        )
    warnings.warn(text, CanUseToolShadowedWarning, stacklevel=4)


def _allowed_whole(options: ClaudeAgentOptions) -> Iterator[str]:
    rules = [*options.allowed_tools, *(["Skill"] if options.skills == "all" else [])]
    for rule in rules:
        tool, bracket, rest = rule.partition("(")
        if not bracket or rest in (")", "*)"):
            yield tool
