"""The problems that Claude Code itself reports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from .._did_you_mean import did_you_mean
from .files import SERVERS, SETTINGS
from .problem import Problem

#: Our own servers. A setting, or the end of the last tool, may have taken one away.
_OURS = ("answer", "kernel", "notebook", "user")
#: How the names of servers begin that Claude Code may learn of after its ``init`` message.
_LATER = ("claude_ai_", "ide__", "plugin_")


def settings_problems(errors: Any) -> Iterator[Problem]:
    """Yield the problems in the ``errors`` of an answer to ``get_settings``."""
    seen = set()
    for error in errors if isinstance(errors, list) else ():
        if not isinstance(error, dict) or not error.get("file") or error["file"] in seen:
            continue
        seen.add(error["file"])
        where = f", {error['path']}" if error.get("path") else ""
        yield Problem(
            SETTINGS,
            f"{error['file']} is not valid{where} ({error.get('message') or 'no reason given'}): "
            "Claude Code ignores the whole file, also its deny rules",
            "correct the file",
            str(error["file"]),
        )


def server_problems(servers: Iterable[Any], *, waiting: bool) -> Iterator[Problem]:
    """Yield the problems in Claude Code's list of MCP servers.

    Parameters
    ----------
    servers : iterable of dict
        From an ``init`` message, or from an answer to ``mcp_status``, which has the reasons.
    waiting : bool
        Whether a server that has not answered yet is a problem.
    """
    for server in servers:
        if not isinstance(server, dict):
            continue
        name, status = str(server.get("name"))[:60], server.get("status")
        if status == "failed":
            reason = server.get("error")
            text = "does not work" + (f" ({reason})" if reason else "")
            yield Problem(SERVERS, f"The MCP server {name!r} {text}", _remedy(server), name)
        elif status == "needs-auth":
            yield Problem(
                SERVERS,
                f"The MCP server {name!r} needs you to sign in",
                "run `claude` in a terminal and choose the server under /mcp",
                name,
            )
        elif status == "pending" and waiting:
            yield Problem(
                SERVERS,
                f"The MCP server {name!r} has not answered yet",
                "if this lasts, run its command in a terminal: it must write only "
                "MCP messages to its output",
                name,
            )


def rule_problems(rules: Iterable[str], servers: Iterable[Any]) -> Iterator[Problem]:
    """Yield the rules for tools of MCP servers that do not exist.

    Parameters
    ----------
    rules : iterable of str
        The session's ``allowed_tools``.
    servers : iterable of dict
        From an ``init`` message, which also has the servers of settings files.
    """
    given = [str(server.get("name")) for server in servers if isinstance(server, dict)]
    names = [re.sub(r"[^A-Za-z0-9_-]", "_", name) for name in given]  # as the rules write them
    known = {*names, *_OURS}
    for rule in rules:
        server = rule.removeprefix("mcp__").partition("(")[0]
        if not rule.startswith("mcp__") or "*" in rule or server.startswith(_LATER):
            continue
        if any(server == name or server.startswith(f"{name}__") for name in known):
            continue
        name = server.partition("__")[0][:60]
        yield Problem(
            SERVERS,
            f"allowed_tools has {rule[:80]!r}, but there is no MCP server {name!r}",
            did_you_mean(name, names) or "correct the name, or set mcp_servers",
            rule,
        )


def _remedy(server: dict[str, Any]) -> str:
    where = server.get("scope") or server.get("source")
    if where == "project":
        return "check its entry in .mcp.json, then run %claude stop"
    return "check its entry with `claude mcp list` in a terminal, then run %claude stop"
