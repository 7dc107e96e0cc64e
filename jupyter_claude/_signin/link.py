"""The link that Claude Code's sign-in shows, which is shown to the user only if it is one."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

#: Whose pages a sign-in may lead to, and those below them.
HOSTS = ("claude.ai", "claude.com", "anthropic.com")

#: A link in the output, up to the space or the line's end.
LINK = re.compile(r"https?://\S+")
#: All that a link of Claude Code's consists of; no character here looks like another one.
_PLAIN = re.compile(r"[A-Za-z0-9%+._~:/?&=-]{1,4000}")
#: What such a page is asked for with.
_FIELDS = ("client_id", "code_challenge", "redirect_uri", "state")


def checked_link(text: str) -> str | None:
    """Return a link if it is that of a sign-in page, and its code goes back there; else None.

    Parameters
    ----------
    text : str
        The link as Claude Code has printed it.
    """
    if not _PLAIN.fullmatch(text):
        return None
    path, query = _parts(text)
    if path is None or not path.endswith("/oauth/authorize"):
        return None
    if any(len(query.get(name, [])) != 1 for name in _FIELDS):
        return None
    returns_to, _ = _parts(query["redirect_uri"][0])
    return None if returns_to is None else text


def _parts(text: str) -> tuple[str | None, dict[str, list[str]]]:
    """Return path and query of an https address of `HOSTS`; None as path for any other."""
    try:
        address = urlsplit(text)
        port = address.port
    except ValueError:
        return None, {}
    host = address.hostname or ""
    known = any(host == name or host.endswith(f".{name}") for name in HOSTS)
    if address.scheme != "https" or not known or port is not None or "@" in address.netloc:
        return None, {}
    return address.path, parse_qs(address.query)
