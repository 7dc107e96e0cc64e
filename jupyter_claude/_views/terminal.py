"""A turn on a terminal: paragraphs as they are finished, tool calls, and questions asked there."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from .._approvals import Approvals
from .._settings import PRACTICE
from .._text import exact, exact_line, visible
from .._turns.items import MARKS, TextItem, ThinkingItem, ToolCall
from .._turns.turn import Operation, Turn


class TerminalView:
    """Prints a turn as it comes and asks for permission on the terminal.

    Parameters
    ----------
    turn : Turn
        What to show.
    approvals : Approvals
        Takes the answers.
    quiet : bool, default False
        Show only requests.
    """

    def __init__(self, turn: Turn, approvals: Approvals, *, quiet: bool = False) -> None:
        from rich.console import Console

        self._turn = turn
        self._approvals = approvals
        self._quiet = quiet
        self._console = Console(highlight=False)
        self._printed: dict[str, int] = {}  # characters of each text that stand on the screen
        self._states: dict[str, str] = {}
        self._questions: dict[str, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Lock()
        self._stop_listening = turn.listen(self._changed)
        if turn.practice and not quiet:
            self._console.print(PRACTICE, style="dim", markup=False)

    def finish(self) -> None:
        """Print what is left, and the cost."""
        self._stop_listening()
        for task in self._questions.values():
            task.cancel()
        if self._quiet:
            return
        for item in self._turn.items:
            if type(item) is TextItem and not item.parent:
                self._print_text(item, whole=True)
        if self._turn.cost_line:
            self._console.print(visible(self._turn.cost_line), style="dim", markup=False)

    def _changed(self, operation: Operation) -> None:
        kind = operation[0]
        if kind == "request":
            request = operation[1]
            self._flush_texts()
            self._questions[request["id"]] = asyncio.ensure_future(self._ask(request))
        elif kind == "request_done":
            task = self._questions.pop(operation[1], None)
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                self._console.print(visible(operation[2]), style="dim", markup=False)
        elif kind in ("put", "append") and not self._quiet:
            self._show(operation[1]["id"] if kind == "put" else operation[1])

    def _show(self, id: str) -> None:
        item = next((item for item in reversed(self._turn.items) if item.id == id), None)
        if isinstance(item, ToolCall):
            self._show_call(item)
        elif isinstance(item, ThinkingItem) or (isinstance(item, TextItem) and item.parent):
            return  # what a subagent says goes to Claude
        elif isinstance(item, TextItem):
            self._print_text(item, whole=False)
        elif item is not None:
            self._console.print(visible(item.text), style="yellow", markup=False)

    def _show_call(self, call: ToolCall) -> None:
        """Print a call when its input is known and when it ends, a to-do list as it changes."""
        now = call.shown_input()[0] if call.todos else call.state
        if not call.input or self._states.get(call.id) == now:
            return
        self._flush_texts()
        self._states[call.id] = now
        indent = "  " if call.parent else ""
        if call.todos:
            line = f"To do: {call.summary}"
        else:
            about = f"{exact_line(call.summary)} {call.counts}".rstrip()
            line = f"{exact_line(call.name)} {about} — {call.state}"
        self._console.print(f"{indent}● {line}", style="cyan", markup=False)
        for todo in call.todos:
            line = f"{MARKS[todo['status']]} {exact_line(todo['content'])} — {todo['status']}"
            self._console.print(f"{indent}  {line}", markup=False)
        for image in call.images:
            self._console.print(f"{indent}  [{exact_line(image.alt)}]", style="dim", markup=False)
        if call.note:
            self._console.print(f"{indent}  {visible(call.note)}", markup=False)

    def _flush_texts(self) -> None:
        for item in self._turn.items:
            if type(item) is TextItem and not item.parent:
                self._print_text(item, whole=True)

    def _print_text(self, item: TextItem, *, whole: bool) -> None:
        done = self._printed.get(item.id, 0)
        end = len(item.text) if whole else finished_part(item.text)
        text = item.text[done:end].strip("\n")
        if end > done:
            self._printed[item.id] = end
            if text.strip():
                from rich.markdown import Markdown

                self._console.print(Markdown(visible(text), hyperlinks=False))

    # --- questions ----------------------------------------------------------------------------

    async def _ask(self, request: dict[str, Any]) -> None:
        async with self._one_at_a_time:
            if request["kind"] == "question":
                answer = await self._ask_questions(request)
            else:
                answer = await self._ask_permission(request)
        self._questions.pop(request["id"], None)
        self._approvals.answer(request["id"], answer)

    async def _ask_permission(self, request: dict[str, Any]) -> dict[str, Any]:
        shown = request["command"] or request["diff"] or request["input"]
        tool = exact_line(request["tool"])
        self._console.print(f"Permission request: {tool}", style="bold", markup=False)
        self._console.print(exact(shown), markup=False)
        if request["reason"]:
            self._console.print(visible(request["reason"]), style="dim", markup=False)
        for suggestion in request["suggestions"]:
            self._console.print(
                f"  a{suggestion['index'] + 1}: {exact(suggestion['label'])}", markup=False
            )
        always = "/a (always)" if request["suggestions"] else ""
        while True:
            reply = (await _line(f"Allow {tool}? y/n{always} ")).strip().lower()
            if reply in ("y", "yes"):
                return {"behavior": "allow"}
            if reply in ("n", "no"):
                return {"behavior": "deny"}
            number = reply[1:] or "1"
            if (
                reply.startswith("a")
                and number.isdigit()
                and 1 <= int(number) <= len(request["suggestions"])
            ):
                return {"behavior": "allow", "suggestion": int(number) - 1}
            self._console.print(
                "Please answer y or n" + (", or a1, a2, … as listed." if always else "."),
                markup=False,
            )

    async def _ask_questions(self, request: dict[str, Any]) -> dict[str, Any]:
        answers: dict[str, str] = {}
        self._console.print("Question from Claude", style="bold", markup=False)
        for question in request["questions"]:
            options = question.get("options") or []
            self._console.print(exact(str(question.get("question", ""))), markup=False)
            for number, option in enumerate(options, 1):
                line = f"  {number}. {option.get('label', '')} — {option.get('description', '')}"
                self._console.print(exact(line), markup=False)
            several = " (several: 1,2)" if question.get("multiSelect") else ""
            reply = (await _line(f"Number{several} or your own words: ")).strip()
            chosen = [part.strip() for part in reply.split(",")]
            if chosen and all(p.isdigit() and 1 <= int(p) <= len(options) for p in chosen):
                reply = ", ".join(str(options[int(p) - 1].get("label", "")) for p in chosen)
            answers[str(question.get("question", ""))] = reply
        return {"behavior": "allow", "answers": answers}


def finished_part(text: str) -> int:
    """Return how many characters of a growing Markdown text are finished blocks.

    A block is finished by a blank line outside a fenced code block.
    """
    end = position = 0
    fence = ""
    for line in text.splitlines(keepends=True):
        position += len(line)
        start = line.lstrip()[:3]
        if start in ("```", "~~~") and (not fence or start == fence):
            fence = "" if fence else start
        elif not fence and not line.strip() and line.endswith("\n"):
            end = position
    return end


async def _line(prompt: str) -> str:
    """Read a line from the terminal without holding up the loop; can be cancelled."""
    loop = asyncio.get_running_loop()
    sys.stdout.write(prompt)
    sys.stdout.flush()
    if sys.platform == "win32":
        return await loop.run_in_executor(None, sys.stdin.readline)
    ready: asyncio.Future[None] = loop.create_future()

    def set_ready() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(sys.stdin.fileno(), set_ready)
    try:
        await ready
    finally:
        loop.remove_reader(sys.stdin.fileno())
    # Not sys.stdin.readline(): it takes in further lines that nothing would then announce.
    data = os.read(sys.stdin.fileno(), 65536)
    if not data:
        return "n"  # the end of input is nobody's approval
    return data.decode(errors="replace")
