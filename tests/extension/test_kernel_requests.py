"""Who may look into the kernel and run code in it, and for how long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import ToolPermissionContext

from jupyter_claude._core.host import Host
from jupyter_claude._engine.permissions import _is_ours
from jupyter_claude._kernel_tools.effects import effect_lines
from jupyter_claude._kernel_tools.looking import handlers
from jupyter_claude._kernel_tools.requests import KernelRequests
from jupyter_claude._looking.look import Look, LookError
from jupyter_claude._running.preview import Bind, Preview
from jupyter_claude._turns.turn import Turn
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._user_tools.tools import UserTools
from jupyter_claude._views.script import ScriptFrontend

pytestmark = pytest.mark.pure

RUN = "mcp__kernel__run_code"
LOOK = "mcp__kernel__inspect"
CODE = {"code": "x = 1", "why": "To have x", "timeout": 5}


def turn(id: str) -> Turn:
    return TurnWriter(1, id, "prompt", folder=Path("folder")).turn


@pytest.fixture
def edits() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
def requests(edits: list[tuple[str, str, str]]) -> KernelRequests:
    async def run(*given: Any) -> dict[str, Any]:
        return {}

    def edited(call: str, code: str, now: str) -> None:
        edits.append((call, code, now))

    host = Host(ScriptFrontend())
    return KernelRequests(host, UserTools(run), lambda code: [f"Binds: {code}"], edited)


def test_a_turn_is_allowed_and_no_other(requests: KernelRequests) -> None:
    """Else code runs unread in the next turn."""
    first, second = turn("first"), turn("second")
    assert not requests.allows(RUN, first)
    asked = requests.request(RUN, CODE, "t", first)
    assert asked is not None
    asked.press(0)
    assert requests.allows(RUN, first)
    assert not requests.allows(RUN, second)
    assert not requests.allows(LOOK, first), "running is not looking"


def test_looking_is_a_setting_of_this_session(requests: KernelRequests) -> None:
    """Else looking goes on in other sessions, or includes running."""
    asked = requests.request(LOOK, {"name": "df"}, "t", turn("first"))
    assert asked is not None
    assert asked.request.fields == [{"name": "name", "value": "df"}]
    asked.press(0)
    assert requests.allows(LOOK, turn("second"))
    assert not requests.allows(RUN, turn("second"))
    requests._host.settings.kernel = "ask"
    assert not requests.allows(LOOK, turn("second"))


def test_the_request_shows_all_of_the_call(
    requests: KernelRequests, edits: list[tuple[str, str, str]]
) -> None:
    """Else the user approves what they have not read."""
    asked = requests.request(RUN, CODE, "t", turn("first"))
    assert asked is not None
    request = asked.request
    assert (request.code, request.says) == ("x = 1", "To have x")
    assert request.fields == [{"name": "timeout", "value": "5"}]
    assert request.effects == ["Binds: x = 1"]
    assert asked.edit("x = 2") == {**CODE, "code": "x = 2"}
    assert edits == [("t", "x = 1", "x = 2")]


def test_a_call_without_code_is_described_by_its_input(requests: KernelRequests) -> None:
    """Else a malformed call is approved with an empty request."""
    assert requests.request(RUN, {"code": 1}, "t", turn("first")) is None
    assert requests.request("Bash", {"command": "ls"}, "t", turn("first")) is None


@pytest.mark.parametrize(
    ("server", "ours"),
    [
        ({"name": "kernel", "source": "sdk"}, True),
        ({"name": "kernel", "source": "project"}, False),
        ("kernel", False),
        (None, False),
    ],
)
def test_another_server_with_our_name_is_not_ours(server: Any, ours: bool) -> None:
    """Else a folder's server takes our name, and its tools run unasked."""
    context = ToolPermissionContext.from_request({"tool_use_id": "t", "mcp_server": server})
    assert _is_ours(context) is ours


def test_the_lines_say_what_is_seen() -> None:
    """Else the user does not learn that code uses the shell, or hides what it runs."""
    seen = Preview(
        (Bind("df", "replaces", "DataFrame, 3 rows"), Bind("x", "new")), (), ("shell", "files")
    )
    assert effect_lines(seen) == [
        "Binds: df (replaces DataFrame, 3 rows), x (new)",
        "Reads: nothing",
        "Shell, files, network: shell, files seen. These lines may be incomplete.",
    ]
    assert "cannot be seen here" in effect_lines(Preview(hidden=True))[-1]
    assert effect_lines(Preview(problem="line 1: invalid syntax")) == [
        "This code cannot run: line 1: invalid syntax"
    ]
    many = Preview(tuple(Bind(f"n{number}", "new") for number in range(40)))
    assert effect_lines(many)[0].endswith("n11 (new) and 28 more")


class Eye:
    """Stands for what reads the kernel."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def inspect(self, name: str, rows: int) -> Look:
        self.seen.append((name, rows))
        if name == "gone":
            raise LookError("There is no variable gone")
        return Look("df", ("text",), ("df['a']",) * 7)

    def outputs(self, last: int) -> Look:
        self.seen.append((last,))
        return Look("outputs", ())


@pytest.mark.anyio
async def test_a_look_is_checked_and_counted() -> None:
    """Else a wrong input breaks the call, or the user does not learn what was withheld."""
    eye, notes = Eye(), []
    tools = handlers(lambda: eye, lambda call, line: notes.append((call, line)))  # type: ignore[arg-type, return-value]
    result = await tools["inspect"]({"name": "df", "rows": 1000}, "t")
    assert result == {"content": [{"type": "text", "text": "text"}], "isError": False}
    assert notes == [("t", "7 withheld: " + ", ".join(["df['a']"] * 5) + " and 2 more")]
    await tools["outputs"]({"last": -1}, "t")
    assert eye.seen == [("df", 50), (0,)]
    for given in ({}, {"name": ""}, {"name": 1}, {"name": "gone"}, {"name": "df", "rows": "x"}):
        failed = await tools["inspect"](given, "t")
        assert failed["isError"]
        assert "\n" not in failed["content"][0]["text"]
