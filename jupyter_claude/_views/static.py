"""A turn as a static MIME bundle that reads well with no widget and no script.

The HTML keeps the roles and names of the live view. It carries its looks in ``style`` attributes
with JupyterLab's colours and fallbacks, since a style sheet would reach the whole page, and viewers
such as GitHub remove it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from .._settings import PRACTICE
from .._text import exact, exact_line, visible
from .._turns.diffs import LineKind, line_kinds
from .._turns.items import MARKS, Item, Notice, TextItem, ThinkingItem, Todo, ToolCall, ToolImage
from .._turns.turn import Turn
from . import code, formulas
from .saved import MIME, saved

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Tree = dict[str, list[Item]]

_MUTED = "color:var(--jp-ui-font-color2,#616161)"
_BORDER = "1px solid var(--jp-border-color2,#bdbdbd)"
# JupyterLab would break the lines of any <pre> in the middle of words.
_LINES = "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
_FRAME = (
    "margin:6px 0;padding:6px 8px;border-radius:4px;background:var(--jp-layout-color2,#eeeeee);"
    "color:var(--jp-content-font-color1,#212121)"
)
_CODE = (
    f"{_LINES};margin:4px 0;padding:6px 8px;"
    "border-radius:4px;background:var(--jp-layout-color2,#eeeeee);"
    "color:var(--jp-content-font-color1,#212121);"
    "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"
)
_BAD = "var(--jp-error-color1,#d32f2f)"
_STATES = {"failed": f"color:{_BAD};font-weight:600", "denied": f"color:{_BAD};font-weight:600"}
# As in the widget: the text keeps its colour, which every theme makes readable.
_DIFF = {
    "heading": f"display:block;{_MUTED}",
    "added": "display:block;background:color-mix(in srgb,"
    "var(--jp-success-color1,#388e3c) 20%,transparent)",
    "removed": "display:block;background:color-mix(in srgb,"
    "var(--jp-error-color1,#d32f2f) 18%,transparent)",
}
_COLOURED = 400  # lines of a diff
_LANGUAGE = re.compile(r"[\w+#.-]+")
_RENDERED = 300_000  # characters of Markdown; more would hold up the kernel for seconds
# With an address of their own, so nothing that JupyterLab would take for a page or a command of its
# own: "http:/lab/api/shutdown" is one, too.
_SAFE_LINK = re.compile(r"https?://|mailto:", re.IGNORECASE)
# The end of a link's text, or of a definition's name, with another kind of address behind it.
_ODD_LINK = re.compile(r"\](?=[(:])(?![(:]\s*(?:https?://|mailto:))")


def bundle(turn: Turn, *, error: bool = True) -> dict[str, Any]:
    """Return `turn` as ``text/html``, ``text/markdown`` and ``text/plain``, and for our renderer.

    Parameters
    ----------
    turn : Turn
        What to show.
    error : bool, default True
        Whether to show the error that ended it; the turn's own cell raises it already.
    """
    made: dict[str, Any] = {
        "text/html": html(turn, error=error),
        "text/markdown": markdown(turn, error=error),
        "text/plain": plain(turn, error=error),
    }
    data = saved(turn, error=error)
    return made if data is None else {**made, MIME: data}


# --- plain text -------------------------------------------------------------------------------


def plain(turn: Turn, *, error: bool = True) -> str:
    """Return `turn` as plain text."""
    tree = turn.tree()
    parts = [_plain_item(tree, item) for item in tree[""]]
    return "\n\n".join([part for part in parts if part] + _ends(turn, error))


def _plain_item(tree: Tree, item: Item) -> str:
    if isinstance(item, Notice):
        return visible(item.text)
    if isinstance(item, ThinkingItem):
        return ""
    if isinstance(item, TextItem):
        return visible(item.text.strip())
    about = f"{exact_line(item.summary)} {item.counts}".rstrip()
    lines = [f"[{exact_line(item.name)}: {about} — {item.state}]"]
    lines += [
        f"{_BOXES[todo['status']]} {exact_line(todo['content'])}{_in_progress(todo)}"
        for todo in item.todos
    ]
    lines += [visible(item.note)] if item.note else []
    # Of a subagent what it does; what it says goes to Claude, who says what is worth saying.
    for inner in tree[item.id]:
        if isinstance(inner, ToolCall):
            lines += [f"  {line}" for line in _plain_item(tree, inner).split("\n")]
    return "\n".join(lines)


_BOXES = {"to do": "[ ]", "in progress": "[ ]", "done": "[x]"}


def _in_progress(todo: Todo) -> str:
    return " (in progress)" if todo["status"] == "in progress" else ""


def _ends(turn: Turn, error: bool) -> list[str]:
    ends = []
    if error and turn.error is not None:
        ends.append(turn.view()["error"])
    if turn.practice:
        ends.append(PRACTICE)
    if turn.cost_line:
        ends.append(visible(turn.cost_line))
    return ends


# --- Markdown ---------------------------------------------------------------------------------


def markdown(turn: Turn, *, error: bool = True) -> str:
    """Return `turn` as Markdown; the answer is the model's own, raw HTML in it made inert."""
    tree = turn.tree()
    parts = [_markdown_item(tree, item) for item in tree[""]]
    parts += [f"*{_inert(line)}*" for line in _ends(turn, error)]
    return "\n\n".join(part for part in parts if part)


def _markdown_item(tree: Tree, item: Item) -> str:
    if isinstance(item, Notice):
        return f"*{_inert(item.text)}*"
    if isinstance(item, ThinkingItem):
        return ""
    if isinstance(item, TextItem):
        return inert_markdown(item.text.strip()) if item.text else ""
    about = f"{_code(exact_line(item.summary))} {item.counts}".rstrip()
    blocks = [f"**{_inert(exact_line(item.name))}** {about} — *{item.state}*"]
    todos = [
        f"- {_BOXES[todo['status']]} {_inert(todo['content'])}{_in_progress(todo)}"
        for todo in item.todos
    ]
    blocks += ["\n".join(todos)] if todos else []
    blocks += [_inert(item.note)] if item.note else []
    blocks += [
        _markdown_item(tree, inner) for inner in tree[item.id] if isinstance(inner, ToolCall)
    ]
    return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(blocks).split("\n"))


def _inert(text: str) -> str:
    text = visible(text)
    for char in "\\`*_[]<>$":
        text = text.replace(char, "\\" + char)
    return " ".join(text.split())


def _code(text: str) -> str:
    if not text:
        return ""
    fence = "`" * (_longest_run(text) + 1)
    return f"{fence} {text} {fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def inert_markdown(text: str) -> str:
    """Return the model's Markdown with raw HTML and remote images made plain text.

    Code is left as it is: there, both are plain text already. Text that then still has HTML, an
    image or a link that is none, as tricks with backticks can bring about, loses all its markup.
    """
    if len(text) > _RENDERED:
        fence = "`" * max(3, _longest_run(text) + 1)
        return f"{fence}\n{visible(text)}\n{fence}"
    lines = []
    fence = ""
    for line in visible(text).split("\n"):
        mark = _FENCE.match(line)
        if mark and not fence and "`" not in mark.group(2):
            fence = mark.group(1)
            # JupyterLab's Markdown puts the language into an attribute, quotes and all.
            language = _LANGUAGE.match(mark.group(2).strip())
            lines.append(line[: mark.end(1)] + (language[0] if language else ""))
        elif mark and fence and mark.group(1).startswith(fence) and not mark.group(2).strip():
            fence = ""
            lines.append(line)
        else:
            lines.append(line if fence else _outside_code(line))
    if fence:
        lines.append(fence)
    made = "\n".join(lines)
    if _is_inert(made):
        return made
    return "\n".join(_inert(line) for line in text.split("\n"))


_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")


def _is_inert(text: str) -> bool:
    """Whether a viewer that lets everything through would show nothing but text and links."""
    from markdown_it import MarkdownIt

    viewer = MarkdownIt("commonmark", {"html": True}).enable("table")
    viewer.validateLink = lambda url: True  # type: ignore[method-assign]
    for block in viewer.parse(text):
        for token in (block, *(block.children or ())):
            if token.type in ("html_block", "html_inline", "image"):
                return False
            if token.type == "link_open" and not _SAFE_LINK.match(str(token.attrGet("href"))):
                return False
    return True


def _outside_code(line: str) -> str:
    pieces = line.split("`")
    for index in range(0, len(pieces), 2):
        piece = pieces[index].replace("<", "&lt;").replace("![", "\\![")
        pieces[index] = _ODD_LINK.sub(r"\\]", formulas.escape_prices(piece))
    return "`".join(pieces)


# --- HTML -------------------------------------------------------------------------------------


def html(turn: Turn, *, error: bool = True) -> str:
    """Return `turn` as HTML without script, remote content or a style sheet."""
    parts = [
        f'<div role="article" aria-label="Claude turn {turn.number}" '
        f'class="jupyter-claude-turn {formulas.IGNORE}" '
        'style="max-width:72em;line-height:1.5">'
    ]
    if turn.practice:
        parts.append(_line(PRACTICE, f"{_MUTED};font-size:0.85em;margin:0 0 4px"))
    tree = turn.tree()
    parts += [_item(tree, item) for item in tree[""]]
    if error and turn.error is not None:
        parts.append(
            _line(
                turn.view()["error"],
                f"margin:6px 0;padding:2px 0 2px 10px;border-left:3px solid {_BAD};font-weight:600",
            )
        )
    if turn.cost_line:
        parts.append(_line(turn.cost_line, f"{_MUTED};font-size:0.85em;margin:6px 0 0"))
    parts.append("</div>")
    if any("var(--jc-" in part for part in parts):
        parts[0] = parts[0].replace('style="', f'style="{code.DECLARATIONS};', 1)
    return "\n".join(parts)


def _line(text: str, style: str) -> str:
    return f'<div style="{style}">{escape(visible(text))}</div>'


def _item(tree: Tree, item: Item) -> str:
    if isinstance(item, ToolCall):
        return _todo_list(item) if item.todos else _tool(tree, item)
    if isinstance(item, Notice):
        return _line(item.text, f"{_MUTED};font-size:0.9em;margin:4px 0")
    if isinstance(item, ThinkingItem):
        if not item.text:
            return ""  # some models keep it to themselves
        return (
            f'<details style="margin:4px 0;{_MUTED}"><summary>Thinking</summary>'
            f'<div style="white-space:pre-wrap;padding:4px 12px">{escape(visible(item.text))}</div>'
            "</details>"
        )
    return render_markdown(item.text)


def _tool(tree: Tree, call: ToolCall) -> str:
    view = call.view()
    text, output = exact(view["input"]), exact(view["output"])
    name, summary = escape(exact_line(call.name)), escape(exact_line(call.summary))
    shown = diff_html(text) if view["input_kind"] == "diff" else escape(text)
    counts = f'<span style="flex:none;{_MUTED}">{call.counts}</span> ' if call.counts else ""
    parts = [
        # A box inside, since the summary itself would lose its triangle.
        '<details><summary><span style="display:inline-flex;width:calc(100% - 1.5em);gap:8px;'
        f'vertical-align:top"><strong>{name}</strong> '
        f'<code style="min-width:0;overflow-wrap:anywhere">{summary}</code> {counts}'
        f'<span style="margin-left:auto;{_STATES.get(call.state, _MUTED)}">{call.state}</span>'
        f'</span></summary><pre style="{_CODE}">{shown}</pre>'
    ]
    nested = [_item(tree, inner) for inner in tree[call.id]]
    if nested:
        style = f"margin:6px 0 6px 4px;padding:0 0 0 12px;border-left:{_BORDER}"
        parts += [f'<div style="{style}">', *nested, "</div>"]
    parts.append(f'<pre style="{_CODE}">{escape(output)}</pre>' if output else "")
    parts.append("</details>")
    if call.progress:
        parts.append(_line(call.progress, f"{_MUTED};font-size:0.9em;margin:2px 0 2px 1.2em"))
    parts += map(_image, call.images)
    if call.note:
        parts.append(_line(call.note, "margin:4px 0"))
    return _card(call, "".join(parts))


def _card(call: ToolCall, content: str) -> str:
    return (
        f'<div role="group" aria-label="Tool: {escape(exact_line(call.name))}" '
        f'style="margin:6px 0;padding:4px 10px;border:{_BORDER};border-radius:6px">{content}</div>'
    )


def _image(image: ToolImage) -> str:
    """Return an image with its bytes in it, of a kind that can be nothing but a picture."""
    return (
        f'<img src="data:{image.media_type};base64,{image.data}" '
        f'alt="{escape(exact_line(image.alt))}" '
        'style="display:block;max-width:100%;max-height:24em;margin:6px 0;background:#fff">'
    )


def _todo_list(call: ToolCall) -> str:
    lines = [
        f'<li style="margin:1px 0;list-style:none">{MARKS[todo["status"]]} '
        f"{escape(exact(todo['content']))} "
        f'<span style="{_MUTED}">— {todo["status"]}</span></li>'
        for todo in call.todos
    ]
    heading = f'<strong>To do</strong> <span style="{_MUTED}">{call.summary}</span>'
    return _card(
        call,
        f'<div>{heading}</div><ul role="list" style="margin:4px 0;padding:0">{"".join(lines)}</ul>',
    )


def diff_html(text: str) -> str:
    """Return a unified diff as the coloured lines of a ``<pre>``."""
    kinds = list(line_kinds(text))
    parts = []
    for kind, run in groupby(kinds[:_COLOURED], key=_kind):
        # The line ends are for viewers that drop styles.
        lines = escape("".join(f"{line}\n" for _, line in run))
        style = _DIFF.get(kind)
        parts.append(f'<span style="{style}">{lines}</span>' if style else lines)
    parts.append(escape("\n".join(line for _, line in kinds[_COLOURED:])))
    return "".join(parts)


def _kind(line: tuple[LineKind, str]) -> LineKind:
    return line[0]


@lru_cache(maxsize=1)
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    renderer.disable("image")  # an image of the model's choosing would call home
    renderer.validateLink = lambda url: bool(_SAFE_LINK.match(url))  # type: ignore[method-assign]
    formulas.use(renderer)
    renderer.add_render_rule("table_open", _table)
    renderer.add_render_rule("table_close", _table_end)
    renderer.add_render_rule("th_open", _cell)
    renderer.add_render_rule("td_open", _cell)
    renderer.add_render_rule("fence", _code_block)
    renderer.add_render_rule("code_block", _code_block)
    return renderer


def _table(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    return '<div style="max-width:100%;overflow-x:auto"><table style="margin-left:0">\n'


def _table_end(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _cell(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    if tokens[index].attrGet("style") is None:  # notebooks align to the right what has none
        tokens[index].attrSet("style", "text-align:left")
    return str(self.renderToken(tokens, index, options, env))


def _code_block(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    found = _LANGUAGE.match(tokens[index].info.strip())
    language = found[0] if found else ""
    label = f'<div style="{_MUTED};font-size:0.85em">{escape(language)}</div>' if language else ""
    shown = code.highlighted(tokens[index].content, language)
    return (
        f'<div style="{_FRAME}">{label}<pre style="{_LINES};margin:0;padding:0;'
        f'background:transparent"><code style="padding:0;background:transparent">{shown}</code>'
        "</pre></div>\n"
    )


def render_markdown(text: str) -> str:
    """Return the model's Markdown as HTML: no raw HTML, no images, only ordinary links.

    Very long text is shown as it was written.
    """
    if len(text) > _RENDERED:
        return f'<pre style="{_CODE}">{escape(visible(text))}</pre>'
    return str(_renderer().render(visible(text)))
