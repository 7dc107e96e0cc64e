"""Reads the addresses in variables. What is shown of an address is its host and port."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, urlsplit

from .._text import one_line

#: With this variable Claude Code takes no provider from settings files. `ScriptedModel` sets it.
BY_HOST = "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST"


def first(variables: Mapping[str, str], names: Iterable[str]) -> str:
    """Return the first of these variables that has a value; "" if none has."""
    return next((name for name in names if variables.get(name, "").strip()), "")


def parts_of(address: str) -> SplitResult | None:
    """Return the parts of an address; None if it has no scheme or no host."""
    try:
        parts = urlsplit(address.strip())
        if "://" in address and parts.hostname and (parts.port is None or parts.port):
            return parts
    except ValueError:
        pass
    return None


def host_of(address: str) -> str:
    """Return the host and the port of an address, which may lack its scheme: no other part."""
    parts = parts_of(address) or parts_of(f"none://{address.strip()}")
    if parts is None:
        return "an address that cannot be read"
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return one_line(host if parts.port is None else f"{host}:{parts.port}")[:200]


def is_loopback(address: str) -> bool:
    """Whether an address is one of this machine."""
    parts = parts_of(address)
    host = (parts.hostname or "") if parts else ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
