"""What a session can be told before it starts, and how that reaches the CLI.

The fields are those of the documented ``ClaudeAgentOptions``; the flags are those of the CLI. Each
value stands after its flag with ``=`` or as the argument that the flag demands, so that no
value can become a flag of its own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from ._errors import CLIConnectionError
from ._hook_types import HookEvent
from ._hooks import HookMatcher
from ._mcp import wire_servers
from ._option_checks import check_agent, check_options, is_json, warn_if_shadowed
from ._option_types import (
    EffortLevel,
    McpServerConfig,
    OutputFormat,
    SandboxSettings,
    SdkBeta,
    SdkPluginConfig,
    SettingSource,
    SystemPromptCustom,
    SystemPromptFile,
    SystemPromptPreset,
    TaskBudget,
    ThinkingConfig,
    ToolsPreset,
)
from ._permissions import CanUseTool, PermissionMode
from ._repr import ShortRepr, short
from ._stores import SessionStore, SessionStoreFlushMode


def _names_alone(values: Any) -> str:
    """Show the names of a mapping, and nothing of their values; "" if it is none."""
    if not isinstance(values, Mapping):
        return ""
    return "{" + ", ".join(f"{short(name)}: …" for name in values) + "}"


def _file_alone(path: Any) -> str:
    """Show a path, and nothing of JSON text."""
    return "'{…}'" if isinstance(path, str) and is_json(path) else short(path)


@dataclass(repr=False)
class AgentDefinition(ShortRepr):
    """A subagent defined by the program.

    Parameters
    ----------
    description : str
        When Claude should use it.
    prompt : str
        Its system prompt.
    tools : list of str, optional
        The tools it has; None is all of the session's.
    disallowedTools : list of str, optional
        Tools that it does not have.
    model : str, optional
        ``"sonnet"``, ``"opus"``, ``"haiku"``, ``"inherit"`` or a full name; None is the session's.
    skills : list of str, optional
        Skills that it knows from its start.
    memory : str, optional
        Where it keeps notes between sessions: ``"user"``, ``"project"`` or ``"local"``.
    mcpServers : list of str or dict, optional
        MCP servers for it: names of the session's, or ``{name: configuration}``.
    initialPrompt : str, optional
        Its first prompt where it runs as the session's main agent.
    maxTurns : int, optional
        The most model turns for one task.
    background : bool, optional
        Always run it in the background.
    effort : str or int, optional
        How hard it thinks.
    permissionMode : str, optional
        Its permission mode.

    Raises
    ------
    TypeError, ValueError
        In one line, if a value cannot work.

    Notes
    -----
    Source: the documented Python reference of the Agent SDK.
    """

    description: str
    prompt: str
    tools: list[str] | None = None
    disallowedTools: list[str] | None = None
    model: str | None = None
    skills: list[str] | None = None
    memory: SettingSource | None = None
    mcpServers: list[str | dict[str, Any]] | None = None
    initialPrompt: str | None = None
    maxTurns: int | None = None
    background: bool | None = None
    effort: EffortLevel | int | None = None
    permissionMode: PermissionMode | None = None

    _shown = {  # noqa: RUF012
        "mcpServers": lambda servers: short([_names_alone(item) or item for item in servers])
    }

    def __post_init__(self) -> None:
        check_agent(self)


@dataclass(repr=False)
class ClaudeAgentOptions(ShortRepr):
    """Options of a session.

    Parameters
    ----------
    tools : list of str or ToolsPreset, optional
        The built-in tools that exist at all; ``[]`` is none, None all.
    allowed_tools, disallowed_tools : list of str
        Permission rules such as ``"Read"`` or ``"Bash(ls:*)"``: what runs without being asked
        about, and what never runs.
    system_prompt : str, dict or None
        A prompt of your own, ``{"type": "preset", "preset": "claude_code", "append": "…"}``, a
        file, or None for an empty one.
    append_system_prompt : str, optional
        Text added to Claude Code's own system prompt (the older documents' way).
    mcp_servers : dict, str or Path
        MCP servers by name, or the path of a configuration file.
    strict_mcp_config : bool, default False
        Use no other MCP servers than those of `mcp_servers`.
    permission_mode : str, optional
        ``"default"``, ``"acceptEdits"``, ``"plan"``, ``"bypassPermissions"``, ``"dontAsk"`` or
        ``"auto"``.
    permission_prompt_tool_name : str, optional
        An MCP tool that answers what would be asked.
    continue_conversation : bool, default False
        Go on with the most recent conversation of the folder.
    resume, fork_session, session_id : str, bool, str
        Resume a session by id; fork it instead of going on in place; give a new one your own id.
    resume_session_at : str, optional
        The uuid of the last message to keep when resuming.
    resume_drops_turn : str, optional
        With `resume_session_at`: the uuid of the prompt whose turn is all that may be lost by it;
        the CLI refuses to start if more would be.
    max_turns : int, optional
        The most model turns for a prompt.
    max_budget_usd : float, optional
        The CLI stops when the process has cost this many US dollars.
    model, fallback_model : str, optional
        Models; None is the CLI's default. The second serves where the first is overloaded.
    betas : list of str
        Beta features of the API.
    thinking : dict, optional
        ``{"type": "adaptive"}``, ``{"type": "enabled", "budget_tokens": N}`` or
        ``{"type": "disabled"}``; None is the CLI's default. It wins over `max_thinking_tokens`.
    max_thinking_tokens : int, optional
        The older way to say the same.
    effort : str, optional
        ``"low"`` to ``"max"``: how hard the model thinks and works.
    task_budget : dict, optional
        ``{"total": N}``: the tokens that the model should get by with.
    output_format : dict, optional
        ``{"type": "json_schema", "schema": …}``; the answer is in ``structured_output``.
    cwd : str or Path, optional
        The folder to work in; None is the current one.
    add_dirs : list of str or Path
        Further folders that tools may use.
    cli_path : str or Path, optional
        The CLI to run; None finds it.
    settings : str or Path, optional
        A settings file, or settings as JSON.
    setting_sources : list of str, optional
        Settings files to load, of ``"user"``, ``"project"`` and ``"local"``. None loads none,
        except with `skills`.
    skills : list of str or "all", optional
        The skills that Claude may use, without being asked about; an empty list is none, None is
        all that are loaded. As they live beside the settings, ``setting_sources=None`` then means
        ``["user", "project"]``, unless the list is empty.
    env : dict
        Environment variables over those of this process.
    extra_args : dict
        Further flags, with or without leading dashes; None as a value makes a bare flag.
    max_buffer_size : int, optional
        The longest line of the CLI's output in bytes; None is 256 MiB.
    stderr : callable, optional
        Called with each line of the CLI's stderr.
    debug_stderr : file, optional
        The older way: an open text file that takes the lines if there is no `stderr`. Its default,
        the documented ``sys.stderr``, takes none.
    can_use_tool : callable, optional
        ``async (tool_name, input, context) -> result``; asked before a tool runs that no rule
        allows.
    hooks : dict, optional
        Lists of `HookMatcher` by event.
    user : str, optional
        The system's user to run the CLI as.
    include_partial_messages : bool, default False
        Send `StreamEvent` messages as the answer comes.
    include_hook_events : bool, default False
        Send `HookEventMessage` messages about the hooks of settings files.
    forward_subagent_text : bool, default False
        Send what subagents write too, not only their tool calls.
    verbatim_prompts : bool, default False
        Take prompts as they are: ``/`` and ``@`` at their start mean nothing.
    agents : dict, optional
        `AgentDefinition` by name.
    plugins : list of dict
        ``{"type": "local", "path": …}``.
    sandbox : dict, optional
        See `SandboxSettings`.
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
    client_app : str, optional
        The name of your program, such as ``"my-app/1.0"``, which the CLI passes on to the API.

    Raises
    ------
    TypeError, ValueError
        In one line, if an option's value cannot work.

    Warns
    -----
    CanUseToolShadowedWarning
        If `allowed_tools` or the mode lets tools through before `can_use_tool` is asked.

    Notes
    -----
    Source: the documented Python reference of the Agent SDK.
    """

    tools: list[str] | ToolsPreset | None = None
    allowed_tools: list[str] = field(default_factory=list)
    system_prompt: str | SystemPromptPreset | SystemPromptCustom | SystemPromptFile | None = None
    mcp_servers: Mapping[str, McpServerConfig] | str | Path = field(default_factory=dict)
    strict_mcp_config: bool = False
    permission_mode: PermissionMode | None = None
    continue_conversation: bool = False
    resume: str | None = None
    session_id: str | None = None
    max_turns: int | None = None
    max_budget_usd: float | None = None
    disallowed_tools: list[str] = field(default_factory=list)
    model: str | None = None
    fallback_model: str | None = None
    betas: list[SdkBeta] = field(default_factory=list)
    permission_prompt_tool_name: str | None = None
    cwd: str | Path | None = None
    cli_path: str | Path | None = None
    settings: str | Path | None = None
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
    include_hook_events: bool = False
    forward_subagent_text: bool = False
    verbatim_prompts: bool = False
    fork_session: bool = False
    resume_session_at: str | None = None
    resume_drops_turn: str | None = None
    agents: dict[str, AgentDefinition] | None = None
    setting_sources: list[SettingSource] | None = None
    skills: list[str] | Literal["all"] | None = None
    sandbox: SandboxSettings | None = None
    plugins: list[SdkPluginConfig] = field(default_factory=list)
    max_thinking_tokens: int | None = None
    thinking: ThinkingConfig | None = None
    effort: EffortLevel | None = None
    output_format: OutputFormat | None = None
    enable_file_checkpointing: bool = False
    session_store: SessionStore | None = None
    session_store_flush: SessionStoreFlushMode = "batched"
    load_timeout_ms: int = 60_000
    task_budget: TaskBudget | None = None
    client_app: str | None = None
    append_system_prompt: str | None = None

    # A key of the API's, a token in a header: their values do not belong into a notebook.
    _shown = {  # noqa: RUF012
        "env": _names_alone,
        "extra_args": _names_alone,
        "mcp_servers": lambda servers: _names_alone(servers) or _file_alone(servers),
        "settings": lambda settings: _file_alone(settings),
        "debug_stderr": lambda _: "",
    }

    def __post_init__(self) -> None:
        check_options(self)
        warn_if_shadowed(self)

    def __getstate__(self) -> dict[str, Any]:
        # Without the default, which is the class's anyway, options can be copied and pickled.
        state = dict(vars(self))
        if self.debug_stderr is type(self).debug_stderr:
            del state["debug_stderr"]
        return state


#: The older documents' name.
ClaudeCodeOptions = ClaudeAgentOptions


# --- to the CLI -------------------------------------------------------------------------------


def _system_prompt(options: ClaudeAgentOptions) -> list[str]:
    prompt = options.system_prompt
    if options.append_system_prompt is not None:
        own = [] if prompt is None else _prompt_flags(prompt)
        return [*own, f"--append-system-prompt={options.append_system_prompt}"]
    return ["--system-prompt="] if prompt is None else _prompt_flags(prompt)


def _prompt_flags(
    prompt: str | SystemPromptPreset | SystemPromptCustom | SystemPromptFile,
) -> list[str]:
    text = _own_prompt(prompt)
    if text is not None:
        return ["--system-prompt=" if _is_long(text) else f"--system-prompt={text}"]
    assert not isinstance(prompt, str)
    if prompt["type"] == "file":
        return [f"--system-prompt-file={prompt['path']}"]
    append = prompt.get("append")
    return [f"--append-system-prompt={append}"] if append else []


def _own_prompt(prompt: Any) -> str | None:
    """Return the text of a system prompt that replaces Claude Code's own."""
    if isinstance(prompt, Mapping):
        return str(prompt.get("prompt", "")) if prompt.get("type") == "custom" else None
    return prompt if isinstance(prompt, str) else None


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


def _json(value: Any) -> str:
    def plain(part: object) -> dict[Any, Any]:
        if isinstance(part, Mapping):
            return dict(part)
        raise TypeError(f"{part!r:.100} cannot be given to the CLI: it is no JSON")

    return json.dumps(value, default=plain)


#: The longest argument in bytes: Linux takes 128 KiB with the zero at its end.
ARGUMENT_LIMIT = 128 * 1024


def _is_long(text: str) -> bool:
    """Say whether a text is too long for an argument."""
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
    if isinstance(servers, Mapping):
        return ["--mcp-config=" + _json({"mcpServers": wire_servers(servers)})]
    return [f"--mcp-config={servers}"]


def _settings(options: ClaudeAgentOptions) -> list[str]:
    if options.sandbox is None:
        return [] if options.settings is None else [f"--settings={options.settings}"]
    settings: dict[str, Any] = {}
    if options.settings is not None:
        text = os.fspath(options.settings)
        try:
            if not is_json(text):  # the CLI, too, looks for it in the session's folder
                text = Path(options.cwd or ".", text).read_text("utf-8")
            settings = json.loads(text)
        except (OSError, ValueError) as error:
            raise CLIConnectionError(f"The option settings cannot be read: {error}") from error
    return ["--settings=" + _json({**settings, "sandbox": options.sandbox})]


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


def command_arguments(options: ClaudeAgentOptions) -> list[str]:
    """Return the CLI's arguments for `options`, without the program itself.

    Raises
    ------
    TypeError, ValueError
        If an option's value cannot work; options may have been changed since they were made.
    CLIConnectionError
        If a value cannot be given to a program.
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
    if options.output_format is not None and not _long_schema(options):
        arguments.append("--json-schema=" + _json(options.output_format["schema"]))
    arguments += _permission_prompt(options)
    arguments += _mcp_servers(options)
    arguments += _settings(options)
    arguments += _extra_args(options)
    for argument in arguments:
        _check_argument(argument)
    return arguments


def _check_argument(text: str) -> None:
    """Refuse what the system cannot give to a program, by the name of the flag."""
    flag = text.partition("=")[0]
    if "\0" in text:
        raise CLIConnectionError(f"The value of {flag} holds a NUL character; leave it out")
    try:
        size = len(os.fsencode(text))
    except UnicodeEncodeError as error:
        raise CLIConnectionError(f"The value of {flag} is no valid text: {error}") from None
    if size >= ARGUMENT_LIMIT:
        raise CLIConnectionError(
            f"The value of {flag} has {size} bytes and a program takes {ARGUMENT_LIMIT} at most; "
            "put it into a file"
        )


def command_environment(options: ClaudeAgentOptions, inherited: dict[str, str]) -> dict[str, str]:
    """Return the CLI's environment: `inherited`, what the SDK needs, and the options' own."""
    environment = {name: value for name, value in inherited.items() if name != "CLAUDECODE"}
    environment.setdefault("CLAUDE_CODE_ENTRYPOINT", "jupyter-claude")
    # Without it the CLI does not say whether it is idle, so a prompt could be taken for another's.
    environment["CLAUDE_CODE_SDK_READS_SESSION_STATE"] = "1"
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
    """Return TRACEPARENT and its like, where this program traces itself with OpenTelemetry."""
    propagate = sys.modules.get("opentelemetry.propagate")
    carrier: dict[str, str] = {}
    if propagate is not None:
        propagate.inject(carrier)
    return {name.upper(): str(value) for name, value in carrier.items()}


def initialize_fields(options: ClaudeAgentOptions, hooks: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the ``initialize`` request carries."""
    fields_: dict[str, Any] = {"hooks": hooks}
    prompt: Any = options.system_prompt
    own = _own_prompt(prompt)
    if own is not None and _is_long(own):
        fields_["systemPrompt"] = [own]
    if isinstance(prompt, Mapping):
        if prompt.get("exclude_dynamic_sections") is not None:
            fields_["excludeDynamicSections"] = prompt["exclude_dynamic_sections"]
        if prompt.get("snapshot") is not None:
            fields_["systemPromptSnapshot"] = prompt["snapshot"]
    if _long_schema(options):
        assert options.output_format is not None
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


def _long_schema(options: ClaudeAgentOptions) -> bool:
    return options.output_format is not None and _is_long(_json(options.output_format["schema"]))
