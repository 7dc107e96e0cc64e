"""The options with which the processes of a pool start: light, and with no right that has no name.

Settings files, plugins, hooks, agents, skills, memory and earlier sessions of the user's stay out.
They would make each request longer, and one row's answer different from another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .._options import ClaudeAgentOptions
from .asked import Asked
from .leftovers import MARK

#: The options of the user's that a row keeps. They choose the model, how it works, and how the CLI
#: reaches it.
_KEPT = (
    *("model", "fallback_model", "effort", "thinking", "max_thinking_tokens", "task_budget"),
    *("system_prompt", "append_system_prompt", "betas", "max_turns", "disallowed_tools"),
    *("env", "cli_path", "user", "settings", "sandbox", "extra_args", "client_app"),
    *("stderr", "debug_stderr", "max_buffer_size"),
)
_ENVIRONMENT = {
    # The pool's user has one limiter for all rows. It must hear of a 429 before the CLI asks again;
    # with 0 the CLI would not say how long to wait.
    "CLAUDE_CODE_MAX_RETRIES": "1",
    # One wrong answer ends a turn. The pool then tells the model what is wrong.
    "MAX_STRUCTURED_OUTPUT_RETRIES": "1",
    # Nothing goes on after a row, and no row learns from another.
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
    "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
    # Tools are there at once. Without this each request has a tool that only stands for others.
    "ENABLE_TOOL_SEARCH": "false",
}
#: Tools that write files. Their bare name would allow to write each file of the user's.
_WRITERS = ("Edit", "Write", "MultiEdit", "NotebookEdit")
_IN_FOLDER = "Edit(./**)"
_MCP = "mcp__"


def row_options(
    given: ClaudeAgentOptions | None,
    asked: Asked | None,
    tools: Iterable[str],
    folder: Path,
    mark: str | None = None,
) -> ClaudeAgentOptions:
    """Return the options of a process that answers rows.

    Nobody is asked for permission: what no rule allows is denied. In its folder Claude may read,
    and run commands that only read, if it has the tool.

    Parameters
    ----------
    given : ClaudeAgentOptions or None
        The user's options.
    asked : Asked or None
        The form of the answers.
    tools : iterable of str
        Permission rules. The bare name of a tool that writes files allows it in `folder` only.
    folder : Path
        Where the process works.
    mark : str, optional
        By this the processes of the row's commands are found again; see `leftovers`.
    """
    given = given or ClaudeAgentOptions()
    rules = list(tools)
    names = [name_of_tool(rule) for rule in rules]
    allowed = [_IN_FOLDER if rule in _WRITERS else rule for rule in rules]
    made: dict[str, Any] = {name: getattr(given, name) for name in _KEPT}
    if made["debug_stderr"] is type(given).debug_stderr:
        del made["debug_stderr"]  # the class compares it by identity
    made["env"] = {**given.env, **_ENVIRONMENT, **({} if mark is None else {MARK: mark})}
    made["extra_args"] = {**given.extra_args, "no-session-persistence": None}
    if asked is not None:
        made["output_format"] = {"type": "json_schema", "schema": asked.schema}
    return ClaudeAgentOptions(
        **made,
        cwd=folder,
        tools=[name for name in dict.fromkeys(names) if not name.startswith(_MCP)],
        allowed_tools=list(dict.fromkeys(allowed)),
        permission_mode="default",
        mcp_servers=_servers(given.mcp_servers, names),
        strict_mcp_config=True,
        setting_sources=[],
    )


def name_of_tool(rule: str) -> str:
    """Return the tool that a permission rule is about: ``Bash`` for ``Bash(python *)``."""
    return rule.partition("(")[0].strip()


def _servers(servers: Any, names: Iterable[str]) -> Any:
    """Return the MCP servers that rules name."""
    wanted = [name for name in names if name.startswith(_MCP)]
    if not wanted:
        return {}
    if not isinstance(servers, Mapping):
        return servers  # a file
    return {
        server: config
        for server, config in servers.items()
        if any(name == _MCP + server or name.startswith(f"{_MCP}{server}__") for name in wanted)
    }


def missing_rule(tool: str, given: Mapping[str, Any]) -> str:
    """Return the permission rule that would have allowed a call.

    Parameters
    ----------
    tool : str
        The tool that was denied.
    given : Mapping
        The call's input.
    """
    path = given.get("file_path") or given.get("notebook_path") or given.get("path")
    if tool in _WRITERS and path:
        return f"Edit({_below(str(path))})"
    if tool in ("Read", "Glob", "Grep") and path:
        return f"Read({_below(str(path))})"
    if tool == "Bash" and (words := str(given.get("command", "")).split()):
        return f"Bash({words[0]} *)"
    if tool == "WebFetch" and "://" in str(given.get("url", "")):
        host = str(given["url"]).partition("://")[2].partition("/")[0]
        return f"WebFetch(domain:{host})"
    return tool


def _below(path: str) -> str:
    # A rule's path with two slashes begins at the root of the disk.
    folder = Path(path).parent.as_posix()
    return f"/{folder.rstrip('/')}/**" if folder.startswith("/") else f"{folder}/**"
