"""What a session can be told before it starts, and how that reaches the CLI.

The fields are those of the documented ``ClaudeAgentOptions``; the flags are those of the CLI. Each
value stands after its flag with ``=`` or as the argument that the flag demands, so that no
value can become a flag of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ._errors import CLIConnectionError
from ._hooks import HookEvent, HookMatcher
from ._mcp import wire_servers
from ._option_types import (
    McpServerConfig,
    OutputFormat,
    SdkPluginConfig,
    SettingSource,
    SystemPromptFile,
    SystemPromptPreset,
)
from ._permissions import CanUseTool, PermissionMode
from ._stores import SessionStore, SessionStoreFlushMode


@dataclass
class AgentDefinition:
    """A subagent defined by the program.

    Without ``tools`` it has all tools; without ``model`` it uses the session's.
    """

    description: str
    prompt: str
    tools: list[str] | None = None
    model: str | None = None


@dataclass
class ClaudeAgentOptions:
    """Options of a session.

    Parameters
    ----------
    allowed_tools, disallowed_tools : list of str
        Permission rules such as ``"Read"`` or ``"Bash(ls:*)"``.
    system_prompt : str, dict or None
        A prompt of your own, ``{"type": "preset", "preset": "claude_code", "append": "…"}``, or
        None for an empty one.
    append_system_prompt : str, optional
        Text added to Claude Code's own system prompt (the older documents' way).
    mcp_servers : dict, str or Path
        MCP servers by name, or the path of a configuration file.
    permission_mode : str, optional
        ``"default"``, ``"acceptEdits"``, ``"plan"`` or ``"bypassPermissions"``.
    continue_conversation : bool, default False
        Go on with the most recent conversation of the folder.
    resume, fork_session, session_id : str, bool, str
        Resume a session by id; fork it instead of going on in place; give a new one your own id.
    resume_session_at : str, optional
        The uuid of the last message to keep when resuming.
    max_turns : int, optional
        The most model turns for a prompt.
    max_budget_usd : float, optional
        The CLI stops when the process has cost this many US dollars.
    model, fallback_model : str, optional
        Models; None is the CLI's default.
    cwd : str or Path, optional
        The folder to work in; None is the current one.
    cli_path : str or Path, optional
        The CLI to run; None finds it.
    env : dict
        Environment variables over those of this process.
    extra_args : dict
        Further flags, with or without leading dashes; None as a value makes a bare flag.
    max_buffer_size : int, optional
        The longest line of the CLI's output in bytes; None is 256 MiB.
    stderr : callable, optional
        Called with each line of the CLI's stderr.
    can_use_tool : callable, optional
        ``async (tool_name, input, context) -> result``; asked before a tool runs.
    hooks : dict, optional
        Hooks by event.
    include_partial_messages : bool, default False
        Send `StreamEvent` messages as the answer comes.
    setting_sources : list of str, optional
        Settings files to load, of ``"user"``, ``"project"`` and ``"local"``. None loads none.
    enable_file_checkpointing : bool, default False
        Keep snapshots of files so that they can be rewound.
    session_store : SessionStore, optional
        Takes a copy of the session's transcript; `resume` and `continue_conversation` look there
        first.
    session_store_flush : str, default "batched"
        When the copy is made: with each result and in larger lots, or with ``"eager"`` as soon as
        something comes.
    load_timeout_ms : int, default 60000
        Milliseconds that each question to the store may take when a session is resumed.

    Notes
    -----
    Source: the documented Python reference of the Agent SDK.
    """

    allowed_tools: list[str] = field(default_factory=list)
    system_prompt: str | SystemPromptPreset | SystemPromptFile | None = None
    mcp_servers: dict[str, McpServerConfig] | str | Path = field(default_factory=dict)
    permission_mode: PermissionMode | None = None
    continue_conversation: bool = False
    resume: str | None = None
    max_turns: int | None = None
    disallowed_tools: list[str] = field(default_factory=list)
    model: str | None = None
    output_format: OutputFormat | None = None
    permission_prompt_tool_name: str | None = None
    cwd: str | Path | None = None
    settings: str | None = None
    add_dirs: list[str | Path] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    extra_args: dict[str, str | None] = field(default_factory=dict)
    max_buffer_size: int | None = None
    debug_stderr: Any = sys.stderr
    stderr: Callable[[str], None] | None = None
    can_use_tool: CanUseTool | None = None
    hooks: dict[HookEvent, list[HookMatcher]] | None = None
    user: str | None = None
    include_partial_messages: bool = False
    fork_session: bool = False
    agents: dict[str, AgentDefinition] | None = None
    setting_sources: list[SettingSource] | None = None
    plugins: list[SdkPluginConfig] = field(default_factory=list)
    max_thinking_tokens: int | None = None
    enable_file_checkpointing: bool = False
    append_system_prompt: str | None = None
    max_budget_usd: float | None = None
    fallback_model: str | None = None
    session_id: str | None = None
    resume_session_at: str | None = None
    cli_path: str | Path | None = None
    sandbox: dict[str, Any] | None = None
    session_store: SessionStore | None = None
    session_store_flush: SessionStoreFlushMode = "batched"
    load_timeout_ms: int = 60_000

    def __post_init__(self) -> None:
        if self.can_use_tool is not None and self.permission_prompt_tool_name is not None:
            raise ValueError(
                "can_use_tool and permission_prompt_tool_name exclude each other: "
                "both answer the same question"
            )


# --- to the CLI -------------------------------------------------------------------------------


def _system_prompt(options: ClaudeAgentOptions) -> list[str]:
    prompt = options.system_prompt
    if options.append_system_prompt is not None:
        own = [] if prompt is None else _prompt_flags(prompt)
        return [*own, f"--append-system-prompt={options.append_system_prompt}"]
    return ["--system-prompt="] if prompt is None else _prompt_flags(prompt)


def _prompt_flags(prompt: str | SystemPromptPreset | SystemPromptFile) -> list[str]:
    if isinstance(prompt, str):
        return ["--system-prompt=" if _is_long(prompt) else f"--system-prompt={prompt}"]
    if prompt.get("type") == "file":
        return [f"--system-prompt-file={prompt.get('path', '')}"]
    append = prompt.get("append")
    return [f"--append-system-prompt={append}"] if append else []


def _is_long(text: str) -> bool:
    """Say whether a text is too long for an argument: Linux takes 128 KiB."""
    return len(text.encode("utf-8", "replace")) > 100_000


def _permission_prompt(options: ClaudeAgentOptions) -> list[str]:
    if options.can_use_tool is not None:
        return ["--permission-prompt-tool=stdio"]
    if options.permission_prompt_tool_name is not None:
        return [f"--permission-prompt-tool={options.permission_prompt_tool_name}"]
    return []


def _mcp_servers(options: ClaudeAgentOptions) -> list[str]:
    servers = options.mcp_servers
    if not servers:
        return []
    if isinstance(servers, dict):
        return ["--mcp-config=" + json.dumps({"mcpServers": wire_servers(servers)})]
    return [f"--mcp-config={servers}"]


def _settings(options: ClaudeAgentOptions) -> list[str]:
    if options.sandbox is None:
        return [] if options.settings is None else [f"--settings={options.settings}"]
    settings: dict[str, Any] = {}
    if options.settings is not None:
        text = options.settings.strip()
        try:
            settings = json.loads(text if text.startswith("{") else Path(text).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise CLIConnectionError(f"The option settings cannot be read: {error}") from error
    return ["--settings=" + json.dumps({**settings, "sandbox": options.sandbox})]


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
    ("max_thinking_tokens", "--max-thinking-tokens"),
)
_LIST_FLAGS: tuple[tuple[str, str], ...] = (
    ("allowed_tools", "--allowedTools"),
    ("disallowed_tools", "--disallowedTools"),
)
_SWITCHES: tuple[tuple[str, str], ...] = (
    ("continue_conversation", "--continue"),
    ("fork_session", "--fork-session"),
    ("include_partial_messages", "--include-partial-messages"),
)


def command_arguments(options: ClaudeAgentOptions) -> list[str]:
    """Return the CLI's arguments for `options`, without the program itself."""
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
    arguments.append("--setting-sources=" + ",".join(options.setting_sources or []))
    arguments += [f"--add-dir={folder}" for folder in options.add_dirs]
    arguments += [f"--plugin-dir={plugin['path']}" for plugin in options.plugins]
    if options.output_format is not None:
        arguments.append("--json-schema=" + json.dumps(options.output_format["schema"]))
    arguments += _permission_prompt(options)
    arguments += _mcp_servers(options)
    arguments += _settings(options)
    arguments += _extra_args(options)
    return arguments


def command_environment(options: ClaudeAgentOptions, inherited: dict[str, str]) -> dict[str, str]:
    """Return the CLI's environment: `inherited`, what the SDK needs, and the options' own."""
    environment = {name: value for name, value in inherited.items() if name != "CLAUDECODE"}
    environment.setdefault("CLAUDE_CODE_ENTRYPOINT", "jupyter-claude")
    # Without it the CLI does not say whether it is idle, so a prompt could be taken for another's.
    environment["CLAUDE_CODE_SDK_READS_SESSION_STATE"] = "1"
    if options.enable_file_checkpointing:
        environment["CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING"] = "true"
    if options.cwd is not None:
        environment["PWD"] = str(options.cwd)
    environment.update(options.env)
    return environment


def initialize_fields(options: ClaudeAgentOptions, hooks: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the ``initialize`` request carries."""
    fields: dict[str, Any] = {"hooks": hooks}
    if isinstance(options.system_prompt, str) and _is_long(options.system_prompt):
        fields["systemPrompt"] = [options.system_prompt]
    if options.agents:
        fields["agents"] = {
            name: {key: value for key, value in asdict(agent).items() if value is not None}
            for name, agent in options.agents.items()
        }
    return fields
