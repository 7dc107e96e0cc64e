"""`Effects`: what Claude did in a recorded turn is done again, so that later cells work.

Code runs again in the kernel, and files are written again. Both happen only in a trusted notebook,
and only after the user has read all code and all files of the recording and approved them. Where
nobody can be asked, a setting stands for both. If the administrator's policy allows nothing without
a request, the user must have approved them earlier, where they could be asked.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from jupyter_claude_sdk import PermissionResult, PermissionResultAllow, ToolPermissionContext
from jupyter_claude_sdk.lowlevel import RecordedCode, RecordedFile, RecordedTurn, RecordingFolder

from .._approvals import Approvals
from .._conversations.recent import notebook_name
from .._core.host import Host
from .._kernel_tools.kernel_tools import KernelTools
from .._policy.policy import load_policy
from .._policy.rules import allowed_kernels
from .._requests import OwnRequest
from .._settings import effects_allowed
from .._turns.errors import TurnInterrupted
from .._turns.items import RUN_CODE, ToolCall
from .._turns.outcome import INTERRUPTED
from .._turns.ran_code import RanCode
from .._turns.turn import Turn
from .._turns.writer import TurnWriter
from . import effect_approvals
from .drift import drift_of, not_run_again
from .effect_files import Disk, Overwrite, ReplayFiles
from .effect_list import EffectList
from .effect_order import steps_of
from .effect_request import TOOL, effect_request
from .notebook_trust import NotebookTrust

_SETTING = "claude.settings.replay_effects = True"
_DENIED = "you denied it. A new kernel asks again"
_UNANSWERED = "nobody answered. A new kernel asks again"
_NOBODY = (
    f"nobody can be asked here. To allow it, set {_SETTING} or JUPYTER_CLAUDE_REPLAY_EFFECTS=1"
)
_POLICY = (
    "nobody can be asked here, and the administrator's policy lets nothing run that you did not "
    "approve. Run the notebook in JupyterLab, approve it there, then run this again"
)
_NO_NOTEBOOK = (
    "its notebook is not known, so nothing says that you trust it. To be asked all the same, set "
    f"{_SETTING}"
)
_UNTRUSTED = (
    "the notebook is not trusted. In JupyterLab choose “Trust Notebook” in the command palette, "
    "elsewhere run `jupyter trust {name}`, then run this again"
)
_TOO_LONG = (
    "the recording has more code and files than you can read. Remove old turns with "
    "`jupyter-claude replay prune`"
)
_NO_KERNEL = "Claude has no tools for this kernel (claude.settings.kernel)"


class Texts(Protocol):
    """Puts the folders of this machine into recorded texts, and takes them out again."""

    def restored(self, value: RecordedTurn, /) -> RecordedTurn:
        """Return a recorded turn with this machine's folders: what runs, and what is asked."""

    def text(self, text: str, /) -> str:
        """Return a text as a recording has it: without secrets and this machine's folders."""


class _AsTheyAre:
    """Changes no text."""

    def restored(self, value: RecordedTurn, /) -> RecordedTurn:
        """Return the turn."""
        return value

    def text(self, text: str, /) -> str:
        """Return the text."""
        return text


@dataclass
class _Approved:
    """The answer about a list: why not, or what of the user's may be overwritten."""

    why_not: str = ""
    overwrites: set[Overwrite] = field(default_factory=set)


class Effects:
    """Does again what recorded turns did in the kernel and to files.

    Parameters
    ----------
    host : Host
        Has the settings and the shell.
    kernel_tools : KernelTools
        Runs code, as for Claude.
    approvals : Approvals
        Asks the user.
    disk : Disk
        Reads and writes files with the protection of a rewind.
    texts : callable, optional
        Returns what puts the folders of this machine into recorded texts, and takes them out.
    """

    def __init__(
        self,
        host: Host,
        kernel_tools: KernelTools,
        approvals: Approvals,
        disk: Disk,
        texts: Callable[[], Texts] = lambda: _AsTheyAre(),
    ) -> None:
        self._host = host
        self._kernel_tools = kernel_tools
        self._approvals = approvals
        self._disk = disk
        self._texts = texts
        self._trust = NotebookTrust()
        self._lists: dict[Path, EffectList] = {}
        self._answers: dict[str, _Approved] = {}  # by a list's digest
        self._asking: dict[Turn, asyncio.Future[PermissionResult]] = {}
        self._stopped: set[Turn] = set()

    async def replay(
        self, writer: TurnWriter, recorded: RecordedTurn, folder: RecordingFolder
    ) -> None:
        """Run the code of a replayed turn again, and write its files again.

        What was not done again, or came out otherwise, the turn says in lines.

        Parameters
        ----------
        writer : TurnWriter
            The turn. It has the recorded items, and runs.
        recorded : RecordedTurn
            The recorded turn, with the folders of this machine.
        folder : RecordingFolder
            The recording that has it.

        Raises
        ------
        TurnInterrupted
            If the user stops the turn while the question waits.
        """
        if recorded.code or recorded.files:
            effects = self._list(recorded, folder)
            files = ReplayFiles(
                folder,
                effects,
                writer.turn.folder,
                self._notebook(),
                self._disk,
                to_read=writer.turn.can_ask or not load_policy().always_allow,
            )
            answer = await self._answer(writer, effects, files, folder)
            if answer.why_not:
                text = f"{_what(recorded)}: {answer.why_not}."
                writer.notice("replay-effects", text, "warning")
                for code in recorded.code:  # to read and to copy
                    writer.ran(RanCode(code.code, code.why, error=code.error))
            else:
                await _Again(
                    writer,
                    recorded,
                    files,
                    answer.overwrites,
                    self._kernel_tools,
                    self._texts(),
                    first=effects.first_code(recorded),
                    numbered=effects.codes > 1,
                ).work()
        if line := not_run_again(writer.turn.tools):
            writer.notice("replay-not-run", line)

    # --- may it? ------------------------------------------------------------------------------

    def _list(self, recorded: RecordedTurn, folder: RecordingFolder) -> EffectList:
        """Return the recording's list. It is made again if it does not have this turn."""
        known = self._lists.get(folder.path)
        if known is None or not known.has(recorded):
            turns = [turn for turn in folder.turns.values() if turn.code or turn.files]
            known = self._lists[folder.path] = EffectList.of(
                map(self._texts().restored, turns), folder.path
            )
        if not known.has(
            recorded
        ):  # the folder has another turn now: nobody can have read this one
            known = EffectList.of([recorded], folder.path)
        return known

    async def _answer(
        self, writer: TurnWriter, effects: EffectList, files: ReplayFiles, folder: RecordingFolder
    ) -> _Approved:
        """Return whether the effects of a recording are allowed. Ask if that is not known."""
        chosen = effects_allowed(self._host.settings)
        if not writer.turn.can_ask:
            if not load_policy().always_allow and effect_approvals.approved(effects.digest) is None:
                return _Approved(_POLICY)
            return _Approved("" if chosen else _NOBODY)
        if not chosen and (problem := self._distrust()):
            return _Approved(problem)
        answer = self._answers.get(effects.digest)
        if answer is None:
            before = effect_approvals.approved(effects.digest)
            if before is not None:
                answer = _Approved(overwrites=before)
            else:
                answer = await self._ask(writer, effects, files, folder)
            self._answers[effects.digest] = answer
        return answer

    def _distrust(self) -> str:
        """Return why the notebook is not trusted; "" if it is."""
        notebook = self._notebook()
        if notebook is None:
            return _NO_NOTEBOOK
        return "" if self._trust.trusts(notebook) else _UNTRUSTED.format(name=notebook.name)

    def _notebook(self) -> Path | None:
        name = os.environ.get("JUPYTER_CLAUDE_NOTEBOOK") or notebook_name(self._host.frontend.shell)
        path = None if name is None else Path(name).expanduser()
        return path if path is not None and path.is_file() else None

    async def _ask(
        self, writer: TurnWriter, effects: EffectList, files: ReplayFiles, folder: RecordingFolder
    ) -> _Approved:
        timeout = self._host.settings.request_timeout
        asked = effect_request(effects, files, folder, timeout)
        if asked.too_long:
            return _Approved(_TOO_LONG)
        result = await self._decide(writer, asked.request, timeout)
        if not isinstance(result, PermissionResultAllow):
            nobody = result.message.startswith("Nobody answered")
            return _Approved(_UNANSWERED if nobody else _DENIED)
        try:
            effect_approvals.approve(effects.digest, asked.overwrites)
        except OSError as error:
            why = error.strerror or error
            text = f"You approved this until the kernel ends; the answer cannot be stored: {why}"
            writer.notice("replay-not-stored", text)
        return _Approved(overwrites=asked.overwrites)

    async def _decide(
        self, writer: TurnWriter, request: OwnRequest, timeout: float
    ) -> PermissionResult:
        turn = writer.turn
        context = ToolPermissionContext()
        asking = self._asking[turn] = asyncio.ensure_future(
            self._approvals.decide(writer, TOOL, {}, context, turn.folder, timeout, own=request)
        )
        try:
            return await asking
        except asyncio.CancelledError:
            if turn in self._stopped:
                raise TurnInterrupted(INTERRUPTED) from None
            raise
        finally:
            asking.cancel()  # if this task was cancelled
            self._stopped.discard(turn)
            del self._asking[turn]

    def stop(self, turn: Turn) -> bool:
        """Withdraw the question of a turn that is being stopped; return whether it had one."""
        asking = self._asking.get(turn)
        if asking is None:
            return False
        self._stopped.add(turn)
        asking.cancel()
        return True


class _Again:
    """The effects of one turn, in the order of its calls."""

    def __init__(
        self,
        writer: TurnWriter,
        recorded: RecordedTurn,
        files: ReplayFiles,
        overwrites: set[Overwrite],
        kernel_tools: KernelTools,
        texts: Texts,
        first: int,
        numbered: bool,
    ) -> None:
        self._first = first  # the number of its first code in the request
        self._numbered = numbered
        self._writer = writer
        self._recorded = recorded
        self._files = files
        self._overwrites = overwrites
        self._kernel_tools = kernel_tools
        self._texts = texts
        self._said = 0

    async def work(self) -> None:
        """Do all of it. If the user stops code, leave out the rest."""
        # No start of Claude Code has checked the setting, which may come from a configuration file.
        may_run = self._kernel_tools.present and allowed_kernels(load_policy()) != ("off",)
        if self._recorded.code and not may_run:
            self._tell([f"Its code did not run again: {_NO_KERNEL}"])
        cards = [one for one in self._writer.turn.tools if one.name == RUN_CODE and one.ran]
        number = self._first
        for step in steps_of(self._recorded):
            if isinstance(step, RecordedFile):
                self._tell(self._files.write(step, self._overwrites))
                continue
            card = _card(step, cards)
            name = f"Code {number}" if self._numbered else "The code"
            number += 1
            if may_run and not await self._run(step, card, name):
                self._tell(["You stopped the code, so the rest was not done again"])
                return

    async def _run(self, code: RecordedCode, call: ToolCall | None, name: str) -> bool:
        """Run code again; return False if the user stopped it."""
        turn = self._writer.turn
        timeout = None if call is None else call.input.get("timeout")
        if code.error.startswith("KeyboardInterrupt") and timeout is None:
            # Nobody may be there to stop it again.
            self._tell([f"{name} did not run again: it was stopped when it was recorded"])
            return True
        before = len(turn.code)
        ran = await self._kernel_tools.run_again(
            self._writer,
            "" if call is None else call.id,
            code.code,
            code.why,
            timeout,
        )
        if ran.stopped == "user":
            return False
        done = turn.code[-1] if len(turn.code) > before else None
        output = code.output if call is None else call.output
        text = self._texts.text  # both sides as a recording has them
        then = dataclasses.replace(code, output=text(code.output), error=text(code.error))
        self._tell(drift_of(then, text(output), done, text(ran.error), name))
        return True

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._said += 1
            self._writer.notice(f"replay-drift-{self._said}", f"{line}.", "warning")


def _what(recorded: RecordedTurn) -> str:
    if not recorded.files:
        return "Its code did not run again"
    if not recorded.code:
        return "Its files were not written again"
    return "Its code did not run again, and its files were not written"


def _card(code: RecordedCode, unused: list[ToolCall]) -> ToolCall | None:
    """Return the card of a code, and take it from the unused ones."""
    for call in unused:
        if call.state != "denied" and (call.code or "").strip() == code.code.strip():
            unused.remove(call)
            return call
    return None
