"""Small things that read wrong: raw marks, counts of what failed, costs and seconds of nobody."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import SystemMessage
from rich.console import Console
from rich.markdown import Markdown

from jupyter_claude._engine.modes import mode_named
from jupyter_claude._turns.diffs import heading_text, unified
from jupyter_claude._turns.items import ToolCall
from jupyter_claude._turns.messages import MessageReader
from jupyter_claude._turns.record import TurnRecord
from jupyter_claude._turns.requests import QuestionRequest
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views.inert import inert_markdown
from jupyter_claude._views.markdown_extras import as_text
from jupyter_claude._views.static import diff_html, render_markdown

TEXT = """- [ ] to do `[ ] <br>`
- [x] done<br>as well

See[^1], <br onclick=x> and <b>bold</b>.

[^1]: https://example.org/x
[^two]: More

```
[^1]<br>
```
"""


@pytest.mark.pure
def test_marks_beside_commonmark_are_no_raw_text() -> None:
    """Otherwise brackets and tags stand in the answer; or a tag of the model's becomes one."""
    html = render_markdown(TEXT)
    for shown in ("☐ to do <code>[ ] &lt;br&gt;</code>", "☑ done<br>\nas well", "See[1], "):
        assert shown in html
    link = '<a href="https://example.org/x">https://example.org/x</a>'
    assert f"<p>[1]: {link}</p>\n<p>[two]: More</p>" in html
    assert "&lt;br onclick=x&gt; and &lt;b&gt;bold" in html
    assert "<code>" in html and "[^1]&lt;br&gt;" in html

    inert = inert_markdown(TEXT)
    assert "See\\[1\\], &lt;br onclick=x> and &lt;b>bold" in inert
    assert "- [x] done as well" in inert  # viewers of Markdown draw boxes themselves
    assert "\\[1\\]: <https://example.org/x>" in inert

    written = io.StringIO()
    Console(file=written, width=60).print(Markdown(as_text(TEXT), hyperlinks=False))
    printed = written.getvalue()
    for shown in ("☐ to do [ ] <br>", "☑ done", "See[1],", "[1]: https://example.org/x"):
        assert shown in printed
    assert "[^1]<br>" in printed, "code stays as it is"


@pytest.mark.pure
def test_a_new_file_has_no_line_numbers_of_nothing() -> None:
    """Otherwise a newcomer reads "@@ -0,0 +1,2 @@" above each new file."""
    shown = diff_html(unified(None, "one\ntwo\n", "a.txt"))
    assert "2 new lines\n" in shown and "@@" not in shown
    assert heading_text("@@ -0,0 +1 @@") == "1 new line"
    assert "@@ -1 +1 @@" in diff_html(unified("one\n", "two\n", "a.txt"))
    assert "+@@ -0,0 +1 @@" in diff_html(unified(None, "@@ -0,0 +1 @@\n", "a.txt")), "content"


@pytest.mark.pure
def test_what_was_not_changed_has_no_counts() -> None:
    """Otherwise an edit that failed seems to have added lines."""
    call = ToolCall("id", "Edit", diff=unified("one\n", "two\n", "a.txt"))
    assert call.counts == "+1 \N{MINUS SIGN}1"
    for state in ("failed", "denied", "stopped"):
        call.state = state
        assert call.counts == ""


@pytest.mark.pure
def test_a_search_says_what_it_searches_for() -> None:
    """Otherwise each search of a folder reads "Search ."."""
    call = ToolCall("id", "Grep", {"pattern": "price", "path": "."})
    assert call.summary == "price"


@pytest.mark.pure
@pytest.mark.parametrize(("practice", "shown"), [(True, 1), (False, 2)])
def test_the_practice_model_is_no_gateway(practice: bool, shown: int, tmp_path: Path) -> None:
    """Otherwise the practice model's first plan begins with the billing of a gateway."""
    record = TurnRecord(1, "id", "plan", folder=tmp_path, practice=practice)
    reader = MessageReader(record)
    for content in ("Your requests go through 127.0.0.1:40000, which is billed.", "A hook said no"):
        data = {"content": content, "level": "warning"}
        reader.read(SystemMessage(subtype="informational", data=data))
    assert len(record.items) == shown


@pytest.mark.pure
def test_the_users_own_thinking_is_no_time_of_the_turn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Otherwise a turn that waited for an approval over lunch has taken an hour."""
    now = 100.0
    monkeypatch.setattr("jupyter_claude._turns.writer.monotonic", lambda: now)
    turn = TurnWriter(1, "id", "Hi", folder=tmp_path)
    turn.start()
    now += 2
    turn.open_request(QuestionRequest("a", "", []))
    turn.open_request(QuestionRequest("b", "", []))
    now += 60
    turn.close_request("a", "Approved")
    now += 60
    turn.close_request("b", "Approved")
    now += 3
    turn.open_request(QuestionRequest("c", "", []))
    now += 60
    turn.finish("interrupted")
    assert turn.turn.seconds == 5


@pytest.mark.pure
def test_modes_have_the_panels_names_too() -> None:
    """Otherwise what the panel calls "Accept edits" cannot be said to the magic."""
    assert mode_named("Accept edits") == mode_named("acceptedits") == "acceptEdits"
    assert mode_named("ask") == "default"
    assert mode_named("don't ask") == "dontAsk"
    assert mode_named("wild") is None


@pytest.mark.anyio
@pytest.mark.cli
async def test_errors_and_costs_are_said_in_words(session: Any) -> None:
    """Otherwise tags for the model stand in a card, and a slash command seems to cost nothing."""
    edit = {"file_path": "none.txt", "old_string": "a", "new_string": "b"}
    script = [{"when": "edit", "replies": [[{"tool": "Edit", "input": edit}], [{"text": "No."}]]}]
    async with session(script, permission_mode="acceptEdits") as claude:
        (call,) = (await claude.ask("edit")).tools
        assert (call.state, call.counts) == ("failed", "")
        assert call.output and "tool_use_error" not in call.output
        command = await claude.ask("/context")
        assert command.cost_line == f"{command.seconds:.1f} s"
