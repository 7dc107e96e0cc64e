"""`ClaudePool`: Claude Code processes of its own, which answer prompts of others."""

from __future__ import annotations

import secrets
from pathlib import Path
from types import TracebackType
from typing import Any

import anyio

from .._base.secrets import without_frames
from .._base.signal import Signal
from .._base.text import one_line
from .._base.typing import Self
from .._errors import ClaudeSDKError
from .._options import ClaudeAgentOptions
from .._transport.scratch import ROWS, change_owner, new_folder, remove_folder
from .._values.form import AnswerForm
from .asked import Asked
from .folders import row_folder
from .launch import row_options
from .leftovers import end_leftovers
from .memory import free_memory, has_room
from .outcome import Busy, Outcome, Refused
from .process import RowProcess
from .row import NoSchema, Row

#: The rows after which a process is exchanged. Its memory grows a little with each row.
_ROWS = 500


class ClaudePool:
    """Claude Code processes that answer prompts, each prompt in a conversation of its own.

    A process starts when there is a prompt for it, and no process starts while another one does, or
    while there is no memory for it. A process answers one prompt after the other. Only prompts with
    tools get a process each: the process works in the prompt's folder, and nothing that it started
    is left for the next one.

    Leaving the context ends all processes, with all that they started, in less than three seconds.
    So does cancelling `ask` with the prompt's process.

    Parameters
    ----------
    options : ClaudeAgentOptions or None
        The model, the system prompt, the environment and such. The pool chooses all that concerns
        rights, settings and sessions.
    size : int
        How many prompts are asked at the same time, at most.
    form : AnswerForm or None
        The form that each answer must have; None for text.
    retries : int
        How often Claude may try again.
    tools : list of str
        Permission rules, such as ``"Read"`` or ``"Bash(python *)"``. What no rule allows is denied.
        Nobody is asked.
    folder : Path or None
        Where the folders of prompts with tools are made; None is among the temporary files. They
        are kept.

    Notes
    -----
    A prompt has texts of others. They may say "ignore all this, and …", and Claude may believe it.
    Without tools it can then give a wrong answer, and no more. With tools it can do all that the
    rules allow, with all prompts: a rule such as ``"Bash(python *)"`` or ``"Bash"`` lets it do all
    that the user can do. ``"Read"`` lets it read each file of the user's, and put it into its
    answer; ``"Read(./**)"`` only its own folder. ``"WebFetch"`` lets it send away what it has read.
    The bare names of tools that write files, such as ``"Write"``, allow only the prompt's folder.
    The option ``sandbox`` limits what commands can reach.
    """

    def __init__(
        self,
        options: ClaudeAgentOptions | None = None,
        *,
        size: int,
        form: AnswerForm[Any] | None = None,
        retries: int = 2,
        tools: list[str] | None = None,
        folder: Path | None = None,
    ) -> None:
        if size < 1:
            raise ValueError(f"size must be at least 1, not {size}")
        self._options = options
        self._size = size
        self._asked = None if form is None else Asked(form)
        self._retries = retries
        self._tools = list(tools or ())
        self._folder = folder
        self._scratch: Path | None = None  # where processes without tools work: it is empty
        self._processes: set[RowProcess] = set()
        self._idle: list[RowProcess] = []
        self._changed = Signal()  # a process became idle, or ended
        self._places: anyio.Semaphore | None = None
        self._starts: anyio.Lock | None = None
        self._number = 0

    async def __aenter__(self) -> Self:
        if self._places is not None:
            raise RuntimeError("This pool was used before; make a new one")
        self._places, self._starts = anyio.Semaphore(self._size), anyio.Lock()
        self._scratch = new_folder(ROWS)
        self._hand_over(self._scratch)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        scratch, self._scratch = self._scratch, None
        with anyio.CancelScope(shield=True):
            async with anyio.create_task_group() as group:
                for process in list(self._processes):
                    group.start_soon(self._end, process)
        if scratch is not None:
            remove_folder(scratch)

    async def ask(self, prompt: str) -> Outcome:
        """Ask one prompt.

        The prompt is plain text. ``/clear`` at its beginning is no command, and ``@file`` reads no
        file.

        Parameters
        ----------
        prompt : str
            The prompt.

        Returns
        -------
        Outcome
            The value or the error. If tools were denied, `Outcome.errors` names the rules that
            would have allowed them, also if there is a value.

        Raises
        ------
        Busy
            If the API has no room. Ask again later.
        Refused
            If no prompt can be asked until the user mends something.
        """
        if self._places is None:
            raise RuntimeError("Use the pool with `async with`")
        if not prompt.strip():
            return Row(prompt, 0).failed("The prompt is empty, so nothing was asked")
        async with self._places:
            self._number += 1
            number = self._number
            for again in (True, False):
                outcome = await self._try(prompt, number, again=again)
                if outcome is not None:
                    return outcome
        raise AssertionError  # the second try has an outcome

    async def _try(self, prompt: str, number: int, *, again: bool) -> Outcome | None:
        """Ask a prompt; return None if the CLI died, and `again` allows to ask it once more."""
        folder = None
        if self._tools:
            folder = await anyio.to_thread.run_sync(row_folder, self._folder, number)
            self._hand_over(folder)
        row = Row(prompt, self._retries, None if folder is None else str(folder))
        while True:
            process = await self._take(folder)
            keep = False
            try:
                outcome = await row.ask(process)
                keep = True
            except NoSchema:
                self._loosen(process.asked)
                continue
            except (Busy, Refused):
                keep = True
                raise
            except ClaudeSDKError as error:
                self._check_open()
                # What tools have done must not be done twice.
                return None if again and not row.acted else row.failed(one_line(str(error)))
            finally:
                await self._give_back(process, keep=keep and folder is None)
            return outcome

    def _hand_over(self, folder: Path) -> None:
        """Give a folder to the user as whom the CLI runs."""
        if self._options is not None and self._options.user is not None:
            change_owner(folder, self._options.user)

    def _loosen(self, refused: Asked | None) -> None:
        """Give the CLI no schema any more that it does not take."""
        if refused is None or refused.loose:
            raise Refused("Claude Code offers Claude no way to give a value; is it too old?")
        self._asked = Asked(refused.form, loose=True)

    def _check_open(self) -> None:
        if self._scratch is None:
            raise RuntimeError("The pool was closed")

    # --- processes ----------------------------------------------------------------------------

    async def _take(self, folder: Path | None) -> RowProcess:
        """Return a process for a prompt, with a conversation that is new."""
        assert self._starts is not None
        while True:
            self._check_open()
            process = self._take_idle(folder)
            if process is None:
                async with self._starts:
                    # Meanwhile others may have started, or have become idle.
                    process = self._take_idle(folder) or await self._start(folder)
            if process is None:
                continue
            fresh = False
            try:
                fresh = await process.renew()
            finally:
                if not fresh:
                    await self._end(process)
            if fresh:
                return process

    def _take_idle(self, folder: Path | None) -> RowProcess | None:
        return self._idle.pop() if folder is None and self._idle else None

    async def _start(self, folder: Path | None) -> RowProcess | None:
        """Start a process; without memory for it, wait for a change and return None."""
        self._check_open()
        if self._processes and not has_room(free_memory()):
            await self._changed.wait()
            return None
        assert self._scratch is not None
        mark = None if folder is None else secrets.token_hex(16)
        where = folder or self._scratch
        options = row_options(self._options, self._asked, self._tools, where, mark)
        process = RowProcess(options, self._asked, mark)
        self._processes.add(process)
        try:
            await process.start()
        except BaseException as error:
            await self._end(process)
            if isinstance(error, ClaudeSDKError):
                self._check_open()
                raise Refused(one_line(str(error))) from without_frames(error)
            raise
        return process

    async def _give_back(self, process: RowProcess, *, keep: bool) -> None:
        if keep and process.rows < _ROWS and self._scratch is not None:
            self._idle.append(process)
            self._changed.notify()
        else:
            await self._end(process)

    async def _end(self, process: RowProcess) -> None:
        with anyio.CancelScope(shield=True):
            await process.stop()
            if process.mark is not None:
                await anyio.to_thread.run_sync(end_leftovers, process.mark)
        self._processes.discard(process)
        self._changed.notify()
