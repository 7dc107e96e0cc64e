"""The line to our JupyterLab extension, in a real kernel; the page is a plain client."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.extension.front_end import READ, read
from tests.kernels.harness import VERSIONS, Comm, RealKernel

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "touch",
        "replies": [
            [{"tool": "Bash", "input": {"command": "touch made.txt"}}],
            [{"text": "Made."}],
        ],
    },
    {"replies": [[{"text": "Hello to you."}]]},
]
TARGETS = ("jupyter_claude", "jupyter_claude.panel")


async def found(kernel: RealKernel) -> list[str]:
    """Return the ids of the session's comms, as a page that was reloaded finds them."""
    ids = []
    for target in TARGETS:
        reply = (await kernel.comm_info(target).done()).reply
        assert reply is not None
        (id,) = reply["comms"]
        ids.append(str(id))
    return ids


def kinds(comm: Comm) -> list[str]:
    return [data.get("type", "") for data in comm.received]


async def greeted(kernel: RealKernel, lab: Comm) -> dict[str, Any]:
    """Say hello on the line; return what the kernel says of the panel."""
    before = kinds(lab).count("hello")
    lab.send({"type": "hello"})
    await lab.until(lambda _: kinds(lab).count("hello") > before and kinds(lab)[-1] == "state")
    return dict([data for data in lab.received if data.get("type") == "hello"][-1]["panel"])


#: What loading leaves for later: the session's parts, a panel, a sign-in, practice, …
LATER = {
    "anywidget",
    "jupyter_claude._parts",
    "jupyter_claude._signin.dialogue",
    "jupyter_claude._practice.model",
    "jupyter_claude._cell_line",
    "jupyter_claude._cost.table",
    "jupyter_claude._trust.findings",
    "jupyter_claude_sdk._sessions.entries",
}


async def test_a_page_finds_the_session_whenever_it_comes(claude_kernel: Any) -> None:
    """Else a reloaded page has no session, or each reload leaves more in the kernel."""
    async with claude_kernel(SCRIPT) as kernel:
        lab = await kernel.widget(lambda comm: comm.target == TARGETS[0])
        assert lab.received == [{}], "a page that does not know the target is told something"
        ids = await found(kernel)
        assert ids[0] == lab.id
        light = await kernel.run_ok(f"import sys; print({LATER!r} & set(sys.modules))")
        assert light.stdout == "set()\n", "loading brings what is needed later, if at all"
        # Such a page closes what it does not know; for others it is there all the same.
        await kernel.close_comm(lab.id).done()
        panel = await greeted(kernel, lab)
        assert panel["id"] == ids[1]
        assert await found(kernel) == ids
        assert lab.received[-1]["session"]["status"] == "idle"
        assert lab.received[-1]["waiting"] == []
        again = await greeted(kernel, lab)
        assert again == panel
        assert await found(kernel) == ids
        assert not lab.closed
        assert "No such comm" not in kernel.log
        await kernel.run_ok("%unload_ext jupyter_claude")
        await lab.until(lambda _: lab.closed)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_kernel_that_loads_it_by_ipython_s_settings(version: str, tmp_path: Path) -> None:
    """Else pages never see this kernel, and no click reaches it while a cell runs."""
    start = tmp_path / "start.py"
    start.write_text("ready = True")
    options = ("extensions=jupyter_claude", f"exec_files={start}")
    arguments = [f"--InteractiveShellApp.{option}" for option in options]
    async with RealKernel(version, arguments=arguments) as kernel:
        await kernel.run_ok("assert ready")
        lab = await kernel.widget(lambda comm: comm.target == TARGETS[0])
        assert await found(kernel) == [lab.id, (await greeted(kernel, lab))["id"]]
        status = "from jupyter_claude import claude\nprint(claude._lazy.host.frontend.bridge)"
        assert (await kernel.run_ok(status)).stdout == "bridge\n"
        await kernel.run_ok("%unload_ext jupyter_claude")
        reply = (await kernel.comm_info(TARGETS[0]).done()).reply
        assert reply is not None and reply["comms"] == {}


async def test_a_request_is_told_of_and_answered(claude_kernel: Any) -> None:
    """Else an approval in a notebook that is not in front waits unnoticed."""
    async with claude_kernel(SCRIPT) as kernel:
        lab = await kernel.widget(lambda comm: comm.target == TARGETS[0])
        await greeted(kernel, lab)
        cell = kernel.execute("%%claude\ntouch")
        await lab.until(lambda _: lab.received[-1].get("waiting"))
        told = lab.received[-1]
        (waiting,) = told["waiting"]
        assert (waiting["kind"], waiting["tool"]) == ("permission", "Bash")
        assert told["session"]["status"] == "waiting"
        await read()
        lab.send({"type": "answer", "request": waiting["id"], "behavior": "allow", **READ})
        await cell.done()
        assert cell.status == "ok", cell.story()
        assert (kernel.cwd / "made.txt").exists()
        await lab.until(lambda _: lab.received[-1]["session"]["status"] == "idle")
        assert lab.received[-1]["waiting"] == []
        assert len([data for data in lab.received if data.get("type") == "state"]) < 20


async def test_the_panel_is_one_for_widget_and_side_bar(claude_kernel: Any) -> None:
    """Else the two show different conversations, or a prompt is asked twice."""
    async with claude_kernel(SCRIPT) as kernel:
        lab = await kernel.widget(lambda comm: comm.target == TARGETS[0])
        told = await greeted(kernel, lab)
        side = Comm(kernel, told["id"], TARGETS[1])
        kernel.comms[side.id] = side
        side.send({"type": "code"})
        side.send({"type": "hello"})
        await side.until(lambda _: "snapshot" in kinds(side))
        assert kinds(side).count("code") == 1
        await kernel.run_ok("%claude panel")
        widget = await kernel.widget(lambda comm: comm.state.get("kind") == "panel")
        assert widget.state["code"] == told["code"]
        names = ("notebook", "session")
        assert [widget.state[name] for name in names] == [told[name] for name in names]
        seen = len(side.received)
        prompt = {"type": "ask", "id": str(uuid.uuid4()), "prompt": "hello"}
        side.send(prompt)
        widget.send_custom(prompt)  # kept in the browser, both send it

        def ended(messages: list[dict[str, Any]]) -> bool:
            heads = [op[1] for m in messages for op in m.get("ops", []) if op[0] == "head"]
            return any(head["state"] == "done" for head in heads)

        await side.until(lambda _: ended(side.received))
        await widget.until(lambda _: ended(widget.custom))
        count = await kernel.run_ok("from jupyter_claude import claude; print(len(claude.history))")
        assert count.stdout == "1\n"
        assert side.received[seen:][: len(widget.custom)] == widget.custom[: len(side.received)]
        # What a command of the page sends goes the same way, without a panel in sight.
        lab.send({"type": "new"})
        await side.until(
            lambda _: any(op == ["turns", []] for m in side.received for op in m.get("ops", []))
        )
        lab.send({"type": "mode", "name": "no such mode"})
        await lab.until(lambda _: "problem" in kinds(lab))
        # Unloaded, the line is closed for good; loaded again, there is another.
        await kernel.run_ok("%unload_ext jupyter_claude")
        await side.until(lambda _: side.closed)
        told_before = len(side.received)
        await kernel.run_ok("%load_ext jupyter_claude")
        new_home = await kernel.widget(lambda comm: comm.target == TARGETS[0] and not comm.closed)
        new_side = Comm(kernel, (await greeted(kernel, new_home))["id"], TARGETS[1])
        kernel.comms[new_side.id] = new_side
        new_side.send({"type": "hello"})
        await new_side.until(lambda _: "snapshot" in kinds(new_side))
        assert len(side.received) == told_before, "a closed line is told of everything, too"
