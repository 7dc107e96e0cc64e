"""``%claude rewind``: reads its line, previews a rewind, does it or undoes it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from .._did_you_mean import did_you_mean
from .._text import one_line

if TYPE_CHECKING:
    from .._parts import Parts

USAGE = (
    "%claude rewind [N] [--files | --conversation] [--include FILE] [--now], or %claude rewind undo"
)

_WORDS = ("--files", "--conversation", "--include", "--now", "undo")


@dataclass
class Arguments:
    """The options of a ``%claude rewind`` line."""

    turn: int | None = None
    files: bool = True
    conversation: bool = True
    include: list[str] = field(default_factory=list)
    now: bool = False
    undo: bool = False


def parse(line: str) -> Arguments:
    """Read the text after ``%claude rewind``.

    `IPython.core.magic_arguments` would save ten lines. But it refuses ``--include -x``, ignores
    ``--``, and answers ``--now=1`` with "ignored explicit argument '1'".

    Raises
    ------
    UsageError
        If the line is wrong. The error says in one line what is wrong, and the usage.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise _usage(str(error)) from None
    arguments = Arguments()
    chosen = set()
    while words:
        word, equals, value = words.pop(0).partition("=")
        if word == "--include":
            if not equals and not words:
                raise _usage("--include needs a file")
            arguments.include.append(value if equals else words.pop(0))
        elif word in ("--files", "--conversation") and not equals:
            chosen.add(word)
        elif word == "--now" and not equals:
            arguments.now = True
        elif word == "undo" and not equals:
            arguments.undo = True
        elif word.isdecimal() and not equals and arguments.turn is None:
            arguments.turn = int(word)
        else:
            hint = did_you_mean(word, _WORDS)
            raise _usage(f"{word + equals + value!r} is not understood" + (hint and f"; {hint}"))
    if arguments.undo and (chosen or arguments.include or arguments.turn is not None):
        raise _usage("undo takes only --now")
    if chosen:
        arguments.files = "--files" in chosen
        arguments.conversation = "--conversation" in chosen
    return arguments


def _usage(problem: str) -> UsageError:
    return UsageError(f"{problem}. Usage: {USAGE}")


async def run(session: Parts, line: str) -> None:
    """Show what a rewind would do. With ``--now`` do it; with ``undo`` undo the last one.

    Raises
    ------
    UsageError
        If the line is wrong.
    ClaudeError
        If the rewind is not possible. Nothing has changed.
    """
    from IPython.display import display

    arguments = parse(line)
    session.check_use()
    if arguments.undo:
        display(await session.checkpoints.undo_rewind())  # type: ignore[no-untyped-call]
        return
    if not session.history:
        print("No turns yet")
        return
    number = len(session.history) if arguments.turn is None else arguments.turn
    plan = await session.checkpoints.rewind(
        number,
        files=arguments.files,
        conversation=arguments.conversation,
        include=arguments.include or None,
        dry_run=not arguments.now,
    )
    display(plan)  # type: ignore[no-untyped-call]
    words = line if arguments.turn is not None else f"{number} {line}".strip()
    left = next((file for file in plan.files if not file.chosen), None)
    if plan.done:
        if plan.can_undo:
            print("To undo it: %claude rewind undo")
    elif plan.can_rewind and (plan.chosen or plan.turns_dropped):
        print(f"Nothing has changed yet. To do it: %claude rewind {words} --now")
    if left is not None and not plan.done:
        name = shlex.quote(one_line(left.name(plan.folder)))
        print(f"To rewind also a file that was left alone: add --include {name}")
