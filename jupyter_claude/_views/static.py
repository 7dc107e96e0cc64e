"""Shows a turn as a static MIME bundle, which needs no widget and no script.

The HTML has the roles and names of the live view. Its styles are in ``style`` attributes, with
JupyterLab's colours and fallbacks. A style sheet would affect the whole page, and viewers such as
GitHub remove it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from .._settings import PRACTICE
from .._text import exact, exact_line, printed, visible
from .._turns.diffs import LineKind, heading_text, line_kinds
from .._turns.items import (
    MARKS,
    Attached,
    InputKind,
    Item,
    Notice,
    TextItem,
    ThinkingItem,
    Todo,
    ToolCall,
    ToolImage,
    beginning,
    both_ends,
)
from .._turns.turn import Turn
from . import code, formulas, links, markdown_extras
from .clock import Clock, TooSlow
from .colours import COLOURS
from .inert import LONGEST, inert_code, inert_markdown, inert_text
from .protocol import error_text, stale_line
from .runs import Run, runs_of
from .saved import MIME, saved
from .silence import parser_silent

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Tree = dict[str, list[Item]]

#: A quiet text colour, and a thin line. `declared` defines the colours.
MUTED = "color:var(--jc-quiet)"
BORDER = "1px solid var(--jc-border)"
# Otherwise JupyterLab breaks lines of a <pre> in the middle of words.
# JupyterLab's sanitiser drops "contain", so the boxes clip their content in this way.
_BOX = "position:relative;overflow:hidden"
#: For text that the user must read exactly: the characters are in their stored order.
EXACT = "direction:ltr;unicode-bidi:bidi-override"
_LINES = "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
_FRAME = (
    "margin:6px 0;padding:6px 8px;border-radius:4px;background:var(--jc-fill);color:var(--jc-text)"
)
_CODE = (
    f"{_LINES};margin:4px 0;padding:6px 8px;"
    "border-radius:4px;background:var(--jc-fill);color:var(--jc-text);"
    "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"
)
_CARD = f"margin:6px 0;padding:4px 10px;border:{BORDER};border-radius:6px"
_STATES = {
    "failed": "color:var(--jc-bad-text);font-weight:600",
    "denied": "color:var(--jc-bad-text);font-weight:600",
    "stopped": "font-weight:600",
}
# As in the widget, the text keeps its colour, which is readable in every theme.
_DIFF = {
    "heading": f"display:block;{EXACT};{MUTED}",
    "added": f"display:block;{EXACT};background:var(--jc-added)",
    "removed": f"display:block;{EXACT};background:var(--jc-removed)",
}
_COLOURED = 400  # lines of a diff
_COLOUR = re.compile(r"var\(--jc-([a-z-]+)\)")
_LANGUAGE = re.compile(r"[\w+#.-]+", re.ASCII)


def bundle(turn: Turn, *, error: bool = True) -> dict[str, Any]:
    """Return `turn` as ``text/html``, ``text/markdown``, ``text/plain`` and our renderer's data.

    Parameters
    ----------
    turn : Turn
        What to show.
    error : bool, default True
        Whether to show the error that ended it. The turn's own cell raises this error anyway.
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
    parts = [f"[{turn.left}]"] if turn.left else []
    if turn.replayed is not None and turn.replayed.stale:
        parts.append(f"[{visible(turn.replayed.stale_text)}]")
    parts += [_plain_item(tree, item) for item in runs_of(tree[""])]
    return "\n\n".join([part for part in parts if part] + _ends(turn, error))


def _plain_item(tree: Tree, item: Item | Run) -> str:
    if isinstance(item, Run):
        return f"[{item.title}: {exact_line(item.about)} — {item.state}]"
    if isinstance(item, Attached):
        return f"[{_chip_line(item)}]"
    if isinstance(item, Notice):
        return visible(item.text)
    if isinstance(item, ThinkingItem):
        return ""
    if isinstance(item, TextItem):
        return visible(item.text.strip())
    about = f"{exact_line(item.summary)} {item.counts}".rstrip()
    lines = [f"[{exact_line(item.title)}: {about} — {item.state}]"]
    if item.plan is not None:
        lines.append(visible(item.plan.strip()))
    lines += [
        f"{_BOXES[todo['status']]} {exact_line(todo['content'])}{_in_progress(todo)}"
        for todo in item.todos
    ]
    lines += [visible(item.note)] if item.note else []
    # Show what a subagent does. Its texts go to Claude, who repeats what matters.
    for inner in runs_of(tree[item.id]):
        if isinstance(inner, (ToolCall, Run)):
            lines += [f"  {line}" for line in _plain_item(tree, inner).split("\n")]
    return "\n".join(lines)


def _chip_line(item: Attached) -> str:
    """Return in one line what a prompt attached."""
    note = f" ({item.note})" if item.note else ""
    return exact_line(f"{item.name}: {item.title}{note}")


_BOXES = {"to do": "[ ]", "in progress": "[ ]", "done": "[x]"}


def _in_progress(todo: Todo) -> str:
    return " (in progress)" if todo["status"] == "in progress" else ""


def _ends(turn: Turn, error: bool) -> list[str]:
    ends = []
    if error and turn.error is not None:
        ends.append(error_text(turn))
    if turn.practice:
        ends.append(PRACTICE)
    if turn.cost_line:
        ends.append(visible(turn.cost_line))
    return ends


# --- Markdown ---------------------------------------------------------------------------------


def markdown(turn: Turn, *, error: bool = True) -> str:
    """Return `turn` as Markdown: the model's own, with raw HTML made harmless."""
    tree = turn.tree()
    parts = [f"*{turn.left}*"] if turn.left else []
    parts += [f"*{inert_text(stale_line(turn))}*"] if stale_line(turn) else []
    parts += [_markdown_item(tree, item) for item in runs_of(tree[""])]
    parts += [f"*{inert_text(line)}*" for line in _ends(turn, error)]
    return "\n\n".join(part for part in parts if part)


def _markdown_item(tree: Tree, item: Item | Run) -> str:
    if isinstance(item, Run):
        about = inert_code(exact_line(item.about))
        return f"> **{item.title}** {about} — *{item.state}*"
    if isinstance(item, Attached):
        return f"*{inert_text(_chip_line(item))}*"
    if isinstance(item, Notice):
        return f"*{inert_text(item.text)}*"
    if isinstance(item, ThinkingItem):
        return ""
    if isinstance(item, TextItem):
        return inert_markdown(item.text.strip()) if item.text else ""
    about = f"{inert_code(exact_line(item.summary))} {item.counts}".rstrip()
    blocks = [f"**{inert_text(exact_line(item.title))}** {about} — *{item.state}*"]
    blocks += [inert_markdown(item.plan.strip())] if item.plan else []
    todos = [
        f"- {_BOXES[todo['status']]} {inert_text(todo['content'])}{_in_progress(todo)}"
        for todo in item.todos
    ]
    blocks += ["\n".join(todos)] if todos else []
    blocks += [inert_text(item.note)] if item.note else []
    blocks += [
        _markdown_item(tree, inner)
        for inner in runs_of(tree[item.id])
        if isinstance(inner, (ToolCall, Run))
    ]
    return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(blocks).split("\n"))


# --- HTML -------------------------------------------------------------------------------------


def html(turn: Turn, *, error: bool = True) -> str:
    """Return `turn` as HTML without scripts, remote content or a style sheet."""
    parts = [
        f'<div role="article" aria-label="Claude turn {turn.number}" '
        f'class="jupyter-claude-turn {formulas.IGNORE}" '
        f'style="max-width:72em;line-height:1.5;{_BOX}">'
    ]
    if turn.practice:
        parts.append(_line(PRACTICE, f"{MUTED};font-size:0.85em;margin:0 0 4px"))
    aside = [text for text in (turn.left, stale_line(turn)) if text]
    parts += [
        _line(text, f"margin:0 0 6px;padding:2px 10px;border:1px dashed;{MUTED}") for text in aside
    ]
    tree = turn.tree()
    items = [_item(tree, item) for item in runs_of(tree[""])]
    parts += [f'<div style="{MUTED}">{"".join(items)}</div>'] if aside else items
    if error and turn.error is not None:
        parts.append(
            _line(
                error_text(turn),
                "margin:6px 0;padding:2px 0 2px 10px;border-left:3px solid var(--jc-bad);"
                "font-weight:600",
            )
        )
    if turn.cost_line:
        parts.append(_line(turn.cost_line, f"{MUTED};font-size:0.85em;margin:6px 0 0"))
    return declared("\n".join([*parts, "</div>"]))


def declared(page: str) -> str:
    """Return the HTML, with the colours that it uses declared in its first element."""
    found = set(_COLOUR.findall(page))
    for name, value in reversed(COLOURS.items()):  # a value uses only earlier names
        found |= set(_COLOUR.findall(value)) if name in found else set()
    declarations = "".join(
        f"--jc-{name}:{value};" for name, value in COLOURS.items() if name in found
    )
    return page.replace('style="', f'style="{declarations}', 1)


def below(page: str) -> str:
    """Return the HTML of a turn below another one, with a line between them."""
    style = f"margin-top:10px;padding-top:8px;border-top:{BORDER}"
    return declared(f'<div style="{style}">') + page + "</div>"


def _line(text: str, style: str) -> str:
    return f'<div style="{_BOX};{style}">{escape(visible(text))}</div>'


def _exact_line(text: str, style: str) -> str:
    return f'<div style="{_BOX};{style}">{escape(exact(text))}</div>'


def _item(tree: Tree, item: Item | Run) -> str:
    if isinstance(item, Run):
        return _run(tree, item)
    if isinstance(item, ToolCall):
        return _todo_list(item) if item.todos else _tool(tree, item)
    if isinstance(item, Attached):
        return _chip(item)
    if isinstance(item, Notice):
        return _line(item.text, f"{MUTED};font-size:0.9em;margin:4px 0")
    if isinstance(item, ThinkingItem):
        if not item.text:
            return ""  # some models do not show their thinking
        return (
            f'<details style="margin:4px 0;{MUTED}"><summary>Thinking</summary>'
            f'<div style="{_BOX};white-space:pre-wrap;padding:4px 12px">'
            f"{escape(visible(item.text))}</div>"
            "</details>"
        )
    return render_markdown(item.text)


def _run(tree: Tree, run: Run) -> str:
    """Return a run of reads and searches: a line that opens to the cards of its calls."""
    heading = _summary(run.title, run.about, f'<span style="margin-left:auto">{run.state}</span>')
    cards = "".join(_tool(tree, call) for call in run.calls)
    return (
        f'<div style="{_CARD}"><details>{heading}'
        f'<div style="margin:6px 0 0">{cards}</div></details></div>'
    )


def _summary(title: str, about: str, rest: str) -> str:
    # A box inside the summary: as a flex box, the summary itself would lose its triangle.
    return (
        '<summary><span style="display:inline-flex;width:calc(100% - 1.5em);gap:8px;'
        f'vertical-align:top"><strong style="flex:none;{EXACT}">{escape(exact_line(title))}'
        f'</strong> <code style="min-width:0;overflow-wrap:anywhere;{EXACT}">'
        f"{escape(exact_line(about))}</code> {rest}</span></summary>"
    )


def _tool(tree: Tree, call: ToolCall) -> str:
    given, kind = call.shown_input()
    text, output = exact(beginning(given)), printed(both_ends(call.shown_output()))
    if kind == "plan":  # it is what the card is about, so it is open to view
        shown = f'<div style="{_FRAME}">{render_markdown(beginning(given))}</div>'
    else:
        shown = f'<pre style="{_CODE};{EXACT}">{_coloured(text, kind)}</pre>'
    counts = f'<span style="flex:none;{MUTED}">{call.counts}</span> ' if call.counts else ""
    took = f'<span style="flex:none;{MUTED}">{call.elapsed_text}</span> '
    state = (took if call.elapsed_text else "") + (
        f'<span style="margin-left:auto;flex:none;{_STATES.get(call.state, MUTED)}">'
        f"{call.state}</span>"
    )
    parts = [
        f"<details{' open' if kind == 'plan' else ''}>"
        f"{_summary(call.title, call.summary, counts + state)}{shown}"
    ]
    nested = [_item(tree, inner) for inner in runs_of(tree[call.id])]
    if nested:
        style = f"margin:6px 0 6px 4px;padding:0 0 0 12px;border-left:{BORDER}"
        parts += [f'<div style="{style}">', *nested, "</div>"]
    shown_output = f'<pre style="{_CODE}">{escape(output)}</pre>' if output else ""
    # What the user's own kernel shows is open to view; the code above it is folded.
    parts += ["</details>", shown_output] if kind == "python" else [shown_output, "</details>"]
    if call.doing:
        parts.append(_exact_line(call.doing, f"{MUTED};font-size:0.9em;margin:2px 0 2px 1.2em"))
    parts += map(_image, call.images)
    if call.note:
        parts.append(_exact_line(call.note, "margin:4px 0"))
    return _card(call, "".join(parts))


def _coloured(text: str, kind: InputKind) -> str:
    if kind == "diff":
        return diff_html(text)
    return code.highlighted(text, "python") if kind == "python" else escape(text)


def _chip(item: Attached) -> str:
    """Return what a prompt attached: a line that opens to what Claude got."""
    shown = f'<pre style="{_CODE};{EXACT}">{escape(exact(beginning(item.text)))}</pre>'
    images = "".join(map(_image, item.images))
    return (
        f'<details style="margin:4px 0"><summary style="{MUTED};font-size:0.9em">'
        f"{escape(_chip_line(item))}</summary>{shown if item.text else ''}{images}</details>"
    )


def _card(call: ToolCall, content: str) -> str:
    return (
        f'<div role="group" aria-label="Tool: {escape(exact_line(call.name))}" '
        f'style="{_CARD}">{content}</div>'
    )


def _image(image: ToolImage) -> str:
    """Return an image that contains its bytes. Its format can only be a picture."""
    return (
        f'<img src="data:{image.media_type};base64,{image.data}" '
        f'alt="{escape(exact_line(image.alt))}" '
        'style="display:block;max-width:100%;max-height:24em;margin:6px 0;background:#fff">'
    )


def _todo_list(call: ToolCall) -> str:
    lines = [
        f'<li style="margin:1px 0;list-style:none">{MARKS[todo["status"]]} '
        f"{escape(exact(todo['content']))} "
        f'<span style="{MUTED}">— {todo["status"]}</span></li>'
        for todo in call.todos
    ]
    heading = f'<strong>To do</strong> <span style="{MUTED}">{call.summary}</span>'
    return _card(
        call,
        f'<div>{heading}</div><ul role="list" style="margin:4px 0;padding:0">{"".join(lines)}</ul>',
    )


def diff_html(text: str) -> str:
    """Return a unified diff as the coloured lines of a ``<pre>``."""
    kinds = list(line_kinds(text))
    parts = []
    for kind, run in groupby(kinds[:_COLOURED], key=_kind):
        # Viewers that drop styles need the line ends.
        shown = heading_text if kind == "heading" else str
        lines = escape("".join(f"{shown(line)}\n" for _, line in run))
        style = _DIFF.get(kind)
        parts.append(f'<span style="{style}">{lines}</span>' if style else lines)
    parts.append(escape("\n".join(line for _, line in kinds[_COLOURED:])))
    return "".join(parts)


def _kind(line: tuple[LineKind, str]) -> LineKind:
    return line[0]


@lru_cache(maxsize=1)
def _renderer() -> tuple[MarkdownIt, Clock]:
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("js-default", {"html": False})  # as in the front end
    links.use(renderer)
    formulas.use(renderer)
    markdown_extras.use(renderer)
    renderer.add_render_rule("table_open", _table)
    renderer.add_render_rule("table_close", _table_end)
    renderer.add_render_rule("th_open", _cell)
    renderer.add_render_rule("td_open", _cell)
    renderer.add_render_rule("fence", _code_block)
    renderer.add_render_rule("code_block", _code_block)
    return renderer, Clock(renderer)


def _table(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    return '<div style="max-width:100%;overflow-x:auto"><table style="margin-left:0">\n'


def _table_end(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _cell(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    if tokens[index].attrGet("style") is None:  # notebooks align cells to the right by default
        tokens[index].attrSet("style", "text-align:left")
    return str(self.renderToken(tokens, index, options, env))


def _code_block(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    found = _LANGUAGE.match(tokens[index].info.strip())
    language = found[0] if found else ""
    label = f'<div style="{MUTED};font-size:0.85em">{escape(language)}</div>' if language else ""
    shown = code.highlighted(tokens[index].content, language)
    return (
        f'<div style="{_FRAME}">{label}<pre style="{_LINES};margin:0;padding:0;'
        f'background:transparent"><code style="padding:0;background:transparent">{shown}</code>'
        "</pre></div>\n"
    )


def render_markdown(text: str) -> str:
    """Return the model's Markdown as HTML, without raw HTML and images, and with checked links.

    A text that is too long, or takes too long, is shown unchanged.
    """
    text = visible(text)
    if len(text) <= LONGEST:
        renderer, clock = _renderer()
        clock.start()
        try:
            with parser_silent():
                return f'<div style="{_BOX}">\n{renderer.render(text)}</div>'
        except TooSlow:
            pass
    return f'<pre style="{_CODE}">{escape(text)}</pre>'
