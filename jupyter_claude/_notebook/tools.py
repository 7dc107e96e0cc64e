"""`NotebookTools`: the server ``notebook``, for the notebook that the user has open."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from jupyter_claude_sdk import HookMatcher

from .._core.conversation import Conversation
from .._core.host import Host
from .._kernel.comms import running_cell
from .._requests import OwnRequest
from .cells import NotebookCells, RunHere
from .journal import CellJournal
from .open_file import OpenNotebook
from .pages import NotebookPages

_MOMENT = 0.3  # seconds
_PROMPT = """\
The mcp__notebook__ tools reach the notebook that the user has open: read_cells first, then \
edit_cell, insert_cell, delete_cell, move_cell or run_cell. Use them, and never the notebook's \
file, to change its cells."""


class NotebookTools:
    """The tools of the open notebook, once a page of JupyterLab or Notebook 7 has said that it is.

    Parameters
    ----------
    host : Host
        Its settings say whether Claude has the tools; its front end has the shell.
    conversation : Conversation
        Has the running turn, to which a change belongs.
    run_here : callable
        Runs code in the kernel while a cell runs, and returns its outputs.

    Attributes
    ----------
    pages : NotebookPages
        The pages that show this kernel's notebook.
    cells : NotebookCells
        Its cells.
    journal : CellJournal
        What turns did to the cells, for a rewind.
    """

    def __init__(self, host: Host, conversation: Conversation, run_here: RunHere) -> None:
        self._host = host
        self._conversation = conversation
        self.pages = NotebookPages(lambda: self._running()[0])
        self.journal = CellJournal(self._running_turn)
        self.cells = NotebookCells(self.pages, lambda: self._running()[1], self.journal)
        self.cells.run_here = run_here
        self._open = OpenNotebook(self.pages)
        self._seen = False
        self._waited = False

    @property
    def present(self) -> bool:
        """Whether Claude has the tools. They stay, since a change of tools costs a full prompt."""
        self._seen = self._seen or bool(self.pages.paths)
        self._open.offered = self._seen and self._host.settings.kernel != "off"
        return self._open.offered

    async def ready(self) -> None:
        """Before the first start of Claude Code, let a page say that it is there.

        It hears of the session as soon as that is loaded, so its answer may be on its way. Tools
        that come later cost a restart, and the prompt cache.
        """
        # A Jupyter server sets this variable. Without one there are no such pages.
        if not self._waited and "JPY_SESSION_NAME" in os.environ:
            self._waited = True
            await self.pages.wait(_MOMENT)

    @property
    def servers(self) -> dict[str, Any]:
        """The server for the option ``mcp_servers``; empty if Claude has no tools."""
        return {"notebook": self._server} if self.present else {}

    @property
    def prompt(self) -> str:
        """A part of the system prompt; "" if Claude has no tools."""
        return _PROMPT if self.present else ""

    def hooks(self) -> dict[Any, list[HookMatcher]]:
        """Return the hook that leads Claude from the notebook's file to its tools."""
        return self._hooks

    async def request(
        self, tool: str, tool_input: Mapping[str, Any], reason: str
    ) -> OwnRequest | str | None:
        """Return the request for a call; a text says why it would do nothing; None: not ours."""
        from .previews import own_request  # lazy: few sessions need it

        timeout = self._host.settings.request_timeout
        return await own_request(self.cells, tool, tool_input, reason, timeout)

    @cached_property
    def _server(self) -> Any:
        from .server import notebook_server

        return notebook_server(self.cells)

    @cached_property
    def _hooks(self) -> dict[Any, list[HookMatcher]]:
        return self._open.hooks()

    def _running_turn(self) -> str:
        """Return the id of the running turn; "" if none runs."""
        running = self._conversation.running
        return "" if running is None else running.turn.id

    def _running(self) -> tuple[str, str | None]:
        """Return which connection sent the cell that runs, and its id; "" and None if none runs."""
        return running_cell(self._host.frontend.shell) or ("", None)
