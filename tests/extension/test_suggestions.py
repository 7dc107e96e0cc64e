"""The "Always allow" buttons: their words, and that there is none for what nobody has read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import PermissionResultAllow, ToolPermissionContext

from jupyter_claude._approvals import Approvals
from jupyter_claude._suggestions import offered, rules_for
from jupyter_claude._turns.requests import PermissionRequest
from jupyter_claude._turns.writer import TurnWriter

pytestmark = pytest.mark.pure

FOLDER = Path("/srv/here")
FOR_ME = "in this project, for me (.claude/settings.local.json)"


def context(*suggestions: dict[str, Any], **fields: Any) -> ToolPermissionContext:
    """Make what the CLI says about a call."""
    return ToolPermissionContext.from_request(
        {"permission_suggestions": list(suggestions), "tool_use_id": "t", **fields}
    )


def rules(*texts: str, destination: str = "localSettings", **fields: Any) -> dict[str, Any]:
    """Make a suggestion of rules, given as in settings."""
    parsed: list[dict[str, str]] = []
    for text in texts:
        name, _, content = text.partition("(")
        parsed.append({"toolName": name} | ({"ruleContent": content[:-1]} if content else {}))
    return {
        "type": "addRules",
        "rules": parsed,
        "behavior": "allow",
        "destination": destination,
        **fields,
    }


def label(suggestion: dict[str, Any], tool: str = "Bash", **tool_input: Any) -> str | None:
    """Return the label of the only button, or None if there is none."""
    buttons = offered(tool, tool_input, context(suggestion), FOLDER)
    return buttons[0]["label"] if buttons else None


def test_rules_that_would_allow_a_call() -> None:
    """Else a user without anybody to ask is told the wrong setting."""
    ls = rules("Bash(ls *)")
    assert rules_for("Bash", context(ls)) == ["Bash(ls *)"]
    assert rules_for("Bash", context(ls, blocked_path="/x/y")) == ["Bash(ls *)", "Edit(//x/y)"]
    assert rules_for("WebFetch", context()) == ["WebFetch"]


def test_a_button_says_what_it_allows() -> None:
    """Else a user allows something else than the words on the button say."""
    commit = label(rules("Bash(git commit *)"), command="git commit -m x")
    assert commit == f"Always allow every command “git commit …”, {FOR_ME}"
    exact = label(rules("Bash(touch made.txt)"), command="touch made.txt")
    assert exact == f"Always allow the command “touch made.txt”, {FOR_ME}"
    two = label(
        rules("Bash(mkdir d *)", "Bash(touch d/x)", destination="session"),
        command="mkdir d && touch d/x",
    )
    assert two == (
        "Always allow every command “mkdir d …”; the command “touch d/x”, in this session"
    )
    edits = label({"type": "setMode", "mode": "acceptEdits", "destination": "session"}, "Write")
    assert edits == (
        "Always allow file edits and file commands (rm, rmdir, mv, cp, sed, mkdir, touch, > file) "
        "in this folder and in added folders, in this session"
    )
    folder = {"type": "addDirectories", "directories": ["/etc"], "destination": "session"}
    assert label(folder) == (
        "Always allow reading in /etc, and file edits there where those are allowed, "
        "in this session"
    )
    read = label(rules("Read(//etc/**)", destination="session"), "Read", file_path="/etc/x")
    assert read == "Always allow reading every file in /etc, in this session"
    page = label(rules("WebFetch(domain:e.org)"), "WebFetch", url="https://e.org/")
    assert page == f"Always allow fetching every page of e.org, {FOR_ME}"
    search = label(rules("mcp__wiki__titles"), "mcp__wiki__titles", word="cats", limit=3)
    assert search == (
        f"Always allow every call of the tool mcp__wiki__titles, whatever its input, {FOR_ME}"
    )


@pytest.mark.parametrize("mode", ["default", "plan", "dontAsk", "auto", "bypassPermissions", "new"])
def test_other_modes_have_no_button(mode: str) -> None:
    """Else "Always allow" could switch all questions off, or do something that nobody measured."""
    assert label({"type": "setMode", "mode": mode, "destination": "session"}) is None


@pytest.mark.parametrize(
    ("rule", "command"),
    [
        # The rule leaves out what the user has read: any text on the standard input runs.
        ("Bash(python3)", "python3 <<'E'\nprint(1)\nE"),
        ("Bash(sh)", "echo 'touch x' | sh"),
        ("Bash(sh)", "sh"),
        ("Bash(bash -s)", "bash -s"),
        ("Bash(/usr/bin/python3 -)", "/usr/bin/python3 -"),
        ("Bash(A=1 node)", "A=1 node"),
        ("Bash(sudo sh)", "sudo sh"),
        ("Bash(xargs rm)", "ls | xargs rm"),
        ("Bash(xargs rm)", "xargs rm"),
        ("Bash(psql db)", "psql db"),
        ("Bash(git apply)", "cat a.patch | git apply"),
        ("Bash(git apply)", "git apply < a.patch"),
        # The CLI takes the star for anything.
        ("Bash(python3 -c 'print(2 * 3)')", "python3 -c 'print(2 * 3)'"),
        ("Bash(rm keep/*)", "rm keep/*"),
        ("Bash(rm *)", "rm *"),
        ("Bash(python3 x:*)", "python3 x:*"),
        # All that begins so is code of any kind.
        ("Bash(uv run *)", "uv run x.py"),
        ("Bash(docker run *)", "docker run -it img sh"),
        ("Bash(npx foo *)", "npx foo bar"),
        ("Bash(go run *)", "go run ."),
        ("Bash(ssh host *)", "ssh host ls"),
        ("Bash(python3 *)", "python3 x.py"),
        # Not what was asked about.
        ("Bash", "ls"),
        ("Bash()", "ls"),
        ("Bash(*)", "ls"),
        ("Bash(rm -rf /)", "ls"),
        ("Edit(//etc/**)", "ls"),
        ("Edit", "ls"),
        ("mcp__a__b", "ls"),
        ("Read(//etc/*/x*/**)", "cat /etc/x"),
    ],
)
def test_rules_that_allow_more_than_was_read_have_no_button(rule: str, command: str) -> None:
    """Else one press on a harmless command lets any code run, with no request."""
    assert label(rules(rule), command=command) is None


@pytest.mark.parametrize(
    ("rule", "command"),
    [
        ("Bash(python3 x.py)", "python3 x.py 2>&1 | tail -5"),
        ("Bash(python3 -c 'print(1)')", "python3 -c 'print(1)'"),
        ("Bash(python3 -c 'a|b<c')", "python3 -c 'a|b<c'"),
        ("Bash(python3 -m pytest -q)", "python3 -m pytest -q"),
        ("Bash(npm run *)", "npm run build"),
        ("Bash(make)", "make || true"),
        ("Bash(sudo rm x)", "sudo rm x"),
    ],
)
def test_rules_of_what_was_read_have_a_button(rule: str, command: str) -> None:
    """Else a user is asked about the same test run again and again."""
    assert label(rules(rule), command=command) is not None


@pytest.mark.parametrize(
    ("tool", "tool_input", "rule"),
    [
        ("mcp__kernel__run_code", {"x": 1}, None),
        ("mcp__db__ask", {"sql": "select 1"}, None),
        ("mcp__db__ask", {"deep": [{"Query": "select 1"}]}, None),
        ("mcp__x__y", {"text": "import os\nos.remove('x')"}, None),
        ("mcp__x__y", {"text": "x" * 201}, None),
        ("mcp__x__y", {}, "mcp__x"),
        ("mcp__x__y", {}, "mcp__x__*"),
        ("mcp__x__y", {}, "mcp__x__z"),
        ("mcp__x", {}, "mcp__x"),
        ("NotebookEdit", {}, "NotebookEdit"),
    ],
)
def test_tools_that_run_code_have_no_button(
    tool: str, tool_input: dict[str, Any], rule: str | None
) -> None:
    """Else one press lets a tool run any code from then on, with no request."""
    assert label(rules(rule or tool), tool, **tool_input) is None


def test_what_does_nothing_or_is_unknown_has_no_button() -> None:
    """Else a user presses a button and is asked again, or allows what nobody has measured."""
    inside = {"type": "addDirectories", "directories": ["/srv/here/sub"], "destination": "session"}
    assert label(inside) is None
    assert label(rules("Bash(ls)", destination="elsewhere"), command="ls") is None
    assert label(rules("Bash(ls)", behavior="deny"), command="ls") is None
    assert label(rules("Bash(ls)", type="replaceRules"), command="ls") is None
    for command, path in (("rm ../x", "/srv/x"), ("echo x > a", "/srv/here/a")):
        said = context(rules(f"Bash({command.split(' >')[0]})"), blocked_path=path)
        assert offered("Bash", {"command": command}, said, FOLDER) == []


@pytest.mark.anyio
async def test_only_a_button_can_be_pressed(tmp_path: Path) -> None:
    """Else a page could allow what the kernel offered no button for."""
    approvals = Approvals(hold=0.0)
    writer = TurnWriter(1, "id", "prompt", folder=tmp_path, can_ask=True)
    turn = writer.turn
    writer.start()
    said = context(rules("Bash(sh)"), rules("Bash(ls)"))
    asked = asyncio.create_task(
        approvals.decide(writer, "Bash", {"command": "ls; echo | sh"}, said, tmp_path)
    )
    while not turn.requests:
        await asyncio.sleep(0)
    ((id, request),) = turn.requests.items()
    assert isinstance(request, PermissionRequest)
    assert [each["index"] for each in request.suggestions] == [1]
    for number in (0, 2, -1, True, "1", 1.0):
        assert not approvals.answer(id, {"behavior": "allow", "suggestion": number, "waited": 0})
    assert approvals.answer(id, {"behavior": "allow", "suggestion": 1, "waited": 0})
    result = await asked
    assert isinstance(result, PermissionResultAllow)
    assert [str(rule) for rule in (result.updated_permissions or [])[0].rules or ()] == ["Bash(ls)"]
