"""The user's settings, as traits. ``%config ClaudeMagics`` shows them."""

from __future__ import annotations

import os

from traitlets import Bool, Dict, Enum, Float, HasTraits, Int, List, Unicode

#: The label of every turn that the practice model answered.
PRACTICE = "Practice model: scripted replies, no network"


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
    cwd = Unicode("", help="Claude's working folder; empty: the kernel's.").tag(config=True)
    cli_path = Unicode("", help="Path of the Claude Code CLI; empty: search.").tag(config=True)
    env = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Environment variables for Claude Code, in addition to the kernel's.",
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


def practice_chosen() -> bool:
    """Whether ``JUPYTER_CLAUDE_PRACTICE`` asks for the practice model."""
    return os.environ.get("JUPYTER_CLAUDE_PRACTICE", "").lower() in {"1", "true", "yes", "on"}
