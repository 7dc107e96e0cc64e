"""What a front end does with the widgets of a turn, for tests with a plain client."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_claude._approvals import HOLD
from tests.kernels.harness import Cell, Comm, RealKernel

#: What an answer says that is given as soon as it may be.
READ = {"waited": HOLD * 1000}


async def read() -> None:
    """Do what a user does first: for so long a request takes no answer."""
    await asyncio.sleep(HOLD)


def is_view(comm: Comm) -> bool:
    """Whether a comm is the widget of a turn."""
    return "kind" in comm.state


def requests(view: Comm) -> list[dict[str, Any]]:
    """Return the requests that wait in a view, as its messages say."""
    waiting: dict[str, dict[str, Any]] = {}
    for message in view.custom:
        if message["type"] == "snapshot":
            waiting = {request["id"]: request for request in message["turn"]["requests"]}
        for op in message.get("ops", []):
            if op[0] == "request":
                waiting[op[1]["id"]] = op[1]
            elif op[0] == "request_done":
                waiting.pop(op[1], None)
    answered = getattr(view, "answered", ())
    return [request for request in waiting.values() if request["id"] not in answered]


def turn_state(view: Comm) -> dict[str, Any]:
    """Return a turn as its view shows it, put together of its messages."""
    turn: dict[str, Any] = {"items": []}
    for message in view.custom:
        if message["type"] == "snapshot":
            turn = {**message["turn"], "items": [dict(i) for i in message["turn"]["items"]]}
        for op in message.get("ops", []):
            if op[0] == "turn":
                turn.update(op[1])
            elif op[0] == "append":
                item = next(i for i in turn["items"] if i["id"] == op[1])
                item["output" if item["kind"] == "tool" else "text"] += op[2]
            elif op[0] == "put":
                same = [n for n, i in enumerate(turn["items"]) if i["id"] == op[1]["id"]]
                if same:
                    turn["items"][same[0]] = dict(op[1])
                else:
                    turn["items"].append(dict(op[1]))
    return turn


async def request(kernel: RealKernel) -> tuple[Comm, dict[str, Any]]:
    """Wait until some view shows a request, and read it; return both."""

    def fresh(comm: Comm) -> bool:
        return comm.state["kind"] == "requests" and not any(
            message["type"] == "snapshot" for message in comm.custom
        )

    view = await kernel.widget(lambda comm: is_view(comm) and (requests(comm) or fresh(comm)))
    if not requests(view):
        view.send_custom({"type": "hello"})  # as every view does when it is rendered
        await view.until(requests)
    asked = requests(view)[0]
    await read()
    return view, asked


def answer(view: Comm, asked: dict[str, Any], behavior: str, **fields: Any) -> None:
    """Press a button."""
    view.__dict__.setdefault("answered", set()).add(asked["id"])
    data = {"type": "answer", "request": asked["id"], "behavior": behavior, **READ, **fields}
    view.send_custom(data)


async def streaming(kernel: RealKernel, text: str) -> Comm:
    """Wait until a view shows the text."""

    def shows(comm: Comm) -> bool:
        return is_view(comm) and any(
            text in item.get("text", "") for item in turn_state(comm)["items"]
        )

    return await kernel.widget(shows)


def shown(cell: Cell) -> str:
    """Return what a cell shows as plain text."""
    return "\n".join(
        output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"]
        for output in cell.shown
        if output["output_type"] != "error"
    )


def one_line(cell: Cell, name: str) -> str:
    """Return the one line of a cell's error, and check that it is just that."""
    assert cell.status == "error", cell.story()
    assert cell.error is not None, cell.story()
    assert cell.error["ename"] == name, cell.story()
    assert len(cell.error["traceback"]) == 1, cell.story()
    line = str(cell.error["traceback"][0])
    assert "\n" not in line
    assert line.startswith(f"{name}: ")
    assert not cell.stderr, cell.story()
    return line


def prompts(body: dict[str, Any]) -> str:
    """Return all text of a request to the model, to look for earlier messages in it."""
    return str(body["messages"])
