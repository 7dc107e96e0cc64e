"""What must not be seen: the keys and tokens among a session's options.

The CLI repeats in its complaints what it was given, and errors end up in notebooks and logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._options import ClaudeAgentOptions

#: Variables, headers and flags whose value is one.
_SECRET_NAME = re.compile(r"key|token|secret|passw|auth|credential|cookie|header", re.IGNORECASE)
#: Shorter ones would blacken ordinary words.
_LEAST = 8


def secrets_of(options: ClaudeAgentOptions, environment: Mapping[str, str]) -> set[str]:
    """Return the values of options and environment that look like keys and tokens."""
    found = {*_by_name({**environment, **options.env}), *_by_name(options.extra_args)}
    if isinstance(options.mcp_servers, Mapping):
        servers: Iterable[Any] = options.mcp_servers.values()
        for server in servers:
            for field in ("env", "headers"):  # an in-process server has neither
                found |= set(map(str, (server.get(field) or {}).values()))
    return {text for text in found if len(text) >= _LEAST}


def _by_name(values: Mapping[str, Any]) -> Iterator[str]:
    return (str(text) for name, text in values.items() if text and _SECRET_NAME.search(name))


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with each secret as ``[hidden]``."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[hidden]")
    return text
