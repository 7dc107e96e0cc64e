"""`ClaudeAgentOptions`: the options of a session.

Source: the documented Python reference of the Agent SDK.
"""

import copy
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
    check_rules,
    check_servers,
    check_skills,
    check_store,
    check_thinking,
    describe,
    expect,
    expect_choice,
    expect_preset,
    expect_strings,
    expect_whole,
    is_json,
    unknown_events,
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
    """Show the names in a mapping, without their values; "" if it is not a mapping."""
    if not isinstance(values, Mapping):
        return ""
    return "{" + ", ".join(f"{short(name)}: …" for name in values) + "}"


def _file_alone(path: Any) -> str:
    """Show a path, but not JSON text."""
    return "'{…}'" if isinstance(path, str) and is_json(path) else short(path)


@hides_values_in_errors
@dataclass(repr=False)
class AgentDefinition(ShortRepr):
    """A subagent that your program defines.

    Parameters
    ----------
    description : str
        When Claude should use the subagent.
    prompt : str
        The subagent's system prompt.
    tools : list of str, optional
        The tools that it has; None means all tools of the session.
    disallowedTools : list of str, optional
        Tools that it does not have.
    model : str, optional
        ``"sonnet"``, ``"opus"``, ``"haiku"``, ``"inherit"`` or a full name; None means the
        session's.
    skills : list of str, optional
        Skills that it has from its start.
    memory : str, optional
        Where it keeps notes between sessions: ``"user"``, ``"project"`` or ``"local"``.
    mcpServers : list of str or dict, optional
        Its MCP servers: names of servers of the session, or ``{name: configuration}``.
    initialPrompt : str, optional
        Its first prompt, if it runs as the session's main agent.
    maxTurns : int, optional
        The most calls of the model for one task.
    background : bool, optional
        Whether it always runs in the background.
    effort : str or int, optional
        How hard it thinks and works.
    permissionMode : str, optional
        Its permission mode.

    Raises
    ------
    TypeError, ValueError
        If a value is invalid. The message is one line.
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
    """The options of a session.

    A session keeps the options that it was connected with. Later changes count from the next
    connection on.

    Parameters
    ----------
    tools : list of str or ToolsPreset, optional
        The built-in tools that Claude has; ``[]`` means none, None means all.
    allowed_tools, disallowed_tools : list of str
        Permission rules such as ``"Read"`` or ``"Bash(ls:*)"``: calls that run without a request
        for permission, and calls that never run. A rule with brackets inside its brackets belongs
        into `settings`.
    system_prompt : str, dict or None
        A text of your own, ``{"type": "preset", "preset": "claude_code", "append": "…"}``,
        ``{"type": "file", "path": "…"}``, or None for an empty system prompt.
    append_system_prompt : str, optional
        Text to add to Claude Code's own system prompt (an older name for the preset's ``append``).
    mcp_servers : dict, str or Path
        MCP servers by name, or the path of a configuration file.
    strict_mcp_config : bool, default False
        Whether to use only the MCP servers of `mcp_servers`.
    permission_mode : str, optional
        ``"default"``, ``"acceptEdits"``, ``"plan"``, ``"bypassPermissions"``, ``"dontAsk"`` or
        ``"auto"``.
    permission_prompt_tool_name : str, optional
        An MCP tool that answers requests for permission.
    continue_conversation : bool, default False
        Whether to continue the latest conversation of the folder.
    resume, fork_session, session_id : str, bool, str
        The id of a session to resume; whether to fork it; your own id for a new session.
    resume_session_at : str, optional
        With `resume`: the uuid of the last message to keep.
    resume_drops_turn : str, optional
        With `resume_session_at`: the uuid of the prompt whose turn is dropped. If more would be
        dropped, the CLI does not start.
    max_turns : int, optional
        The most calls of the model for a prompt.
    max_budget_usd : float, optional
        The CLI stops once its process has cost so many US dollars.
    model, fallback_model : str, optional
        Names of models; None is the CLI's default. The CLI uses the second one if the first is
        overloaded.
    betas : list of str
        Beta features of the API.
    thinking : dict, optional
        ``{"type": "adaptive"}``, ``{"type": "enabled", "budget_tokens": N}`` or
        ``{"type": "disabled"}``; None is the CLI's default. It wins over `max_thinking_tokens`.
    max_thinking_tokens : int, optional
        The older way to set the budget of ``thinking``.
    effort : str, optional
        ``"low"`` to ``"max"``: how hard the model thinks and works.
    task_budget : dict, optional
        ``{"total": N}``: how many tokens the model should use at most.
    output_format : dict, optional
        ``{"type": "json_schema", "schema": …}``. The answer is in
        ``ResultMessage.structured_output``.
    cwd : str or Path, optional
        The folder to work in; None is the current one.
    add_dirs : list of str or Path
        Further folders that tools may use.
    cli_path : str or Path, optional
        The CLI to run. By default the SDK looks for it.
    settings : str or Path, optional
        A settings file, or settings as JSON.
    setting_sources : list of str, optional
        The settings files to load: ``"user"``, ``"project"``, ``"local"``. None loads none, or
        with `skills` the first two.
    skills : list of str or "all", optional
        The skills that Claude may use without a request for permission. An empty list means none,
        None means all that are loaded. Skills are in the folders of settings files. So if
        `skills` is not empty, ``setting_sources=None`` means ``["user", "project"]``. A name that
        could allow more than its skill, such as one with ``)`` or ``*``, is refused.
    env : dict
        Environment variables for the CLI, in addition to those of this process.
    extra_args : dict
        More flags for the CLI, with or without leading dashes. The value None makes a flag without
        a value. Every user of the machine can read a program's arguments: put no key here.
    max_buffer_size : int, optional
        The longest line of the CLI's output, in bytes; None is 256 MiB. A longer line is dropped.
    stderr : callable, optional
        A function that gets each line of the CLI's stderr.
    debug_stderr : file, optional
        The older way: an open text file that gets these lines if there is no `stderr`. The default,
        ``sys.stderr``, gets none.
    can_use_tool : callable, optional
        ``async (tool_name, input, context) -> result``. The CLI calls it before a tool runs that no
        rule allows.
    hooks : dict, optional
        A list of `HookMatcher` for each event.
    user : str, optional
        The user of the system that the CLI runs as.
    include_partial_messages : bool, default False
        Whether to send `StreamEvent` messages while an answer comes.
    include_hook_events : bool, default False
        Whether to send `HookEventMessage` messages about hooks of settings files.
    forward_subagent_text : bool, default False
        Whether to send the texts of subagents too, not only their tool calls.
    verbatim_prompts : bool, default False
        Whether ``/`` and ``@`` at the start of a prompt are plain text.
    agents : dict, optional
        Subagents: an `AgentDefinition` for each name.
    plugins : list of dict
        Plugins: ``{"type": "local", "path": …}``.
    sandbox : dict, optional
        How commands run in a sandbox; see `SandboxSettings`.
    enable_file_checkpointing : bool, default False
        Whether the CLI keeps checkpoints of files, for `ClaudeSDKClient.rewind_files`.
    session_store : SessionStore, optional
        A store that gets a copy of the session's transcript. `resume` and `continue_conversation`
        look there first.
    session_store_flush : str, default "batched"
        When entries go to the store: with each result and in batches, or with ``"eager"`` as soon
        as they come.
    load_timeout_ms : int, default 60000
        When a session is resumed: milliseconds that each call of the store may take.
    client_app : str, optional
        The name of your program, such as ``"my-app/1.0"``. The CLI passes it on to the API.

    Raises
    ------
    TypeError, ValueError
        If the value of an option is invalid. The message is one line.

    Warns
    -----
    CanUseToolShadowedWarning
        If `can_use_tool` is not called for some tools, because `allowed_tools` or the mode allows
        them.
    UserWarning
        If `hooks` has an event that this package does not know. A newer CLI may know it.
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

    # Values that may be keys or tokens must not appear in a notebook.
    _shown = {  # noqa: RUF012
        "env": _names_alone,
        "extra_args": _names_alone,
        "mcp_servers": lambda servers: _names_alone(servers) or _file_alone(servers),
        "settings": lambda settings: _file_alone(settings),
        "debug_stderr": lambda _: "",
    }

    def __post_init__(self) -> None:
        check_options(self)
        _warn(self)

    def __getstate__(self) -> dict[str, Any]:
        # Without its default, an open file, options can be copied and pickled.
        state = dict(vars(self))
        if self.debug_stderr is type(self).debug_stderr:
            state.pop("debug_stderr", None)  # a copy has none
        return state


#: The name in older documents.
ClaudeCodeOptions = ClaudeAgentOptions


def captured(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
    """Return a copy for one connection: later changes of the options do not reach it.

    Raises
    ------
    TypeError, ValueError
        If the options were changed after they were made, and are invalid now.

    Warns
    -----
    CanUseToolShadowedWarning
        If ``can_use_tool`` is not called for some tools because of such a change.
    """
    check_options(options)
    shadowed = _shadowed(options)
    if shadowed is not None and shadowed != vars(options).get("_warned"):
        warnings.warn(shadowed, CanUseToolShadowedWarning, stacklevel=2)
    own = copy.copy(options)
    for name, value in list(vars(own).items()):
        if type(value) in (list, dict):
            setattr(own, name, copy.copy(value))
    return own


# --- checks -----------------------------------------------------------------------------------


def check_options(options: ClaudeAgentOptions) -> None:
    """Refuse options that are invalid.

    Raises
    ------
    TypeError
        If a value has the wrong type.
    ValueError
        If a value is not one of the possible ones, or two options exclude each other.
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
            "can_use_tool and permission_prompt_tool_name exclude each other: leave one of them out"
        )
    check_skills(options.skills)
    if isinstance(options.tools, Mapping):
        expect_preset("tools", options.tools, ("preset",))
    elif options.tools is not None:
        expect_strings("tools", options.tools)
        check_rules("tools", options.tools)
    check_rules("allowed_tools", options.allowed_tools)
    check_rules("disallowed_tools", options.disallowed_tools)
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
    """Refuse an invalid subagent, with the errors of `check_options`."""
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


# --- callbacks that are never called ----------------------------------------------------------


def _warn(options: ClaudeAgentOptions) -> None:
    """Warn at the line that makes the options, if a callback may not be called.

    ``__post_init__`` calls this. `dataclasses.replace` makes a copy of options that warned already.
    """
    if options.can_use_tool is None and options.hooks is None:
        return
    shadowed = _shadowed(options)
    vars(options)["_warned"] = shadowed
    # Above this function, __post_init__, __init__ and its wrapper.
    caller = sys._getframe(4)
    if caller.f_globals.get("__name__") == "dataclasses":
        return
    if shadowed is not None:
        warnings.warn(shadowed, CanUseToolShadowedWarning, stacklevel=5)
    for event in unknown_events(options.hooks):
        text = (
            f"hooks has the event {event!r}, which this SDK does not know. It is passed on; a "
            "Claude Code that does not know it either never calls these hooks."
        )
        warnings.warn(text, UserWarning, stacklevel=5)


def _shadowed(options: ClaudeAgentOptions) -> str | None:
    """Return why ``can_use_tool`` is not called for some tools; None if it is for all."""
    if options.can_use_tool is None:
        return None
    if options.permission_mode == "bypassPermissions":
        return (
            "can_use_tool will not be called: permission_mode is 'bypassPermissions', which allows "
            "every tool. To see every call, use a PreToolUse hook."
        )
    tools = list(_allowed_whole(options))
    if not tools:
        return None
    return (
        f"can_use_tool will not be called for {', '.join(tools)}: allowed_tools allows every "
        "call. Leave the tool out there, narrow its rule, or use a PreToolUse hook, which sees "
        "every call."
    )


def _allowed_whole(options: ClaudeAgentOptions) -> Iterator[str]:
    rules = [*options.allowed_tools, *(["Skill"] if options.skills == "all" else [])]
    for rule in rules:
        tool, bracket, rest = rule.partition("(")
        if not bracket or rest in (")", "*)"):
            yield tool
