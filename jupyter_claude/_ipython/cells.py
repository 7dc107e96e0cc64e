"""Running a turn inside a cell: the input transformer, interrupt, and the error at the end."""

from __future__ import annotations

import asyncio
import re
import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

from IPython.core.inputtransformer2 import leading_empty_lines, leading_indent
from jupyter_claude_sdk import ClaudeSDKError

from .._errors import ClaudeError, show_as_one_line

if TYPE_CHECKING:
    from .._session.session import KernelSession
    from .._turns.turn import Turn
    from .magics import CellArguments

_MAGIC = re.compile(r"%%claude([ \t][^\n]*)?(?:\n|$)")
#: A cell with nothing but a line that takes time, which a magic could not wait for.
_REWIND = re.compile(r"%claude[ \t]+rewind\b([^\n]*)\s*$")
_HERE = "await __import__('jupyter_claude._ipython.cells', fromlist=['run'])"


class CellTransformer:
    """Rewrites a cell that starts with ``%%claude`` to one top-level ``await``.

    A cell that is nothing but ``%claude rewind …`` likewise.

    IPython does not await magics, and a cell magic would hold up the kernel. The history keeps what
    the user typed.

    Parameters
    ----------
    shell : InteractiveShell
        With its autoawait off the cell is left alone, and the ordinary magic says what to do.
    """

    # Terminal IPython asks transformers whether a cell is complete; one with side effects it does
    # not ask after the first line.
    has_side_effects = True

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __call__(self, lines: list[str]) -> list[str]:
        # As IPython does for every magic: blank lines before it and its indentation do not count.
        lines_read = leading_indent(leading_empty_lines(lines))  # type: ignore[no-untyped-call]
        text = "".join(lines_read).replace("\r\n", "\n")
        found, rewinding = _MAGIC.match(text), _REWIND.match(text)
        if not (found or rewinding) or not self._shell.autoawait or inside_cell_magic():
            return lines
        if rewinding:
            return [f"{_HERE}.rewind({rewinding.group(1).strip()!r})\n"]
        assert found is not None
        line, body = (found.group(1) or "").strip(), text[found.end() :]
        return [f"{_HERE}.run({line!r}, {body!r})\n"]


def inside_cell_magic(name: str | None = None) -> bool:
    """Whether a cell magic, or the one of that name, is being run further up the stack.

    Such as ``%%time``, which transforms and runs its cell itself, where nothing can be awaited.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "run_cell_magic" and (
            name is None or frame.f_locals.get("magic_name") == name
        ):
            return True
        frame = frame.f_back
    return False


async def run(line: str, body: str) -> None:
    """Run a ``%%claude`` cell.

    Raises
    ------
    UsageError
        If the line cannot be understood.
    ClaudeError, ClaudeSDKError
        What the turn ended with; each shows as one line.
    """
    from .. import claude
    from . import magics

    arguments = magics.parse_cell(line)
    if not body.strip():
        from IPython.core.error import UsageError

        raise UsageError("%%claude needs a prompt below its first line")
    if arguments.new and claude.running is None and not claude.queued:
        claude.begin_anew()  # at once, so that the turn is the first of the new conversation
        arguments.new = False
    turn = claude.begin(body.strip("\n"))
    try:
        await _run(claude, turn, arguments)
    finally:
        _leave_in_namespace(claude.surroundings.shell, turn, arguments.name)
    if turn.error is not None:
        raise show_as_one_line(turn.error) from None


async def rewind(line: str) -> None:
    """Run ``%claude rewind``.

    Raises
    ------
    UsageError
        If the line cannot be understood.
    ClaudeError, ClaudeSDKError
        If it cannot be done; each shows as one line.
    """
    from .. import claude
    from . import rewind_magic

    try:
        await rewind_magic.run(claude, line)
    except ClaudeSDKError as error:
        raise show_as_one_line(error) from None


async def _run(session: KernelSession, turn: Turn, arguments: CellArguments) -> None:
    with session.surroundings.show(turn, session.approvals, quiet=arguments.quiet):
        try:
            await session.run(
                turn,
                model=arguments.model,
                max_turns=arguments.max_turns,
                budget_usd=arguments.budget,
                new=arguments.new,
            )
        except (ClaudeError, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            # uncancel() came with Python 3.11.
            uncancel = getattr(task, "uncancel", None)
            if isinstance(error, asyncio.CancelledError) and uncancel is not None:
                uncancel()
        except Exception as error:
            if turn.error is not error:
                raise


def _leave_in_namespace(shell: Any, turn: Turn, name: str | None) -> None:
    """Make ``_``, ``Out[n]`` and the name of ``--as`` the turn, without printing it."""
    if shell is None:
        return
    shell.displayhook.update_user_ns(turn)
    shell.displayhook.fill_exec_result(turn)
    if name:
        shell.user_ns[name] = turn
