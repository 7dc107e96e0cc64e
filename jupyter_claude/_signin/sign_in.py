"""`SignIn`: the state of a session's sign-in. Views show it and say what the user can do.

No state that views get has the key or the code. The key goes into the environment of the next start
of Claude Code. The code goes to the input of Claude Code's own sign-in.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import dataclasses
import os
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Literal

from jupyter_claude_sdk import ClaudeSDKError, CLINotFoundError, Message, SystemMessage
from jupyter_claude_sdk.lowlevel import Environment

from .._core.conversation import Conversation
from .._core.host import Host
from .._listeners import Listeners
from .._process.client import SharedClient
from .._process.permitted import chosen_cli, find_permitted_cli
from .._process.workspace import Workspace
from .._tasks import TaskSet
from .._turns.errors import (
    NOT_SIGNED_IN,
    ClaudeError,
    NotSignedIn,
    error_line,
    not_signed_in,
)
from .._turns.interruptions import Interruptions
from .._turns.turn import Turn
from .._turns.writer import TurnWriter
from . import words
from .keys import key_environment, key_problem, sign_in_environment

if TYPE_CHECKING:
    from .dialogue import Dialogue

Stage = Literal["closed", "no_cli", "installing", "choose", "starting", "code", "checking", "done"]

#: After so many tries a 401 is final. The first one may make the CLI renew its sign-in.
_TRIES = 2


@dataclasses.dataclass(frozen=True)
class SignInState:
    """The state that views show.

    Attributes
    ----------
    stage : str
        "closed": show nothing. "no_cli": the user can install the CLI. "choose": the user can
        choose how to sign in. "code": the user must open a page and enter its code. "done": the
        sign-in is over.
    text : str
        A sentence about the state.
    link : str
        The checked link to the sign-in page, in the stages "code" and "checking".
    problem : str
        What went wrong, in one line.
    progress : str
        The last line of an installation.
    console : bool
        Whether the page belongs to the Anthropic Console.
    """

    stage: Stage = "closed"
    text: str = ""
    link: str = ""
    problem: str = ""
    progress: str = ""
    console: bool = False


#: Nothing is wrong, and the user can choose how to sign in.
CHOOSE = SignInState("choose", "How do you want to use Claude?")


class SignIn:
    """A session's sign-in. Use it only in the session's event loop.

    Parameters
    ----------
    host : Host
        The user's settings.
    workspace : Workspace
        Passes the user's choice to Claude Code.
    conversation : Conversation
        Emits that the state changed.
    client : SharedClient
        Has the Claude Code process.
    interruptions : Interruptions
        Keeps why turns are interrupted.
    begin_new : callable
        Makes the next prompt begin a new conversation.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        conversation: Conversation,
        client: SharedClient,
        interruptions: Interruptions,
        begin_new: Callable[[], None],
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._conversation = conversation
        self._client = client
        self._interruptions = interruptions
        self._begin_new = begin_new
        self._listeners = Listeners[SignInState]()
        self._dialogue: Dialogue | None = None
        self._task: asyncio.Task[None] | None = None
        self._giving = TaskSet()
        self.state = SignInState()

    @property
    def environment(self) -> Environment:
        """The variables by which the CLI uses the user's choice. They override all others."""
        return self._workspace.sign_in

    def listen(self, listener: Callable[[SignInState], None]) -> Callable[[], None]:
        """Call `listener` with each new state; return a function that stops that."""
        return self._listeners.add(listener)

    def _show(self, stage: Stage, text: str = "", **more: Any) -> None:
        self.state = SignInState(stage, text, **more)
        self._tell()

    def _change(self, **changed: Any) -> None:
        self.state = dataclasses.replace(self.state, **changed)
        self._tell()

    def _tell(self) -> None:
        self._listeners.tell(self.state)

    # --- failures that show the sign-in -------------------------------------------------------

    def takes(self, turn: TurnWriter, message: Message) -> bool:
        """Whether a message says that the API refused the sign-in. The second time, end the turn.

        Claude Code itself would retry for minutes.
        """
        if not isinstance(message, SystemMessage) or message.subtype != "api_retry":
            return False
        data = message.data
        if data.get("error_status") != 401:
            return False
        turn.set_status("The API refused the sign-in (401); trying once more")
        attempt = data.get("attempt")
        exhausted = isinstance(attempt, int) and attempt >= _TRIES
        if exhausted and self._interruptions.note(turn.turn.id, not_signed_in(401)):
            self._keep(self._interrupt())
        return True

    async def _interrupt(self) -> None:
        with contextlib.suppress(ClaudeSDKError):  # the connection ended, and with it the turn
            await self._client.interrupt()

    def reworded(self, error: CLINotFoundError) -> CLINotFoundError:
        """Return an error that says what to do in a notebook, if there is no CLI."""
        if self._named():
            return error  # it says which setting is wrong
        return CLINotFoundError(f"{words.NO_CLI}; {words.INSTALL}")

    def check_program(self) -> None:
        """Raise an error if Claude Code would have to start, and cannot be found.

        Raises
        ------
        CLINotFoundError
            If there is none.
        """
        if not self._client.connected:
            try:
                find_permitted_cli(self._host.settings.cli_path or None)
            except CLINotFoundError as error:
                raise self.reworded(error) from None

    def turn_begun(self) -> None:
        """Close the sign-in at a new prompt: what it says about earlier prompts is outdated."""
        if self.state.stage in ("choose", "no_cli", "done"):
            self._show("closed")

    def turn_ended(self, turn: Turn) -> None:
        """Show what to do after a turn that failed without a sign-in or without the CLI."""
        if isinstance(turn.error, NotSignedIn):
            # The user may also sign in elsewhere, and the process would not notice.
            self._client.restart_next()
            if self._task is None:
                self._show("choose", _sentence(turn.error))
        elif isinstance(turn.error, CLINotFoundError) and not self._named():
            self.open()

    def open(self) -> None:
        """Show the choices, as ``%claude login`` does."""
        if self._task is not None:
            self._tell()
        elif self._program() is None:
            self._show("no_cli", f"{words.NO_CLI}.")
        else:
            self._show(CHOOSE.stage, CHOOSE.text)

    # --- the user's actions -------------------------------------------------------------------

    def start_sign_in(self, *, console: bool = False) -> None:
        """Start Claude Code's own sign-in."""
        self._end_task()
        self._show("starting", console=console)
        self._start(self._sign_in(console))

    def give_code(self, code: str) -> None:
        """Pass on the code of the sign-in page."""
        dialogue = self._dialogue
        if self.state.stage != "code" or dialogue is None:
            return
        self._change(stage="checking", problem="")

        async def give() -> None:
            try:
                await dialogue.give(code)
            except ClaudeError as error:
                self._change(stage="code", problem=str(error))

        self._keep(give())

    def use_key(self, key: str) -> None:
        """Make Claude Code use an API key until the kernel ends.

        Raises
        ------
        ClaudeError
            If the text cannot be a key.
        """
        if problem := key_problem(key):
            del key  # an error shows the variables of its frames
            raise ClaudeError(problem)
        self._workspace.sign_in = key_environment(key)
        self._end_task()
        self._let_practise(False)
        self._ready(words.KEY_SET)

    def practise(self) -> None:
        """Let the practice model answer from now on, in a new conversation."""
        self._end_task()
        self._let_practise(True)
        self._ready(words.PRACTISING)

    def _let_practise(self, on: bool) -> None:
        before = self._workspace.practicing
        self._host.settings.practice = on
        changed = self._workspace.practicing is not before
        if changed and self._conversation.session_id is not None:
            self._begin_new()  # the practice model has its own folder

    def install(self) -> None:
        """Install Claude Code."""
        self._end_task()
        self._show("installing", "Installing Claude Code…")
        self._start(self._install())

    def signed_in(self) -> None:
        """Make Claude Code use its own sign-in, which has just succeeded."""
        variables = Environment({**os.environ, **self._host.settings.env})
        self._workspace.sign_in = sign_in_environment(variables)
        self._let_practise(False)
        self._ready(words.SIGNED_IN)

    def cancel(self) -> None:
        """Stop the sign-in. The next failure shows it again."""
        self._end_task()
        self._show("closed")

    def _ready(self, text: str) -> None:
        if self._workspace.practicing and text != words.PRACTISING:
            text = words.STILL_PRACTISING  # a variable turns practice on for this kernel
        self._client.restart_next()
        self._show("done", text)
        self._conversation.state_changed()

    # --- helpers ------------------------------------------------------------------------------

    async def _sign_in(self, console: bool) -> None:
        from .dialogue import Dialogue  # costs what loading should not

        def show_link(link: str) -> None:
            self._change(stage="code", link=link)

        def say(line: str) -> None:
            self._change(stage="code", problem=line)

        program = self._program()
        if program is None:
            self._show("no_cli", f"{words.NO_CLI}.")
            return
        dialogue = self._dialogue = Dialogue(
            program,
            self._host.settings.env,
            console=console,
            show_link=show_link,
            say=say,
        )
        await dialogue.run()
        self.signed_in()

    async def _install(self) -> None:
        from .installing import install
        from .status import sign_in

        await install(lambda line: self._change(progress=line))

        env = Environment({**self._host.settings.env, **self._workspace.sign_in})
        if await asyncio.to_thread(sign_in, self._program(), env) is None:
            self._show("choose", f"Claude Code is installed. {NOT_SIGNED_IN}.")
        else:
            self._ready(words.INSTALLED)

    def _start(self, doing: Coroutine[Any, Any, None]) -> None:
        before = self.state.stage

        async def do() -> None:
            try:
                await doing
            except Exception as error:
                self._task = None
                problem = str(error) if isinstance(error, ClaudeError) else error_line(error)
                if before == "installing":
                    self._show("no_cli", f"{words.NO_CLI}.", problem=problem)
                else:
                    self._show("choose", f"{NOT_SIGNED_IN}.", problem=problem)
            finally:
                if self._task is asyncio.current_task():
                    self._task = None

        # In an empty context: this task belongs to no cell.
        self._task = contextvars.Context().run(asyncio.ensure_future, do())

    def _end_task(self) -> None:
        task, self._task, self._dialogue = self._task, None, None
        if task is not None:
            task.cancel()

    def _keep(self, doing: Coroutine[Any, Any, None]) -> None:
        self._giving.keep(contextvars.Context().run(asyncio.ensure_future, doing))

    def _named(self) -> bool:
        """Whether the user has set the path of a CLI."""
        chosen = chosen_cli(self._host.settings.cli_path)
        return bool(chosen or os.environ.get("JUPYTER_CLAUDE_CLI"))

    def _program(self) -> Any:
        try:
            return find_permitted_cli(self._host.settings.cli_path or None)
        except CLINotFoundError:
            return None


def _sentence(error: NotSignedIn) -> str:
    return f"{str(error).partition(';')[0]}."
