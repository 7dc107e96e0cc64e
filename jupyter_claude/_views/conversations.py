"""The panel's list of conversations: finds, continues, renames, copies and deletes them.

Like the history, it uses the panel's connection. Each question of a view has an id, so only that
view takes the answer. The rows come a few at a time, because reading transcripts takes time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._tasks import TaskSet
from .._text import one_line
from .._turns.errors import ClaudeError
from .._turns.items import dollars

if TYPE_CHECKING:
    from .._conversations.search import Hit, Search
    from .._conversations.trash import Trash
    from .._protocol.conversations import (
        ActOnConversation,
        ConversationRow,
        ConversationsFromKernel,
        ConversationsFromPage,
        DeletedConversation,
        ListConversations,
        RenameConversation,
    )
    from .session import Session

_MOST = 200  # rows of a list
_LONGEST = 20.0  # seconds of one search
_EVERY = 0.15  # seconds between messages with rows
_WORDS = 200  # characters to search for
_TITLE = 200  # characters of a title


class ConversationsView:
    """Sends lists of conversations to views, and does what they ask for.

    Parameters
    ----------
    session : Session
        The session.
    send : callable
        Sends a message to all views. Use this class in one event loop only.
    """

    def __init__(self, session: Session, send: Callable[[ConversationsFromKernel], None]) -> None:
        self._session = session
        self._send = send
        self._search: Search | None = None
        self._tasks = TaskSet()
        self._listing: dict[str, asyncio.Task[None]] = {}  # each view's list
        self._sweep: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Stop sending."""
        if self._sweep is not None:
            self._sweep.cancel()
        for task in self._tasks:
            task.cancel()

    def do(self, message: ConversationsFromPage) -> None:
        """Do what a view asks for."""
        if message["action"] == "list":
            view = message["ask"].partition("/")[0]
            if view in self._listing:
                self._listing[view].cancel()  # the newest counts
            self._listing = {v: task for v, task in self._listing.items() if not task.done()}
            self._listing[view] = self._start(self._answering(message, self._list(message)))
        elif message["action"] == "rename":
            self._start(self._answering(message, self._rename(message)))
        else:
            self._start(self._answering(message, self._act(message)))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._tasks.keep(asyncio.get_running_loop().create_task(work))

    async def _answering(
        self, ask: ConversationsFromPage, work: Coroutine[Any, Any, str | None]
    ) -> None:
        """Send the text that `work` returns, or its error: the view waits for an answer."""
        answer: ConversationsFromKernel
        try:
            text = await work
        except Exception as error:
            text = one_line(str(error)) or type(error).__name__
            answer = {"type": "conversations", "event": "error", "ask": ask["ask"], "text": text}
        else:
            if text is None:
                return
            answer = {"type": "conversations", "event": "done", "ask": ask["ask"], "text": text}
        self._send(answer)

    # --- the list -----------------------------------------------------------------------------

    async def _list(self, message: ListConversations) -> None:
        from .._conversations.search import Search

        search = self._search = self._search or Search()
        words = " ".join(message["find"].split()).lower()[:_WORDS]
        most = max(1, min(message["most"], _MOST))
        loop = asyncio.get_running_loop()
        mine = dict.fromkeys(self._session.switcher.of_notebook())
        paths = await asyncio.to_thread(_in_order, self._session.switcher.transcripts.paths, mine)
        deleted = [] if words else await asyncio.to_thread(self._deleted)
        rows: list[ConversationRow] = []
        found, stop, told, began = 0, threading.Event(), loop.time(), loop.time()

        def send(*, done: bool, more: bool = False) -> None:
            self._send(
                {
                    "type": "conversations",
                    "event": "found",
                    "ask": message["ask"],
                    "rows": rows,
                    "done": done,
                    "more": more,
                    "deleted": deleted,
                }
            )

        try:
            for path in paths:
                hit = await asyncio.to_thread(search.look, path, words, stop)
                if hit is not None:
                    if found == most:
                        send(done=True, more=True)
                        return
                    rows.append(self._row(hit, mine))
                    found += 1
                now = loop.time()
                if now - began > _LONGEST:
                    send(done=True, more=True)
                    return
                if rows and now - told > _EVERY:
                    send(done=False)
                    rows, told = [], now
        finally:
            stop.set()
        send(done=True)

    def _row(self, hit: Hit, mine: dict[str, None]) -> ConversationRow:
        one, state = hit.conversation, self._session.state()
        cost = "" if one.cost_usd is None or state.subscription else dollars(one.cost_usd)
        return {
            "id": one.id,
            "title": one.name,
            "time": one.time.isoformat(timespec="seconds"),
            "turns": one.turns,
            "cost": cost,
            "mine": one.id in mine,
            "present": one.id == self._session.conversation.session_id,
            "excerpt": hit.excerpt,
        }

    # --- actions ------------------------------------------------------------------------------

    async def _act(self, message: ActOnConversation) -> str:
        self._session.check_use()
        id, action = message["id"], message["action"]
        if action == "restore":
            await asyncio.to_thread(self._trash().restore, id)
            return "The conversation is back."
        self._check(id)
        if action == "delete":
            return await self._delete(id)
        if not self._session.conversation.at_rest:
            raise ClaudeError("A turn is running. Wait until it ends, or press Stop, and try again")
        if action == "fork":
            self._session.switcher.plan(self._session.switcher.copy_of(id))
            return "Your next message continues in a copy. The original stays as it is."
        if id != self._session.conversation.session_id:
            self._session.go_on_with(id)
        return "Your next message continues this conversation."

    async def _rename(self, message: RenameConversation) -> str:
        self._check(message["id"])
        self._session.switcher.rename(message["title"][:_TITLE], message["id"])
        return "Renamed."

    async def _delete(self, id: str) -> str:
        conversation = self._session.conversation
        planned = None if conversation.planned is None else conversation.planned.session_id
        if id in (conversation.session_id, planned):
            raise ClaudeError(
                "This conversation is open in this notebook. Start a new one, then delete it"
            )
        if id == conversation.present_id:
            raise ClaudeError(
                "Claude Code has this conversation open until your next message in the other one"
            )
        for other in await asyncio.to_thread(self._session.elsewhere.others, id):
            raise ClaudeError(f"{other.text}. Close it there first")
        about = await asyncio.to_thread(self._session.switcher.find, id)
        await asyncio.to_thread(self._trash().put, id, about.name)
        self._plan_sweep()
        return f"Deleted “{about.name}”."

    def _check(self, id: str) -> None:
        if self._session.switcher.transcripts.path(id) is None:
            raise ClaudeError("This conversation is no longer there")

    # --- what was deleted ---------------------------------------------------------------------

    def _trash(self) -> Trash:
        from .._conversations.trash import Trash

        return Trash(self._session.switcher.transcripts.folder)

    def _deleted(self) -> list[DeletedConversation]:
        return [{"id": one.id, "title": one.title} for one in self._trash().list()]

    def _plan_sweep(self) -> None:
        """Remove what was deleted once it can no longer come back."""
        from .._conversations.trash import KEPT

        if self._sweep is not None:
            self._sweep.cancel()
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(KEPT + 1, lambda: loop.run_in_executor(None, self._deleted))


def _in_order(paths: Callable[[], Sequence[Path]], mine: dict[str, None]) -> list[Path]:
    """Return the transcripts: this notebook's first, each group with the newest first."""
    return sorted(paths(), key=lambda path: path.stem not in mine)
