"""Switches from one conversation to another, and remembers a notebook's conversations."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._core.conversation import Conversation
from .._core.host import Host
from .._core.resume_target import ResumeTarget
from .._cost.ledger import Ledger
from .._process.workspace import Workspace
from .._text import one_line
from .._turns.errors import ClaudeError
from .._turns.messages import last_message
from .._turns.turn import Turn
from .._turns.writer import TurnWriter

if TYPE_CHECKING:
    from .transcripts import Conversation as Found
    from .transcripts import Conversations, Transcripts


#: Turns, and the conversation's title.
_Shown = tuple[list[TurnWriter], str]


class ConversationSwitcher:
    """The conversations of a session.

    Parameters
    ----------
    conversation : Conversation
        The object that then shows another conversation.
    host : Host
        Names the notebook.
    workspace : Workspace
        Names the folder.
    ledger : Ledger
        Knows the costs.
    """

    def __init__(
        self, conversation: Conversation, host: Host, workspace: Workspace, ledger: Ledger
    ) -> None:
        self._conversation = conversation
        self._host = host
        self._workspace = workspace
        self._ledger = ledger
        self._shown: ResumeTarget | None = None  # the plan that the history shows already
        self._before: _Shown | None = None  # what the history shows again if the plan fails
        self._remembered: str | None = None
        self._had: list[str] = []  # ids of this kernel's conversations, also of practice
        self._earlier: dict[str, str] | None = None  # the conversations of earlier kernels' turns

    @property
    def transcripts(self) -> Transcripts:
        """The CLI's transcripts for the session's folder."""
        from .transcripts import Transcripts  # lazy, as all code that reads files

        return Transcripts(self._workspace.cwd, self._workspace.environment())

    # --- switching ----------------------------------------------------------------------------

    def plan(self, point: ResumeTarget) -> None:
        """Make the next prompt continue there. If no turn runs, the history shows it at once."""
        conversation = self._conversation
        shown = self._present()  # perhaps an earlier plan's turns, which this one copies
        self.refused()
        conversation.planned = point
        if conversation.at_rest:
            self._before = self._present()
            self._shown = point
            self._ledger.plan(point.session_id)
            self.show(point, shown)

    def show_planned(self) -> None:
        """Show the planned conversation at once: a turn in it may need no process."""
        point = self._conversation.planned
        if point is not None and self._shown is not point:
            self._before = self._present()
            self._shown = point
            self._ledger.plan(point.session_id)
            self.show(point)

    def as_it_stands(self, point: ResumeTarget) -> ResumeTarget:
        """Return the point again once the process has ended and its transcript is complete.

        A copy of all shown turns is a copy of the transcript, and others may have written to it.
        """
        with contextlib.suppress(OSError):
            if point.turns is not None and point.at is None and self._went_on_elsewhere():
                return dataclasses.replace(point, turns=None)
        return point

    def arrived(self, point: ResumeTarget, *, changed: bool = False) -> None:
        """Finish a switch: the process is now in the planned conversation.

        `changed` says that its transcript is another one than at the plan.
        """
        shown, self._before, self._shown = self._shown, None, None
        if shown is not point or changed:
            self.show(point)

    def refused(self) -> None:
        """Undo a plan that failed: the present conversation stays."""
        self._ledger.plan(None)
        if self._before is not None:
            (turns, title), self._before, self._shown = self._before, None, None
            self._conversation.show(turns, title)

    def show(self, point: ResumeTarget, shown: _Shown | None = None) -> None:
        """Show a conversation's turns in the history. Prompts that wait will run in it.

        A copy begins with the shown turns and title. Default: the present ones.
        """
        if point.turns is not None:
            turns, title = shown or self._present()
            turns = turns[: point.turns]
        elif point.session_id is not None:
            turns, title = self._turns(point.session_id), self.transcripts.title(point.session_id)
        else:
            turns, title = [], ""
        home = point.session_id if point.turns is None else None
        self._conversation.show(turns, title, home)

    def _present(self) -> _Shown:
        conversation = self._conversation
        return list(conversation.writers), conversation.title

    def reload(self) -> None:
        """Read the conversation's turns again from its transcript."""
        if self._conversation.session_id is not None:
            self.show(ResumeTarget(self._conversation.session_id))

    def catch_up(self) -> bool:
        """Show the conversation's prompts from elsewhere; return whether there were any."""
        went_on = self._went_on_elsewhere()
        if went_on:
            self.reload()
        return went_on

    def _went_on_elsewhere(self) -> bool:
        """Whether the transcript that Claude Code would resume has prompts from elsewhere."""
        path = self.transcripts.path(self._conversation.session_id or "")
        if path is None:
            return False
        from .replay import prompt_ids_of

        return any(self._conversation.turn(id) is None for id in prompt_ids_of(path))

    def _turns(self, session_id: str) -> list[TurnWriter]:
        """Return a conversation's turns: this kernel's own, and the transcript's others."""
        path = self.transcripts.path(session_id)
        if path is None:
            return []
        from .replay import turns_of

        practice = self._workspace.practicing
        known = Ledger(keep=not practice)
        known.read(session_id)  # apart: a shown conversation is not yet a cost of the session
        found = turns_of(path, folder=self._workspace.cwd, practice=practice, ledger=known)
        return [self._conversation.adopt(turn) for turn in found]

    def point(self, conversation: str | Found | None) -> ResumeTarget:
        """Return the point from which a conversation continues."""
        if conversation is None:
            last = self.last()
            if last is None:
                raise ClaudeError(
                    "No other conversation of this notebook is known; claude.conversations() "
                    "lists those of this folder"
                )
            return ResumeTarget(last.id)
        if not isinstance(conversation, str):
            return ResumeTarget(conversation.id)
        # Pass a full id to Claude Code, which also looks in other places.
        whole = len(conversation) == 36
        return ResumeTarget(conversation if whole else self.find(conversation).id)

    def may_be_stored(self, session_id: str) -> bool:
        """Whether only the session store can have this conversation."""
        stores = self._host.settings.session_store is not None and not self._workspace.practicing
        return stores and len(session_id) == 36 and self.transcripts.path(session_id) is None

    # --- copies and names ---------------------------------------------------------------------

    def fork(self, which: Turn | int | str | None) -> ResumeTarget:
        """Return the start of a copy of the conversation, as it was after a turn."""
        conversation, turn = self._conversation, self._known(which)
        turns = conversation.turns
        number = len(turns) if turn is None else turn.number
        if any(one.turn.number <= number for one in conversation.not_in_session):
            # Claude Code cannot copy what it lacks. These turns go to a session of their own.
            return ResumeTarget(None, turns=number)
        if conversation.session_id is None or not turns:
            raise ClaudeError("There is nothing to fork yet; send a prompt first")
        at = None
        if turn is not None and turn is not turns[-1]:
            at = last_message([turn])
            if at is None:
                raise ClaudeError(
                    f"Turn {turn.number} has no message in the conversation; fork another turn"
                )
        return ResumeTarget(conversation.session_id, at, str(uuid.uuid4()), number)

    def copy_of(self, session_id: str) -> ResumeTarget:
        """Return the start of a copy of a conversation, as it is now."""
        if session_id == self._conversation.session_id:
            return self.fork(None)
        return ResumeTarget(session_id, copy=str(uuid.uuid4()))

    def _known(self, turn: Turn | int | str | None) -> Turn | None:
        """Return the history's own turn; None for None."""
        if turn is None:
            return None
        if (known := self._conversation.find(turn)) is not None:
            return known
        raise ClaudeError(
            f"There is no turn {turn!r:.60} in a history of {len(self._conversation)}"
        )

    def rename(self, title: str, session_id: str | None = None) -> None:
        """Give a conversation a title. Default: the present one."""
        title = one_line(title)
        if not title:
            raise ClaudeError("A title needs at least one letter")
        session_id = session_id or self._conversation.session_id
        if session_id is None:
            raise ClaudeError(
                "This conversation is empty and can have no title; send a prompt first"
            )
        self.transcripts.rename(session_id, title)
        if session_id == self._conversation.session_id:
            self._conversation.name(title)

    # --- lists --------------------------------------------------------------------------------

    def list(self) -> Conversations:
        """Return the folder's conversations, the newest first."""
        found = self.transcripts.list()
        found.present = self._conversation.session_id
        found.of_notebook = frozenset(self.of_notebook())
        return found

    def find(self, what: str) -> Found:
        """Return the conversation with a number, an id or the beginning of one id."""
        return self.transcripts.find(what)

    def last(self) -> Found | None:
        """Return this notebook's last conversation, other than the present one, or None."""
        for session_id in self.of_notebook():
            # Some are deleted, or belong to a folder in which the notebook was before.
            if session_id != self._conversation.session_id:
                with contextlib.suppress(ClaudeError):
                    return self.transcripts.find(session_id)
        return None

    def of_notebook(self) -> Sequence[str]:
        """Return the ids of this notebook's conversations, the last one first."""
        from .recent import conversations_of, notebook_name

        kept = conversations_of(notebook_name(self._host.frontend.shell))
        return [*dict.fromkeys([*reversed(self._had), *kept])]

    async def earlier(self) -> dict[str, str]:
        """Return the conversations of the turns that this notebook's earlier kernels had."""
        if self._earlier is None:
            here = {*self._had, self._conversation.session_id}

            def read() -> dict[str, str]:
                from .earlier import earlier_turns  # here: the imports take time

                ids = [id for id in self.of_notebook() if id not in here]
                return earlier_turns(self.transcripts, ids) if ids else {}

            self._earlier = await asyncio.to_thread(read)
        return self._earlier

    def home(self, turn: str) -> str | None:
        """Return the conversation of a turn, also of an earlier kernel's; None if not known."""
        known = self._conversation.home(turn)
        return known if known is not None else (self._earlier or {}).get(turn)

    def remember(self) -> None:
        """Store the conversation as this notebook's last one."""
        session_id = self._conversation.session_id
        if session_id is not None and session_id not in self._had[-1:]:
            self._had.append(session_id)
        if session_id is None or session_id == self._remembered or self._workspace.practicing:
            return
        from .recent import notebook_name, remember

        self._remembered = session_id
        remember(notebook_name(self._host.frontend.shell), session_id)
