"""Finds settings files that Claude Code cannot read and ignores silently.

The rules come from trials with the tested version of Claude Code, which `jupyter_claude_sdk` names.
It accepts no comments and no trailing comma. It accepts a byte order mark, UTF-16 and an empty
file. If one setting has a wrong type, it ignores the whole file.
"""

from __future__ import annotations

import codecs
import functools
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._names import to_show
from .problem import Problem

if TYPE_CHECKING:
    from .._trust.files import FoundFile

SETTINGS, SERVERS = "Settings files", "MCP servers"

#: The settings files of the session's folder, and the source that each belongs to.
_SOURCES = {".claude/settings.json": "project", ".claude/settings.local.json": "local"}
_RULES = ("allow", "ask", "deny")
_PASSED_OVER = "Claude Code ignores the whole file, also its deny rules"


def managed_files() -> list[Path]:
    """Return the paths of the administrator's settings files."""
    if sys.platform == "darwin":
        folder = Path("/Library/Application Support/ClaudeCode")
    elif sys.platform == "win32":
        folder = Path(os.environ.get("PROGRAMFILES", "C:\\Program Files"), "ClaudeCode")
    else:
        folder = Path("/etc/claude-code")
    return [
        folder / "managed-settings.json",
        *sorted((folder / "managed-settings.d").glob("*.json")),
    ]


def file_problems(
    found: Iterable[FoundFile], config: Path, state: Path, sources: Iterable[str]
) -> Iterator[Problem]:
    """Yield the problems of the settings files in use.

    Parameters
    ----------
    found : iterable of FoundFile
        The files of the folder and its parents.
    config : Path
        Claude Code's own folder.
    state : Path
        Claude Code's ``.claude.json``.
    sources : iterable of str
        The sources in use, of "user", "project" and "local".
    """
    found, sources = list(found), set(sources)
    for path, settings in _settings(found, config, sources):
        yield from _settings_problem(path, settings)
    for file in found:
        if file.location == ".mcp.json" and "project" in sources:
            yield from _servers_problem(file.path, file.problem or file.data)
    if wrong := _wrong_state(state):
        yield Problem(
            SETTINGS,
            f"{to_show(state)} {wrong}, so Claude Code does not start",
            "correct it, or replace it with a copy from the folder backups beside it",
            to_show(state),
        )


def variables_given(
    found: Iterable[FoundFile], config: Path, sources: Iterable[str]
) -> Iterator[str]:
    """Yield the names of the variables that the settings files set; see `file_problems`."""
    for _, data in _settings(found, config, set(sources)):
        if isinstance(data, bytes) and not _wrong_json(data):
            variables = _parsed(data).get("env")
            if isinstance(variables, dict):
                yield from (name for name, value in variables.items() if value)


def _settings(
    found: Iterable[FoundFile], config: Path, sources: set[str]
) -> Iterator[tuple[Path, bytes | str | None]]:
    """Yield the settings files in use, each with its content or why it cannot be read."""
    own = [config / "settings.json"] if "user" in sources else []
    for path in (*managed_files(), *own):
        yield path, _read(path)
    for file in found:
        if _SOURCES.get(file.location) in sources:
            yield file.path, file.problem or file.data


def server_names(found: Iterable[FoundFile], state: Path) -> list[str]:
    """Return the names of the MCP servers in these files."""
    names: dict[str, None] = {}
    for data in [*(file.data for file in found if file.location == ".mcp.json"), _read(state)]:
        if isinstance(data, bytes) and not _wrong_json(data):
            servers = _parsed(data).get("mcpServers")
            names |= dict.fromkeys(servers if isinstance(servers, dict) else ())
    return list(names)


def _wrong_state(path: Path) -> str:
    """Return what is wrong with a file. It may be long, so an unchanged file is read once."""
    try:
        status = path.stat()
    except OSError:
        return _wrong_in(path)
    return _wrong_in_version(path, status.st_mtime_ns, status.st_ctime_ns, status.st_size)


@functools.lru_cache(maxsize=8)
def _wrong_in_version(path: Path, *version: int) -> str:
    return _wrong_in(path)


def _wrong_in(path: Path) -> str:
    data = _read(path)
    return data if isinstance(data, str) else _wrong_json(data) if data else ""


def _read(path: Path) -> bytes | str | None:
    """Return a file's content, or why it cannot be read; None if there is no file."""
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            return None  # such as a pipe: reading it would block, and take its content
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return error.strerror or "for an unknown reason"


def _settings_problem(path: Path, data: bytes | str | None) -> Iterator[Problem]:
    if wrong := _wrong(data, _wrong_settings):
        name = to_show(path)
        yield Problem(SETTINGS, f"{name} {wrong}: {_PASSED_OVER}", "correct the file", name)


def _servers_problem(path: Path, data: bytes | str | None) -> Iterator[Problem]:
    if wrong := _wrong(data, _wrong_servers):
        name = to_show(path)
        yield Problem(
            SERVERS,
            f"{name} {wrong}, so Claude Code starts none of its servers",
            "correct it and run %claude stop; the next prompt reads it",
            name,
        )


def _wrong(data: bytes | str | None, check: Callable[[dict[str, Any]], str]) -> str:
    """Return what is wrong with a file, or why it cannot be read; "" if it is right."""
    if data is None:
        return ""
    if isinstance(data, str):
        return f"cannot be read ({data})"
    return _wrong_json(data) or check(_parsed(data))


def _wrong_json(data: bytes) -> str:
    try:
        value = _parsed(data)
    except RecursionError:
        return "is nested too deeply"
    except json.JSONDecodeError as error:
        return f"is not valid JSON (line {error.lineno}, column {error.colno})"
    except ValueError:
        return "is not valid JSON"
    return "" if isinstance(value, dict) else "is not a JSON object"


def _parsed(data: bytes) -> Any:
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data.decode("utf-16" if utf16 else "utf-8-sig", "replace")
    return json.loads(text, parse_constant=_no_constant) if text.strip() else {}


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # Python reads NaN and Infinity, but JSON has neither


def _wrong_settings(data: dict[str, Any]) -> str:
    """Return what is wrong with rules and hooks. Claude Code itself reports the rest."""
    permissions = data.get("permissions", {})
    if not isinstance(permissions, dict):
        return 'has a "permissions" that is not an object'
    for name in _RULES:
        if not isinstance(permissions.get(name, []), list):
            return f'has a "permissions.{name}" that is not a list'
    hooks = data.get("hooks", {})
    if not isinstance(hooks, dict):
        return 'has a "hooks" that is not an object'
    for event, matchers in hooks.items():
        if not isinstance(matchers, list):
            return f'has a "hooks.{event}" that is not a list'
    return ""


def _wrong_servers(data: dict[str, Any]) -> str:
    servers = data.get("mcpServers", None if data else {})
    if not isinstance(servers, dict):
        return 'has no object "mcpServers"'
    for name, server in servers.items():
        entry = server if isinstance(server, dict) else {}
        if not isinstance(entry.get("command"), str) and not isinstance(entry.get("url"), str):
            return f"names neither a command nor a url for the server {name!r:.60}"
    return ""
