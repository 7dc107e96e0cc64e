"""`TerminalView`: shows a turn on a terminal: finished paragraphs, tool calls and requests."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TextIO, cast

from .._approvals import Approvals
from .._screen import SCREEN, Screen
from .._settings import PRACTICE
from .._text import exact, exact_line, printed, visible
from .._turns.events import (
    ItemChanged,
    OutputAppended,
    RequestClosed,
    RequestOpened,
    StatusChanged,
    TextAppended,
    TurnChange,
)
from .._turns.items import MARKS, Attached, Item, TextItem, ThinkingItem, ToolCall
from .._turns.requests import PermissionRequest, QuestionRequest, Request, TrustRequest
from .._turns.retries import RetryNotice
from .._turns.turn import Turn
from .._type_ahead import discard_typed
from .countdown import Countdown
from .markdown_extras import as_text
from .request_lines import lines_of_request, pieces
from .silence import parser_silent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.markdown import Markdown


class ReadLine(Protocol):
    """Reads a line that the user types."""

    def __call__(self, prompt: str, *, follows: bool = False) -> Awaitable[str | None]:
        """Return the line after a prompt; None at the end of the input.

        Only text typed after the prompt counts, unless the line `follows` another one of the same
        text, which the user may have pasted.
        """


class TerminalView:
    """Prints a turn as it comes, and asks for permission on the terminal.

    Parameters
    ----------
    turn : Turn
        The turn.
    approvals : Approvals
        Takes the answers.
    quiet : bool, default False
        Whether to show only requests.
    screen : Screen, default SCREEN
        Where to ask. The answer itself goes to standard output.
    read_line : callable, optional
        Returns the line that the user types at a prompt, or None at the end of the input. Default:
        read standard input.
    within : callable, optional
        Calls a function so that its output appears in the right cell. Default: just calls it.
    """

    def __init__(
        self,
        turn: Turn,
        approvals: Approvals,
        *,
        quiet: bool = False,
        screen: Screen = SCREEN,
        read_line: ReadLine | None = None,
        within: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        from rich.console import Console

        self._turn = turn
        self._approvals = approvals
        self._quiet = quiet
        self._read_line = read_line or _line
        self._screen = Console(
            file=cast(TextIO, screen), highlight=False, emoji=False, force_jupyter=False
        )
        # The other output is the answer. In quiet mode it only introduces a request.
        answers = Console(highlight=False, emoji=False, force_jupyter=False)
        self._console = self._screen if quiet else answers
        self._stale_said = False
        self._printed: dict[str, int] = {}  # characters of each text that are on the screen
        self._finished: defaultdict[str, FinishedPart] = defaultdict(FinishedPart)
        self._states: dict[str, str] = {}
        self._questions: dict[str, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Lock()
        self._countdown = Countdown(self._console)
        within = within or (lambda print_it: print_it())
        self._stop_listening = turn.listen(lambda change: within(lambda: self._changed(change)))
        if turn.practice and not quiet:
            self._console.print(PRACTICE, style="dim", markup=False)

    def finish(self) -> None:
        """Print the rest of the texts, and the cost."""
        self._stop_listening()
        self._countdown.stop()
        for task in self._questions.values():
            task.cancel()
        if self._quiet:
            return
        self._say_stale()
        for item in self._turn.items:
            if type(item) is TextItem and not item.parent:
                self._print_text(item, whole=True)
        if self._turn.cost_line:
            self._console.print(visible(self._turn.cost_line), style="dim", markup=False)

    def _say_stale(self) -> None:
        """Print once, before the answer, that it is a recorded one to another question."""
        replayed = self._turn.replayed
        if replayed is not None and replayed.stale and not self._stale_said and not self._quiet:
            self._stale_said = True
            self._console.print(f"[{visible(replayed.stale_text)}]", style="dim", markup=False)

    def _changed(self, change: TurnChange) -> None:
        if not isinstance(change, StatusChanged):
            self._countdown.stop()
        self._say_stale()
        if isinstance(change, RequestOpened):
            self._flush_texts()
            asking = asyncio.ensure_future(self._ask(change.request))
            self._questions[change.request.id] = asking
        elif isinstance(change, RequestClosed):
            task = self._questions.pop(change.request.id, None)
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                self._screen.print(visible(change.outcome), style="dim", markup=False)
        elif isinstance(change, (ItemChanged, TextAppended)) and not self._quiet:
            self._show(change.item)
        elif isinstance(change, OutputAppended) and not self._quiet:
            self._console.out(printed(change.text), end="", highlight=False)

    def _show(self, item: Item) -> None:
        if isinstance(item, ToolCall):
            self._show_call(item)
        elif isinstance(item, Attached):
            note = f" ({item.note})" if item.note else ""
            line = f"{exact_line(item.name)}: {exact_line(item.title)}{exact_line(note)}"
            _print_exactly(self._console, f"● {line}", style="dim")
        elif isinstance(item, ThinkingItem) or (isinstance(item, TextItem) and item.parent):
            return  # a subagent's texts go to Claude
        elif isinstance(item, TextItem):
            self._print_text(item, whole=False)
        elif isinstance(item, RetryNotice):
            self._countdown.start(item)
        else:
            self._console.print(visible(item.text), style="yellow", markup=False)

    def _show_call(self, call: ToolCall) -> None:
        """Print a call when its input is known and when it ends; print a to-do list at changes."""
        now = call.shown_input()[0] if call.todos else call.state
        unknown = not call.input and (call.is_open or call.hidden)  # it may still come
        if unknown or self._states.get(call.id) == now:
            return
        self._flush_texts()
        self._states[call.id] = now
        indent = "  " if call.parent else ""
        if call.todos:
            line = f"To do: {call.summary}"
        else:
            about = filter(None, (exact_line(call.title), exact_line(call.summary), call.counts))
            line = f"{' '.join(about)} — {call.state}"
        _print_exactly(self._console, f"{indent}● {line}", style="cyan")
        for todo in call.todos:
            line = f"{MARKS[todo['status']]} {exact_line(todo['content'])} — {todo['status']}"
            _print_exactly(self._console, f"{indent}  {line}")
        for image in call.images:
            _print_exactly(self._console, f"{indent}  [{exact_line(image.alt)}]", style="dim")
        if call.note:
            self._console.print(f"{indent}  {visible(call.note)}", markup=False)

    def _flush_texts(self) -> None:
        for item in self._turn.items:
            if type(item) is TextItem and not item.parent:
                self._print_text(item, whole=True)

    def _print_text(self, item: TextItem, *, whole: bool) -> None:
        done = self._printed.get(item.id, 0)
        end = self._finished[item.id].of(item.text)
        end = len(item.text) if whole else end
        text = item.text[done:end].strip("\n")
        if end > done:
            self._printed[item.id] = end
            if text.strip():
                self._console.print(_markdown(as_text(visible(text))))

    # --- questions ----------------------------------------------------------------------------

    def _say(self, line: str, style: str | None = None) -> None:
        _print_exactly(self._screen, line, style)

    async def _ask(self, request: Request) -> None:
        async with self._one_at_a_time:
            shown = monotonic()
            if isinstance(request, QuestionRequest):
                answer = await self._ask_questions(request)
            elif isinstance(request, TrustRequest):
                answer = await self._ask_trust(request)
            else:
                answer = await self._ask_permission(request)
            waited = (monotonic() - shown) * 1000
        self._questions.pop(request.id, None)
        self._approvals.answer(request.id, {**answer, "waited": waited})

    async def _read(self, prompt: str) -> str | None:
        """Return the line that the user types at the prompt; None at the end of the input.

        Give the user time to read. Text that was typed before is no answer.
        """
        await asyncio.sleep(self._approvals.hold)
        line = await self._read_line(prompt)
        return None if line is None else line.strip()

    async def _ask_permission(self, request: PermissionRequest) -> dict[str, Any]:
        tool = exact_line(request.tool)
        self._say(f"Permission request: {tool}", style="bold")
        self._say(exact_line(request.title), style="bold")
        if request.danger:
            self._say(f"Careful: {request.danger}.", style="bold red")
        for line in lines_of_request(request):
            self._say(line)
        if request.plan is not None:
            return await self._ask_about_plan(request)
        always = {}
        for number, suggestion in enumerate(request.suggestions, 1):
            self._say(f"  a{number}: {exact_line(suggestion['label'])}")
            always[f"a{number}"] = suggestion["index"]
        if always:
            always["a"] = always["a1"]
        ways = "/a (always)" if always and request.code is None else ""
        hint = "y or n" + (", or a1, a2, … as listed" if always else "")
        other = "code" if request.code is not None else "command" if request.editable else ""
        if request.code is not None:
            ways = "/a (as listed)"
        if other:
            ways += "/e (edit)"
            hint += ", or e to type other code" if other == "code" else ", or e to type another one"
        while True:
            reply = await self._read(f"Allow {tool}? y/n{ways} ")
            word, _, message = ("n" if reply is None else reply).partition(" ")
            word = word.lower()  # the end of the input is no approval
            if word in ("n", "no"):
                return {"behavior": "deny", "message": message.strip()}
            if word in ("y", "yes") and not message:
                return {"behavior": "allow"}
            if word in always and not message:
                return {"behavior": "allow", "suggestion": always[word]}
            if word in ("e", "edit") and other:
                edited = await self._read_lines(f"Type the {other} to run instead.")
                if edited is not None:
                    return {"behavior": "allow", "edited": edited}
            self._say(f"Please answer {hint}. After n you can tell Claude what to do instead.")

    async def _ask_about_plan(self, request: PermissionRequest) -> dict[str, Any]:
        """Ask about Claude's plan; the buttons of its request are what a and y say."""
        accept, ask = (suggestion["index"] for suggestion in request.suggestions)
        while True:
            reply = await self._read(
                "Approve the plan? y (ask for each edit)/a (accept edits)/e (edit)"
                "/n (keep planning) "
            )
            word, _, message = ("n" if reply is None else reply).partition(" ")
            word = word.lower()
            if word in ("n", "no"):
                return {"behavior": "deny", "message": message.strip()}
            if word in ("y", "yes") and not message:
                return {"behavior": "allow", "suggestion": ask}
            if word == "a" and not message:
                return {"behavior": "allow", "suggestion": accept}
            if word in ("e", "edit"):
                edited = await self._read_lines("Type your plan.")
                if edited is not None:
                    return {"behavior": "allow", "suggestion": ask, "edited": edited}
            self._say("Please answer y, a, e or n. After n you can tell Claude what to change.")

    async def _read_lines(self, asked: str) -> str | None:
        """Return what the user types in place of Claude's code, command or plan; None for none."""
        self._say(f"{asked} A line with a single dot ends it.")
        lines: list[str] = []
        while (line := await self._read_line("... ", follows=bool(lines))) is not None:
            if line.strip() == ".":
                return "\n".join(lines) if any(lines) else None
            lines.append(line.rstrip("\r\n"))
        return None

    async def _ask_trust(self, request: TrustRequest) -> dict[str, Any]:
        say = self._say
        say(f"Permission request: {request.tool}", style="bold")
        say(exact_line(request.path))
        say(f"{request.description} Found: {exact_line(request.summary)}.")
        file = ""
        for finding in request.findings:
            if finding["file"] != file:
                file = finding["file"]
                say(exact_line(file), style="bold")
            say(f"  {exact_line(finding['title'])}")
            for line in exact(finding["text"]).split("\n"):
                say(f"    {line}")
        say(request.waiting, style="dim")
        if not request.trustable:
            await self._read("Press Enter to continue without its settings ")
            return {"behavior": "deny"}
        while True:
            reply = await self._read("Trust this folder? y/n (n: continue without its settings) ")
            word = "n" if reply is None else reply.lower()
            if word in ("y", "yes"):
                return {"behavior": "allow"}
            if word in ("n", "no"):
                return {"behavior": "deny"}
            say("Please answer y or n.")

    async def _ask_questions(self, request: QuestionRequest) -> dict[str, Any]:
        answers: dict[str, str] = {}
        self._say("Question from Claude", style="bold")
        for question in request.questions:
            options = question.get("options") or []
            self._say(exact_line(str(question.get("question", ""))))
            labels = {}
            for number, option in enumerate(options, 1):
                labels[str(number)] = label = str(option.get("label", ""))
                described = exact_line(str(option.get("description", "")))
                self._say(f"  {number}. {exact_line(label)} — {described}")
            several = " (several: 1,2)" if question.get("multiSelect") else ""
            reply: str | None = ""
            while not reply:
                reply = await self._read(f"Number{several} or your own words: ")
                if reply is None:
                    return {"behavior": "deny"}
            chosen = [part.strip() for part in reply.split(",")]
            if all(part in labels for part in chosen):
                reply = ", ".join(labels[part] for part in chosen)
            answers[str(question.get("question", ""))] = reply
        return {"behavior": "allow", "answers": answers}


class FinishedPart:
    """Finds the end of the finished blocks in a growing Markdown text. It reads each line once.

    A blank line outside a fenced code block finishes a block.
    """

    def __init__(self) -> None:
        self._end = self._line = self._read = 0
        self._fence = ""

    def of(self, text: str) -> int:
        """Return how many characters of the present text are finished."""
        while (stop := text.find("\n", self._read)) >= 0:
            line = text[self._line : stop].lstrip()
            self._line = self._read = stop + 1
            start = line[:3]
            if start in ("```", "~~~") and (not self._fence or start == self._fence):
                self._fence = "" if self._fence else start
            elif not self._fence and not line:
                self._end = self._line
        self._read = len(text)
        return self._end


def _markdown(text: str) -> Markdown:
    """Read Markdown as rich does, but keep HTML as text. Rich would leave it out."""
    from markdown_it import MarkdownIt
    from rich.markdown import Markdown

    with parser_silent():
        parser = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])
        markdown = Markdown("", hyperlinks=False)
        markdown.parsed = parser.parse(text)
    return markdown


def _print_exactly(console: Console, line: str, style: str | None = None) -> None:
    """Print a line unchanged: keep all spaces, and replace no emoji codes."""
    for piece in pieces(line, console.width):
        console.out(piece, style=style, highlight=False)


async def _line(prompt: str, *, follows: bool = False) -> str | None:
    """Read a line from the terminal without blocking the loop. It can be cancelled."""
    loop = asyncio.get_running_loop()
    if not follows:
        discard_typed()
    SCREEN.write(prompt)
    SCREEN.flush()
    if sys.platform == "win32":
        return await loop.run_in_executor(None, sys.stdin.readline) or None
    ready: asyncio.Future[None] = loop.create_future()

    def set_ready() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(sys.stdin.fileno(), set_ready)
    try:
        await ready
    finally:
        loop.remove_reader(sys.stdin.fileno())
    # Not sys.stdin.readline(): it would buffer later lines, and the loop would not notice them.
    data = os.read(sys.stdin.fileno(), 65536)
    return data.decode(errors="replace") if data else None
