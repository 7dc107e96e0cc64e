"""The ``mcp_servers`` option: the servers that run in this process, and what the CLI gets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: What the API takes as a name. It sees a tool as ``mcp__SERVER__TOOL``.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: An environment variable in a configuration, perhaps with the value to use if it is not set.
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def in_process_servers(servers: Any) -> dict[str, Any]:
    """Return the in-process servers of an ``mcp_servers`` option, by their keys.

    Raises
    ------
    ValueError
        If a server cannot be used. The error says which and why.
    """
    found: dict[str, Any] = {}
    if not isinstance(servers, Mapping):
        return found
    for key, config in servers.items():
        if not isinstance(config, Mapping) or config.get("type") != "sdk":
            continue
        check_name(key, "server")
        instance = config.get("instance")
        if instance is None:
            raise ValueError(
                f"mcp_servers[{key!r}] is of type 'sdk' and has no 'instance'; "
                "make it with create_sdk_mcp_server(name, tools=[…])"
            )
        found[key] = instance
    return found


def wire_servers(servers: Mapping[str, Any]) -> dict[str, Any]:
    """Return an ``mcp_servers`` option for the CLI: in-process servers only by their names."""
    return {
        # The CLI sends their messages under this name.
        key: {"type": "sdk", "name": key}
        if isinstance(config, Mapping) and config.get("type") == "sdk"
        else config
        for key, config in servers.items()
    }


def expanded_servers(servers: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return servers in the form in which a running CLI takes them.

    In a file the CLI replaces ``${NAME}`` itself, and ``args`` may be missing.
    """
    wire = wire_servers(servers)
    for key, config in wire.items():
        if config.get("type") == "sdk":
            continue
        wire[key] = _expanded(config, environment)
        if "command" in config and not config.get("args"):
            wire[key]["args"] = []
    return wire


def _expanded(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: environment.get(found[1], found[2] or found[0]), value)
    if isinstance(value, Mapping):
        return {key: _expanded(item, environment) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_expanded(item, environment) for item in value]
    return value


def check_name(name: object, what: str) -> None:
    """Refuse a name that a tool or a server cannot have."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot be the name of a {what}: use 1 to 64 letters, digits, '_' and '-'"
        )
