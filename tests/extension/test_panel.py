"""The panel's kernel side: a real session and CLI, and a view that is only messages."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import uuid
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from jupyter_claude._claude import Claude
from jupyter_claude._engine import runner
from jupyter_claude._turns.errors import ClaudeError
from jupyter_claude._views import panel as panels
from jupyter_claude._views.panel import PanelView, panel
from tests.extension.front_end import READ, read

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

SCRIPT = [
    {"when": "hang", "replies": [[{"text": "I begin. "}, {"hang": True}]]},
    {
        "when": "touch",
        "replies": [
            [{"tool": "Bash", "input": {"command": "touch made.txt"}}],
            [{"text": "Made."}],
        ],
    },
    {"replies": [[{"text": "Hello to you.", "chunk": 3, "every": 0.005}]]},
]


class View:
    """What a view of the panel sends, and makes of what comes."""

    def __init__(self, session: Claude) -> None:
        self.panel = PanelView(session._parts, asyncio.get_running_loop())
        self.messages: list[dict[str, Any]] = []
        self.heads: dict[str, dict[str, Any]] = {}
        self.turns: dict[str, dict[str, Any]] = {}
        self.state: dict[str, Any] = {}
        self.ops: list[list[Any]] = []
        self._came = asyncio.Event()
        self.panel.widget.send = self._receive

    def send(self, kind: str, **fields: Any) -> None:
        """Send a message as a browser does."""
        self.panel._wire._receive(None, {"type": kind, **fields}, [])

    def ask(self, prompt: str) -> str:
        id = str(uuid.uuid4())
        self.send("ask", id=id, prompt=prompt)
        return id

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait for messages until something holds."""
        with anyio.fail_after(60):
            while not holds():
                self._came.clear()
                await self._came.wait()

    async def ended(self, id: str) -> dict[str, Any]:
        """Wait for a turn's end; return its head."""
        await self.until(
            lambda: self.heads.get(id, {}).get("state") in ("done", "failed", "interrupted")
        )
        return self.heads[id]

    def _receive(self, sent: dict[str, Any], buffers: Any = None) -> None:
        message = json.loads(json.dumps(sent))
        self.messages.append(message)
        if message["type"] == "snapshot":
            self.heads = {head["id"]: head for head in message["panel"]["turns"]}
            self.state = message["panel"]["state"]
        elif message["type"] == "turn":
            self.turns[message["turn"]["id"]] = message["turn"]
        for op in message.get("ops", []):
            self.ops.append(op)
            if op[0] == "head":
                self.heads[op[1]["id"]] = op[1]
            elif op[0] == "turns":
                self.heads = {head["id"]: head for head in op[1]}
            elif op[0] == "state":
                self.state.update(op[1])
        self._came.set()


def numbers(view: View) -> list[int]:
    return [message["seq"] for message in view.messages]


def of_type(view: View, kind: str) -> list[dict[str, Any]]:
    return [message for message in view.messages if message["type"] == kind]


async def test_a_prompt_is_asked_once(session: Any) -> None:
    """Otherwise: a prompt that a view sends again, to be sure, costs twice."""
    async with session(SCRIPT) as claude:
        view = View(claude)
        view.send("hello")
        await view.until(lambda: view.messages)
        id = view.ask("hello")
        view.send("ask", id=id, prompt="hello")
        assert (await view.ended(id))["number"] == 1
        view.send("ask", id=id, prompt="hello")
        await view.until(lambda: [op for op in view.ops if op == ["taken", id]][2:])
        assert len(claude.history) == 1
        view.send("ask", id=str(uuid.uuid4()))  # nonsense asks nothing
        view.send("ask", id=str(uuid.uuid4()), prompt=None)
        view.send("want", turns=[id, "unknown"])
        await view.until(lambda: id in view.turns)
        assert view.turns[id]["items"][-1]["text"] == "Hello to you."
        assert numbers(view) == list(range(1, len(view.messages) + 1))
        await view.until(lambda: view.state["status"] == "idle")
        assert len(claude.history) == 1


async def test_turns_asked_elsewhere_come_live(session: Any) -> None:
    """Otherwise: what a cell asks shows in the panel only after a reload."""
    async with session(SCRIPT) as claude:
        view = View(claude)
        view.send("hello")
        turn = await claude.ask("hello")
        await view.ended(turn.id)
        pieces = [op[2] for op in view.ops if op[0] == "turn_op" and op[1] == turn.id]
        texts = {piece[1]["id"]: piece[1]["text"] for piece in pieces if piece[0] == "put"
                 and piece[1]["kind"] == "text"}  # fmt: skip
        for piece in pieces:
            if piece[0] == "append":
                texts[piece[1]] += piece[2]
        assert "Hello to you." in texts.values()
        # Fewer messages than pieces of the answer: they are gathered.
        assert len([m for m in view.messages if m["type"] == "patch"]) < 20


async def test_nothing_is_sent_before_a_view_asks(session: Any) -> None:
    """Otherwise: a panel that nobody looks at costs as much as one that is shown."""
    async with session(SCRIPT) as claude:
        view = View(claude)
        await claude.ask("hello")
        assert view.messages == []
        view.send("hello")
        await view.until(lambda: view.heads)


async def test_a_waiting_prompt_is_withdrawn_and_the_running_one_stopped(session: Any) -> None:
    """Otherwise: what was sent too early is asked, and costs."""
    async with session(SCRIPT) as claude:
        view = View(claude)
        view.send("hello")
        first, second = view.ask("hang"), view.ask("never sent")
        await view.until(lambda: view.heads.get(second, {}).get("withdrawable"))
        await view.until(lambda: claude._parts.conversation.running is not None)
        view.send("withdraw", turn=second)
        await view.until(lambda: ["withdrawn", second, "never sent"] in view.ops)
        await view.until(lambda: list(view.heads) == [first])
        view.send("interrupt")
        assert (await view.ended(first))["state"] == "interrupted"
        assert "never sent" not in str(claude.model.requests)


async def test_a_second_stop_ends_a_process_that_does_not_answer(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise: a hanging Claude Code can only be got rid of by restarting the kernel."""
    monkeypatch.setattr(runner, "_PATIENCE", 600)  # nothing but the second Stop ends it
    async with session(SCRIPT) as claude:
        view = View(claude)
        view.send("hello")
        id = view.ask("hang")
        await view.until(
            lambda: (
                claude._parts.conversation.running is not None
                and claude._parts.conversation.running.turn.text
            )
        )
        process = claude.client._connection._transport._program.pid
        os.kill(process, signal.SIGSTOP)
        view.send("interrupt")
        await view.until(lambda: "Press again" in str(view.ops))
        view.send("interrupt")
        assert (await view.ended(id))["state"] == "interrupted"
        assert claude.history[0].text == "I begin."
        after = view.ask("next")
        assert (await view.ended(after))["state"] == "done"
        assert "hang" in str(claude.model.requests[-1]["messages"])  # the same conversation


async def test_what_a_view_sends_is_bounded(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise: one view floods the server, which drops messages, or fills the kernel's memory."""
    monkeypatch.setattr(panels, "_AT_ONCE", 100)
    async with session(SCRIPT) as claude:
        view = View(claude)
        view.send("hello")
        first, second = view.ask("one"), view.ask("two")
        await view.ended(second)
        view.send("want", turns=[3])
        view.send("want", turns=[first, second, second, "x" * 99])
        await view.until(lambda: first in view.turns)
        assert second not in view.turns  # the server has a second for each
        await view.until(lambda: second in view.turns)
        view.send("draft", text="long" * 100_000, **{"from": "one"})
        view.send("model", name=None)
        view.send("ask", id="x" * 100, prompt="never")
        view.send("draft", text="short", **{"from": "one"})
        await view.until(lambda: ["draft", {"text": "short", "from": "one"}] in view.ops)
        assert "longlong" not in str(view.messages)
        assert (claude.settings.model, len(claude.history)) == ("", 2)


async def test_a_request_is_answered_in_the_panel(session: Any) -> None:
    """Otherwise: a turn asked in the panel waits for an answer that nobody can give."""
    async with session(SCRIPT) as claude:
        view = View(claude)
        view.send("hello")
        id = view.ask("touch")
        await view.until(lambda: view.heads.get(id, {}).get("requests") == 1)
        await view.until(lambda: view.state.get("status") == "waiting")
        view.send("want", turns=[id])
        await view.until(lambda: id in view.turns)
        (request,) = view.turns[id]["requests"]
        await read()
        view.send("answer", request=request["id"], behavior="allow", **READ)
        assert (await view.ended(id))["requests"] == 0
        assert (claude.cwd / "made.txt").exists()


async def test_draft_choices_and_refusals_reach_every_view(session: Any) -> None:
    """Otherwise: two views show different drafts, or a mode that is not the real one."""
    async with session(SCRIPT) as claude:
        view = View(claude)
        view.send("hello")
        view.send("draft", text="half a", **{"from": "one"})
        await view.until(lambda: ["draft", {"text": "half a", "from": "one"}] in view.ops)
        view.send("mode", name="plan")
        await view.until(lambda: view.state.get("mode") == "plan")
        view.send("mode", name="nonsense")
        await view.until(lambda: [op for op in view.ops if op[0] == "problem"])
        view.send("hello")
        await view.until(
            lambda: any(
                message["type"] == "snapshot" and message["panel"]["draft"] == "half a"
                for message in view.messages
            )
        )
        assert claude.settings.permission_mode == "plan"


async def test_a_new_conversation_waits_and_says_so(session: Any) -> None:
    """Otherwise: the button does nothing that one sees, and later the conversation is gone."""
    async with session(SCRIPT) as claude:
        view = View(claude)
        view.send("hello")
        first = view.ask("hang")
        await view.until(lambda: view.heads.get(first, {}).get("state") == "running")
        view.send("new")
        await view.until(lambda: any(op[0] == "problem" and op[1] for op in view.ops))

        def said() -> list[str]:
            return [op[1] for op in view.ops if op[0] == "problem"]

        assert (
            said()[-1]
            == "A new conversation starts after the running turn. Press Stop to end it now"
        )
        assert first in view.heads
        view.send("interrupt")
        await view.until(lambda: not view.heads)
        # A line goes with the next thing that is done.
        view.send("mode", name="none")
        await view.until(lambda: "'none' is not a permission mode" in said()[-1])
        await view.ended(view.ask("hello"))
        assert said()[-1] == ""


async def test_without_a_kernel_there_is_one_clear_line(session: Any) -> None:
    """Otherwise: `claude.panel()` in a script fails somewhere inside."""
    async with session(SCRIPT) as claude:
        with pytest.raises(ClaudeError, match="needs a notebook"):
            panel(claude._parts)


async def test_what_claude_may_do_in_the_kernel(session: Any) -> None:
    """Otherwise: the panel's list of tools stays empty, or its choice does not count elsewhere."""
    async with session(SCRIPT) as claude:
        claude.settings.mcp_servers = {"files": {"command": "no-such-program"}}
        view = View(claude)
        view.send("hello")
        await view.until(lambda: view.state)
        assert view.state["kernel"] == "ask"
        assert [one["value"] for one in view.state["kernels"]] == ["off", "ask", "look"]
        view.send("tools")
        await view.until(lambda: of_type(view, "tools"))
        (listed,) = of_type(view, "tools")
        assert [(one["name"], one["state"]) for one in listed["servers"]] == [
            ("files", "starts with the next prompt")
        ]
        view.send("kernel", name="look")
        await view.until(lambda: view.state["kernel"] == "look")
        assert claude.settings.kernel == "look"
        claude.settings.kernel = "off"  # as %claude kernel does
        await view.until(lambda: view.state["kernel"] == "off")
        view.send("kernel", name="everything")
        await view.until(lambda: [op for op in view.ops if op[0] == "problem" and op[1]])
        assert claude.settings.kernel == "off"
        view.send("complete", id="one", text="@d", cursor=2)  # there is no kernel to look into
        await view.until(lambda: of_type(view, "completions"))
        assert of_type(view, "completions")[0]["items"] == []
