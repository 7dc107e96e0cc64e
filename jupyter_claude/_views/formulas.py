r"""Finds formulas in the model's Markdown, and distinguishes them from prices and variables.

``$E=mc^2$``, ``$$…$$``, ``\(…\)`` and ``\[…\]`` stay unchanged, in elements that MathJax typesets.
MathJax ignores the rest of a turn.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

# The classes of MathJax 3 and 4 (JupyterLab) and of MathJax 2 (nbconvert).
IGNORE = "mathjax_ignore tex2jax_ignore"
PROCESS = "mathjax_process tex2jax_process"

# A single dollar opens a formula only if no space touches its inner side and no word its outer
# side: "$5 and $6" and "$PATH:$HOME" are text. No formula contains the opening mark of its own
# kind, so no part of a text is searched twice.
FORMULA = re.compile(
    r"\$\$[^$]+\$\$"
    r"|(?<!\\)\\\((?:[^\\]|\\[^()])+\\\)"
    r"|(?<!\\)\\\[(?:[^\\]|\\[^\[\]])+\\\]"
    r"|(?<![\w$\\])\$(?![\s$])(?:\\.|[^\\$`])+(?<!\s)\$(?![\w$])",
    re.DOTALL,
)
_AMOUNT = re.compile(r"\$[0-9.,]+\s*[-–—/]?\s*(?:[A-Za-z]{2,}|\$)")
# Commands that produce HTML, define other commands, or load something.
UNSAFE = re.compile(
    r"\\(?:href|url|html\w*|style|class|cssId|data|require|includegraphics|unicode|mmlToken|bbox"
    r"|csname|[egx]?def|let|futurelet|(?:re|provide)?newcommand|(?:re)?newenvironment"
    r"|Declare\w+|input|include)(?![A-Za-z])"
)
# A formula can move and colour its parts, so keep it in its own box.
_INLINE = "display:inline-block;contain:paint;max-width:100%;max-height:12em"
_BLOCK = "position:relative;overflow:auto;max-height:40em"
_OPENS = re.compile(r"(?<!\\)\\\[")  # not a line end with a distance, as in \\[2pt]
_CLOSING = {"$$": "$$", "\\[": "\\]"}


def use(renderer: MarkdownIt) -> None:
    """Make a Markdown renderer keep formulas."""
    # Before "escape", which would turn "\(" into "(".
    renderer.inline.ruler.before("escape", "formula", _inline)
    renderer.block.ruler.before(
        "fence", "formula", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    renderer.add_render_rule("formula", _render)
    renderer.add_render_rule("formula_block", _render_block)


def is_formula(text: str) -> bool:
    """Whether a text that looks like a formula is one, and is safe."""
    return not UNSAFE.search(text) and not _AMOUNT.match(text)


def _inline(state: StateInline, silent: bool) -> bool:
    found = FORMULA.match(state.src, state.pos)
    if found is None or not is_formula(found[0]):
        return False
    if not silent:
        state.push("formula", "", 0).content = found[0]
    state.pos = found.end()
    return True


def _block(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    begin = state.bMarks[first] + state.tShift[first]
    closing = _CLOSING.get(state.src[begin : begin + 2])
    if closing is None or state.is_code_block(first):
        return False
    for line in range(first, end):
        start = begin + 2 if line == first else state.bMarks[line] + state.tShift[line]
        text = state.src[start : state.eMarks[line]].rstrip()
        if closing in text:
            break
        if _OPENS.search(text) or (line > first and state.sCount[line] < state.blkIndent):
            return False
    else:
        return False
    content = state.src[begin : start + len(text)]
    if not text.endswith(closing) or not is_formula(content):
        return False
    if not silent:
        token = state.push("formula_block", "", 0)
        token.content = content
        token.map = [first, line + 1]
        state.line = line + 1
    return True


def _render(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    return f'<span class="{PROCESS}" style="{_INLINE}">{escape(tokens[index].content)}</span>'


def _render_block(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    content = escape(tokens[index].content)
    return f'<div class="{PROCESS}" style="{_BLOCK}">{content}</div>\n'
