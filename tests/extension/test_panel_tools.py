"""What the panel asks the kernel: completions after ``@``, and which tools Claude has."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from jupyter_claude_sdk import ClaudeSDKError

from jupyter_claude._core.host import Host
from jupyter_claude._engine.attachments import Attachments
from jupyter_claude._engine.choices import Choices
from jupyter_claude._engine.modes import KERNEL
from jupyter_claude._engine.server_actions import ServerActions
from jupyter_claude._engine.tool_table import OWN_TOOLS, ServerState, ToolTable, tool_report
from jupyter_claude._looking.hidden import Hidden
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.mentions import Mentions
from jupyter_claude._looking.recorder import Recorder
from jupyter_claude._settings import Settings
from jupyter_claude._turns.errors import ClaudeError
from jupyter_claude._turns.items import RUN_CODE, ToolCall
from jupyter_claude._views.completions import completions
from jupyter_claude._views.protocol import call_view
from jupyter_claude._views.tool_list import tool_list
from tests.extension.looking.shells import Shell

pytestmark = pytest.mark.pure


@pytest.fixture
def mentions(tmp_path: Path) -> Mentions:
    """Return what knows two variables, and one with a very long name."""
    values: dict[str, Any] = {"df": [1, 2], "dfs": 3, "d" * 3_000: 4}
    return Mentions(Looker(lambda: values, Recorder(Shell()), Hidden()), lambda: tmp_path)


def offered(mentions: Mentions | None, text: str, cursor: int) -> list[tuple[str, int]]:
    asked = {"type": "complete", "id": "one", "text": text, "cursor": cursor}
    answer = completions(mentions, asked)  # type: ignore[arg-type]
    assert (answer["type"], answer["id"]) == ("completions", "one")
    return [(item["text"], item["start"]) for item in answer["items"]]


def test_names_after_an_at_sign(mentions: Mentions) -> None:
    """Else the panel puts a name in the wrong place, for example after an emoji."""
    both = {("@df", 6), ("@dfs", 6)}
    assert set(offered(mentions, "😀 see @d and more", 8)) == both  # no name of 3,000 letters
    assert offered(mentions, "😀 see @dfs", 10) == [("@dfs", 6)]
    assert offered(mentions, "no name", 7) == []


def test_questions_that_get_nothing(mentions: Mentions) -> None:
    """Else a page makes the kernel work without end, or learns names that Claude may not see."""
    assert offered(None, "@d", 2) == []
    assert offered(mentions, "@d", 3) == offered(mentions, "@d", -1) == []
    assert offered(mentions, " " * 5_000 + "@d", 5_002) == []


def table(status: Any, own: dict[str, Any], users: dict[str, Any]) -> ToolTable:
    """Return the table of a session whose Claude Code answers so; None: it does not run."""
    client, kernel, notebook = MagicMock(), MagicMock(), MagicMock()
    client.connected = status is not None
    answer = status if isinstance(status, Exception) else {"mcpServers": status}
    client.get_mcp_status = AsyncMock(side_effect=[answer])
    host = Host(MagicMock())
    host.settings.mcp_servers = users
    kernel.servers, notebook.servers = own, {}
    return ToolTable(client, host, kernel, notebook, ServerActions(client))


@pytest.mark.anyio
async def test_servers_and_their_states() -> None:
    """Else the user does not learn why Claude lacks a tool."""
    status = [
        {"name": "kernel", "status": "connected", "tools": [{"name": "run_code"}]},
        {"name": "mail\u202e", "status": "needs-auth"},
        {"name": "files", "status": "failed", "error": "no such\nprogram"},
        {"name": "user", "status": "connected", "tools": [{"name": "price_of"}]},
        # Ours, for typed answers: turned off, they would fail.
        {"name": "answer", "status": "connected", "tools": [{"name": "give"}]},
    ]
    servers = await table(status, {"kernel": 1}, {"files": 2, "later": 3}).servers()
    assert servers == [
        ServerState("kernel", "connected", tools=("run_code",)),
        ServerState(
            "mail⟨U+202E⟩", "needs a sign-in", problem=True, actions=("sign in", "turn off")
        ),
        ServerState(
            "files",
            "failed: no such⟨U+000A⟩program",
            problem=True,
            actions=("reconnect", "turn off"),
        ),
        ServerState("user", "ends with the next prompt", tools=("price_of",)),
        ServerState("later", "starts with the next prompt"),
    ]
    message = tool_list(servers)
    assert message["servers"][0]["tools"] == ["run_code"]
    assert message["own"] == OWN_TOOLS
    lines = repr(tool_report(servers)).splitlines()
    assert lines[1].split() == ["kernel", "connected", "run_code"]
    assert lines[-1] == OWN_TOOLS


@pytest.mark.anyio
@pytest.mark.parametrize("status", [None, ClaudeSDKError("it has ended"), []])
async def test_servers_before_claude_code_runs(status: Any) -> None:
    """Else the list is empty, or an error, until the first prompt."""
    servers = await table(status, {"kernel": 1}, {}).servers()
    assert servers == [ServerState("kernel", "starts with the next prompt")]
    nothing = await table(status, {}, {}).servers()
    assert repr(tool_report(nothing)).startswith("Claude has its own tools only")


def test_a_huge_list_is_cut() -> None:
    """Else a server with endless names blocks the page."""
    server = ServerState("n" * 999, "s" * 999, tools=("t" * 999,) * 999)
    message = tool_list([server] * 999)
    assert len(message["servers"]) == 100
    (one, *_) = message["servers"]
    assert [len(one["name"]), len(one["state"]), len(one["tools"])] == [200, 200, 300]
    assert len(one["tools"][0]) == 200


def test_the_kernel_is_chosen() -> None:
    """Else the panel shows another permission than the one that counts."""
    host = Host(MagicMock())
    changes: list[Any] = []
    host.on_change(changes.append)
    changes.clear()
    choices = Choices(host, MagicMock(), MagicMock())
    choices.set_kernel("look")
    assert host.settings.kernel == "look"
    assert [change["name"] for change in changes] == ["kernel"]
    with pytest.raises(ClaudeError, match="kernel is one of off, ask, look, not 'all'"):
        choices.set_kernel("all")
    assert host.settings.kernel == "look"
    values = Settings.kernel.values or ()
    assert [choice["value"] for choice in KERNEL] == list(values)


def test_a_cut_input_says_so() -> None:
    """Else a click makes a cell of half a program."""
    short = call_view(ToolCall("id", RUN_CODE, {"code": "x = 1"}))
    assert (short["input"], short["cut"]) == ("x = 1", False)
    long = call_view(ToolCall("id", RUN_CODE, {"code": "x = 1\n" * 9_999}))
    assert long["cut"] is True


def test_a_chip_says_a_name_once(mentions: Mentions) -> None:
    """Else a narrow chip has room for the name only, twice."""
    (mentions.folder() / "data.csv").write_text("x")
    writer = MagicMock()
    writer.turn.prompt = "why is @df longer than @data.csv?"
    Attachments(lambda: mentions).prompt_of(writer)
    chips = [call.args[0] for call in writer.put.call_args_list]
    assert [chip.name for chip in chips] == ["@df", "@data.csv"]
    assert [chip.title.split()[0] for chip in chips] == ["list", "file,"]
