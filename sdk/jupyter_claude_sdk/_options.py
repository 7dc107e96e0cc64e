"""What a session can be told before it starts: the documented ``ClaudeAgentOptions``."""

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from ._base.repr import ShortRepr, short
from ._base.secrets import hides_values_in_errors
from ._types.hook_types import HookEvent
from ._types.hooks import HookMatcher
from ._types.option_checks import (
    MORE_TO_COME,
    PATH,
    at_least,
    check_agent_servers,
    check_budget,
    check_hooks,
    check_json,
    check_kinds,
    check_output_format,
    check_plugins,
    check_prompt,
    check_servers,
    check_store,
    check_thinking,
    describe,
    expect,
    expect_choice,
    expect_preset,
    expect_strings,
    expect_whole,
    is_json,
)
from ._types.option_types import (
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
from ._types.permissions import CanUseTool, CanUseToolShadowedWarning, PermissionMode
from ._types.stores import SessionStore, SessionStoreFlushMode

__all__ = ["AgentDefinition", "ClaudeAgentOptions", "ClaudeCodeOptions"]


def _names_alone(values: Any) -> str:
    """Show the names of a mapping, and nothing of their values; "" if it is none."""
    if not isinstance(values, Mapping):
        return ""
    return "{" + ", ".join(f"{short(name)}: …" for name in values) + "}"


def _file_alone(path: Any) -> str:
    """Show a path, and nothing of JSON text."""
    return "'{…}'" if isinstance(path, str) and is_json(path) else short(path)


@hides_values_in_errors
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
    maxTurns: int | None = field(default=None, metadata=at_least(1))
    background: bool | None = None
    effort: EffortLevel | int | None = None
    permissionMode: PermissionMode | None = None

    _shown = {  # noqa: RUF012
        "mcpServers": lambda servers: short([_names_alone(item) or item for item in servers])
    }

    def __post_init__(self) -> None:
        _check_agent(self)


@hides_values_in_errors
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
        Further flags, with or without leading dashes; None as a value makes a bare flag. They are
        the program's arguments, which every user of the machine can read: put no key there.
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
    betas: list[SdkBeta] = field(default_factory=list, metadata=MORE_TO_COME)
    permission_prompt_tool_name: str | None = None
    cwd: str | Path | None = None
    cli_path: str | Path | None = None
    settings: str | Path | None = None
    add_dirs: list[str | Path] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    extra_args: dict[str, str | None] = field(default_factory=dict)
    max_buffer_size: int | None = field(default=None, metadata=at_least(1))
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
    load_timeout_ms: int = field(default=60_000, metadata=at_least(1))
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
        _warn_if_shadowed(self)

    def __getstate__(self) -> dict[str, Any]:
        # Without the default, which is the class's anyway, options can be copied and pickled.
        state = dict(vars(self))
        if self.debug_stderr is type(self).debug_stderr:
            del state["debug_stderr"]
        return state


#: The older documents' name.
ClaudeCodeOptions = ClaudeAgentOptions


# --- what cannot work -------------------------------------------------------------------------


def check_options(options: ClaudeAgentOptions) -> None:
    """Refuse options that cannot work.

    Raises
    ------
    TypeError
        If a value has the wrong type.
    ValueError
        If a value is none of the possible ones, or two options exclude each other.
    """
    check_kinds(options)
    check_budget(options.max_budget_usd)
    for name in ("cwd", "cli_path"):
        expect(name, getattr(options, name), PATH, "a path")
    if not isinstance(options.settings, (str, PathLike, type(None))):
        raise TypeError(
            f"settings must be a path or JSON text, not {type(options.settings).__name__}; "
            "write json.dumps(…) around it"
        )
    check_json("settings", options.settings)
    expect("add_dirs", options.add_dirs, (list, tuple), "a list of paths")
    for folder in options.add_dirs:
        expect("add_dirs", folder, PATH, "a list of paths")
    for name in ("can_use_tool", "stderr"):
        value = getattr(options, name)
        if value is not None and not callable(value):
            raise TypeError(f"{name} must be a function, not {describe(value)}")
    if options.can_use_tool is not None and options.permission_prompt_tool_name is not None:
        raise ValueError(
            "can_use_tool and permission_prompt_tool_name exclude each other: "
            "both answer the same question"
        )
    if isinstance(options.skills, str) and options.skills != "all":
        raise ValueError(f"skills is {options.skills!r}; write 'all' or a list of names")
    if options.skills is not None and not isinstance(options.skills, str):
        expect_strings("skills", options.skills)
    if isinstance(options.tools, Mapping):
        expect_preset("tools", options.tools, ("preset",))
    elif options.tools is not None:
        expect_strings("tools", options.tools)
    check_prompt(options.system_prompt)
    check_output_format(options.output_format)
    check_thinking(options.thinking)
    expect("sandbox", options.sandbox, Mapping, "a dict such as {'enabled': True}")
    if options.task_budget is not None:
        expect("task_budget", options.task_budget, Mapping, "a dict such as {'total': 50000}")
        expect_whole("task_budget['total']", options.task_budget.get("total"), 1, needed=True)
    _check_strings_by_name(options)
    check_servers(options.mcp_servers)
    check_plugins(options.plugins)
    _check_agents(options.agents)
    check_hooks(options.hooks)
    check_store(options.session_store)


def _check_agent(agent: AgentDefinition) -> None:
    """Refuse a subagent that cannot work; errors as in `check_options`."""
    check_kinds(agent, "AgentDefinition.")
    if isinstance(agent.effort, int):
        expect_whole("AgentDefinition.effort", agent.effort, 0)
    else:
        expect_choice("AgentDefinition.effort", agent.effort, get_args(EffortLevel))
    check_agent_servers(agent.mcpServers)


def _check_agents(agents: Any) -> None:
    if agents is None:
        return
    if not isinstance(agents, Mapping):
        raise TypeError(f"agents must be a dict of AgentDefinition by name, not {describe(agents)}")
    for name, agent in agents.items():
        if not isinstance(agent, AgentDefinition):
            raise TypeError(f"agents[{name!r}] must be an AgentDefinition, not {describe(agent)}")
        _check_agent(agent)


def _check_strings_by_name(options: ClaudeAgentOptions) -> None:
    for name in ("env", "extra_args"):
        value: Any = getattr(options, name)
        if not isinstance(value, Mapping):
            raise TypeError(f"{name} must be a dict, not {type(value).__name__}")
        for key in value:
            expect(f"{name}'s names", key, str, "strings")
    for key, variable in options.env.items():
        if not isinstance(variable, PATH):
            raise TypeError(f"env[{key!r}] must be a string, not {type(variable).__name__}")
    for key, argument in options.extra_args.items():
        if isinstance(argument, bool):
            raise TypeError(f"extra_args[{key!r}] is {argument}; None makes a flag without a value")
        if not isinstance(argument, (str, int, float, PathLike, type(None))):
            raise TypeError(
                f"extra_args[{key!r}] must be a string or None, not {type(argument).__name__}"
            )


# --- a callback that is never asked -----------------------------------------------------------


def _warn_if_shadowed(options: ClaudeAgentOptions) -> None:
    """Warn the line that makes the options if rules let tools through before ``can_use_tool``.

    Called from ``__post_init__``. A copy that `dataclasses.replace` makes was warned of already.
    """
    if options.can_use_tool is None:
        return
    caller = sys._getframe(4)  # above this, __post_init__, __init__ and what wraps that
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
    warnings.warn(text, CanUseToolShadowedWarning, stacklevel=5)


def _allowed_whole(options: ClaudeAgentOptions) -> Iterator[str]:
    rules = [*options.allowed_tools, *(["Skill"] if options.skills == "all" else [])]
    for rule in rules:
        tool, bracket, rest = rule.partition("(")
        if not bracket or rest in (")", "*)"):
            yield tool
