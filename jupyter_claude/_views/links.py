"""Decides what becomes a link in the model's Markdown.

A link needs an ordinary address; otherwise only its words are shown. A bare ``https://…`` is a link
too. An image is never loaded: it becomes a link. The front end does the same in its ``links.ts``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

# A full address only: JupyterLab would read others as its own pages or commands, such as
# "http:/lab/api/shutdown".
_SAFE = re.compile(r"https?://|mailto:", re.IGNORECASE | re.ASCII)
# The text before the ":" of a bare address.
_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])(?:[Hh][Tt][Tt][Pp][Ss]?|[Mm][Aa][Ii][Ll][Tt][Oo])\Z")
_LONGEST_SCHEME = len("mailto")
# No quotes, no brackets except round ones in pairs, no marks of hidden characters. A part that
# cannot match ends at once, so no part of a text is searched twice.
_PART = r"[\w\-.~:/?#@!$&'*+,;=%]"
_ADDRESS = re.compile(
    rf"[A-Za-z]+:(?://[^\W_]{_PART}*(?:\({_PART}*\){_PART}*)*|[\w.+-]+@[^\W_][\w.-]*)"
)
_AFTER = "?!.,:;'*_~"  # these belong to the sentence or to its emphasis


def is_safe(address: str) -> bool:
    """Whether a link may lead to an address."""
    return _SAFE.match(address) is not None


def use(renderer: MarkdownIt) -> None:
    """Add these rules to an HTML renderer."""
    # A link with another address loses only the link, below. The default would show raw Markdown.
    renderer.validateLink = lambda url: True  # type: ignore[method-assign]
    renderer.inline.ruler.before("escape", "bare_address", _bare_address)
    renderer.core.ruler.push("links", _settle)


def _bare_address(state: StateInline, silent: bool) -> bool:
    # There are no links inside a link's words, or where the parser only skips words.
    if silent or state.linkLevel > 0 or state.src[state.pos] != ":":
        return False
    first = max(0, state.pos - _LONGEST_SCHEME - 1)
    scheme = _SCHEME.search(state.src[first : state.pos])
    if scheme is None or not state.pending.endswith(scheme[0]):
        return False
    found = _ADDRESS.match(state.src, state.pos - len(scheme[0]), state.posMax)
    if found is None or (found[0][len(scheme[0]) + 1] == "/") != scheme[0].lower().startswith("h"):
        return False
    words = found[0].rstrip(_AFTER)
    state.pending = state.pending[: -len(scheme[0])]
    state.push("link_open", "a", 1).attrSet("href", state.md.normalizeLink(words))
    state.push("text", "", 0).content = words
    state.push("link_close", "a", -1)
    state.pos += len(words) - len(scheme[0])
    return True


def _settle(state: StateCore) -> None:
    """Keep only the words of links without an ordinary address, and turn images into links."""
    for block in state.tokens:
        if block.children:
            block.children = _settled(block.children)


def _settled(tokens: list[Token]) -> list[Token]:
    made: list[Token] = []
    kept: list[bool] = []  # whether each link around a token is kept
    for token in tokens:
        if token.type == "link_open":
            kept.append(is_safe(str(token.attrGet("href") or "")))
        if token.type == "image":
            made += _image(token, inside=any(kept))
        elif token.type not in ("link_open", "link_close") or kept[-1]:
            made.append(token)
        if token.type == "link_close":
            kept.pop()
    return made


def _image(image: Token, *, inside: bool) -> list[Token]:
    """Return the tokens that replace an image; `inside` says that it is inside a link."""
    new = type(image)
    words = new("text", "", 0, content=image.content or "image")
    address = str(image.attrGet("src") or "")
    if inside or not is_safe(address):
        return [words]
    return [
        new("link_open", "a", 1, attrs={"href": address}),
        words,
        new("link_close", "a", -1),
    ]
