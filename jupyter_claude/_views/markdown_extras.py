"""Markdown that models write beyond CommonMark: task lists, footnotes, ``<br>``.

All of it becomes text or a line break. It never becomes HTML or a link. The front end does the same
in its ``extras.ts``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline

_BREAK = re.compile(r"<br[ ]?/?>", re.IGNORECASE)
_NOTE = re.compile(r"\[\^([\w-]{1,30})\]")
_NOTE_TEXT = re.compile(r"\[\^[\w-]{1,30}\]:")
_BOX = re.compile(r"\[([ xX])\](?=\s)")
_BOX_OF_LINE = re.compile(r"^(\s*(?:[-*+]|\d{1,9}[.)])\s+)\[([ xX])\](?=\s)")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_FENCE = re.compile(r"\s*(```|~~~)")


def box(mark: str) -> str:
    """Return the box character of a task: ``[ ]`` or ``[x]``."""
    return "☐" if mark == " " else "☑"


def use(renderer: MarkdownIt) -> None:
    """Add these rules to an HTML renderer."""
    inline = renderer.inline.ruler
    inline.before("autolink", "line_break", _line_break)
    inline.before("link", "footnote", _footnote)
    # Make each a paragraph. Otherwise "[^1]: https://…" would be a link's address, and hidden.
    block = renderer.block.ruler

    def footnote_text(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        first = state.bMarks[start] + state.tShift[start]
        if _NOTE_TEXT.match(state.src, first) is None:
            return False
        paragraph = block.getRules("")[-1]
        return silent or paragraph(state, start, end, False)

    block.before("reference", "footnote_text", footnote_text, {"alt": ["paragraph"]})
    renderer.core.ruler.push("tasks", _tasks)


def _line_break(state: StateInline, silent: bool) -> bool:
    found = _BREAK.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = found.end()
    return True


def _footnote(state: StateInline, silent: bool) -> bool:
    found = _NOTE.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.pending += f"[{found[1]}]"
    state.pos = found.end()
    return True


def _tasks(state: StateCore) -> None:
    for index, token in enumerate(state.tokens):
        is_first = index > 1 and state.tokens[index - 2].type == "list_item_open"
        if token.type == "inline" and is_first and token.children:
            first = token.children[0]
            found = _BOX.match(first.content) if first.type == "text" else None
            if found is not None:
                first.content = box(found[1]) + first.content[found.end() :]
                state.tokens[index - 2].attrSet("style", "list-style:none")


def as_text(text: str) -> str:
    """Return Markdown in which these are plain text, for other Markdown readers."""
    fence = ""
    lines = []
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark is not None and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        elif not fence:
            line = _BOX_OF_LINE.sub(lambda found: found[1] + box(found[2]), line)
            line = _outside_code(line)
        lines.append(line)
    return "\n".join(lines)


def _outside_code(line: str) -> str:
    parts, done = [], 0
    in_table = line.lstrip().startswith("|")
    for code in _CODE.finditer(line):
        parts += [_words(line[done : code.start()], in_table), code[0]]
        done = code.end()
    return "".join(parts) + _words(line[done:], in_table)


def _words(text: str, in_table: bool) -> str:
    # Escape the brackets: "[1]: https://…" would be a link's address.
    return _NOTE.sub(r"\\[\1\\]", _BREAK.sub(" " if in_table else "  \n", text))
