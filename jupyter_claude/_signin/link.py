"""Checks the link of Claude Code's sign-in before the user sees it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

#: The hosts of sign-in pages. Their subdomains count too.
HOSTS = ("claude.ai", "claude.com", "anthropic.com")

#: A link in the output, up to a space or the line's end.
LINK = re.compile(r"https?://\S+")
#: The only characters in Claude Code's links. None of them looks like another one.
_PLAIN = re.compile(r"[A-Za-z0-9%+._~:/?&=-]{1,4000}")
#: The parameters of a sign-in page.
_FIELDS = ("client_id", "code_challenge", "redirect_uri", "state")
#: From 2.1.330 on the CLI prints a short link: the challenge alone. The page itself knows the rest,
#: so nobody can put another address into it.
_SHORT = re.compile(r"z-[A-Za-z0-9_-]{43}")


def checked_link(text: str) -> str | None:
    """Return a link if it leads to a sign-in page, and names no other place for the code; or None.

    Parameters
    ----------
    text : str
        The link from Claude Code's output.
    """
    if not _PLAIN.fullmatch(text):
        return None
    path, query = _parts(text)
    if path is None or not path.endswith("/oauth/authorize"):
        return None
    if _SHORT.fullmatch(urlsplit(text).query):
        return text
    if any(len(query.get(name, [])) != 1 for name in _FIELDS):
        return None
    returns_to, _ = _parts(query["redirect_uri"][0])
    return None if returns_to is None else text


def _parts(text: str) -> tuple[str | None, dict[str, list[str]]]:
    """Return the path and query of an https address of `HOSTS`; for others the path is None."""
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
