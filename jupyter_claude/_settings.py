"""The user's settings, as traits. ``%config ClaudeMagics`` shows them."""

from __future__ import annotations

import os

from traitlets import Any, Bool, Dict, Enum, Float, HasTraits, Int, List, Unicode

#: The label of every turn that the practice model answered.
PRACTICE = "Practice model: scripted replies, no network"
#: The end of such a turn's cost line.
NOT_SPENT = "practice: nothing is spent"
#: A front end without widgets shows this instead of the chat panel. anywidget cuts at 110.
NO_PANEL = (
    "The chat panel needs a page with widgets, such as JupyterLab; "
    "without one, write %%claude cells"
)
#: Instead of the panel, where visitors would see it.
FOR_VISITORS = (
    "Claude's chat panel is not shown where nobody can be asked, as in Voilà: everyone who sees "
    "the page could approve what Claude does. To show it to them: "
    '%config ClaudeMagics.widgets = "on", then claude.panel()'
)


class Settings(HasTraits):
    """The settings of a kernel's session.

    A change takes effect with the next prompt, in the same conversation.
    """

    model = Unicode(
        "", help="Model for new prompts, such as 'opus' or 'sonnet'; empty: Claude Code chooses."
    ).tag(config=True)
    permission_mode = Unicode(
        "default", help="default, acceptEdits, plan, dontAsk, auto or bypassPermissions."
    ).tag(config=True)
    setting_sources = List(
        Enum(["user", "project", "local"]),
        ["user", "project", "local"],
        help="Settings files that Claude Code loads: user, project and local. It loads project and "
        "local only if you trust the folder: %claude trust.",
    ).tag(config=True)
    allowed_tools = List(
        Unicode(), help="Permission rules that are always allowed, such as 'Bash(ls:*)'."
    ).tag(config=True)
    disallowed_tools = List(Unicode(), help="Permission rules that are always denied.").tag(
        config=True
    )
    system_prompt = Unicode(
        "",
        help="Text added to Claude Code's own system prompt; it may be long.",
    ).tag(config=True)
    kernel = Enum(
        ["off", "ask", "look"],
        "ask",
        help="Whether Claude can look into this kernel and run code in it. ask: each look and each "
        "run asks you. look: looking asks no more; running does. off: neither.",
    ).tag(config=True)
    kernel_copies_mb = Float(
        0.0,
        min=0.0,
        help="Megabytes for copies of frames and arrays that Claude's code replaces or changes, so "
        "that a rewind gives them back; 0: no copies.",
    ).tag(config=True)
    system_prompt_file = Unicode(
        "", help="File whose text takes the place of Claude Code's own system prompt."
    ).tag(config=True)
    add_dirs = List(Unicode(), help="More folders that Claude may work in.").tag(config=True)
    mcp_servers = Dict(
        key_trait=Unicode(),
        help="MCP servers by name, such as {'files': {'command': 'my-server'}}.",
    ).tag(config=True)
    agents = Dict(
        key_trait=Unicode(),
        help="Subagents by name: AgentDefinition of jupyter_claude_sdk.",
    ).tag(config=True)
    hooks = Dict(
        key_trait=Unicode(),
        help="Lists of HookMatcher of jupyter_claude_sdk, by event, such as 'PreToolUse'.",
    ).tag(config=True)
    max_thinking_tokens = Int(
        None, allow_none=True, help="How many tokens Claude may think; None: Claude Code chooses."
    ).tag(config=True)
    options = Dict(
        key_trait=Unicode(),
        help="Other options of ClaudeAgentOptions, such as {'fallback_model': 'sonnet'}.",
    ).tag(config=True)
    session_store = Any(
        None,
        help="Store that gets a copy of each conversation, so that another machine can resume it: "
        "a SessionStore of jupyter_claude_sdk, such as S3SessionStore('bucket'); None: no copies.",
    ).tag(config=True)
    cwd = Unicode("", help="Claude's working folder; empty: the kernel's.").tag(config=True)
    cli_path = Unicode("", help="Path of the Claude Code CLI; empty: search.").tag(config=True)
    env = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Environment variables for Claude Code, in addition to the kernel's.",
    ).tag(config=True)
    replay = Enum(
        ["default", "off", "auto", "only", "record"],
        "default",
        help="Whether prompts are answered from the notebook's recording: off; auto: recorded "
        "answers are replayed, new prompts asked and recorded; only: nothing is ever asked; "
        "record: all is asked and recorded. default: what the notebook chose with %claude replay.",
    ).tag(config=True)
    request_timeout = Float(
        0.0,
        min=0.0,
        help="Seconds after which an unanswered permission request is denied; 0: no limit.",
    ).tag(config=True)
    stall_timeout = Float(
        300.0,
        min=0.0,
        help="Seconds of silence from the model after which a turn ends; 0: no limit.",
    ).tag(config=True)
    start_early = Bool(
        True,
        help="Start Claude Code when you begin to write a prompt, so that the first answer comes "
        "sooner. Nothing is sent before you send the prompt.",
    ).tag(config=True)
    practice = Bool(
        False, help="Answer with the practice model: scripted replies, no network."
    ).tag(config=True)
    replay_effects = Bool(
        False,
        help="Let a replayed notebook run Claude's code again and write its files again where "
        "nobody can be asked, as in nbclient. Where you can be asked, you still are.",
    ).tag(config=True)
    replay_stream = Bool(
        False, help="Show replayed answers word by word, as if they came now; off: at once."
    ).tag(config=True)
    comm_bridge = Bool(
        True,
        help="Let button clicks reach Python while a cell runs, also in kernels that would delay "
        "them. Off: the kernel's own behaviour.",
    ).tag(config=True)
    widgets = Enum(
        ["auto", "on", "off"],
        "auto",
        help="Whether the front end shows widgets. off: answers and permission requests are text, "
        "as in a terminal. auto: off in jupyter console, qtconsole and Spyder.",
    ).tag(config=True)
    compat = Bool(
        True,
        help="Let code import jupyter_claude_sdk as claude_agent_sdk or claude_code_sdk, "
        "if the real packages are not installed.",
    ).tag(config=True)
    nest_asyncio = Bool(
        False,
        help="Let functions below a cell call asyncio.run and anyio.run, by nest_asyncio2. It "
        "changes asyncio for the whole kernel, and makes async code slower. A cell's own call "
        "needs no setting.",
    ).tag(config=True)


def changed_in(settings: Settings) -> dict[str, object]:
    """Return the settings that are not as at first, with their values."""
    first = Settings().trait_values(config=True)
    now = settings.trait_values(config=True)
    return {name: now[name] for name in first if now[name] != first[name]}


def practice_chosen() -> bool:
    """Whether ``JUPYTER_CLAUDE_PRACTICE`` asks for the practice model."""
    return _is_on("JUPYTER_CLAUDE_PRACTICE")


def replay_runs() -> bool:
    """Whether ``jupyter-claude replay run`` runs the notebook: then no setting may ask Claude."""
    return _is_on("JUPYTER_CLAUDE_REPLAY_RUNS")


def effects_allowed(settings: Settings) -> bool:
    """Whether the effects of a recording are allowed where nobody can be asked."""
    chosen = _is_on("JUPYTER_CLAUDE_REPLAY_EFFECTS")
    # The user's word to `replay run` counts, and not what the notebook's cells set.
    return chosen or (settings.replay_effects and not replay_runs())


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "").lower() in {"1", "true", "yes", "on"}
