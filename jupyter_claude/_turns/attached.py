"""The text blocks in which Claude gets what a prompt attached. Transcripts keep them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape, unescape

from .items import Attached

#: The text of a chip for a file or a folder.
READ_BY_CLAUDE_CODE = "Claude Code reads it itself."

_TAG = "notebook-data"
_BLOCK = re.compile(
    rf'<{_TAG} name="([^"]*)" title="([^"]*)" withheld="([^"]*)">\n(.*)\n</{_TAG}>', re.DOTALL
)


def block_text(item: Attached) -> str:
    """Return the text block for something attached."""
    name, title, withheld = (escape(text) for text in (item.name, item.title, item.note))
    # Data must not end the block before its end.
    text = item.text.replace(f"</{_TAG}", f"<\\/{_TAG}")
    return f'<{_TAG} name="{name}" title="{title}" withheld="{withheld}">\n{text}\n</{_TAG}>'


def attached_of(texts: Sequence[str]) -> list[Attached]:
    """Return what the texts of a prompt attached, without its pictures."""
    found = []
    for number, text in enumerate(texts):
        match = _BLOCK.fullmatch(text)
        if match is not None:
            name, title, withheld = (unescape(part) for part in match.groups()[:3])
            found.append(Attached(f"attached-{number}", name, title, match[4], note=withheld))
    return found
