"""The static bundle of a turn: what a saved notebook shows, and what it never does."""

from __future__ import annotations

import re
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from jupyter_claude._ipython.outputs import CellOutput, ShownTurns
from jupyter_claude._turns.diffs import unified
from jupyter_claude._turns.errors import ClaudeError
from jupyter_claude._turns.items import Notice, TextItem, ThinkingItem, Todo, ToolCall, ToolImage
from jupyter_claude._turns.replayed import Replayed
from jupyter_claude._turns.turn import NOT_AGAIN, Turn
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views.code import highlighted
from jupyter_claude._views.inert import inert_markdown
from jupyter_claude._views.protocol import call_view
from jupyter_claude._views.saved import MIME
from jupyter_claude._views.static import bundle, render_markdown

pytestmark = pytest.mark.pure

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example/pixel.png)",
    "![x][ref]\n\n[ref]: http://evil.example/pixel.png",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "<javascript:alert(1)>",
    "a ` <img src=x onerror=alert(1)>",
    "\\` <img src=x onerror=alert(1)> `",
    "- a ` <img src=x onerror=alert(1)>\n- b `",
    "``` a ```\n<img src=x onerror=alert(1)>\n```",
    "    ```\n<img src=x onerror=alert(1)>\n    ```",
    "`a\n\n<iframe src=//evil.example></iframe>`",
    "| a ` | b |\n|---|---|\n| <img src=x onerror=alert(1)> | ` |",
    '"><svg onload=alert(1)>',
    "[x](/lab/api/shutdown)",
    "[x](http:/lab/api/shutdown)",
    "[x](../api/shutdown)",
    "[x](command-linker:filebrowser:delete)",
    "[x](data:image/png;base64,AAAA)",
    "[x][r]\n\n[r]: /lab/api/shutdown",
    "[x]\n\n[x]:\n/lab/api/shutdown",
    "a ` b\n[x](/lab/api/shutdown) `",
    "````\n```\n````\n<img src=x onerror=alert(1)>",
    "````\n``` x\n<img src=x onerror=alert(1)>\n```\n````\n<img src=x onerror=alert(1)>",
    "```\n``` html\n```\n<img src=x onerror=alert(1)>\n```",
    "~~~\n```\n~~~\n<img src=x onerror=alert(1)>",
    "- ```\n<img src=x onerror=alert(1)>\n  ```",
    "- a\n\n  ```\n  x\n<img src=x onerror=alert(1)>\n```",
    "> ```\n<img src=x onerror=alert(1)>\n> ```",
    "1. x\n\n       ```\n   <img src=x onerror=alert(1)>",
    "```a`b\n<img src=x onerror=alert(1)>\n```",
    "\\![a](http://evil.example/pixel.png)",
    "\\\\![a](http://evil.example/pixel.png)",
    "`![a](http://evil.example/pixel.png)",
    "\\`![a](http://evil.example/pixel.png)`",
    "!\\[a](http://evil.example/pixel.png) ![a\n](http://evil.example/pixel.png)",
    "\t```\n<img src=x onerror=alert(1)>\n\t```",
    "<!-- ` --> <img src=x onerror=alert(1)> `",
]


class Tags(HTMLParser):
    """Collects elements and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def harmless(html: str) -> bool:
    """Whether HTML has neither script nor anything that is fetched."""
    for tag, attributes in Tags(html).tags:
        if tag in ("script", "img", "iframe", "svg", "style", "link", "object", "embed"):
            return False
        for name, value in attributes.items():
            if name.startswith("on") or name == "src":
                return False
            if name == "href" and not (value or "").startswith(("http://", "https://", "mailto:")):
                return False
    return True


def turn_with(*items: Any, error: ClaudeError | None = None) -> Turn:
    """Make a finished turn."""
    writer = TurnWriter(3, "id", "prompt", folder=Path())
    for item in items:
        writer.put(item)
    writer.finish("done" if error is None else "failed", error)
    return writer.turn


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    """Else a page that Claude read could run script in the notebook, and press Approve itself."""
    call = ToolCall("t", text, {"command": text}, output=text, note=text, state="denied")
    call.progress = text
    plan = ToolCall("p", text, todos=[Todo(content=text, status="to do")])
    inner = TextItem("i", text, parent="t")
    turn = turn_with(TextItem("a", text), ThinkingItem("b", text), call, plan, inner)
    made = bundle(turn)
    assert harmless(made["text/html"]), made["text/html"]
    assert harmless(render_markdown(text))
    # A viewer that knows no better than to let HTML through.
    from markdown_it import MarkdownIt

    viewer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    viewer.validateLink = lambda url: True  # type: ignore[method-assign]
    shown = viewer.render(made["text/markdown"])
    assert harmless(shown), shown


def test_ordinary_markdown_stays_as_it_is() -> None:
    """Else code with < in it, and links, would be spoilt for everyone."""
    text = "See [docs](https://example.org), `a < b`:\n\n```html\n<b>x</b>\n```\n\n- *one*"
    assert inert_markdown(text) == text


def test_the_html_keeps_roles_names_and_states() -> None:
    """Else a screen reader would find nothing in a saved notebook."""
    call = ToolCall("t", "Bash", {"command": "ls \u202e x"}, state="done", output="a\nb")
    html = bundle(turn_with(TextItem("a", "**Hi**"), ThinkingItem("b", ""), call))["text/html"]
    tags = Tags(html).tags
    assert ("article", "Claude turn 3") in [(a.get("role"), a.get("aria-label")) for _, a in tags]
    assert ("group", "Tool: Bash") in [(a.get("role"), a.get("aria-label")) for _, a in tags]
    assert "<strong>Hi</strong>" in html
    assert ">done<" in html
    assert "⟨U+202E⟩" in html and "\u202e" not in html
    assert "Thinking" not in html, "an empty fold"


def test_code_that_is_hard_to_read_does_not_hold_up_the_kernel() -> None:
    """Else an answer with a block of quotes that never end stops the kernel for minutes."""
    hostile = {
        "javascript": '"\\' * 9_000,
        "console": "a" * 18_000,
        "python": ("`" * 999 + "\n") * 19,
        "abap": ('"\\' * 400 + "\n") * 20,
    }
    for language, text in hostile.items():
        assert highlighted(text, language) == escape(text), language


def test_code_has_its_language_and_colours_and_stays_as_it_is() -> None:
    """Else the colours of an answer's code would go when it ends, or the code with them."""
    program = "\n@a(x=1)\ndef f(x: int):\n\treturn '<b>'  # why\n"
    for language in ("python", "py", "html", "r", "nope", ""):
        html = render_markdown(f"```{language}\n{program}```")
        assert harmless(html)
        (shown,) = re.findall(r"<code [^>]*>(.*)</code>", html, re.DOTALL)
        assert unescape(re.sub(r"<[^>]*>", "", shown)) == program
        assert f">{language}</div>" in html or not language
        assert ('--jc-k)">def</span>' in html) == (language in ("python", "py"))
    coloured = bundle(turn_with(TextItem("a", f"```python\n{program}```")))["text/html"]
    assert "--jc-k:color-mix(" in coloured.split(">", 1)[0]
    plain_one = bundle(turn_with(TextItem("a", "Hi")))["text/html"]
    assert "--jc-" not in plain_one


def test_a_table_scrolls_alone_and_keeps_its_alignment() -> None:
    """Else a wide table would push the page apart, or words would stand like numbers."""
    html = render_markdown("| a | b |\n|---|--:|\n| one | 2 |")
    assert re.search(r'<div style="[^"]*overflow-x:auto"><table ', html)
    assert '<td style="text-align:left">one</td>' in html
    assert '<td style="text-align:right">2</td>' in html


def test_images_carry_their_bytes_and_a_name() -> None:
    """Else a saved notebook would fetch a picture, or show one without words for it."""
    image = ToolImage("image/png", "iVBORw0KGgo=", 'Image from "Read"')
    call = ToolCall("t", "Read", {"file_path": "a.png"}, state="done", images=[image])
    html = bundle(turn_with(call))["text/html"]
    (attributes,) = [a for tag, a in Tags(html).tags if tag == "img"]
    assert attributes["src"] == "data:image/png;base64,iVBORw0KGgo="
    assert attributes["alt"] == 'Image from "Read"'


def test_a_to_do_list_reads_everywhere() -> None:
    """Else the plan would be told by its colours and boxes alone."""
    todos: list[Todo] = [
        {"content": "Read <it>", "status": "done"},
        {"content": "Write", "status": "in progress"},
        {"content": "Sing", "status": "to do"},
    ]
    made = bundle(turn_with(ToolCall("t", "TaskCreate", state="done", todos=todos)))
    assert made["text/plain"].split("\n") == [
        "[To-do list: 1 of 3 done — done]",
        "[x] Read <it>",
        "[ ] Write (in progress)",
        "[ ] Sing",
    ]
    assert "> - [x] Read &lt;it>\n> - [ ] Write (in progress)" in made["text/markdown"]
    words = re.sub(r"<[^>]*>", "", made["text/html"])
    assert "1 of 3 done☑ Read &lt;it&gt; — done◐ Write — in progress☐ Sing — to do" in words
    assert made["text/html"].count("<li") == 3


def test_a_subagents_work_stands_in_its_card() -> None:
    """Else its words would pass for Claude's answer in a saved notebook."""
    agent = ToolCall("a", "Agent", {"description": "Look"}, state="done", progress="1 tool call")
    read = ToolCall("r", "Read", {"file_path": "b.txt"}, parent="a", state="done")
    turn = turn_with(agent, TextItem("i", "I *look*.", parent="a"), read, TextItem("t", "Seen."))
    made = bundle(turn)
    html = made["text/html"]
    assert html.index("Tool: Agent") < html.index("<em>look</em>") < html.index("Tool: Read")
    assert html.index("Tool: Read") < html.rindex("</details>") < html.index("Seen.")
    assert made["text/plain"] == "[Subagent: Look — done]\n  [Read: b.txt — done]\n\nSeen."
    assert "> > **Read** `b.txt` — *done*" in made["text/markdown"]
    assert str(turn) == "Seen."


def test_plain_text_reads_well() -> None:
    """Else a terminal, a diff of the notebook or a log would show nothing of use."""
    call = ToolCall("t", "Bash", {"command": "ls"}, state="denied", note="Denied: a reason")
    text = bundle(turn_with(TextItem("a", "Hi\n"), call))["text/plain"]
    assert text == "Hi\n\n[Run: ls — denied]\nDenied: a reason"


def test_a_cell_can_leave_the_error_line_to_its_own_exception() -> None:
    """Else a failed turn says the same line twice, one below the other."""
    turn = turn_with(TextItem("a", "so far"), error=ClaudeError("Stopped"))
    for text in map(str, bundle(turn).values()):
        assert "ClaudeError: Stopped" in text
    for text in map(str, bundle(turn, error=False).values()):
        assert "Stopped" not in text and "so far" in text


def test_ordinary_links_stay_links() -> None:
    """Else an answer's sources could not be opened from a saved notebook."""
    html = render_markdown(
        "[a](https://example.org) <mailto:a@example.org> [b](HTTP://example.org)"
    )
    assert html.count("<a href=") == 3


ESCAPES = "\x1b[2J\u202e\x07"


def test_nothing_hides_in_names_notes_notices_and_errors() -> None:
    """Else a tool's name could wipe a terminal, or turn around the line that a user trusts."""
    call = ToolCall(
        "t",
        f"Bash{ESCAPES}\nRead",
        {"command": f"ls {ESCAPES}"},
        note=f"Denied: {ESCAPES}",
        output=ESCAPES,
        state="denied",
    )
    notice = Notice("n", f"Retry {ESCAPES}")
    turn = turn_with(call, notice, error=ClaudeError(f"Failed {ESCAPES}"))
    made = bundle(turn)
    del made[MIME]  # data, which its views show like this
    for form, text in made.items():
        assert not set(ESCAPES[:1] + ESCAPES[-2:]) & set(text), form
        assert "Bash⟨U+001B⟩" in text.replace("\\", ""), form
        assert "⟨U+000A⟩Read" in text, form
    name = next(
        a["aria-label"] for _, a in Tags(bundle(turn)["text/html"]).tags if "Tool" in str(a)
    )
    assert name == "Tool: Bash⟨U+001B⟩[2J⟨U+202E⟩⟨U+0007⟩⟨U+000A⟩Read"


def test_a_huge_input_is_cut_and_says_so() -> None:
    """Else one large Write makes the notebook megabytes larger, and the kernel stand still."""
    diff = unified(None, "\n".join(f"line {number}" for number in range(100_000)), "a.txt")
    call = ToolCall("t", "Write", {"file_path": "a.txt"}, diff=diff, output="x" * 50_000)
    view = call_view(call)
    shown, _, rest = view["input"].rpartition("\n")
    assert diff.startswith(shown) and len(shown) <= 20_000
    left_out = diff[len(shown) + 1 :]
    lines = left_out.count("\n") + 1
    assert rest == f"… {len(left_out)} more characters in {lines} lines"
    assert (len(view["output"]), view["left_out"], len(view["output_end"])) == (10_000, 1, 10_000)
    assert call.shown_input() == (diff, "diff"), "the whole of it stays in Python"
    html = bundle(turn_with(call))["text/html"]
    assert len(html) < 60_000 and rest in html


def test_a_diff_is_coloured_by_what_its_lines_are() -> None:
    """Else headings look like changes, and a removed "-- x" like a heading."""
    diff = unified("same\n-- x\n-y", "same\n++ x", "a.txt")
    html = bundle(turn_with(ToolCall("t", "Edit", {}, diff=diff)))["text/html"]
    spans = re.findall(r'<span style="display:block;([^"]*)">([^<]*)</span>', html)
    assert [text for _, text in spans] == [
        "--- a.txt\n+++ a.txt\n@@ -1,3 +1,2 @@\n",
        "--- x\n--y\n",
        "+++ x\n",
    ]
    assert ["--jc-added" in style for style, _ in spans] == [False, False, True]
    assert ["--jc-removed" in style for style, _ in spans] == [False, True, False]


def test_very_long_markdown_is_shown_as_it_was_written() -> None:
    """Else the turn's end holds up the kernel for a minute."""
    text = "**a** `b` <img src=x onerror=alert(1)> ```\n" * 10_000
    html = render_markdown(text)
    assert html.startswith("<pre") and "**a**" in html and harmless(html)
    from markdown_it import MarkdownIt

    (token,) = MarkdownIt("commonmark", {"html": True}).parse(inert_markdown(text))
    assert token.type == "fence" and token.content == text


@pytest.mark.parametrize("part", ["http://a/(", "https://", "mailto:a", "http:", "a:", "http://a."])
def test_addresses_that_never_end_do_not_hold_up_the_kernel(part: str) -> None:
    """Else an answer full of half addresses stops the kernel for a minute."""
    html = render_markdown(part * 6_000)
    assert not html.startswith("<pre"), "shown as it was written"


@pytest.mark.parametrize(
    "address", ["", "<>", '"title"', "javascript:x", "/lab/api/shutdown", "//e.org"]
)
def test_a_link_without_an_ordinary_address_is_text(address: str) -> None:
    """Else a click on a word in an answer reloads the page, or calls the server."""
    html = render_markdown(f"[words]({address}) [other](https://e.org)")
    assert "words" in html
    assert re.findall(r"<a [^>]*>", html) == ['<a href="https://e.org">']


def test_a_stale_turn() -> None:
    """Otherwise an exported notebook shows an old answer below a prompt that it does not answer."""
    writer = TurnWriter(3, "id", "Plot it", folder=Path())
    replayed = Replayed("0" * 64, "2026-11-03", 0.04, stale=("the prompt", "attachment <b>"))
    writer.play(replayed, [TextItem("id", "The old answer")], [], "opus")
    writer.finish("done")
    shown = bundle(writer.turn)
    html = shown["text/html"]
    assert 'aria-label="Claude turn 3"' in html
    line = "Stale: the prompt changed; attachment &lt;b&gt; changed"
    above, _, below = html.partition(line)
    assert "The old answer" not in above
    # The answer is in the quiet colour, and the cost says where it comes from.
    assert '</div>\n<div style="color:var(--jc-quiet)"><div' in below
    assert "Replayed · recorded on 3 Nov 2026 · $0.00 (was $0.0400)" in below
    assert shown["text/markdown"].startswith("*Stale: the prompt changed; attachment")
    assert shown["text/plain"].startswith(
        "[Stale: the prompt changed; attachment <b> changed. To ask"
    )
    assert shown[MIME]["stale"] == "Stale: the prompt changed; attachment <b> changed"


class _Cell(CellOutput):
    """Keeps what a cell shows."""

    data: dict[str, Any]

    def show(self, data: dict[str, Any]) -> None:
        self.data = data


def test_a_stale_turn_that_cannot_be_asked_again() -> None:
    """Else a button seems to do nothing: only the panel says that Claude Code is missing."""
    writer = TurnWriter(3, "id", "Plot it", folder=Path())
    replayed = Replayed("0" * 64, "2026-11-03", 0.04, stale=("the prompt",))
    writer.play(replayed, [TextItem("id", "The old answer")], [], "opus")
    writer.finish("done")
    cell = _Cell()
    ShownTurns(writer.turn, cell)
    writer.notice(NOT_AGAIN, "Claude Code is not installed", "warning")
    _, _, below = cell.data["text/html"].partition("The old answer")
    assert "Claude Code is not installed" in below
