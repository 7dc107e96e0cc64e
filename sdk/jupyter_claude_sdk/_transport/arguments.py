"""Passes options to the CLI: as arguments, private files, environment and first request.

Each value follows its flag after a ``=``, so no value can become another flag.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from .._base.secrets import Environment
from .._errors import CLIConnectionError
from .._mcp.config import wire_servers
from .._options import AgentDefinition, ClaudeAgentOptions, check_options
from .._types.option_checks import is_json


def _system_prompt(options: ClaudeAgentOptions) -> list[str]:
    prompt = options.system_prompt
    if prompt is None:
        return [] if options.append_system_prompt is not None else ["--system-prompt="]
    if _own_prompt(prompt) is not None:
        return ["--system-prompt="]  # the first request has the text, which nobody else can read
    assert not isinstance(prompt, str)
    return [f"--system-prompt-file={prompt['path']}"] if prompt["type"] == "file" else []


def _own_prompt(prompt: Any) -> str | None:
    """Return the system prompt that replaces Claude Code's own; None if there is none."""
    if isinstance(prompt, Mapping):
        return str(prompt.get("prompt", "")) if prompt.get("type") == "custom" else None
    return prompt if isinstance(prompt, str) else None


def _appended(options: ClaudeAgentOptions) -> str | None:
    prompt = options.system_prompt
    if options.append_system_prompt is not None or not isinstance(prompt, Mapping):
        return options.append_system_prompt
    appended = prompt.get("append") if prompt.get("type") == "preset" else None
    return None if appended is None else str(appended)


def _thinking(options: ClaudeAgentOptions) -> list[str]:
    thinking = options.thinking
    if thinking is None:
        tokens = options.max_thinking_tokens
        return [] if tokens is None else [f"--max-thinking-tokens={tokens}"]
    if thinking["type"] == "enabled":
        flags = [f"--max-thinking-tokens={thinking['budget_tokens']}"]
    else:
        flags = [f"--thinking={thinking['type']}"]
    display = thinking.get("display")
    return [*flags, f"--thinking-display={display}"] if display else flags


def _tools(options: ClaudeAgentOptions) -> list[str]:
    if options.tools is None:
        return []
    is_preset = isinstance(options.tools, Mapping)
    return ["--tools=" + ("default" if is_preset else ",".join(options.tools))]


def _allowed_tools(options: ClaudeAgentOptions) -> list[str]:
    rules = list(options.allowed_tools)
    if options.skills == "all":
        rules.append("Skill")
    elif options.skills:
        rules += [f"Skill({name})" for name in options.skills]
    return [f"--allowedTools={','.join(dict.fromkeys(rules))}"] if rules else []


def _setting_sources(options: ClaudeAgentOptions) -> str:
    sources = options.setting_sources
    if sources is None:
        sources = ["user", "project"] if options.skills else []
    return "--setting-sources=" + ",".join(sources)


def as_json(value: Any) -> str:
    """Return a value as JSON.

    Raises
    ------
    TypeError
        If it is not JSON.
    """

    def plain(part: object) -> dict[Any, Any]:
        if isinstance(part, Mapping):
            return dict(part)
        raise TypeError(f"{part!r:.100} cannot be given to the CLI: it is not JSON")

    return json.dumps(value, default=plain)


#: The longest argument in bytes. Linux takes 128 KiB, including the zero at the end.
ARGUMENT_LIMIT = 128 * 1024


def _permission_prompt(options: ClaudeAgentOptions) -> list[str]:
    if options.can_use_tool is not None:
        return ["--permission-prompt-tool=stdio"]
    if options.permission_prompt_tool_name is not None:
        return [f"--permission-prompt-tool={options.permission_prompt_tool_name}"]
    return []


SETTINGS_FILE, MCP_FILE = "settings.json", "mcp.json"


def private_files(options: ClaudeAgentOptions) -> dict[str, str]:
    """Return the texts that the CLI reads from files and others must not read, by file name.

    Raises
    ------
    CLIConnectionError
        If the user's settings cannot be read.
    """
    files = {SETTINGS_FILE: _settings(options), MCP_FILE: _mcp_servers(options)}
    return {name: text for name, text in files.items() if text is not None}


def _mcp_servers(options: ClaudeAgentOptions) -> str | None:
    servers = options.mcp_servers
    if isinstance(servers, Mapping):
        return as_json({"mcpServers": wire_servers(servers)}) if servers else None
    return servers if isinstance(servers, str) and is_json(servers) else None


def _settings(options: ClaudeAgentOptions) -> str | None:
    given = None if options.settings is None else os.fspath(options.settings)
    if options.sandbox is None:
        return given if given is not None and is_json(given) else None
    settings: dict[str, Any] = {}
    if given is not None:
        try:
            # The CLI also looks for the file in the session's folder.
            path = Path(options.cwd or ".", given)
            # Editors on Windows write a byte order mark.
            settings = json.loads(given if is_json(given) else path.read_text("utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            raise CLIConnectionError(
                f"The file of the option settings cannot be read: {error}"
            ) from None
        if not isinstance(settings, dict):
            raise CLIConnectionError(
                f"The file of the option settings holds {type(settings).__name__}, not an object: "
                f"{path}"
            )
    return as_json({**settings, "sandbox": options.sandbox})


def _file_flags(options: ClaudeAgentOptions, files: Mapping[str, Path]) -> list[str]:
    servers = None if isinstance(options.mcp_servers, Mapping) else options.mcp_servers or None
    return [
        f"{flag}={path}"
        for flag, path in (
            ("--mcp-config", files.get(MCP_FILE, servers)),
            ("--settings", files.get(SETTINGS_FILE, options.settings)),
        )
        if path is not None
    ]


def _extra_args(options: ClaudeAgentOptions) -> list[str]:
    flags = []
    for name, value in options.extra_args.items():
        flag = name if name.startswith("-") else f"--{name}"
        if not flag.strip("-"):
            raise CLIConnectionError(f"extra_args has a flag without a name: {name!r}")
        flags.append(flag if value is None else f"{flag}={value}")
    return flags


#: One row for each option that becomes ``--flag=value``: the field, its flag.
_VALUE_FLAGS: tuple[tuple[str, str], ...] = (
    ("permission_mode", "--permission-mode"),
    ("resume", "--resume"),
    ("session_id", "--session-id"),
    ("resume_session_at", "--resume-session-at"),
    ("max_turns", "--max-turns"),
    ("max_budget_usd", "--max-budget-usd"),
    ("model", "--model"),
    ("fallback_model", "--fallback-model"),
    ("resume_drops_turn", "--resume-drops-turn"),
    ("effort", "--effort"),
)
_LIST_FLAGS: tuple[tuple[str, str], ...] = (
    ("disallowed_tools", "--disallowedTools"),
    ("betas", "--betas"),
)
_SWITCHES: tuple[tuple[str, str], ...] = (
    ("continue_conversation", "--continue"),
    ("fork_session", "--fork-session"),
    ("include_partial_messages", "--include-partial-messages"),
    ("include_hook_events", "--include-hook-events"),
    ("strict_mcp_config", "--strict-mcp-config"),
)


def command_arguments(
    options: ClaudeAgentOptions, files: Mapping[str, Path] | None = None
) -> list[str]:
    """Return the CLI's arguments for `options`, without the program itself.

    Every user of the machine can read the arguments of a program. So nothing secret is among them,
    except for what ``extra_args`` may hold.

    Parameters
    ----------
    options : ClaudeAgentOptions
        The options.
    files : Mapping of str to Path, optional
        The paths of the `private_files`.

    Raises
    ------
    TypeError, ValueError
        If the CLI cannot use an option's value. A program may change options after making them.
    CLIConnectionError
        If the system cannot pass a value to a program.
    """
    check_options(options)
    arguments = ["--output-format=stream-json", "--input-format=stream-json", "--verbose"]
    arguments += _system_prompt(options)
    for name, flag in _VALUE_FLAGS:
        value = getattr(options, name)
        if value is not None:
            arguments.append(f"{flag}={value}")
    for name, flag in _LIST_FLAGS:
        values = getattr(options, name)
        if values:
            arguments.append(f"{flag}={','.join(values)}")
    for name, flag in _SWITCHES:
        if getattr(options, name):
            arguments.append(flag)
    if options.session_store is not None:
        arguments.append("--session-mirror")
    arguments += _tools(options) + _allowed_tools(options) + _thinking(options)
    if options.task_budget is not None:
        arguments.append(f"--task-budget={options.task_budget['total']}")
    arguments.append(_setting_sources(options))
    arguments += [f"--add-dir={folder}" for folder in options.add_dirs]
    arguments += [f"--plugin-dir={plugin['path']}" for plugin in options.plugins]
    arguments += _permission_prompt(options)
    arguments += _file_flags(options, files or {})
    arguments += _extra_args(options)
    for argument in arguments:
        _check_argument(argument)
    return arguments


def _check_argument(text: str) -> None:
    """Refuse an argument that the system cannot pass to a program; the error names the flag."""
    flag = text.partition("=")[0]
    if "\0" in text:
        raise CLIConnectionError(f"The value of {flag} holds a NUL character; leave it out")
    try:
        size = len(os.fsencode(text))
    except UnicodeEncodeError as error:
        raise CLIConnectionError(f"The value of {flag} is not valid text: {error}") from None
    if size >= ARGUMENT_LIMIT:
        raise CLIConnectionError(
            f"The value of {flag} has {size} bytes, and a program takes less than "
            f"{ARGUMENT_LIMIT}; put it into a file"
        )


_STATE = "CLAUDE_CODE_SDK_READS_SESSION_STATE"


def asks_for_state(options: ClaudeAgentOptions, inherited: Mapping[str, str]) -> bool:
    """Return whether the program itself wants the CLI's messages about its state."""
    return bool(options.env.get(_STATE, inherited.get(_STATE)))


def command_environment(options: ClaudeAgentOptions, inherited: Mapping[str, str]) -> Environment:
    """Return the CLI's environment: `inherited`, the SDK's variables, and the option ``env``."""
    environment = Environment(inherited)
    environment.pop("CLAUDECODE", None)
    environment.setdefault("CLAUDE_CODE_ENTRYPOINT", "jupyter-claude")
    # Without this the CLI does not say whether it is idle, and messages could go to a wrong prompt.
    environment[_STATE] = "1"
    if options.enable_file_checkpointing:
        environment["CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING"] = "true"
    if options.client_app is not None:
        environment["CLAUDE_AGENT_SDK_CLIENT_APP"] = options.client_app
    environment.update(_trace_context())
    if options.cwd is not None:
        environment["PWD"] = str(options.cwd)
    environment.update(options.env)
    return environment


def _trace_context() -> dict[str, str]:
    """Return TRACEPARENT and similar variables, if this program uses OpenTelemetry."""
    propagate = sys.modules.get("opentelemetry.propagate")
    carrier: dict[str, str] = {}
    if propagate is not None:
        propagate.inject(carrier)
    return {name.upper(): str(value) for name, value in carrier.items()}


def initialize_fields(options: ClaudeAgentOptions, hooks: dict[str, Any] | None) -> dict[str, Any]:
    """Return the options that go into the ``initialize`` request: the private and the long ones."""
    fields_: dict[str, Any] = {"hooks": hooks}
    prompt: Any = options.system_prompt
    own, appended = _own_prompt(prompt), _appended(options)
    if own:
        fields_["systemPrompt"] = [own]
    if appended:
        fields_["appendSystemPrompt"] = appended
    if isinstance(prompt, Mapping):
        if prompt.get("exclude_dynamic_sections") is not None:
            fields_["excludeDynamicSections"] = prompt["exclude_dynamic_sections"]
        if prompt.get("snapshot") is not None:
            fields_["systemPromptSnapshot"] = prompt["snapshot"]
    if options.output_format is not None:
        fields_["jsonSchema"] = options.output_format["schema"]
    if options.skills is not None and options.skills != "all":
        fields_["skills"] = list(options.skills)
    if options.forward_subagent_text:
        fields_["forwardSubagentText"] = True
    if options.agents:
        fields_["agents"] = {name: _agent(agent) for name, agent in options.agents.items()}
    return fields_


def _agent(agent: AgentDefinition) -> dict[str, Any]:
    values = {item.name: getattr(agent, item.name) for item in fields(agent)}
    return {name: value for name, value in values.items() if value is not None}
