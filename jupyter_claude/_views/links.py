"""Links and images in the model's Markdown: what is a link, and what is only its words.

A link needs an ordinary address of its own. A bare ``https://…`` is a link too. An image is never
loaded: it is a link with its words. The front end does the same in its ``links.ts``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

# With an address of their own, so nothing that JupyterLab would take for a page or a command of its
# own: "http:/lab/api/shutdown" is one, too.
_SAFE = re.compile(r"https?://|mailto:", re.IGNORECASE | re.ASCII)
# What stands before the ":" of a bare address.
_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])(?:[Hh][Tt][Tt][Pp][Ss]?|[Mm][Aa][Ii][Ll][Tt][Oo])\Z")
_LONGEST_SCHEME = len("mailto")
# No quotes, no brackets but round ones in pairs, no marks of hidden characters. A part that cannot
# match ends at once, so no part of a text is looked through twice.
_PART = r"[\w\-.~:/?#@!$&'*+,;=%]"
_ADDRESS = re.compile(
    rf"[A-Za-z]+:(?://[^\W_]{_PART}*(?:\({_PART}*\){_PART}*)*|[\w.+-]+@[^\W_][\w.-]*)"
)
_AFTER = "?!.,:;'*_~"  # belongs to the sentence, or to its emphasis


def is_safe(address: str) -> bool:
    """Whether a link may lead to an address."""
    return _SAFE.match(address) is not None


def use(renderer: MarkdownIt) -> None:
    """Let a renderer of HTML read them."""
    # Any other address loses only its link, below; the default would show raw Markdown.
    renderer.validateLink = lambda url: True  # type: ignore[method-assign]
    renderer.inline.ruler.before("escape", "bare_address", _bare_address)
    renderer.core.ruler.push("links", _settle)


def _bare_address(state: StateInline, silent: bool) -> bool:
    # Within the words of a link, and where words are only skipped, nothing is a link.
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
    """Leave of a link without an ordinary address its words, and make links of images."""
    for block in state.tokens:
        if block.children:
            block.children = _settled(block.children)


def _settled(tokens: list[Token]) -> list[Token]:
    made: list[Token] = []
    kept: list[bool] = []  # of the links around a token
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
    """Return what stands for an image; `inside` says that it stands in a link."""
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
