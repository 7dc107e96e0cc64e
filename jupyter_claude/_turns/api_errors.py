"""The API's errors in words: one sentence, and what the user can do."""

from __future__ import annotations

import re
from typing import NamedTuple

from .._text import one_line
from .errors import APIError, not_signed_in
from .provider_errors import CLAUDE_API, Server, provider_error
from .remedies import Remedy

_AGAIN = "run the cell again"


class _Problem(NamedTuple):
    what: str
    advice: str
    remedy: Remedy


#: The statuses that say enough by themselves.
_KNOWN = {
    429: _Problem(
        "The rate limit of your account is reached (429)", f"wait a moment and {_AGAIN}", "again"
    ),
    500: _Problem("The API had an error (500)", _AGAIN, "again"),
    503: _Problem("The API is unavailable (503)", f"wait a moment and {_AGAIN}", "again"),
    529: _Problem("The API is overloaded (529)", f"wait a moment and {_AGAIN}", "again"),
}
_TOO_LONG = _Problem(
    "The conversation is too long for the model",
    "compact it with the prompt /compact, or start a new one with %%claude --new",
    "compact",
)
# A conversation of one prompt has nothing to compact.
_PROMPT_TOO_LONG = _Problem(
    "The prompt, with all that comes with it, is too long for the model",
    "shorten it, or attach less",
    "",
)
_LONG = re.compile(r"too long", re.IGNORECASE)
_UNREACHED = re.compile(
    r"unable to connect|connection (error|refused|reset|closed)|ConnectionRefused|ECONN|ENOTFOUND|"
    r"EAI_AGAIN|ETIMEDOUT|fetch failed|network|socket|timed? ?out",
    re.IGNORECASE,
)
# The CLI's form of an API's answer, and of an answer that says no more than its status.
_PREFIX = re.compile(r"\A(?:Failed to authenticate\. )?API Error:? *", re.IGNORECASE)
_MODEL = re.compile(r"selected model \(([^()]{1,200})\)")


def api_error(status: int | None, text: str, server: Server = CLAUDE_API) -> APIError:
    """Return the error for an API error that Claude Code reports.

    Parameters
    ----------
    status : int or None
        The HTTP status; None if the API did not answer.
    text : str
        Claude Code's text.
    server : Server, optional
        Who was asked. Default: the Claude API.
    """
    said = provider_error(status, one_line(text), server.gateway)
    if said is None and (status == 401 or "/login" in text):
        return not_signed_in(status, server.gateway)
    if said is not None:
        what, advice, remedy = _Problem(said.what, said.advice, "again")
    else:
        what, advice, remedy = _problem(status, one_line(text), server)
    end = f"; {advice}" if advice else ""
    return APIError(what + end, status=status).offer(_sentence(what), remedy)


def _problem(status: int | None, text: str, server: Server) -> _Problem:
    if _LONG.search(text):
        return _PROMPT_TOO_LONG if "cannot be compacted" in text else _TOO_LONG
    own = _PREFIX.match(text) is None  # Claude Code's own words, such as when a limit resets
    if status == 404:
        model = _MODEL.search(text)
        name = f"the model {model[1]}" if model else "this model"
        what = f"Your account cannot use {name}, or it does not exist (404)"
        return _Problem(what, "choose one with `%claude model`", "model")
    known = _KNOWN.get(status or 0)
    if known is not None:
        return known._replace(what=_with_status(status, text)) if own and text else known
    if status is None and _UNREACHED.search(text):
        return _unreached(server)
    said = _PREFIX.sub("", text).removeprefix(str(status)).strip() or "an error without a text"
    if status is None:
        return _Problem(said, "", "again")
    if status == 403:
        what = f"Your account may not do this (403: {said})"
        return _Problem(what, "see `%claude doctor`", "again")
    verb = "refused the request" if 400 <= status < 500 else "failed"
    return _Problem(f"The API {verb} ({status}): {said}", "", "again")


def _unreached(server: Server) -> _Problem:
    if server.gateway:
        what = f"The gateway at {server.gateway} could not be reached"
        return _Problem(what, f"check its address and your network, and {_AGAIN}", "again")
    what = f"{server.name} could not be reached"
    return _Problem(what, f"check your network and {_AGAIN}", "again")


def _with_status(status: int | None, text: str) -> str:
    return text if str(status) in text else f"{text} ({status})"


def _sentence(what: str) -> str:
    return what if what.endswith((".", "!", "?")) else f"{what}."
