"""`TurnMaker`: begins turns, for the user's prompts and for Claude itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from .._core.conversation import Conversation
from .._core.host import Host
from .._kernel.claude_code import refuse_inside
from .._process.usable import Usable
from .._process.workspace import Workspace
from .._signin.sign_in import SignIn
from .._turns.events import TurnChange, TurnEnded
from .._turns.retries import TurnActions
from .._turns.turn import Turn
from .._turns.writer import TurnWriter


class TurnMaker:
    """Begins turns of a conversation.

    Parameters
    ----------
    host : Host
        Says whether a user can answer requests.
    workspace : Workspace
        Where Claude works.
    conversation : Conversation
        Gets the turns.
    usable : Usable
        Refuses a process or task that cannot use the session.
    sign_in : SignIn
        Hears of each turn.
    watch : callable
        Called with each turn; a rewind needs to know what the turn changes.
    actions : callable
        Makes the object that does what a view asks of a turn.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        conversation: Conversation,
        usable: Usable,
        sign_in: SignIn,
        watch: Callable[[Turn], None],
        actions: Callable[[TurnWriter], TurnActions],
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._conversation = conversation
        self._usable = usable
        self._sign_in = sign_in
        self._watch = watch
        self._actions = actions

    def begin_turn(
        self, prompt: str, id: str | None = None, *, can_ask: bool | None = None
    ) -> TurnWriter:
        """Add a turn to the conversation; `Runner.run` runs it.

        Parameters
        ----------
        prompt : str
            The user's prompt; "" if Claude acts by itself.
        id : str, optional
            The turn's uuid.
        can_ask : bool, optional
            Whether a user can answer requests. Default: what the front end says.

        Raises
        ------
        ClaudeError
            If code that Claude runs calls this, or if the session cannot be used here.
        """
        refuse_inside("a prompt")
        self._usable.check(self._host.frontend.shell)
        self._host.attach()
        turns, frontend = self._conversation.turns, self._host.frontend
        writer = TurnWriter(
            len(turns) + 1,
            id or str(uuid.uuid4()),
            prompt,
            folder=self._workspace.cwd,
            practice=self._workspace.practicing,
            can_ask=frontend.can_be_asked() if can_ask is None else can_ask,
            # The turns of a conversation share Claude's to-do list.
            todos=turns[-1].todos if turns else None,
        )
        writer.set_actions(self._actions(writer))
        writer.turn.listen(lambda change: self._changed(writer.turn, change))
        self._watch(writer.turn)
        if prompt:  # not for a turn that Claude begins: the user may be typing a key
            self._sign_in.turn_begun()
        self._conversation.add(writer)
        return writer

    def _changed(self, turn: Turn, change: TurnChange) -> None:
        if isinstance(change, TurnEnded):
            self._sign_in.turn_ended(turn)
