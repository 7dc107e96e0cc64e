"""Keeps the keys and tokens of a session's options out of errors.

Errors end up in notebooks and logs. The CLI's own errors repeat what it was given. ``%xmode
Verbose``, pytest and rich also show the variables of each frame.
"""

from __future__ import annotations

import base64
import functools
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FrameType, TracebackType
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote

#: The names of variables, headers and flags that have a secret as their value.
_SECRET_NAME = re.compile(r"key|token|secret|passw|auth|credential|cookie|header", re.IGNORECASE)
#: Hiding shorter values would hide ordinary words.
_LEAST = 8
#: Headers for the API, each as ``Name: value`` in a line of its own.
_HEADERS = "ANTHROPIC_CUSTOM_HEADERS"
#: An address with a user and a password, such as a proxy's. The scheme may be missing.
_ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<user>[^\s/@:]*)(?::(?P<password>[^\s/]+))?@[^\s/@]+(?:/\S*)?",
    re.IGNORECASE,
)
#: The same in any text, up to the host.
_PASSWORD = re.compile(r"(?<![^\s/\"'=(<\[])[^\s/@:\"'=(<]*:[^\s/\"'<>]+@(?=[\w.\[-])")


class _Options(Protocol):
    """The options that may have secrets in their values."""

    @property
    def env(self) -> Mapping[str, str]: ...

    @property
    def extra_args(self) -> Mapping[str, str | None]: ...

    @property
    def mcp_servers(self) -> object: ...


def secrets_of(options: _Options, environment: Mapping[str, str]) -> set[str]:
    """Return the values of options and environment that look like keys, tokens and passwords."""
    variables = {**environment, **options.env}
    found = {*_by_name(variables), *_by_name(options.extra_args)}
    found |= _in_headers(variables.get(_HEADERS, ""))
    if isinstance(options.mcp_servers, Mapping):
        servers: Iterable[Any] = options.mcp_servers.values()
        for server in servers:
            for field in ("env", "headers"):  # an in-process server has neither
                found |= set(map(str, (server.get(field) or {}).values()))
    return {text for text in found if len(text) >= _LEAST} | _passwords(variables.values())


def named_secrets(values: Mapping[str, str]) -> set[str]:
    """Return the values of variables or headers whose names are those of secrets."""
    return {text for text in _by_name(values) if len(text) >= _LEAST}


def names_secret(name: str) -> bool:
    """Return whether a variable or header of this name has a secret as its value."""
    return _SECRET_NAME.search(name) is not None


def _by_name(values: Mapping[str, Any]) -> Iterator[str]:
    return (str(text) for name, text in values.items() if text and _SECRET_NAME.search(name))


def _in_headers(lines: str) -> set[str]:
    """Return what may be secret in headers for the API. Another header may be a team's name."""
    found = set()
    for line in lines.splitlines():
        name, _, value = line.partition(":")
        value = value.strip()
        if names_secret(name) or any(map(str.isdigit, value)):
            found |= {value, value.removeprefix("Bearer "), value.removeprefix("Basic ")}
    return found


def _passwords(values: Iterable[Any]) -> set[str]:
    """Return the passwords of addresses, as they are given, as they are meant, and as sent."""
    found = set()
    for value in map(str, values):
        given = _ADDRESS.fullmatch(value.strip()) if "@" in value else None
        if given is None:
            continue
        user, password = given["user"], given["password"]
        if password is None:  # the user may be a token; without a scheme it is a mail address
            found |= {_whole(user)} if given["scheme"] and user else set()
            continue
        meant = unquote(user), unquote(password)
        sent = base64.b64encode(":".join(meant).encode("utf-8", "replace")).decode()
        # Without its user a short password could be any word.
        found |= {_whole(f"{user}:{password}"), _whole(":".join(meant)), sent}
        found |= {text for text in (password, meant[1]) if len(text) >= _LEAST}
    return found


def _whole(login: str) -> str:
    """Return the user and the password, with the sign after them if they could be a word."""
    return login if len(login) >= _LEAST else f"{login}@"


def without_passwords(text: str) -> str:
    """Return `text` without the users and passwords of addresses, also of unknown ones."""
    return _PASSWORD.sub("[hidden]@", text)


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with each secret as ``[hidden]``."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[hidden]")
    return text


class Environment(dict[str, str]):
    """Environment variables. Their ``repr`` shows only the names."""

    def __repr__(self) -> str:
        return _names(self)


class OwnEnvironment(Mapping[str, str]):
    """This process's present environment. Its ``repr`` shows only the names."""

    def __getitem__(self, name: str) -> str:
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)

    def __repr__(self) -> str:
        return _names(self)


def _names(variables: Iterable[str]) -> str:
    return "{" + ", ".join(f"{name!r}: …" for name in variables) + "}"


# --- frames -----------------------------------------------------------------------------------

_E = TypeVar("_E", bound=BaseException)
_T = TypeVar("_T")


def without_frames(error: _E) -> _E:
    """Remove all frames but the user's own from the tracebacks of an error and of its causes.

    Our frames, and those of the libraries that we call, have the options in their variables.
    """
    seen: set[int] = set()
    chain: list[BaseException | None] = [error]
    while chain:
        link = chain.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            link.__traceback__ = _without_ours(link.__traceback__)
            chain += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]
    return error


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    kept: list[TracebackType] = []
    while trace is not None:
        if not _is_ours(trace.tb_frame):
            kept.append(trace)
        trace = trace.tb_next
    rest: TracebackType | None = None
    for link in reversed(kept):
        rest = TracebackType(rest, link.tb_frame, link.tb_lasti, link.tb_lineno)
    return rest


def _is_ours(frame: FrameType) -> bool:
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return package in ("jupyter_claude_sdk", "anyio", "trio") or package in sys.stdlib_module_names


def hides_values_in_errors(cls: type[_T]) -> type[_T]:
    """Keep a dataclass's values out of the tracebacks of errors that its ``__init__`` raises.

    The generated ``__init__`` has each field as a variable of its frame.
    """
    init: Callable[..., None] = cls.__init__

    @functools.wraps(init)
    def quiet(self: Any, *args: Any, **kwargs: Any) -> None:
        refused: Exception
        try:
            init(self, *args, **kwargs)
            return
        except Exception as error:
            refused = without_frames(error)
        args, kwargs = (), {}
        raise refused

    cls.__init__ = quiet  # type: ignore[method-assign]
    return cls
