"""The cost of the chat panel in a real JupyterLab: opening, memory, bytes, and delta to paint.

For opening and memory it also measures jupyter-ai's chat, with the same questions and answers.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from scripts.setup import CHAT_PEER_PYTHON
from tests.browser.lab import Notebook, Server

from ._figures import Figure
from ._lab import lab

DELTAS = (1_000, 5_000, 20_000)
SLOW = 60  # deltas that arrive one by one
TURNS = (1, 10, 100, 1_000)  # the first view of a page also loads the code


def words(count: int, every: float) -> dict[str, Any]:
    return {"text": "".join(f"w{n:06} " for n in range(count)), "chunk": 8, "every": every}


SCRIPT: list[dict[str, Any]] = [
    *({"when": f"{count} deltas", "replies": [[words(count, 0.0005)]]} for count in DELTAS),
    {"when": "slowly", "replies": [[words(SLOW, 0.12)]]},
    {"replies": [[{"text": "Hi."}]]},
]
LOAD = """\
%load_ext jupyter_claude
from jupyter_claude import claude
from jupyter_claude._turns.items import TextItem
import json, time
def add(count):
    for n in range(len(claude.history) + 1, count + 1):
        turn = claude._parts.maker.begin_turn(f"question {n}", can_ask=False)
        turn.start()
        turn.put(TextItem("text", f"The answer to question {n}: `x = {n}` and more.\\n\\n" * 12))
        turn.finish("done")
"""
RECORD = """\
from jupyter_claude._core.events import TurnBegun
from jupyter_claude._turns.events import TextAppended
came = []
def record(turn):
    def heard(change):
        if isinstance(change, TextAppended):
            came.append([1000 * time.time(), change.text])
    turn.listen(heard)
def begun(change):
    if isinstance(change, TurnBegun):
        record(change.turn)
stop = claude._parts.conversation.listen(begun)"""
CHAT = """\
import sys
from jupyterlab_chat.models import NewMessage, User
from jupyterlab_chat.ychat import YChat
chat = YChat()
for name in ("ann", "claude"):
    chat.set_user(User(username=name, name=name, display_name=name))
for n in range(1, int(sys.argv[1]) + 1):
    chat.add_message(NewMessage(body=f"question {n}", sender="ann"))
    answer = f"The answer to question {n}: `x = {n}` and more.\\n\\n" * 12
    chat.add_message(NewMessage(body=answer, sender="claude"))
open(sys.argv[2], "w").write(chat.get())
"""
SHOWN = ".jp-MainAreaWidget:not(.lm-mod-hidden)"
OPENING = """(place, [event, text]) => {
    window.opened = new Promise((resolve) => {
        const begin = ({ timeStamp }) => {
            const look = () => {
                if (place.innerText.includes(text)) resolve(performance.now() - timeStamp);
                else requestAnimationFrame(look);
            };
            look();
        };
        addEventListener(event, begin, { capture: true, once: true });
    });
}"""
WATCH = """() => {
    window.painted = [];
    const look = () => requestAnimationFrame(() => setTimeout(() => {
        const last = [...document.querySelectorAll(".jc-panel article")].at(-1);
        const found = last?.textContent.match(/w(\\d{6})(?!.*w\\d{6})/s);
        if (found) window.painted.push([Date.now(), Number(found[1])]);
    }));
    new MutationObserver(look).observe(document.querySelector(".jc-panel"),
        { childList: true, subtree: true, characterData: true });
}"""


def figures() -> Iterator[Figure]:
    with lab(SCRIPT) as (server, browser):
        yield from in_cells(server, browser)
        yield from streaming(server, browser)
        yield from many_turns(server, browser)
        server.end_kernels()
        yield from jupyter_ai(browser)


def opened(server: Server, browser: Browser, name: str, cells: list[str]) -> Notebook:
    notebook = Notebook(server, browser.new_page(), server.root / name / "test.ipynb")
    notebook.write([LOAD, *cells])
    notebook.open()
    notebook.run(0)
    notebook.done(0)
    return notebook


def in_cells(server: Server, browser: Browser) -> Iterator[Figure]:
    """Measure what a page receives for small turns in cells."""
    notebook = opened(server, browser, "cells", ["%%claude\nhello"] * 3)
    for number, name in enumerate(("first", "second", "third"), 1):
        before = notebook.received
        notebook.run(number)
        notebook.done(number)
        expect(notebook.turn(number)).to_contain_text("Hi.")
        yield Figure(f"a page's {name} turn, received", (notebook.received - before) / 1000, "kB")
    notebook.page.close()


def streaming(server: Server, browser: Browser) -> Iterator[Figure]:
    notebook = opened(
        server, browser, "stream", [RECORD, "claude.panel()", "print(json.dumps(came))"]
    )
    for index in (1, 2):
        notebook.run(index)
        notebook.done(index)
    page = notebook.page
    text = page.get_by_role("textbox", name="Message Claude")
    number = 0

    def ask(prompt: str) -> tuple[float, int]:
        nonlocal number
        number += 1
        before = notebook.received, notebook.frames
        text.fill(prompt)
        text.press("Enter")
        turn = page.get_by_role("article", name=f"Claude turn {number}", exact=True)
        expect(turn).to_contain_text("$0.", timeout=120_000)
        return notebook.received - before[0], notebook.frames - before[1]

    ask("hello")
    page.evaluate(WATCH)
    ask("slowly")
    painted = page.evaluate("window.painted")
    notebook.run(3)
    notebook.done(3)
    came = json.loads(notebook.output(3).inner_text())
    waits = list(delays(came, painted))
    yield Figure("from the CLI's delta to paint, median", statistics.median(waits), "ms", 60)
    yield Figure("from the CLI's delta to paint, 95 of 100", sorted(waits)[-len(waits) // 20], "ms")
    before: tuple[float, int] | None = None
    for count in DELTAS:
        received, messages = ask(f"{count} deltas")
        yield Figure(f"panel, {count:,} deltas: received on the WebSocket", received / 1000, "kB")
        yield Figure(f"panel, {count:,} deltas: messages", messages, "")
        if before is not None:
            doublings = math.log2(count / before[1])
            growth = (received / before[0]) ** (1 / doublings)
            yield Figure("  bytes for twice the deltas", growth, "times", 2.1)
        before = received, count
    page.close()


def delays(came: list[tuple[float, str]], painted: list[tuple[float, int]]) -> Iterator[float]:
    """Return the milliseconds from the arrival of each word to the first paint with it."""
    for at, text in came:
        word = int(text.strip()[1:]) if text.strip()[1:].isdecimal() else None
        seen = [when for when, last in painted if word is not None and last >= word]
        if seen:
            yield min(seen) - at


def heap_of(page: Page) -> Callable[[], float]:
    """Return a function that returns the memory of a page's scripts, in megabytes."""
    tools = page.context.new_cdp_session(page)

    def heap() -> float:
        tools.send("HeapProfiler.collectGarbage")
        return float(tools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    return heap


def opening(place: Locator, event: str, text: str) -> Callable[[], float]:
    """Return a function that returns the seconds from an event to the first frame with a text.

    The page's own clock measures both. Playwright would check only after a tenth of a second, then
    after a quarter and after half a second.
    """
    place.evaluate(OPENING, [event, text])
    return lambda: float(place.page.evaluate("() => window.opened")) / 1000


def many_turns(server: Server, browser: Browser) -> Iterator[Figure]:
    cells = [cell for count in TURNS for cell in (f"add({count})", "claude.panel()")]
    notebook = opened(server, browser, "many", cells)
    heap = heap_of(notebook.page)
    before = 0.0
    for index, count in enumerate(TURNS):
        notebook.run(1 + 2 * index)
        notebook.done(1 + 2 * index)
        opened_in = opening(notebook.cell(2 + 2 * index), "keydown", f"x = {count} ")
        notebook.run(2 + 2 * index)
        turn = notebook.output(2 + 2 * index).get_by_role(
            "article", name=f"Claude turn {count}", exact=True
        )
        expect(turn).to_contain_text(f"x = {count}")
        name = f"panel with {count:,} turns, from Shift+Enter to its last answer"
        yield Figure(name, opened_in(), "s", 1 if index else None)
        nodes = notebook.output(2 + 2 * index).evaluate("node => node.querySelectorAll('*').length")
        yield Figure(f"panel with {count:,} turns: elements in the page", nodes, "")
        now = heap()
        if before:
            yield Figure(f"panel with {count:,} turns: memory on top of that", now - before, "MB")
        before = now
    notebook.page.close()


def jupyter_ai(browser: Browser) -> Iterator[Figure]:
    """Measure jupyter-ai's chat with the same numbers of questions and answers."""
    with (
        tempfile.TemporaryDirectory() as home,
        Server(Path(home), {}, python=CHAT_PEER_PYTHON) as server,
    ):
        for count in TURNS:
            chat = server.root / f"{count}.chat"
            subprocess.run([CHAT_PEER_PYTHON, "-c", CHAT, str(count), str(chat)], check=True)
        page = browser.new_page()
        page.goto(f"{server.url}lab?token={server.token}")
        heap = heap_of(page)
        before = 0.0
        for count in TURNS:
            file = page.get_by_text(f"{count}.chat", exact=True).first
            file.wait_for()
            opened_in = opening(page.locator("#jp-main-dock-panel"), "dblclick", f"x = {count} ")
            file.dblclick()
            expect(page.locator(SHOWN).last).to_contain_text(f"x = {count} ", timeout=60_000)
            name = f"jupyter-ai's chat with {count:,} questions"
            yield Figure(f"{name}, from the click to its last answer", opened_in(), "s")
            nodes = page.locator(SHOWN).last.evaluate("node => node.querySelectorAll('*').length")
            yield Figure(f"{name}: elements in the page", nodes, "")
            now = heap()
            if before:
                yield Figure(f"{name}: memory on top of that", now - before, "MB")
            before = now
        page.close()
