"""The magics: ``%%claude`` sends a prompt, ``%claude`` shows and changes the session."""

from __future__ import annotations

import sys
from inspect import signature
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class

from .._did_you_mean import did_you_mean
from .._kernel.comms import only_published
from .._settings import FOR_VISITORS, NO_PANEL, Settings
from .._turns.errors import ClaudeError
from .._type_ahead import discard_typed
from .cells import inside_cell_magic, running_cell_magics
from .help import HELP
from .usage import shown_as_error

if TYPE_CHECKING:
    from .._conversations.transcripts import Conversation
    from .._lazy_parts import LazyParts
    from .._parts import Parts

_NESTED = (
    "%%claude must be the first line of its cell, because it cannot run inside another magic; "
    'remove that magic, or write turn = await claude.ask("…")'
)

# For example in a file that Spyder runs.
_IN_A_PROGRAM = (
    "%%claude must be the first line of a cell that you run, not of a file or of other code; "
    'there, write turn = claude.ask_sync("…")'
)

_NO_AUTOAWAIT = "{} needs autoawait; run %autoawait asyncio and then this cell again"


@magics_class
class ClaudeMagics(Magics, Settings):
    """``%claude`` and ``%%claude``, with the session's settings as traits."""

    shell: Any

    def __init__(self, shell: Any, session: LazyParts, **kwargs: Any) -> None:
        super().__init__(shell, **kwargs)
        self._lazy = session

    @property
    def _session(self) -> Parts:
        return self._lazy.parts

    @line_cell_magic
    @shown_as_error()
    def claude(self, line: str, cell: str | None = None) -> None:
        if cell is not None:
            # The input transformer rewrites each %%claude cell, so this one is nested, or autoawait
            # is off.
            if not self.shell.autoawait:
                raise UsageError(_NO_AUTOAWAIT.format("%%claude"))
            if inside_cell_magic("capture") and getattr(self.shell, "kernel", None) is None:
                # %%capture would hide the error too.
                self._say_after_cell(_NESTED)
            if running_cell_magics() == ["claude"]:
                raise UsageError(_IN_A_PROGRAM)
            raise UsageError(_NESTED)
        words = line.split()
        name = words[0] if words else "help"
        command = getattr(self, f"_do_{name}", None)
        if command is None:
            raise UsageError(f"%claude {name} is not a command; {self._instead(words)}")
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

    def _instead(self, words: list[str]) -> str:
        """Return a hint for words that do not begin with a command."""
        commands = [name[4:] for name in dir(self) if name.startswith("_do_")]
        if hint := did_you_mean(words[0], commands):
            return hint
        if len(words) > 1:
            return "to ask Claude, begin the cell with %%claude and the prompt"
        return "%claude help lists them"

    def _say_after_cell(self, text: str) -> None:
        def say(*_: Any) -> None:
            if inside_cell_magic():
                return  # the inner cell ended; the outer one still captures
            self.shell.events.unregister("post_run_cell", say)
            print(f"UsageError: {text}", file=sys.stderr)

        self.shell.events.register("post_run_cell", say)

    # --- commands -----------------------------------------------------------------------------

    def _do_help(self) -> None:
        from .help import help_report

        _show(help_report())

    def _do_status(self) -> None:
        from .status import status_report

        _show(status_report(self._session))

    def _do_panel(self) -> None:
        def panel(session: Parts) -> Any:
            from .._views.panel import panel

            return panel(session)

        text = FOR_VISITORS if only_published(self.shell) else NO_PANEL
        self._session.host.frontend.show_widget(lambda: panel(self._session), {"text/plain": text})

    def _do_history(self) -> None:
        from .._views import history

        report = history.report(self._session)
        self._session.host.frontend.show_widget(
            lambda: history.widget(self._session),
            {"text/html": report._repr_html_(), "text/plain": repr(report)},
        )
        if self._session.history and not self._session.host.frontend.has_widgets:
            print("To go back to before a turn: %claude rewind NUMBER")

    def _do_rewind(self, *words: str) -> None:
        if not self.shell.autoawait:
            raise UsageError(_NO_AUTOAWAIT.format("%claude rewind"))
        raise UsageError(
            "%claude rewind needs a cell of its own; in Python: await claude.rewind(turn)"
        )

    def _do_cost(self) -> None:
        from .._engine.costs import cost_table
        from .status import spent

        session = self._session
        so_far = f"Spent so far: {spent(session)}"
        if not session.ledger.entries and not session.ledger.batches:
            print(so_far)
            return
        # The table's last line is the total.
        note = "" if session.budget.session is None else so_far
        _show(cost_table(session.ledger, session.conversation, session.client, note))

    def _do_budget(self, amount: str | None = None) -> None:
        from .._cost.budget import checked
        from .._policy.words import of_the_day
        from .status import spent

        session = self._session
        if amount is not None:
            try:
                session.budget.session = None if amount == "off" else checked(amount)
                session.conversation.state_changed()
            except ValueError as error:
                raise UsageError(f"%claude budget: {error}; off removes the budget") from None
        spending = session.spending
        of_day = spending.limit
        if session.budget.session is not None:
            print(f"Budget: {spent(session)} is spent")
        elif of_day is None:
            print(f"No budget; {spent(session)} spent so far")
        else:
            print(f"No budget for this session; {spent(session)} spent so far")
        if of_day is not None:
            print(f"The administrator's budget a day: {of_the_day(of_day, spending.today)}")

    def _do_kernel(self, mode: str | None = None) -> None:
        from .._engine.modes import KERNEL

        means = {choice["value"]: choice["description"] for choice in KERNEL}
        settings = self._session.host.settings
        if mode is not None:
            if mode not in means:
                raise UsageError(f"%claude kernel takes {', '.join(means)}, not {mode}")
            self._session.choices.set_kernel(mode)
        print(f"Kernel: {settings.kernel} ({means[settings.kernel]})")

    def _do_replay(self, mode: str | None = None) -> None:
        from .._conversations.recent import notebook_name
        from .._replay.mode import MODES, mode_named
        from .._replay.status import ahead_report, status_lines

        replay = self._session.replay
        chosen = mode_named(mode)
        if chosen is not None:
            stored = replay.source.choose(chosen)
            later = f"; later kernels of this notebook start in {stored}" if stored else ""
            print(f"Replay is {chosen} in this kernel{later}")
            turns = self._session.conversation.turns
            if chosen != "off" and turns and not any(map(replay.chain.knows, turns)):
                print("The turns so far are not recorded: restart the kernel, and run all cells")
        elif mode is None:
            replay.source.look_again()
        else:
            hint = did_you_mean(mode, MODES) or f"it takes {', '.join(MODES)}"
            raise UsageError(f"%claude replay has no mode {mode!r}; {hint}")
        print("\n".join(status_lines(replay.source)))
        self._session.conversation.state_changed()  # views show the mode
        if mode is None:
            report = ahead_report(replay.source, notebook_name(self.shell))
            if report is not None:
                _show(report)

    def _do_tools(self) -> None:
        from .._engine.tool_table import tool_report
        from .._kernel.sync import run

        session = self._session
        _show(tool_report(run(session.tool_table.servers, self.shell, session.client.loop)))

    def _do_model(self, name: str | None = None) -> None:
        from .._engine.model_names import model_doubt
        from .._policy.policy import load_policy
        from .._policy.rules import default_model
        from .choices import choice_report

        settings = self._session.host.settings
        if name is not None:
            self._session.choices.check_model(name)
            settings.model = "" if name == "default" else name
        doubt = model_doubt(settings.model, self._session.choices.models) if settings.model else ""
        own = default_model(load_policy())
        usual = f"{own} (the administrator's policy)" if own else "default"
        line = f"Model: {settings.model or usual}" + (doubt and f" ({doubt})")
        if name is None and self._session.client.server_info is not None:
            _show(choice_report(line, "model", self._session.state().models))
        else:
            print(line)

    def _do_mode(self, *words: str) -> None:
        from .._engine.modes import BYPASS, MODES, label_of, mode_named, offered, refusal
        from .._process.permitted import permitted_mode
        from .choices import choice_report

        settings = self._session.host.settings
        asked = " ".join(word for word in words if word != "--yes")
        if asked:
            name = mode_named(asked)
            if name is None:
                names = [mode[key] for mode in MODES for key in ("value", "label")]
                listed = ", ".join(mode["value"] for mode in MODES)
                hint = did_you_mean(asked, names) or f"choose one of {listed}"
                raise UsageError(f"{asked!r} is not a permission mode; {hint}")
            permitted_mode(name)
            if refused := refusal(name, settings.env):
                raise UsageError(refused)
            is_new_bypass = name == BYPASS != settings.permission_mode
            if is_new_bypass and "--yes" not in words and not self._means_it():
                print("Permission requests stay on")
                return
            settings.permission_mode = name
        present = settings.permission_mode
        line = f"Permission mode: {label_of(present)} ({present})"
        if asked:
            print(line)
        else:
            _show(choice_report(line, "mode", offered(present, settings.env)))

    def _do_trust(self, answer: str | None = None) -> None:
        from .._trust.words import describe

        gate = self._session.gate
        found = gate.found()
        if answer not in (None, "yes", "no", "forget"):
            raise UsageError(f"%claude trust takes yes, no or forget, not {answer!r}")
        if answer == "forget":
            gate.forget(found)  # also if the files are gone
        elif answer == "yes" and found.anything:
            gate.trust(found)
        elif answer == "no" and found.anything:
            gate.leave_out(found)
        print(describe(found, gate, self._session.host.settings.setting_sources))

    def _means_it(self) -> bool:
        from .._engine.modes import BYPASS, BYPASS_MEANS

        if not self._session.host.frontend.can_be_asked():
            raise UsageError(
                f"{BYPASS_MEANS} This front end cannot ask you whether you mean it. If you do: "
                f"%claude mode {BYPASS} --yes"
            )
        print(BYPASS_MEANS)
        discard_typed()
        try:
            typed = input("Type yes to turn permission requests off: ")
        except (EOFError, KeyboardInterrupt):
            return False
        return typed.strip().lower() == "yes"

    def _do_new(self) -> None:
        self._session.begin_new()
        print("The next prompt begins a new conversation")

    def _do_resume(self, which: str | None = None) -> None:
        session = self._session
        if which is not None and session.switcher.may_be_stored(which):
            session.go_on_with(which)
            print(f"The next prompt continues conversation {which[:8]}, from the session store")
            return
        if which is not None:
            self._resume(session.switcher.find(which))
            return
        last = session.switcher.last()
        found = session.switcher.list()
        if last is not None:
            self._resume(last)
        elif any(one.id == found.present for one in found):
            print("The conversation that is open is the only one known for this notebook.")
        elif found:
            print("No conversation is known for this notebook yet. This folder has these:")
        _show(found)
        named = [found.present, None if last is None else last.id]
        if any(one.id not in named for one in found):
            other = "To continue another one" if last is not None else "To continue one of them"
            print(f"{other}: %claude resume NUMBER, or the beginning of its id")

    def _resume(self, conversation: Conversation) -> None:
        self._session.go_on_with(conversation)
        turns = "1 turn" if conversation.turns == 1 else f"{conversation.turns} turns"
        print(
            f"The next prompt continues conversation {conversation.id[:8]}: "
            f"{conversation.name} ({turns})"
        )

    def _do_fork(self, number: str | None = None) -> None:
        if number is not None and not number.isdecimal():
            raise UsageError(f"%claude fork takes a turn's number, not {number!r}")
        session = self._session
        session.switcher.plan(session.switcher.fork(None if number is None else int(number)))
        print("The next prompt continues in a copy; the original conversation stays as it is")

    def _do_rename(self, *words: str) -> None:
        if not words:
            raise UsageError("%claude rename needs a title")
        self._session.switcher.rename(" ".join(words))
        print(f"This conversation is now called {self._session.conversation.title}")

    def _do_stop(self) -> None:
        self._session.host.frontend.spawn(self._session.close())
        print("Claude Code is ending; the next prompt starts it again")

    def _do_login(self, *words: str) -> None:
        from .login import login

        login(self._session, words)

    def _do_install(self) -> None:
        from .login import install_cli

        install_cli()

    def _do_doctor(self) -> None:
        from jupyter_claude_sdk.lowlevel import Environment

        from .._command import doctor

        session = self._session
        findings = doctor.report(
            session.host.settings.cli_path or None,
            Environment({**session.host.settings.env, **session.sign_in.environment}),
            session.workspace.practicing or None,
            session.host.frontend.bridge,
            session.health.problems(),
        )
        _show(doctor.Diagnosis(findings))


def _show(report: object) -> None:
    """Show an object: a notebook as HTML, a terminal as text. It is not the value of the cell."""
    from IPython.display import display

    display(report)  # type: ignore[no-untyped-call]
