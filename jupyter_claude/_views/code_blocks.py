"""Finds the code blocks of an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._protocol.lab_comm import CodeBlock

_LONGEST = 20_000  # characters of an answer
_LANGUAGE = re.compile(r"[\w+#.-]+", re.ASCII)


def code_blocks(text: str) -> list[CodeBlock]:
    """Return the fenced code blocks of Markdown, outside of lists and quotes.

    A text that is too long has none: to parse it could block the kernel.
    """
    if len(text) > _LONGEST:
        return []
    from markdown_it import MarkdownIt  # lazy: this import costs time

    blocks: list[CodeBlock] = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.level == 0:
            found = _LANGUAGE.match(token.info.strip())
            content = token.content.removesuffix("\n")
            blocks.append({"text": content, "language": found[0] if found else ""})
    return blocks
