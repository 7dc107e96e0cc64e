"""Runs a turn in a cell: the input transformer, the interrupt and the error at the end."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Coroutine
from functools import reduce
from types import FrameType
from typing import TYPE_CHECKING, Any

from IPython.core.inputtransformer2 import leading_empty_lines, leading_indent
from jupyter_claude_sdk import ClaudeSDKError

from .._did_you_mean import did_you_mean
from .._text import one_line
from .._turns.errors import ClaudeError, show_as_one_line
from .usage import UsageError, shown_as_error

if TYPE_CHECKING:
    from .._answers.wanted import Wanted
    from .._cell_line import CellArguments
    from .._lazy_parts import LazyParts
    from .._parts import Parts
    from .._turns.turn import Turn
    from .._turns.writer import TurnWriter

_MAGIC = re.compile(r"%%claude([ \t][^\n]*)?(?:\n|$)")
#: A cell with only this line. It takes time, and a magic could not await it.
_REWIND = re.compile(r"%claude[ \t]+rewind\b([^\n]*)(?:\n\s*)?$")
_HERE = "__import__('jupyter_claude._ipython.cells', fromlist=['run'])"
#: A cell that the transformer has rewritten. `%rerun` and macros take it from the history.
_REWRITTEN = re.compile(rf"await {re.escape(_HERE)}\.(run|rewind)\((.*)\)\n?\Z", re.DOTALL)


_used: list[LazyParts] = []  # the session that runs the cells


def use(session: LazyParts) -> None:
    """Make this session run the cells."""
    _used[:] = [session]


def _session() -> Parts:
    if not _used:  # such as a rewritten cell in a macro
        raise UsageError("Claude is not loaded here; run %load_ext jupyter_claude first")
    return _used[0].parts


def is_prompt(cell: str) -> bool:
    """Whether a cell, which may not be complete, is a prompt."""
    lines = cell.splitlines(keepends=True)
    lines = leading_indent(leading_empty_lines(lines))  # type: ignore[no-untyped-call]
    return _MAGIC.match("".join(lines)) is not None


class CellTransformer:
    """Rewrites a cell that starts with ``%%claude`` to one top-level ``await``.

    It also rewrites a cell that has only ``%claude rewind …``.

    IPython does not await magics, so a cell magic would block the kernel. IPython's history keeps
    the user's text.

    Parameters
    ----------
    shell : InteractiveShell
        If its autoawait is off, the cell stays unchanged, and the magic says what to do.
    """

    # IPython in a terminal runs the transformers to see whether a cell is complete. After the first
    # line it skips those with side effects.
    has_side_effects = True

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __call__(self, lines: list[str]) -> list[str]:
        # As for every magic of IPython, blank lines before it and its indentation do not matter.
        lines_read = leading_indent(leading_empty_lines(lines))  # type: ignore[no-untyped-call]
        text = "".join(lines_read).replace("\r\n", "\n")
        if not self._shell.autoawait or inside_cell_magic():
            return lines
        if found := _MAGIC.match(text):
            line, body = (found.group(1) or "").strip(), text[found.end() :]
            name, arguments = "run", f"{line!r}, {body!r}"
        elif found := _REWIND.match(text):
            name, arguments = "rewind", repr(found.group(1).strip())
        elif found := _REWRITTEN.match(text):
            name, arguments = found.groups()
        else:
            return lines
        if inside_run_cell():
            return [f"{_HERE}.now({_HERE}.{name}, {arguments})\n"]
        return [f"await {_HERE}.{name}({arguments})\n"]


def inside_cell_magic(name: str | None = None) -> bool:
    """Whether a cell magic (or the one with this name) runs further up the stack.

    ``%%time``, for example, transforms and runs its cell itself, and cannot await anything.
    """
    magics = running_cell_magics()
    return bool(magics) if name is None else name in magics


def running_cell_magics() -> list[str]:
    """Return the names of the cell magics that run further up the stack, the inner ones first."""
    found = []
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "run_cell_magic":
            found.append(str(frame.f_locals.get("magic_name")))
        frame = frame.f_back
    return found


def inside_run_cell() -> bool:
    """Whether `run_cell` runs this cell inside a running loop, and so cannot await anything.

    A kernel does this for ``%run notebook.ipynb``, ``%rerun`` and macros.
    """
    if asyncio._get_running_loop() is None:
        return False
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_name != "run_cell":
        frame = frame.f_back
    return frame is not None


def now(function: Callable[..., Coroutine[Any, Any, None]], *arguments: str) -> None:
    """Run one of the functions below to its end, for a cell that cannot await it."""
    from .._kernel import sync

    session = _session()
    sync.run(lambda: function(*arguments), session.host.frontend.shell, session.client.loop)


async def run(line: str, body: str) -> None:
    """Run a ``%%claude`` cell.

    Raises
    ------
    UsageError
        If the line is wrong.
    ClaudeError, ClaudeSDKError
        If the turn ends with an error. The notebook shows it as one line.
    """
    from .. import _cell_line
    from .login import LOGIN, login

    session = _session()
    try:
        arguments = _cell_line.parse_cell(line)
    except _cell_line.CellLineError as error:
        raise UsageError(str(error)) from None
    prompt = arguments.prompt_with(body)
    if not prompt:
        raise UsageError("%%claude needs a prompt after the options or on the lines below")
    if prompt.strip() == LOGIN:
        with shown_as_error():
            login(session)
        return
    wanted = _wanted(session.host.frontend.shell, arguments.schema)
    try:
        attached = session.attachable.named(arguments.attach)
    except ClaudeError as error:
        raise show_as_one_line(error) from None
    if arguments.new and session.conversation.at_rest:
        session.begin_new()  # before the turn, which is the new conversation's first
        arguments.new = False
    writer = session.begin_turn(prompt, attached)
    writer.type_it()
    turn = writer.turn
    try:
        await _run(session, writer, arguments, wanted)
        while turn.instead:
            # Else the conversation has what was attached.
            again = attached if turn.instead == prompt else ()
            writer = session.begin_turn(turn.instead, again)
            writer.type_it()
            turn = writer.turn
            arguments.model, arguments.new = None, False  # the session now uses the other model
            await _run(session, writer, arguments, wanted)
    finally:
        _leave_in_namespace(session.host.frontend.shell, turn, arguments.name)
    if turn.error is not None:
        raise show_as_one_line(turn.error) from None


async def rewind(line: str) -> None:
    """Run ``%claude rewind``.

    Raises
    ------
    UsageError
        If the line is wrong.
    ClaudeError, ClaudeSDKError
        If the rewind is not possible. The notebook shows it as one line.
    """
    from . import rewind_magic

    try:
        with shown_as_error():
            await rewind_magic.run(_session(), line)
    except ClaudeSDKError as error:
        raise show_as_one_line(error) from None


async def _run(
    session: Parts, writer: TurnWriter, arguments: CellArguments, wanted: Wanted | None
) -> None:
    turn = writer.turn
    writer.await_it()
    with session.host.frontend.show(turn, session.approvals, quiet=arguments.quiet):
        try:
            await session.runner.run(
                writer,
                model=arguments.model,
                max_turns=arguments.max_turns,
                budget_usd=arguments.budget,
                new=arguments.new,
                wanted=wanted,
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
    if turn.error is not None:
        from .login import offer

        offer(session, turn)


def _wanted(shell: Any, name: str | None) -> Wanted | None:
    """Return the value that ``--schema NAME`` asks for.

    Raises
    ------
    UsageError
        If the notebook has no such type, or the type has no JSON form.
    """
    if name is None:
        return None
    from jupyter_claude_sdk.lowlevel import AnswerForm

    from .._answers.wanted import Wanted

    names = shell.user_ns if shell is not None else {}
    first, *attributes = name.split(".")
    if first not in names:
        hint = did_you_mean(first, [one for one, value in names.items() if isinstance(value, type)])
        hint = hint or "run the cell that defines it first"
        raise UsageError(f"--schema {name}: the notebook has no {first!r}; {hint}")
    try:
        return Wanted(AnswerForm(reduce(getattr, attributes, names[first])))
    except (AttributeError, TypeError) as error:
        raise UsageError(f"--schema {name}: {one_line(str(error))}") from None


def _leave_in_namespace(shell: Any, turn: Turn, name: str | None) -> None:
    """Set ``_``, ``Out[n]`` and the variable of ``--as`` to the turn, without printing it."""
    if shell is None:
        return
    shell.displayhook.update_user_ns(turn)
    shell.displayhook.fill_exec_result(turn)
    if name:
        shell.user_ns[name] = turn
