"""The chat panel: it shows all turns of the session's conversation.

A kernel has one panel. All its views get the same messages: the widget, JupyterLab's side bar, and
those in other tabs. The panel sends the list of turns as heads. It sends a turn's content when a
view asks for it.
"""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import Callable, Coroutine, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, cast

import traitlets
from ipywidgets import HTML, Widget
from jupyter_claude_sdk import ClaudeSDKError

from .._core.events import (
    ConversationChange,
    HistoryReplaced,
    RewindUndone,
    TurnBegun,
)
from .._engine.given import Given, given_pieces
from .._engine.modes import BYPASS
from .._kernel.comms import kernel_loop, only_published
from .._protocol import reading
from .._settings import FOR_VISITORS, NO_PANEL
from .._tasks import TaskSet
from .._turns.errors import ClaudeError, error_line, error_sentence
from .._turns.events import RequestClosed, RequestOpened, StatusChanged, TurnChange, TurnEnded
from .._turns.turn import Turn
from .._turns.writer import TurnWriter
from .command_list import command_list
from .completions import completions
from .conversations import ConversationsView
from .history import HistoryView
from .notebook import KERNEL, notebook_key
from .protocol import is_live, operation, state_view, turn_view, whole_output
from .session import Session
from .sign_in import SignInView
from .tool_list import context_use, tool_list
from .widgets import act_on
from .wire import ClaudeWidget, Line, Wire

if TYPE_CHECKING:
    from .._protocol.panel import Draft, Head, Panel, PanelFromPage, SessionChange, SessionState

_PROMPT = 300  # characters of a prompt in the list
_WANTED = 50  # turns that a view may wait for
_AT_ONCE = 500_000  # characters sent at once: servers drop more than that in a second
_DRAFT = 200_000  # characters of the typed text that views share
_ID = 36  # characters of a uuid
_STATE_EVERY = 0.05  # seconds

_panels: weakref.WeakKeyDictionary[Session, PanelView] = weakref.WeakKeyDictionary()


def panel(session: Session) -> Widget:
    """Return the panel's widget. A kernel has one, with any number of views.

    If its page may belong to visitors, return a widget that says so.

    Raises
    ------
    ClaudeError
        If there is no kernel.
    """
    host = session.host
    host.attach()
    view = panel_view(session)
    if only_published(host.frontend.shell) and host.settings.widgets != "on":
        return HTML(f"<p>{escape(FOR_VISITORS)}</p>")
    return view.show()


def panel_view(session: Session) -> PanelView:
    """Return the kernel's side of the session's only panel.

    Raises
    ------
    ClaudeError
        If there is no kernel.
    """
    known = _panels.get(session)
    if known is None:
        loop = kernel_loop(session.host.frontend.shell)
        if loop is None:
            raise ClaudeError(
                "The chat panel needs a notebook; here, use %%claude or claude.ask(…)"
            )
        known = _panels[session] = PanelView(session, loop)
    return known


class PanelWidget(ClaudeWidget):
    """The panel's widget. The browser keeps the typed text under these ids."""

    #: The notebook: the next kernel's panel gets the unsent text.
    notebook = traitlets.Unicode().tag(sync=True)
    #: This kernel: only here the browser sends a kept prompt.
    session = traitlets.Unicode().tag(sync=True)

    def __init__(self, shell: Any) -> None:
        super().__init__(kind="panel", notebook=notebook_key(shell), session=KERNEL)

    def __repr__(self) -> str:
        return NO_PANEL  # a front end without widgets prints it instead


class PanelView:
    """The kernel's side of the panel.

    Parameters
    ----------
    session : Session
        The session to show.
    loop : asyncio.AbstractEventLoop
        The session's loop.
    """

    def __init__(self, session: Session, loop: asyncio.AbstractEventLoop) -> None:
        self._session = session
        self._loop = loop
        self._widget: PanelWidget | None = None
        self._wire = Wire(None, loop, self.handle_message)
        self._heard = False  # whether a view has said "hello"
        self._wanted: dict[str, None] = {}  # turns that views wait for, in order
        self._wanted_due: asyncio.TimerHandle | None = None
        self._draft: Draft = {"text": "", "from": ""}
        self._taken: set[str] = set()  # ids of prompts from views
        self._heads: dict[str, Head] = {}  # as they were sent
        self._state: SessionState | None = None  # as it was sent
        self._state_due: asyncio.TimerHandle | None = None
        self._stops: dict[str, Callable[[], None]] = {}  # stop listening to a turn
        self._tasks = TaskSet()
        #: Called with a line if a view's request fails.
        self.on_problem: Callable[[str], None] | None = None
        self._says = ""  # the line that views show until the next action
        self._stopped: TurnWriter | None = None  # being stopped; a second press ends it at once
        self._history: HistoryView | None = None  # once the user opens it
        self._conversations = ConversationsView(session, self._wire.send)
        self._sign_in = SignInView(session, self._wire.send)
        self._stop_listening = session.conversation.listen(self._changed)
        self._stop_hearing = session.approvals.listen(self._wire.send_verdict)
        for turn in session.history:
            self._watch(turn)

    @property
    def widget(self) -> PanelWidget:
        """The panel's widget, made at its first use."""
        if self._widget is None:
            self._widget = PanelWidget(self._session.host.frontend.shell)
            self.join(self._widget)
        return self._widget

    def show(self) -> PanelWidget:
        """Return the widget, or a new one if it was closed."""
        if self._widget is not None and self._widget.comm is None:
            self._wire.leave(self._widget)
            self._widget = None
        return self.widget

    def join(self, line: Line) -> None:
        """Add another line to views."""
        self._wire.join(line)

    def leave(self, line: Line) -> None:
        """Send nothing more on a line."""
        self._wire.leave(line)

    def close(self) -> None:
        """Stop watching the session."""
        self._stop_listening()
        self._stop_hearing()
        for stop in self._stops.values():
            stop()
        self._stops.clear()
        if self._wanted_due is not None:
            self._wanted_due.cancel()
        if self._history is not None:
            self._history.close()
        self._conversations.close()
        self._sign_in.close()

    # --- to the views -------------------------------------------------------------------------

    def _changed(self, change: ConversationChange) -> None:
        if isinstance(change, TurnBegun):
            self._watch(change.turn)
            self._tell_head(change.turn)
        elif isinstance(change, HistoryReplaced):
            self._watch_all()
            if self._heard:
                self._wire.change(("turns", self._all_heads()))
        elif isinstance(change, RewindUndone):
            self._wire.change(("undone", change.prompt))  # the view that brought it takes it away
        elif self._state_due is None:
            self._state_due = self._loop.call_later(_STATE_EVERY, self._tell_state)

    def _watch_all(self) -> None:
        turns = {turn.id: turn for turn in self._session.history}
        for id in self._stops.keys() - turns.keys():
            self._stops.pop(id)()
        for id in turns.keys() - self._stops.keys():
            self._watch(turns[id])

    def _watch(self, turn: Turn) -> None:
        def on_change(change: TurnChange) -> None:
            if isinstance(change, TurnEnded):
                return
            made = operation(turn, change) if self._heard else None
            if made is not None:
                self._wire.change(("turn_op", turn.id, made), at_once=is_live(change))
            if isinstance(change, (StatusChanged, RequestOpened, RequestClosed)):
                self._tell_head(turn)

        self._stops[turn.id] = turn.listen(on_change)

    def _head(self, turn: Turn) -> Head:
        return {
            "id": turn.id,
            "number": turn.number,
            "prompt": turn.prompt[:_PROMPT],
            "state": turn.state,
            "time": turn.time.isoformat(timespec="seconds"),
            "requests": len(turn.requests),
            "withdrawable": turn.state == "queued" and turn.id in self._taken,
        }

    def _all_heads(self) -> list[Head]:
        heads = [self._head(turn) for turn in self._session.history]
        self._heads = {head["id"]: head for head in heads}
        return heads

    def _tell_head(self, turn: Turn) -> None:
        head = self._head(turn)
        if self._heard and self._heads.get(turn.id) != head:
            self._heads[turn.id] = head
            self._wire.change(("head", head))

    def _tell_state(self) -> None:
        self._state_due = None
        if not self._heard:
            return
        before: Mapping[str, object] = self._state or {}
        self._state = state_view(self._session.state())
        new = {
            name: value
            for name, value in self._state.items()
            if name not in before or before[name] != value  # None is a value too
        }
        if new:
            self._wire.change(("state", cast("SessionChange", new)))

    def _send_snapshot(self) -> None:
        self._heard = True
        self._session.ahead.look()
        self._state = state_view(self._session.state())
        panel: Panel = {
            "state": self._state,
            "draft": self._draft["text"],
            "turns": self._all_heads(),
        }
        self._wire.send_all({"type": "snapshot", "panel": panel})

    def _want(self, ids: list[str]) -> None:
        for id in ids:
            if len(self._wanted) < _WANTED:
                self._wanted[id] = None
        if self._wanted_due is None:
            self._send_wanted()

    def _send_wanted(self) -> None:
        self._wanted_due = None
        turns = {turn.id: turn for turn in self._session.history}
        sent = 0
        while self._wanted and sent < _AT_ONCE:
            id = next(iter(self._wanted))
            del self._wanted[id]
            if id in turns:
                view = turn_view(turns[id])
                self._wire.send({"type": "turn", "turn": view})
                sent += len(json.dumps(view))
        if self._wanted:
            self._wanted_due = self._loop.call_later(1.0, self._send_wanted)

    # --- from the views -----------------------------------------------------------------------

    def handle_message(self, content: object) -> None:
        """Handle a message of a view, in the loop. Unknown messages are ignored."""
        message = reading.from_panel(content)
        if message is not None:
            self._dispatch(message)
        self._wire.change(("heard",))  # else the view says that the kernel is busy

    def _dispatch(self, message: PanelFromPage) -> None:
        if message["type"] == "hello":
            self._send_snapshot()
            self._sign_in.greet()
        elif message["type"] == "want":
            self._want(message["turns"])
        elif message["type"] == "ask":
            self._ask(message["id"], message["prompt"], message.get("attached", []))
        elif message["type"] == "withdraw":
            self._withdraw(message["turn"])
        elif message["type"] == "answer":
            self._session.approvals.answer(message["request"], message)
        elif message["type"] == "typing":
            self._session.approvals.typing(message["request"])
        elif message["type"] == "turn_action":
            turn = self._session.conversation.turn(message["turn"])
            if message["action"] == "output":
                output = None if turn is None else whole_output(turn, message["call"])
                if output is not None:
                    self._wire.change(("turn_op", message["turn"], output))
            elif message["action"] == "back":
                self._do(self._bring_back(message["turn"]))
            elif turn is not None and turn.actions is not None:
                act_on(turn.actions, message)
        elif message["type"] == "history":
            if self._history is None:
                self._history = HistoryView(self._session, self._wire.send)
            self._history.do(message)
        elif message["type"] == "conversations":
            self._conversations.do(message)
        elif message["type"] == "signin":
            self._sign_in.do(message)
        elif message["type"] == "draft":
            self._set_draft({"text": message["text"], "from": message["from"]})
        elif message["type"] == "writing":
            self._session.early_start.writing()
        elif message["type"] == "interrupt":
            self._do(self._interrupt(message.get("id", "")))
        elif message["type"] == "new":
            self._do(self._begin())
        elif message["type"] == "resume":
            self._resume()
        elif message["type"] == "model":
            self._do(self._session.choices.set_model(message["name"]))
        elif message["type"] == "mode":
            self._do(self._set_mode(message["name"], message.get("confirmed", False)))
        elif message["type"] == "kernel":
            self._do(self._set_kernel(message["name"]))
        elif message["type"] == "commands":
            self._wire.send(command_list(self._session.commands))
        elif message["type"] == "tools":
            self._reply(self._list_tools())
        elif message["type"] == "server":
            act = self._session.server_actions.act
            self._do(self._on_server(act(message["name"], message["action"])))
        elif message["type"] == "server_signed_in":
            finish = self._session.server_actions.finish_sign_in
            self._do(self._on_server(finish(message["name"], message["address"])))
        elif message["type"] == "context":
            self._reply(self._tell_context())
        elif message["type"] == "complete":
            if len(message["id"]) <= _ID:
                mentions = self._session.kernel_tools.mentions()
                self._wire.send(completions(mentions, message))
        else:
            reading.unhandled(message)

    def _set_draft(self, draft: Draft) -> None:
        # A longer text stays in its view.
        if len(draft["text"]) + len(draft["from"]) < _DRAFT:
            self._draft = draft
            self._wire.change(("draft", draft))

    def _ask(self, id: str, prompt: str, given: list[Given]) -> None:
        if len(id) > _ID:
            return
        if id not in self._taken and prompt.strip():
            self._taken.add(id)
            self._clear_line()
            try:
                if prompt.strip() == "/login":
                    self._session.sign_in.open()
                else:
                    self._session.queue.submit(prompt, id, attached=given_pieces(given))
            except ClaudeError as error:
                self._say_line(error_sentence(error))
        self._wire.change(("taken", id))  # the view need not keep it any longer

    def _withdraw(self, id: str) -> None:
        for turn in self._session.history:
            if turn.id == id:
                if self._session.queue.withdraw(turn):
                    self._wire.change(("withdrawn", turn.id, turn.prompt))
                return

    async def _bring_back(self, id: str) -> None:
        """Bring a turn back that has left the conversation."""
        conversation = self._session.conversation
        way, home = conversation.ways_back.get(id), self._session.switcher.home(id)
        if conversation.turn(id) is None:
            way = "resume"  # an earlier kernel's
        if way == "undo":
            await self._session.checkpoints.undo_rewind()
        elif way == "branch":
            await self._session.checkpoints.bring_back(id)
        elif way is None or home is None:
            raise ClaudeError("This turn can no longer be brought back")
        elif not conversation.at_rest:
            raise ClaudeError("A turn is running. Wait until it ends, or press Stop, and try again")
        else:
            self._session.go_on_with(home)

    def _resume(self) -> None:
        """Show the notebook's last conversation; the next prompt continues it."""
        try:
            self._session.go_on_with()
        except ClaudeError as error:
            self._say(error)

    async def _interrupt(self, press: str) -> None:
        running = self._session.conversation.running
        if running is not None and running is self._stopped:
            await self._session.runner.cut(running)
        elif running is not None:
            self._stopped = running
            if not await self._session.runner.press_stop(running, press):
                self._stopped = None
        else:
            for turn in list(self._session.history):  # Claude Code is still starting
                if turn.state == "queued" and self._session.queue.withdraw(turn):
                    self._wire.change(("withdrawn", turn.id, turn.prompt))
                    return

    def _do(self, action: Coroutine[Any, Any, Any]) -> None:
        async def do() -> None:
            self._clear_line()
            try:
                await action
            except (ClaudeError, ClaudeSDKError) as error:
                self._say(error)
            # If a choice was refused, views show the old one again.
            self._state = None
            self._tell_state()

        self._tasks.keep(self._loop.create_task(do()))

    def _reply(self, answer: Coroutine[Any, Any, None]) -> None:
        """Answer a question of a view. The line that views show stays."""
        self._tasks.keep(self._loop.create_task(answer))

    async def _set_mode(self, name: str, confirmed: bool) -> None:
        if name == BYPASS and not confirmed:
            raise ClaudeError("Permission requests stay on: you have not confirmed the change")
        await self._session.choices.set_mode(name)

    async def _set_kernel(self, name: str) -> None:
        self._session.choices.set_kernel(name)

    async def _list_tools(self) -> None:
        table = self._session.tool_table
        self._wire.send(tool_list(await table.servers(), await table.skills(), table.agents()))

    async def _on_server(self, action: Coroutine[Any, Any, None]) -> None:
        try:
            await action
        finally:
            await self._list_tools()

    async def _tell_context(self) -> None:
        self._wire.send(context_use(*await self._session.context_reader()))

    async def _begin(self) -> None:
        """Start a new conversation; while it has to wait, say so."""
        waits = not self._session.conversation.at_rest
        if waits:
            self._say_line(
                "A new conversation starts after the running turn. Press Stop to end it now"
            )
        await self._session.new()
        self._clear_line()

    def _say(self, error: Exception) -> None:
        self._say_line(error_line(error))

    def _clear_line(self) -> None:
        if self._says:
            self._says = ""
            self._wire.change(("problem", ""))

    def _say_line(self, line: str) -> None:
        self._says = line
        self._wire.change(("problem", line))
        if self.on_problem is not None:
            self.on_problem(line)
