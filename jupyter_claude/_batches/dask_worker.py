"""What runs on the workers of a Dask cluster: Claude Code processes for one batch."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, NamedTuple

from distributed import Worker, WorkerPlugin, get_worker, secede
from jupyter_claude_sdk.lowlevel import Busy, Outcome, Refused

from .background import Background, Closed
from .travel import Asking


class Answer(NamedTuple):
    """What a task brings back.

    Errors are values: Dask would write what is raised into the worker's log, with the prompt.

    Attributes
    ----------
    outcome : Outcome or None
        The row's outcome. Its value is left out if there is a form: the text has it as JSON.
    error : Busy or Refused or None
        What the pool raised.
    line : str
        Another error, in one line.
    elsewhere : bool
        Whether the row was not asked at all: this worker has no pool of the batch.
    """

    outcome: Outcome | None = None
    error: Busy | Refused | None = None
    line: str = ""
    elsewhere: bool = False


class ClaudeWorker(WorkerPlugin):
    """Has a worker's pool of Claude Code processes, for as long as the batch runs.

    Parameters
    ----------
    name : str
        The batch's name.
    asking : Asking
        How rows are asked.
    room : int
        How many rows this worker asks at the same time.
    """

    def __init__(self, name: str, asking: Asking, room: int) -> None:
        self.name = name
        self._asking = asking
        self._room = room

    def setup(self, worker: Worker) -> None:
        """Called on the worker. Processes start with its first row."""
        asking, room = self._asking, self._room
        self._background = Background(lambda: asking.pool(room))

    async def teardown(self, worker: Worker) -> None:
        """Called on the worker when the batch or the worker ends: ends the processes."""
        await asyncio.get_running_loop().run_in_executor(None, self._background.close)

    def answer(self, prompt: str) -> Answer | None:
        """Ask a row; return None if the worker ended meanwhile."""
        try:
            outcome = self._background.ask(prompt)
        except Closed:
            return None
        except (Busy, Refused) as error:
            return Answer(error=error)
        except Exception as error:
            return Answer(line=line_of(error))
        if self._asking.form is not None:
            outcome = dataclasses.replace(outcome, value=None)
        return Answer(outcome)


def ask_here(name: str, worker_id: str, prompt: str) -> Answer | None:
    """Ask a row on the worker that runs this; return None if it ended meanwhile.

    The row is not asked if this is not the worker that was meant. A worker that restarted at the
    same address is another one. It must not ask the row again: what the first one has spent is not
    known, and the budget must hear of that first.
    """
    worker = get_worker()
    plugin: Any = worker.plugins.get(name)
    if worker.id != worker_id or plugin is None:
        return Answer(elsewhere=True)
    secede()  # the row waits for the network: the worker's thread is free for others
    answer: Answer | None = plugin.answer(prompt)
    return answer


def id_of(dask_worker: Worker) -> str:
    """Return a worker's id, which no other worker ever has."""
    found: str = dask_worker.id
    return found


def nothing() -> None:
    """Do nothing, on any worker. While it waits, an adaptive cluster starts one."""


def line_of(error: BaseException) -> str:
    """Return an error in one line, with its kind."""
    return " ".join(f"{type(error).__name__}: {error}".split())
