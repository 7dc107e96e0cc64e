"""`KernelTools`: the server ``kernel``, with what looks at the kernel and runs code in it."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import LightServer, LightTool

from .._core.conversation import Conversation
from .._core.host import Host
from .._looking.hidden import Hidden, Marks
from .._looking.look import Look
from .._looking.looker import Looker
from .._looking.mentions import Mentions
from .._looking.recorder import Recorder
from .._requests import OwnRequest
from .._running.preview import Preview, preview
from .._running.runner import CodeRunner, Ran
from .._turns.turn import Turn
from .._turns.writer import TurnWriter
from .._user_tools.tools import UserTools
from . import looking
from .effects import effect_lines
from .requests import KernelRequests
from .running import RunTool
from .texts import DESCRIPTIONS, PROMPT, SCHEMAS
from .variables import Variables

_VERSION = "1.0"
_PRESSES = 16


@dataclass(frozen=True)
class _Belongings:
    """What belongs to one shell."""

    shell: Any
    looker: Looker
    runner: CodeRunner


class KernelTools:
    """The tools of the kernel in which the session lives.

    Parameters
    ----------
    host : Host
        Its settings say whether Claude has the tools; its front end has the shell.
    conversation : Conversation
        Has the turns whose cards show what code does.
    folder : callable
        Returns the folder in which Claude Code works.

    Attributes
    ----------
    hidden : Hidden
        What `Claude.hide` names.
    users : UserTools
        The tools that the user made.
    variables : Variables
        What Claude's code did to the user's variables.
    """

    def __init__(self, host: Host, conversation: Conversation, folder: Callable[[], Path]) -> None:
        self._host = host
        self._conversation = conversation
        self._folder = folder
        self.hidden = Hidden()
        self.variables = Variables(host, lambda: host.frontend.shell.user_ns)
        self._run = RunTool(conversation, lambda: self._runner, self.variables, self._preview)
        self.users = UserTools(self._run.call_function)
        self._requests = KernelRequests(host, self.users, self._effects, self._run.note_edit)
        self._of: _Belongings | None = None
        self._presses: deque[str] = deque(maxlen=_PRESSES)  # that stopped code

    # --- for the engine -----------------------------------------------------------------------

    @property
    def present(self) -> bool:
        """Whether Claude has the tools: the user wants it, and there is a kernel or an IPython."""
        return self._host.settings.kernel != "off" and self._host.frontend.shell is not None

    @property
    def servers(self) -> dict[str, Any]:
        """The servers for the option ``mcp_servers``."""
        return {**self.users.servers, **({"kernel": self._server} if self.present else {})}

    @property
    def prompt(self) -> str:
        """The end of the system prompt; "" if Claude has no tools."""
        return PROMPT if self.present else ""

    def allows(self, tool: str, turn: Turn) -> bool:
        """Whether the user has allowed a call already."""
        return self._requests.allows(tool, turn)

    def request(
        self, tool: str, tool_input: dict[str, Any], call: str | None, turn: Turn
    ) -> OwnRequest | None:
        """Return the request for a call of one of these tools; None for other tools."""
        return self._requests.request(tool, tool_input, call, turn)

    def stop(self, press: str = "") -> bool:
        """Stop the code that runs, from any thread.

        Parameters
        ----------
        press : str
            The press of a Stop button, which may come on two channels. "" is no such press.

        Returns
        -------
        bool
            Whether this press stopped code, now or on the other channel.
        """
        if press and press in self._presses:
            return True
        stopped = self._of is not None and self._of.runner.stop()
        if stopped and press:
            self._presses.append(press)
        return stopped

    async def run_again(
        self, turn: TurnWriter, call: str, code: str, why: str, timeout: float | None
    ) -> Ran:
        """Run the code of a recorded call again; see `RunTool.again`."""
        return await self._run.again(turn, call, code, why, timeout)

    async def outputs_of(self, code: str) -> list[dict[str, Any]]:
        """Run the source of a cell, and return its outputs, for the page to show them there."""
        ran = await self._runner.run(code, timeout=None, on_output=lambda output: None)
        return [dict(output) for output in ran.outputs]

    def mentions(self) -> Mentions | None:
        """Return what knows the names in prompts; None if Claude may not look into the kernel."""
        return Mentions(self.looker, self._folder) if self.present else None

    def look_at(self, name: str, thing: Any, rows: int) -> Look:
        """Return what the model gets of a thing that the user gives, also without a shell."""
        return self._any_looker().look_at(name, thing, rows, drawn=False)

    def marks(self) -> Marks:
        """Return the variables that are kept back wherever they appear, also without a shell."""
        return self._any_looker().marks()

    # --- parts --------------------------------------------------------------------------------

    @cached_property
    def _server(self) -> dict[str, Any]:
        calls = looking.handlers(lambda: self.looker, self._note)
        calls["run_code"] = self._run.call
        tools = [
            LightTool(name, DESCRIPTIONS[name], SCHEMAS[name], call, always_load=True)
            for name, call in calls.items()
        ]
        return LightServer("kernel", _VERSION, tools).config()

    @property
    def looker(self) -> Looker:
        """What reads the present shell's variables."""
        return self._belongings().looker

    def _any_looker(self) -> Looker:
        if self._host.frontend.shell is not None:
            return self.looker
        return Looker(lambda: vars(sys.modules["__main__"]), Recorder(None), self.hidden)

    @property
    def _runner(self) -> CodeRunner:
        return self._belongings().runner

    def _belongings(self) -> _Belongings:
        shell = self._host.frontend.shell
        if self._of is None or self._of.shell is not shell:
            recorder = self._host.recorder or Recorder(shell)
            own_names = lambda: ("claude",)  # noqa: E731 - the session, not the user's data
            looker = Looker(lambda: shell.user_ns, recorder, self.hidden, own_names=own_names)
            self._of = _Belongings(shell, looker, CodeRunner(shell))
        return self._of

    def _note(self, call: str, line: str) -> None:
        for writer in reversed(self._conversation.writers):
            if writer.has_call(call):
                writer.note_call(call, line)
                return

    def _effects(self, code: str) -> list[str]:
        return effect_lines(self._preview(code))

    def _preview(self, code: str) -> Preview:
        shell = self._host.frontend.shell
        return preview(code, shell.transform_cell, shell.user_ns, self.looker.describe)
