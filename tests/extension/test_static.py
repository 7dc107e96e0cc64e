"""The static bundle of a turn: what a saved notebook shows, and what it never does."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from jupyter_claude._errors import ClaudeError
from jupyter_claude._items import TextItem, ThinkingItem, ToolCall
from jupyter_claude._turns import Turn
from jupyter_claude._views.static import bundle, inert_markdown, render_markdown

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
            if name == "href" and not (value or "").startswith(("http:", "https:", "mailto:")):
                return False
    return True


def turn_with(*items: Any) -> Turn:
    """Make a finished turn."""
    turn = Turn(3, "id", "prompt", folder=Path())
    turn.items.extend(items)
    turn.finish("done")
    return turn


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    """Else a page that Claude read could run script in the notebook, and press Approve itself."""
    call = ToolCall("t", text, {"command": text}, output=text, note=text, state="denied")
    turn = turn_with(TextItem("a", text), ThinkingItem("b", text), call)
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


def test_plain_text_reads_well() -> None:
    """Else a terminal, a diff of the notebook or a log would show nothing of use."""
    call = ToolCall("t", "Bash", {"command": "ls"}, state="denied", note="Denied: a reason")
    text = bundle(turn_with(TextItem("a", "Hi\n"), call))["text/plain"]
    assert text == "Hi\n\n[Bash: ls — denied]\nDenied: a reason"


def test_a_cell_can_leave_the_error_line_to_its_own_exception() -> None:
    """Else a failed turn says the same line twice, one below the other."""
    turn = turn_with(TextItem("a", "so far"))
    turn.error = ClaudeError("Stopped")
    for text in bundle(turn).values():
        assert "ClaudeError: Stopped" in text
    for text in bundle(turn, error=False).values():
        assert "Stopped" not in text and "so far" in text
