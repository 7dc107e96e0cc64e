"""Rows with tools: what they may do, where, and what is left of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from jupyter_claude_sdk import create_sdk_mcp_server, tool
from jupyter_claude_sdk._map.launch import missing_rule, row_options
from jupyter_claude_sdk._map.pool import ClaudePool
from jupyter_claude_sdk.testing import ScriptedModel

from tests.sdk.loops import on_asyncio

pytestmark = pytest.mark.anyio

MakePool = Callable[..., tuple[ClaudePool, ScriptedModel]]
on_cli = pytest.mark.cli


def calls(name: str, **given: Any) -> dict[str, Any]:
    """Make a rule of a script: a prompt with the tool's name calls it."""
    return {"when": name, "replies": [[{"tool": name, "input": given}], [{"text": "done"}]]}


@on_cli
async def test_each_row_works_in_a_folder_of_its_own(pool: MakePool, tmp_path: Path) -> None:
    """Rows would overwrite each other's files."""
    script = [calls("Write", file_path="a.txt", content="x")]
    chosen, model = pool(script, size=2, tools=["Write"], folder=tmp_path / "rows")
    folders: list[Path] = []

    async def ask() -> None:
        outcome = await chosen.ask("Write")
        assert outcome.value == "done"
        folders.append(Path(str(outcome.folder)))

    async with chosen, anyio.create_task_group() as group:
        group.start_soon(ask)
        group.start_soon(ask)
    assert [folder.parent for folder in folders] == [tmp_path / "rows"] * 2
    assert {folder.name[:7] for folder in folders} == {"000001-", "000002-"}
    assert [[path.name for path in folder.iterdir()] for folder in folders] == [["a.txt"]] * 2
    assert [each["name"] for each in model.requests[0]["tools"]] == ["Write"]


@on_cli
@on_asyncio
async def test_what_no_rule_allows_is_denied_and_the_rule_is_named(
    pool: MakePool, tmp_path: Path
) -> None:
    """An injected text could write and run what it likes; or the user would not know the rule."""
    outside = tmp_path.resolve() / "outside.txt"
    script = [
        calls("Write", file_path=str(outside), content="x"),
        calls("Bash", command=f"touch {outside}"),
        calls("Read", file_path=__file__),
    ]
    given = {"folder": tmp_path / "rows", "size": 3}
    tools = ["Write", "Bash(python3 *)", "Read(./**)"]
    chosen, _ = pool(script, tools=tools, **given)
    named = {}
    async with chosen:
        for name in ("Write", "Bash", "Read"):
            outcome = await chosen.ask(name)
            assert (outcome.value, outcome.kind, outcome.text) == (None, "denied", "done")
            named[name] = str(outcome.error).partition("tools=['")[2].partition("']")[0]
    assert not outside.exists()
    assert named == {
        "Write": f"Edit(/{tmp_path.resolve()}/**)",
        "Bash": "Bash(touch *)",
        "Read": f"Read(/{Path(__file__).parent}/**)",
    }
    chosen, _ = pool(script, tools=[*tools, *named.values()], **given)
    async with chosen:
        for name in ("Write", "Read"):
            assert (await chosen.ask(name)).error is None
    assert outside.exists()


@on_cli
@on_asyncio
async def test_a_value_after_a_denial_counts_and_the_denial_is_told(pool: MakePool) -> None:
    """Claude often finds another way; but the value may also be made up."""
    give = [{"tool": "StructuredOutput", "input": {"value": 4}}]
    script = [{"replies": [[{"tool": "Bash", "input": {"command": "curl x"}}], give]}]
    chosen, _ = pool(script, int, tools=["Bash(ls *)"])
    async with chosen:
        outcome = await chosen.ask("x")
    assert (outcome.value, outcome.error, outcome.kind) == (4, None, "")
    assert outcome.errors == ("Claude was denied Bash; tools=['Bash(curl *)'] allows it",)


@on_cli
@on_asyncio
async def test_nothing_that_a_row_started_is_left(pool: MakePool, tmp_path: Path) -> None:
    """A row's server would answer the next row, and a thousand rows would leave a thousand."""
    code = f"import time; time.sleep(94)  # {tmp_path}"
    command = f"python3 -c '{code}' > /dev/null 2>&1 &"
    chosen, _ = pool([calls("Bash", command=command)], tools=["Bash"], folder=tmp_path / "rows")
    async with chosen:
        assert (await chosen.ask("Bash")).error is None
        left = [
            one for one in psutil.process_iter(["cmdline"]) if code in (one.info["cmdline"] or ())
        ]
    assert left == []


@on_cli
@on_asyncio
async def test_tools_of_the_users_own_work_in_several_rows_at_once(pool: MakePool) -> None:
    """A function of the user's is often what the rows need."""

    @tool("add", "Adds one.", {"to": int})
    async def add(given: dict[str, Any]) -> dict[str, Any]:
        return {"content": [{"type": "text", "text": f"sum {given['to'] + 1}"}]}

    def last(body: Any) -> Any:
        return [{"text": json.dumps(body["messages"][-1]["content"])}]

    name = "mcp__calc__add"
    script = [{"when": "3", "replies": [[{"tool": name, "input": {"to": 3}}], last]}]
    chosen, _ = pool(script, size=2, tools=[name])
    assert chosen._options is not None
    chosen._options.mcp_servers = {"calc": create_sdk_mcp_server("calc", tools=[add])}
    found: list[str] = []

    async def ask() -> None:
        found.append((await chosen.ask("3")).text)

    async with chosen, anyio.create_task_group() as group:
        group.start_soon(ask)
        group.start_soon(ask)
    assert len(found) == 2
    assert all("sum 4" in text for text in found)


@pytest.mark.pure
def test_a_row_gets_no_right_of_the_users_session() -> None:
    """Options for a conversation would let each row do what the user allowed there."""
    from jupyter_claude_sdk import ClaudeAgentOptions

    given = ClaudeAgentOptions(
        allowed_tools=["Bash"],
        permission_mode="bypassPermissions",
        mcp_servers={"x": {"command": "x"}, "y": {"command": "y"}},
        setting_sources=["user"],
        add_dirs=["/"],
        resume="s",
        model="m",
        env={"A": "b", "CLAUDE_CODE_MAX_RETRIES": "9"},
        extra_args={"debug": None},
    )
    made = row_options(given, None, ["Write", "mcp__x__t", "Bash(ls *)", "Bash(cat *)"], Path("/f"))
    assert made.tools == ["Write", "Bash"]
    assert made.allowed_tools == ["Edit(./**)", "mcp__x__t", "Bash(ls *)", "Bash(cat *)"]
    assert (made.permission_mode, made.setting_sources, made.add_dirs) == ("default", [], [])
    assert (made.mcp_servers, made.strict_mcp_config) == ({"x": {"command": "x"}}, True)
    assert (made.model, made.resume, made.cwd) == ("m", None, Path("/f"))
    assert (made.env["A"], made.env["CLAUDE_CODE_MAX_RETRIES"]) == ("b", "1")
    assert set(made.extra_args) == {"debug", "no-session-persistence"}
    assert row_options(given, None, [], Path("/f")).mcp_servers == {}


@pytest.mark.pure
@pytest.mark.parametrize(
    ("tool", "given", "rule"),
    [
        ("Edit", {"file_path": "/a/b.txt"}, "Edit(//a/**)"),
        ("NotebookEdit", {"notebook_path": "/n.ipynb"}, "Edit(//**)"),
        ("Grep", {"pattern": "x", "path": "/a/b"}, "Read(//a/**)"),
        ("Glob", {"pattern": "x"}, "Glob"),
        ("Bash", {"command": "  curl -s x | sh"}, "Bash(curl *)"),
        ("WebFetch", {"url": "https://a.b/c"}, "WebFetch(domain:a.b)"),
        ("mcp__x__y", {}, "mcp__x__y"),
    ],
)
def test_the_rule_for_a_denied_call(tool: str, given: dict[str, Any], rule: str) -> None:
    """A wrong one would send the user in circles, or allow too much."""
    assert missing_rule(tool, given) == rule
