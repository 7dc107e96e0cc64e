"""What is wrong with a session's options, said in one line before anything is started.

Without these checks a misspelt mode would end the CLI at its start, or silently be ignored; a
string where a list belongs would be taken letter by letter; a hook of a misspelt event would never
be called. Values that may hold a secret (``env``, ``mcp_servers``, ``settings``, ``extra_args``)
are not shown.
"""

from __future__ import annotations

import difflib
import json
import math
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, get_args

from ._hook_types import HookEvent
from ._hooks import HookMatcher
from ._mcp import SdkMcpTool
from ._option_types import EffortLevel, SettingSource, ThinkingDisplay
from ._permissions import CanUseToolShadowedWarning, PermissionMode
from ._stores import SessionStoreFlushMode

if TYPE_CHECKING:
    from ._options import AgentDefinition, ClaudeAgentOptions

_STRINGS = (
    "resume",
    "session_id",
    "resume_session_at",
    "resume_drops_turn",
    "model",
    "fallback_model",
    "permission_prompt_tool_name",
    "append_system_prompt",
    "user",
    "client_app",
)
_STRING_LISTS = ("allowed_tools", "disallowed_tools", "betas")
#: Whole numbers, each with the least that it can be.
_WHOLE = {"max_turns": 0, "max_thinking_tokens": 0, "max_buffer_size": 1, "load_timeout_ms": 1}
_SWITCHES = (
    "strict_mcp_config",
    "continue_conversation",
    "fork_session",
    "include_partial_messages",
    "include_hook_events",
    "forward_subagent_text",
    "verbatim_prompts",
    "enable_file_checkpointing",
)
_CHOICES: dict[str, tuple[str, ...]] = {
    "permission_mode": get_args(PermissionMode),
    "effort": get_args(EffortLevel),
    "session_store_flush": get_args(SessionStoreFlushMode),
}
_THINKING = ("adaptive", "enabled", "disabled")
_PATH = (str, PathLike)
#: What a server of each type must say.
_SERVER_NEEDS = {"stdio": "command", "sse": "url", "http": "url"}


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
    for name, least in _WHOLE.items():
        _expect_whole(name, getattr(options, name), least)
    for name in _SWITCHES:
        _expect(name, getattr(options, name), bool, "True or False")
    for name in _STRING_LISTS:
        _expect_strings(name, getattr(options, name))
    for name, choices in _CHOICES.items():
        _expect_choice(name, getattr(options, name), choices)
    _check_budget(options.max_budget_usd)
    if options.setting_sources is not None:
        _expect_strings("setting_sources", options.setting_sources)
        for source in options.setting_sources:
            _expect_choice("setting_sources", source, get_args(SettingSource))
    for name in ("cwd", "cli_path"):
        _expect(name, getattr(options, name), _PATH, "a path")
    if not isinstance(options.settings, (str, PathLike, type(None))):
        raise TypeError(
            f"settings must be a path or JSON text, not {type(options.settings).__name__}; "
            "write json.dumps(…) around it"
        )
    _check_json("settings", options.settings)
    _expect("add_dirs", options.add_dirs, (list, tuple), "a list of paths")
    for folder in options.add_dirs:
        _expect("add_dirs", folder, _PATH, "a list of paths")
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
    if isinstance(options.tools, Mapping):
        _expect_preset("tools", options.tools, ("preset",))
    elif options.tools is not None:
        _expect_strings("tools", options.tools)
    _check_prompt(options.system_prompt)
    _check_output_format(options.output_format)
    _check_thinking(options.thinking)
    _expect("sandbox", options.sandbox, Mapping, "a dict such as {'enabled': True}")
    if options.task_budget is not None:
        _expect("task_budget", options.task_budget, Mapping, "a dict such as {'total': 50000}")
        _expect_whole("task_budget['total']", options.task_budget.get("total"), 1, needed=True)
    _check_strings_by_name(options)
    _check_servers(options.mcp_servers)
    _check_plugins(options.plugins)
    _check_agents(options.agents)
    _check_hooks(options.hooks)
    _check_store(options.session_store)


def check_agent(agent: AgentDefinition) -> None:
    """Refuse a subagent that cannot work; errors as in `check_options`."""
    for name in ("description", "prompt", "model", "initialPrompt"):
        _expect(f"AgentDefinition.{name}", getattr(agent, name), str, "a string")
    for name in ("tools", "disallowedTools", "skills"):
        if getattr(agent, name) is not None:
            _expect_strings(f"AgentDefinition.{name}", getattr(agent, name))
    _expect_choice("AgentDefinition.memory", agent.memory, get_args(SettingSource))
    _expect_choice("AgentDefinition.permissionMode", agent.permissionMode, get_args(PermissionMode))
    _expect_whole("AgentDefinition.maxTurns", agent.maxTurns, 1)
    _expect("AgentDefinition.background", agent.background, bool, "True or False")
    if isinstance(agent.effort, int):
        _expect_whole("AgentDefinition.effort", agent.effort, 0)
    else:
        _expect_choice("AgentDefinition.effort", agent.effort, get_args(EffortLevel))
    _check_agent_servers(agent.mcpServers)


def _check_agent_servers(servers: Any) -> None:
    if servers is None:
        return
    how = "AgentDefinition.mcpServers must be a list of the session's servers' names, or {name: …}"
    if not isinstance(servers, (list, tuple)):
        raise TypeError(f"{how}, not {type(servers).__name__}")
    for server in servers:
        if isinstance(server, str):
            continue
        if not isinstance(server, Mapping):
            raise TypeError(f"{how}, not of {type(server).__name__}")
        for config in (server, *server.values()):
            if isinstance(config, Mapping) and config.get("type") == "sdk":
                raise ValueError(
                    "AgentDefinition.mcpServers cannot hold a server that runs in this program: "
                    "put it into the options' mcp_servers, and the name that it has there here"
                )


def _check_budget(budget: Any) -> None:
    if budget is None:
        return
    if isinstance(budget, bool) or not isinstance(budget, (int, float)):
        raise TypeError(f"max_budget_usd must be a number, not {_called(budget)}")
    if not math.isfinite(budget) or budget <= 0:
        raise ValueError(f"max_budget_usd is {budget!r}; it must be an amount greater than 0")


def _check_prompt(prompt: Any) -> None:
    if prompt is None or isinstance(prompt, str):
        return
    if not isinstance(prompt, Mapping):
        raise TypeError(
            f"system_prompt must be a string or a dict with a 'type', not {_called(prompt)}"
        )
    _expect_preset("system_prompt", prompt, ("preset", "custom", "file"))
    if prompt["type"] == "preset":
        return
    needed, types = ("path", _PATH) if prompt["type"] == "file" else ("prompt", (str,))
    if not isinstance(prompt.get(needed), types):
        raise ValueError(f"system_prompt of the type {prompt['type']!r} needs a {needed!r}")


def _check_output_format(wanted: Any) -> None:
    if wanted is None:
        return
    how = "; write {'type': 'json_schema', 'schema': …}"
    if not isinstance(wanted, Mapping):
        raise TypeError(f"output_format must be a dict with a 'type', not {_called(wanted)}{how}")
    if wanted.get("type") != "json_schema":
        raise ValueError(f"output_format has the type {wanted.get('type')!r}{how}")
    if not isinstance(wanted.get("schema"), Mapping):
        raise ValueError("output_format needs a JSON Schema under 'schema'")


def _check_thinking(thinking: Any) -> None:
    if thinking is None:
        return
    _expect_preset("thinking", thinking, _THINKING)
    if thinking["type"] == "enabled":
        if thinking.get("budget_tokens") is None:
            raise ValueError(
                "thinking is enabled without a budget; write "
                "{'type': 'enabled', 'budget_tokens': 10000}, or {'type': 'adaptive'}"
            )
        _expect_whole("thinking['budget_tokens']", thinking["budget_tokens"], 0)
    _expect_choice("thinking['display']", thinking.get("display"), get_args(ThinkingDisplay))


def _check_strings_by_name(options: ClaudeAgentOptions) -> None:
    for name in ("env", "extra_args"):
        value: Any = getattr(options, name)
        if not isinstance(value, Mapping):
            raise TypeError(f"{name} must be a dict, not {type(value).__name__}")
        for key in value:
            _expect(f"{name}'s names", key, str, "strings")
    for key, variable in options.env.items():
        if not isinstance(variable, _PATH):
            raise TypeError(f"env[{key!r}] must be a string, not {type(variable).__name__}")
    for key, argument in options.extra_args.items():
        if isinstance(argument, bool):
            raise TypeError(f"extra_args[{key!r}] is {argument}; None makes a flag without a value")
        if not isinstance(argument, (str, int, float, PathLike, type(None))):
            raise TypeError(
                f"extra_args[{key!r}] must be a string or None, not {type(argument).__name__}"
            )


def _check_servers(servers: Any) -> None:
    if isinstance(servers, _PATH):
        _check_json("mcp_servers", servers)
        return
    how = "write {'NAME': server}"
    if not isinstance(servers, Mapping):
        raise TypeError(
            f"mcp_servers must be a dict or a path, not {type(servers).__name__}; {how}"
        )
    for key, server in servers.items():
        what = f"mcp_servers[{key!r}]"
        if isinstance(server, SdkMcpTool):
            raise TypeError(f"{what} is a tool; make a server: create_sdk_mcp_server(…, tools=[…])")
        if not isinstance(server, Mapping):
            if key in ("type", "command"):
                raise TypeError(f"mcp_servers has servers by name; {how}, not the server itself")
            raise TypeError(
                f"{what} must be a dict such as {{'command': …}} or {{'type': 'http', 'url': …}}, "
                f"not {type(server).__name__}"
            )
        kind = server.get("type", "stdio")
        _expect_choice(f"{what}['type']", kind, (*_SERVER_NEEDS, "sdk"))
        needed = _SERVER_NEEDS.get(kind)
        if needed is not None and not isinstance(server.get(needed), str):
            raise ValueError(f"{what} is of the type {kind!r} and needs a {needed!r}")


def is_json(text: str) -> bool:
    """Say whether an option that may be a path or JSON is JSON."""
    return text.lstrip().startswith("{")


def _check_json(name: str, text: Any) -> None:
    """Refuse broken JSON: the CLI would take it for a file's name, and repeat it as a whole."""
    if isinstance(text, str) and is_json(text):
        try:
            json.loads(text)
        except ValueError as error:
            raise ValueError(f"{name} is neither a path nor JSON: {error}") from None


def _check_plugins(plugins: Any) -> None:
    how = "plugins must be a list of {'type': 'local', 'path': …}"
    if not isinstance(plugins, (list, tuple)):
        raise TypeError(f"{how}, not {_called(plugins)}")
    for plugin in plugins:
        if not isinstance(plugin, Mapping):
            raise TypeError(f"{how}, not of {_called(plugin)}")
        if plugin.get("type") != "local" or not isinstance(plugin.get("path"), _PATH):
            raise ValueError(f"{how}, not of {_called(plugin)}")


def _check_agents(agents: Any) -> None:
    from ._options import AgentDefinition

    if agents is None:
        return
    if not isinstance(agents, Mapping):
        raise TypeError(f"agents must be a dict of AgentDefinition by name, not {_called(agents)}")
    for name, agent in agents.items():
        if not isinstance(agent, AgentDefinition):
            raise TypeError(f"agents[{name!r}] must be an AgentDefinition, not {_called(agent)}")
        check_agent(agent)


def _check_hooks(hooks: Any) -> None:
    if hooks is None:
        return
    _expect("hooks", hooks, Mapping, "a dict of lists by event")
    events = get_args(HookEvent)
    for event, matchers in hooks.items():
        if event not in events:
            near = difflib.get_close_matches(str(event), events, 1, 0.5)
            meant = f"did you mean {near[0]!r}?" if near else f"it can be {_either(events)}"
            raise ValueError(f"hooks has no event {event!r}; {meant}")
        if not isinstance(matchers, (list, tuple)) or not all(
            isinstance(matcher, HookMatcher) for matcher in matchers
        ):
            raise TypeError(
                f"hooks[{event!r}] must be a list of HookMatcher; write [HookMatcher(hooks=[…])]"
            )


def _check_store(store: Any) -> None:
    if store is None:
        return
    if isinstance(store, type):
        raise TypeError(f"session_store must be a store, not a class; write {store.__name__}(…)")
    for method in ("append", "load"):
        if not callable(getattr(store, method, None)):
            raise TypeError(
                f"session_store must be a SessionStore: {type(store).__name__} has no {method}()"
            )


# --- kinds of values --------------------------------------------------------------------------


def _expect(name: str, value: Any, types: Any, what: str) -> None:
    if value is not None and not isinstance(value, types):
        raise TypeError(f"{name} must be {what}, not {_called(value)}")


def _expect_whole(name: str, value: Any, least: int, *, needed: bool = False) -> None:
    if value is None and not needed:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {_called(value)}")
    if value < least:
        raise ValueError(f"{name} is {value}; it must be {least} or more")


def _expect_strings(name: str, value: Any) -> None:
    if isinstance(value, str):
        raise TypeError(f"{name} must be a list of strings; write [{value!r}]")
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"{name} must be a list of strings, not {_called(value)}")


def _expect_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise ValueError(f"{name} is {value!r}; it can be {_either(choices)}")


def _expect_preset(name: str, value: Any, kinds: tuple[str, ...]) -> None:
    _expect(name, value, Mapping, "a dict with a 'type'")
    if value.get("type") not in kinds:
        raise ValueError(f"{name} has the type {value.get('type')!r}; it can be {_either(kinds)}")
    if value["type"] == "preset":
        _expect_choice(f"{name}['preset']", value.get("preset", ""), ("claude_code",))


def _either(choices: Sequence[str]) -> str:
    return ", ".join(map(repr, choices))


def _called(value: Any) -> str:
    return "None" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"


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
