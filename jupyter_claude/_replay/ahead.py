"""`ReplayAhead`: what a run of the notebook would replay and ask, for the panel and the cells.

It reads the cells from the page that has the notebook open, or else from the notebook's file. It
looks when a panel opens, when a turn ends and when the page says that the notebook was edited, a
moment later, and never before a page has asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .._conversations.recent import notebook_name
from .._core.conversation import Conversation
from .._core.events import ConversationChange, TurnBegun
from .._core.host import Host
from .._notebook.pages import NotebookPages, NotebookUnavailable
from .._tasks import TaskSet
from .._text import one_line
from .._turns.errors import ClaudeError
from .._turns.events import TurnChange, TurnEnded
from .mode import Mode

# Only a notebook with a recording needs the other modules.
if TYPE_CHECKING:
    from jupyter_claude_sdk.lowlevel import RecordingFolder

    from .._notebook.messages import CellsOp
    from .cells import Step
    from .forecast import Forecast

_MOMENT = 0.3  # seconds; turns may end one after the other
_MOST = 1_000_000  # characters of cells in one answer of the page
_LONGEST = 100_000  # characters of a cell; a longer one is no prompt


class Recording(Protocol):
    """The notebook's recording, and what the kernel does with it."""

    @property
    def folder(self) -> RecordingFolder | None:
        """The recording; None if there is none."""

    @property
    def mode(self) -> Mode:
        """The mode that counts now."""
        ...  # else pyright takes it for a function that returns nothing


@dataclass(frozen=True)
class ReplayState:
    """What views show of a recording.

    Attributes
    ----------
    mode : str
        The mode that counts now.
    line : str
        What a run of the notebook would do; "" if it is not known.
    stale : int
        How many of its prompts have a stale answer.
    again : tuple of str
        The ids of the turns that show a stale answer and can be asked again.
    cells : dict of str
        What to say at cells whose prompt is not replayed, by the cell's id.
    """

    mode: Mode
    line: str = ""
    stale: int = 0
    again: tuple[str, ...] = ()
    cells: dict[str, str] = field(default_factory=dict)


class ReplayAhead:
    """Looks ahead, and keeps what it saw. All methods are called in the kernel's event loop.

    Parameters
    ----------
    host : Host
        Its front end has the shell.
    conversation : Conversation
        Has the turns; its listeners hear when a look has ended.
    pages : NotebookPages
        The pages that show this kernel's notebook.
    recording : Recording
        The recording.
    """

    def __init__(
        self, host: Host, conversation: Conversation, pages: NotebookPages, recording: Recording
    ) -> None:
        self._host = host
        self._conversation = conversation
        self._pages = pages
        self._recording = recording
        self._listening: Callable[[], None] | None = None  # None: no page has asked yet
        self._due: asyncio.TimerHandle | None = None
        self._again = False  # something changed during the look
        self._looking = TaskSet()
        self._seen: Forecast | None = None
        self._ids: Mapping[int, str] = {}  # the cells' ids by their numbers
        self._problem = ""

    @property
    def state(self) -> ReplayState | None:
        """What views show; None without a recording, and before a page has asked."""
        if self._listening is None or (self._seen is None and not self._problem):
            return None
        try:
            mode, seen = self._recording.mode, self._seen
        except ClaudeError as error:  # its recording.json is damaged, and stops each prompt
            return ReplayState("auto", one_line(str(error)))
        again = tuple(
            turn.id
            for turn in self._conversation.turns
            if turn.replayed is not None and turn.replayed.stale and turn.remedy == "again"
        )
        if seen is None:
            return ReplayState(mode, self._problem, again=again)
        from .forecast import mark

        marks = {self._ids.get(turn.cell, ""): mark(turn, mode) for turn in reversed(seen.turns)}
        cells = {id: text for id, text in marks.items() if id and text}
        return ReplayState(mode, seen.line_in(mode), len(seen.of("stale")), again, cells)

    def look(self) -> None:
        """Look at the notebook and its recording in a moment, and then tell the views."""
        if self._listening is None:
            self._listening = self._conversation.listen(self._changed)
        if self._looking:
            self._again = True
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(_MOMENT, self._begin)

    def _changed(self, change: ConversationChange) -> None:
        if isinstance(change, TurnBegun):

            def on_change(what: TurnChange) -> None:
                if isinstance(what, TurnEnded):
                    self.look()

            change.turn.listen(on_change)

    def _begin(self) -> None:
        self._due = None
        self._looking.keep(asyncio.get_running_loop().create_task(self._look()))

    async def _look(self) -> None:
        from jupyter_claude_sdk.lowlevel import RecordingError

        from .notebook_file import NotebookError

        before = self.state
        try:
            self._seen, self._problem = await self._forecast(), ""
        except (RecordingError, NotebookError) as error:
            self._seen, self._problem = None, one_line(str(error))
        if self.state != before:
            self._conversation.state_changed()
        if self._again:
            self._again = False
            self._due = asyncio.get_running_loop().call_later(_MOMENT, self._begin)

    async def _forecast(self) -> Forecast | None:
        folder = self._recording.folder
        if folder is None or not folder.exists:
            return None
        from .forecast import forecast

        steps = await self._steps()
        return None if steps is None else forecast(steps, folder)

    async def _steps(self) -> list[Step] | None:
        """Return what the notebook's cells do; None if there is no notebook."""
        from .cells import steps_in
        from .notebook_file import read_cells

        if self._pages.paths:
            try:
                return steps_in(await self._cells_of_page())
            except NotebookUnavailable:
                pass  # the page was closed
        name = notebook_name(self._host.frontend.shell)
        if name is None or not Path(name).is_file():
            return None
        self._ids = {}
        return steps_in(read_cells(Path(name)))

    async def _cells_of_page(self) -> list[str | None]:
        cells: list[str | None] = []
        ids: dict[int, str] = {}
        more = True
        while more:
            ask: CellsOp = {
                "op": "read",
                "start": len(cells),
                "ids": [],
                "most": _MOST,
                "longest": _LONGEST,
            }
            answer = await self._pages.ask(ask)
            if answer["result"] != "read" or not answer["cells"]:
                break
            for cell in answer["cells"]:
                whole = cell["kind"] == "code" and not cell["left"]
                cells.append(cell["source"] if whole else None)
                ids[len(cells)] = cell["id"]
            more = answer["more"]
        self._ids = ids
        return cells
