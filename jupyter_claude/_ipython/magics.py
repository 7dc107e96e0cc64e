"""The magics: ``%%claude`` for a prompt, ``%claude`` for everything about the session."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from inspect import signature
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class

from .._cost.budget import checked
from .._errors import ClaudeError
from .._session.session import KernelSession
from .._session.state import MODES, context_text
from .._settings import PRACTICE, Settings
from .._turns.items import dollars
from .cells import inside_cell_magic

if TYPE_CHECKING:
    from .._conversations.transcripts import Conversation

CELL_USAGE = "%%claude [--as NAME] [--model M] [--new] [--max-turns N] [--budget USD] [--quiet]"

_NESTED = (
    "%%claude must be the first line of its cell; inside another magic it cannot run, so take that "
    'magic away or write turn = await claude.ask("…")'
)

HELP = f"""{CELL_USAGE}
    Ask Claude what stands below. `_` is then the turn.
      --as NAME       keep the turn in a variable
      --model M       another model, for this turn
      --new           begin a new conversation first
      --max-turns N   stop after N model calls
      --budget USD    stop once this turn has cost more
      --quiet         show only permission requests and errors

%claude status                what is running, and the conversation's id
%claude panel                 the chat panel, which shares this conversation
%claude history               the turns so far, with a slider to rewind
%claude rewind [N]            what going back to before turn N would change; --now does it
                              --files or --conversation: only that; undo: undo the last rewind
%claude cost                  what was spent, by turn and by model
%claude budget [USD|off]      show or change what the session may cost
%claude model [M]             show or change the model
%claude mode [MODE]           show or change the permission mode
%claude new                   begin a new conversation
%claude resume [NUMBER|ID]    go on with this notebook's last one, or another; lists them
%claude fork [N]              go on in a copy of the conversation, as it was after turn N or is
%claude rename TITLE          give the conversation a title
%claude stop                  end the Claude Code process; the next prompt starts it again
%claude doctor                check the installation
%claude help                  this text

In Python: from jupyter_claude import claude; turn = await claude.ask("…")
Settings:  %config ClaudeMagics"""


@dataclass
class CellArguments:
    """What a ``%%claude`` line says."""

    name: str | None = None
    model: str | None = None
    new: bool = False
    max_turns: int | None = None
    budget: float | None = None
    quiet: bool = False


def parse_cell(line: str) -> CellArguments:
    """Understand a ``%%claude`` line.

    Raises
    ------
    UsageError
        With one line that says what is wrong, and the usage.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise _usage(str(error)) from None
    arguments = CellArguments()
    while words:
        word = words.pop(0)
        word, equals, value = word.partition("=")
        if word == "--new" and not equals:
            arguments.new = True
        elif word == "--quiet" and not equals:
            arguments.quiet = True
        elif word in ("--as", "--model", "--max-turns", "--budget"):
            if not equals:
                if not words:
                    raise _usage(f"{word} needs a value")
                value = words.pop(0)
            _set(arguments, word, value)
        else:
            shown = word + equals + value
            raise _usage(f"{shown!r} is not an option; the prompt goes below the first line")
    return arguments


def _set(arguments: CellArguments, word: str, value: str) -> None:
    if word == "--as":
        if not value.isidentifier() or iskeyword(value):
            raise _usage(f"--as needs a variable's name, not {value!r}")
        arguments.name = value
    elif word == "--model":
        if not value:
            raise _usage("--model needs a value")
        arguments.model = value
    elif word == "--budget":
        try:
            arguments.budget = checked(value)
        except ValueError as error:
            raise _usage(f"--budget: {error}") from None
    elif not value.isdecimal() or int(value) < 1:
        raise _usage(f"--max-turns needs a whole number from 1 on, not {value!r}")
    else:
        arguments.max_turns = int(value)


def _usage(problem: str) -> UsageError:
    return UsageError(f"{problem}. Usage: {CELL_USAGE}")


@magics_class
class ClaudeMagics(Magics, Settings):
    """``%claude`` and ``%%claude``, with the session's settings as traits."""

    shell: Any

    def __init__(self, shell: Any, session: KernelSession, **kwargs: Any) -> None:
        super().__init__(shell, **kwargs)
        self._session = session

    @line_cell_magic
    def claude(self, line: str, cell: str | None = None) -> None:
        if cell is not None:
            # The input transformer takes a %%claude cell before it comes here; so it was nested
            # or autoawait is off.
            if not self.shell.autoawait:
                raise UsageError(
                    "%%claude needs autoawait; run %autoawait asyncio and then this cell again"
                )
            if inside_cell_magic("capture"):
                # It would swallow the error with everything else.
                self._say_after_cell(_NESTED)
            raise UsageError(_NESTED)
        words = line.split()
        name = words[0] if words else "help"
        command = getattr(self, f"_do_{name}", None)
        if command is None:
            raise UsageError(f"%claude {name} is not a command; %claude help lists them")
        parameters = signature(command).parameters
        takes = len(parameters)
        if len(words) - 1 > takes and "words" not in parameters:
            most = "one word" if takes else "nothing"
            raise UsageError(f"%claude {name} takes {most} after it; %claude help shows how")
        try:
            command(*words[1:])
        except ClaudeError as error:
            raise UsageError(str(error)) from None

    claude.__doc__ = HELP  # what `%%claude?` shows

    def _say_after_cell(self, text: str) -> None:
        def say(*_: Any) -> None:
            if inside_cell_magic():
                return  # the end of the inner cell: still captured
            self.shell.events.unregister("post_run_cell", say)
            print(f"UsageError: {text}", file=sys.stderr)

        self.shell.events.register("post_run_cell", say)

    # --- commands -----------------------------------------------------------------------------

    def _do_help(self) -> None:
        print(HELP)

    def _do_status(self) -> None:
        session = self._session
        info = session.server_info
        running = "running" if info is not None else "not running (the next prompt starts it)"
        print(f"Claude Code: {running}")
        if info is not None:
            print(f"  version:   {info.get('claude_code_version', '?')}, process {info.get('pid')}")
        print(f"  folder:    {session.cwd}")
        state = session.state()
        print(f"  model:     {state.model or 'Claude Code default'}")
        print(f"  mode:      {state.mode}")
        title = f" ({state.title})" if state.title else ""
        print(f"  conversation: {state.session_id or 'none yet'}{title}")
        print(f"  turns:     {len(session.history)}, {self._spent()}")
        if state.context is not None:
            print(f"  context:   {context_text(state.context)}")
        if state.limits:
            print(f"  limits:    {state.limits}")
        if session.practicing:
            print(f"  {PRACTICE}")

    def _spent(self) -> str:
        """Return what the session has spent, and of how much."""
        session = self._session
        budget = session.budget_usd
        if budget is None:
            return session.state().cost
        return f"{dollars(session.cost_usd)} of a budget of {dollars(budget)}"

    def _do_panel(self) -> None:
        self._session.surroundings.show_widget(
            self._session.panel,
            {"text/plain": "Claude's chat panel, which shows where a notebook's kernel runs"},
        )

    def _do_history(self) -> None:
        from .._views import history

        text = history.plain(self._session)
        self._session.surroundings.show_widget(
            lambda: history.widget(self._session),
            {"text/html": history.html(self._session), "text/plain": text},
        )

    def _do_rewind(self, *words: str) -> None:
        raise UsageError(
            "%claude rewind takes a cell of its own; in Python: await claude.rewind(turn)"
        )

    def _do_cost(self) -> None:
        if self._session.ledger.entries:
            print(self._session.cost)  # its last line is the sum
        if not self._session.ledger.entries or self._session.budget_usd is not None:
            print(f"Spent so far: {self._spent()}")

    def _do_budget(self, amount: str | None = None) -> None:
        session = self._session
        if amount is not None:
            try:
                session.budget_usd = None if amount == "off" else checked(amount)
            except ValueError as error:
                raise UsageError(f"%claude budget: {error}; off takes it away") from None
        if session.budget_usd is None:
            print(f"No budget; {self._spent()} spent so far")
        else:
            print(f"Budget: {self._spent()} is spent")

    def _do_model(self, name: str | None = None) -> None:
        settings = self._session.settings
        if name is not None:
            settings.model = "" if name == "default" else name
        print(f"Model: {settings.model or 'Claude Code default'}")
        if name is None and self._session.server_info is not None:
            for model in self._session.state().models:
                print(f"  {model['value'] or 'default':<12}  {model['description']}".rstrip())

    def _do_mode(self, name: str | None = None) -> None:
        settings = self._session.settings
        modes = [mode["value"] for mode in MODES]
        if name is not None:
            if name not in modes:
                raise UsageError(f"{name!r} is not a permission mode; choose of {', '.join(modes)}")
            settings.permission_mode = name
        print(f"Permission mode: {settings.permission_mode}")
        if name is None:
            for mode in MODES:
                print(f"  {mode['value']:<17}  {mode['description']}")

    def _do_new(self) -> None:
        self._session.begin_anew()
        print("The next prompt begins a new conversation")

    def _do_resume(self, which: str | None = None) -> None:
        session = self._session
        if which is not None:
            self._resume(session.switching.find(which))
            return
        last = session.switching.last()
        found = session.conversations()
        if last is not None:
            self._resume(last)
        elif found:
            print("This notebook has had no other conversation.")
        print(found)
        if len(found) > (last is not None):
            other = "Another one" if last is not None else "Go on with one of them"
            print(f"{other}: %claude resume NUMBER, or the beginning of its id")

    def _resume(self, conversation: Conversation) -> None:
        self._session.go_on_with(conversation)
        turns = "1 turn" if conversation.turns == 1 else f"{conversation.turns} turns"
        print(
            f"The next prompt goes on with conversation {conversation.id[:8]}: "
            f"{conversation.name} ({turns})"
        )

    def _do_fork(self, number: str | None = None) -> None:
        if number is not None and not number.isdecimal():
            raise UsageError(f"%claude fork takes a turn's number, not {number!r}")
        self._session.go_on_in_copy(None if number is None else int(number))
        print("The next prompt goes on in a copy of the conversation; the old one stays as it is")

    def _do_rename(self, *words: str) -> None:
        if not words:
            raise UsageError("%claude rename needs a title")
        self._session.switching.rename(" ".join(words))
        print(f"This conversation is now called {self._session.title}")

    def _do_stop(self) -> None:
        self._session.surroundings.spawn(self._session.close())
        print("Claude Code is ending; the next prompt starts it again")

    def _do_doctor(self) -> None:
        from .._command import doctor

        session = self._session
        findings = doctor.report(
            session.settings.cli_path or None,
            session.settings.env,
            session.practicing or None,
            session.surroundings.bridge,
        )
        print(doctor.render(findings))
