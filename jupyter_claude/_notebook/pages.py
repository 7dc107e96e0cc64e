"""`NotebookPages`: asks the page that has the notebook open, exactly one.

The live document is in the page, so the kernel asks the page. A page may close, reload or hang at
any time. So it is asked only after it has answered a ping just now, and each wait is bounded. What
a page sends counts only as the answer to the question that this page was asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .messages import CellsAnswer, CellsAsked, CellsOp, CellsResult, NotebookShown

#: What the user can do if no page answers.
NO_PAGE = (
    "No page answers for this kernel's notebook. The user must have it open in JupyterLab or "
    "Notebook 7, with the jupyter-claude extension; reloading the page may help."
)
_SILENT = (
    "The page with the notebook did not answer in {seconds:g} s, so the change may or may not be "
    "made: read the cells again."
)
_GONE = (
    "The page with the notebook was closed or reloaded meanwhile. The cell may still run in the "
    "kernel: read the cells again."
)
_INVALID = "The page with the notebook gave an answer that is not valid: reload the page."

_MOST_NOTEBOOKS = 50
_LONGEST_NAME = 4096  # characters of a path or an id
_STEP = 0.25  # seconds
_PING = 3.0  # seconds
_PATIENCE = 10.0  # seconds
_RETURN = 20.0  # seconds until a page is there that loads, or loads again
_EVERY = 5.0  # seconds between pings during a run

#: The results that answer a question; each may also be refused.
_RESULTS = {"ping": "here", "read": "read", "run": "ran"}
_MOST_TEXT = 4_000_000  # characters in one answer
_MOST_CELLS = 10_000
_MOST_IMAGES = 4
_LARGEST_IMAGE = 1_500_000  # characters of Base64


class NotebookUnavailable(Exception):
    """No page answered, or not in time; the message is one line."""


@dataclass
class _Question:
    notebook: str
    op: CellsOp
    answer: asyncio.Future[CellsResult]


class NotebookPages:
    """The open notebooks of this kernel, and the questions that wait for a page.

    All methods are called in the kernel's event loop.

    Parameters
    ----------
    asked_from : callable, optional
        Returns the connection whose cell runs now; "" if none does. Its notebook is asked first.
    """

    def __init__(self, asked_from: Callable[[], str] = lambda: "") -> None:
        self._asked_from = asked_from
        self._send: Callable[[CellsAsked], None] | None = None
        self._shown: dict[str, str] = {}  # paths by connection, the one used last at the end
        self._questions: dict[str, _Question] = {}
        #: The path of the notebook that was asked last.
        self.path_asked = ""
        self._news: asyncio.Future[None] | None = None  # the next notebook that a page shows

    # --- from the pages -----------------------------------------------------------------------

    def attach(self, send: Callable[[CellsAsked], None] | None) -> None:
        """Send questions with this function; None: there is no line to pages any more."""
        self._send = send
        if send is None:
            self._shown.clear()

    def note(self, message: NotebookShown) -> None:
        """Note that a page shows a notebook, or no longer."""
        notebook, path, state = message["notebook"], message["path"], message["state"]
        if not notebook or max(len(notebook), len(path)) > _LONGEST_NAME:
            return
        if state == "closed":
            self._shown.pop(notebook, None)
            return
        if self._news is not None and not self._news.done():
            self._news.set_result(None)
        if state == "used" or notebook not in self._shown:
            before = dict(self._shown)
            before.pop(notebook, None)
            # A notebook that nobody has turned to yet comes before those that were used.
            one = {notebook: path}
            self._shown = {**before, **one} if state == "used" else {**one, **before}
        else:
            self._shown[notebook] = path
        while len(self._shown) > _MOST_NOTEBOOKS:
            del self._shown[next(iter(self._shown))]

    def receive(self, message: CellsAnswer) -> None:
        """Take a page's answer, if that page was asked."""
        question = self._questions.get(message["request"])
        if question is None or question.notebook != message["notebook"]:
            return
        if not question.answer.done():
            question.answer.set_result(message["answer"])

    # --- to a page ----------------------------------------------------------------------------

    @property
    def paths(self) -> set[str]:
        """The server's paths of the notebooks that pages have said to show."""
        return set(self._shown.values())

    async def wait(self, seconds: float) -> None:
        """Wait until a page has said that it shows a notebook, but no longer than this."""
        if not self._shown:
            await _in_time(self._next_page(), seconds)

    async def shows(self, paths: set[str]) -> bool:
        """Whether a page that answers shows one of these paths."""
        for notebook, path in list(self._shown.items()):
            if path in paths and await self._is_there(notebook):
                return True
        return False

    async def path(self) -> str:
        """Return the path of the notebook that is open now; do not wait for a page that loads."""
        await self._present(_PING)
        return self.path_asked

    async def ask(self, op: CellsOp) -> CellsResult:
        """Ask the page with the notebook, and return its answer.

        Raises
        ------
        NotebookUnavailable
            If there is no page, or its answer does not come in time or is not valid.
        """
        notebook = await self._present()
        with self._asked(notebook, op) as question:
            if not await _in_time(question.answer, _PATIENCE):
                raise NotebookUnavailable(_SILENT.format(seconds=_PATIENCE))
            return _checked(question)

    async def ask_to_run(self, op: CellsOp, check: Callable[[], None]) -> CellsResult:
        """Ask for something that may take any time; stop waiting if the page is gone.

        Parameters
        ----------
        op : CellsOp
            The question.
        check : callable
            Called again and again. It raises an error if waiting makes no sense any more.
        """
        notebook = await self._present()
        with self._asked(notebook, op) as question:
            while not await _in_time(question.answer, _EVERY):
                check()
                if not await self._is_there(notebook) and not question.answer.done():
                    raise NotebookUnavailable(_GONE)
            return _checked(question)

    def tell(self, op: CellsOp) -> None:
        """Tell all notebooks something that needs no answer."""
        for notebook in self._shown:
            with contextlib.suppress(NotebookUnavailable):
                self._post("", notebook, op)

    # --- inside -------------------------------------------------------------------------------

    async def _present(self, patience: float | None = None) -> str:
        """Return the notebook to ask: a page that shows it has just answered.

        A page that is loaded, or loaded again, says so in a moment, so that is waited for.
        """
        news = self._next_page()
        found = await self._answering()
        if found is None and await _in_time(news, _RETURN if patience is None else patience):
            found = await self._answering()
        if found is None:
            raise NotebookUnavailable(NO_PAGE)
        self.path_asked = self._shown.get(found, "")
        return found

    def _next_page(self) -> asyncio.Future[None]:
        """Return what is done as soon as a page says that it shows a notebook."""
        if self._news is None or self._news.done():
            self._news = asyncio.get_running_loop().create_future()
        return self._news

    async def _answering(self) -> str | None:
        first = self._asked_from()
        order = [notebook for notebook in reversed(self._shown) if notebook != first]
        for notebook in [first, *order] if first in self._shown else order:
            if await self._is_there(notebook):
                return notebook
        return None

    async def _is_there(self, notebook: str) -> bool:
        """Whether a page answers for a notebook; forget the notebook if none does."""
        with self._asked(notebook, {"op": "ping"}) as question:
            if await _in_time(question.answer, _PING):
                return True
        self._shown.pop(notebook, None)
        return False

    def _asked(self, notebook: str, op: CellsOp) -> _Asking:
        loop = asyncio.get_running_loop()
        return _Asking(self, _Question(notebook, op, loop.create_future()))

    def _post(self, request: str, notebook: str, op: CellsOp) -> None:
        if self._send is None:
            raise NotebookUnavailable(NO_PAGE)  # unloaded, or no page has said hello
        self._send({"type": "cells", "request": request, "notebook": notebook, "ask": op})


class _Asking:
    """Sends a question, and forgets it at the block's end."""

    def __init__(self, pages: NotebookPages, question: _Question) -> None:
        self._pages = pages
        self._question = question
        self._id = uuid.uuid4().hex

    def __enter__(self) -> _Question:
        self._pages._questions[self._id] = self._question
        try:
            self._pages._post(self._id, self._question.notebook, self._question.op)
        except BaseException:
            del self._pages._questions[self._id]
            raise
        return self._question

    def __exit__(self, *exception: object) -> None:
        del self._pages._questions[self._id]


async def _in_time(answer: asyncio.Future[Any], seconds: float) -> bool:
    """Wait for an answer; return whether it came.

    The wait goes in steps: while a cell blocks the loop, an answer may be there and unread, and
    such a time counts as one step.
    """
    for _ in range(max(1, round(seconds / _STEP))):
        done, _ = await asyncio.wait([answer], timeout=_STEP)
        if done:
            return True
    return False


def _checked(question: _Question) -> CellsResult:
    """Return the answer if it fits the question and is not too large."""
    result = question.answer.result()
    wanted = _RESULTS.get(question.op["op"], "changed")
    if result["result"] not in (wanted, "refused") or not _is_small(result):
        raise NotebookUnavailable(_INVALID)
    return result


def _is_small(result: CellsResult) -> bool:
    if result["result"] == "here":
        return True
    cells = result["cells"] if result["result"] == "read" else [result["cell"]]
    texts = [
        text
        for cell in cells
        if cell is not None
        for text in (cell["id"], cell["source"], *(one["text"] for one in cell["outputs"]))
    ]
    images = result["images"] if result["result"] == "ran" else []
    return (
        len(cells) <= _MOST_CELLS
        and sum(map(len, texts)) <= _MOST_TEXT
        and len(images) <= _MOST_IMAGES
        and all(len(image["data"]) <= _LARGEST_IMAGE for image in images)
    )
