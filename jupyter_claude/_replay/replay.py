"""`Replay`: answers prompts from a notebook's recording, and records new answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .._answers.wanted import Wanted
from .._conversations.switcher import ConversationSwitcher
from .._core.conversation import Conversation
from .._core.host import Host
from .._kernel.comms import running_cell
from .._process.workspace import Workspace
from .._turns.errors import ClaudeError
from .._turns.turn import Turn
from .._turns.writer import TurnWriter
from .._user_tools.tools import UserTools
from .chain import Chain, Link
from .counted_settings import CountedSettings
from .showing import Effects, Showing
from .source import HOW_TO_NAME, RecordingSource

# Only a notebook with a recording needs the other modules.
if TYPE_CHECKING:
    from jupyter_claude_sdk.lowlevel import RecordedInputs, RecordedTurn

    from .._looking.hidden import Marks
    from .file_watch import FileWatch
    from .scrub import Scrubber


_PROMPT = ("the prompt",)  # what changed


@dataclass
class _Asking:
    """A turn that Claude is being asked."""

    turn: Turn
    asked: RecordedInputs  # without secrets
    key: str
    parent: str
    watch: FileWatch
    scrubber: Scrubber


class Replay:
    """Answers a session's prompts from its notebook's recording.

    Parameters
    ----------
    host : Host
        The settings and the front end.
    workspace : Workspace
        Where Claude works, and the variables that may be secrets.
    conversation : Conversation
        Has the turns.
    tools : UserTools
        The user's own tools, which count in a key.
    switcher : ConversationSwitcher
        Shows the conversation in which the prompt is.
    effects : callable
        Returns what does again what a recorded turn did.
    marks : callable
        Returns the user's variables that are secrets, or hidden from Claude.

    Attributes
    ----------
    source : RecordingSource
        The notebook's recording, and the mode that counts.
    chain : Chain
        The keys of the conversation's turns.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        conversation: Conversation,
        tools: UserTools,
        switcher: ConversationSwitcher,
        effects: Callable[[], Effects],
        marks: Callable[[], Marks],
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._conversation = conversation
        self._tools = tools
        self._marks = marks
        self._switcher = switcher
        self.source = RecordingSource(host)
        self.chain = Chain(conversation)
        self._showing = Showing(host, effects)
        self._counted = CountedSettings(host)
        self._asking: _Asking | None = None
        self._really: set[str] = set()  # ids of turns that must be asked
        self._with: dict[str, tuple[Wanted | None, str | None]] = {}  # of stale turns, by id
        self._in_cells: dict[str, str] = {}  # keys of the recorded turns that cells show, by cell
        self._told = False  # that there is no name to record under

    def applies(self, writer: TurnWriter) -> bool:
        """Whether `play` has something to do for a turn.

        Raises
        ------
        ClaudeError
            If the mode's name is wrong, or the recording is damaged. Nothing may be asked then.
        """
        choice = self.source.choice_of(headless=not writer.turn.can_ask)
        if choice.problem:
            raise ClaudeError(choice.problem)
        return choice.mode != "off"

    # --- a prompt -----------------------------------------------------------------------------

    async def play(
        self,
        writer: TurnWriter,
        prompt: str | dict[str, Any],
        wanted: Wanted | None,
        model: str | None,
    ) -> bool:
        """Answer a prompt from the recording; return False if Claude is to be asked.

        Parameters
        ----------
        writer : TurnWriter
            The turn, which has not begun. It has ended if this returns True.
        prompt : str or dict
            The prompt for Claude Code, with what is attached.
        wanted : Wanted or None
            The value that is asked for.
        model : str or None
            The model for this turn only.

        Raises
        ------
        ReplayMissing
            If the recording has no answer, and nothing may be asked.
        ClaudeError
            If the recording is damaged, or if it is not known where to record.
        """
        self._asking = None
        from jupyter_claude_sdk.lowlevel import RecordingError

        try:
            return await self._play(writer, prompt, wanted, model)
        except RecordingError as error:
            raise ClaudeError(str(error)) from None

    async def _play(
        self,
        writer: TurnWriter,
        prompt: str | dict[str, Any],
        wanted: Wanted | None,
        model: str | None,
    ) -> bool:
        from jupyter_claude_sdk.lowlevel import key_of

        from .matching import most_like, nearest
        from .question import question_of

        turn = writer.turn
        really = turn.id in self._really
        self._really.discard(turn.id)
        self._switcher.show_planned()
        scrubber = self._scrubber()
        question = question_of(
            turn.prompt,
            prompt,
            self._host.settings,
            self._counted.present(),
            self._tools,
            wanted,
            model,
            scrubber.placed,
        )
        parent = self.chain.last_of(self.chain.before(turn))
        key = key_of(question, parent.key)
        asked = scrubber.recorded(question)
        self.chain.put(turn, Link(key, key))
        headless = not turn.can_ask
        self._counted.follow(turn)
        if self.source.choice_of(headless=headless).mode != "record":
            self.source.decide(key, asked)
        choice = self.source.choice_of(headless=headless)  # another notebook's recording has no say
        if choice.mode == "off":
            return False
        if choice.mode == "record":
            self.source.check_place(choice)
        ask = partial(self._ask, turn, asked, key, parent.key, scrubber)
        if choice.mode == "record" or (really and choice.mode != "only"):
            return ask()
        folder = self.source.folder
        recorded = folder.turns.get(key) if folder is not None else None
        _, cell = running_cell(self._host.frontend.shell) or ("", "")
        if folder is not None and recorded is not None:
            self._in_cells[cell] = recorded.key
            await self._showing.show(writer, recorded, folder, scrubber, wanted, how=choice.how)
            return True
        near = (
            nearest(asked.prompt, parent.recorded, folder, same=partial(_is_same, asked))
            if folder is not None
            else None
        )
        stale = () if near is None else self._stale(asked, near, parent, turn)
        if folder is not None and near is None and cell:
            # Its cell has run before in this kernel, so the turn comes after others than recorded.
            shown = folder.turns.get(self._in_cells.get(cell, ""))
            near = None if shown is None else most_like(asked.prompt, [shown])
            stale = () if near is None else _PROMPT
        if choice.mode == "only" or headless:
            raise self.source.missing(choice, near, stale)
        if folder is None or near is None:
            return ask()
        self.chain.put(turn, Link(key, near.key))
        self._with[turn.id] = (wanted, model)
        self._in_cells[cell] = near.key
        await self._showing.show(writer, near, folder, scrubber, wanted, stale)
        return True

    def _ask(
        self, turn: Turn, asked: RecordedInputs, key: str, parent: str, scrubber: Scrubber
    ) -> Literal[False]:
        """Let Claude be asked: prepare to record the turn."""
        from .file_watch import FileWatch

        self._asking = _Asking(turn, asked, key, parent, FileWatch(turn), scrubber)
        return False

    def note(self, writer: TurnWriter) -> None:
        """Record a turn that Claude has answered. The turn says it if that fails."""
        asking, self._asking = self._asking, None
        if asking is None or asking.turn is not writer.turn or writer.turn.state != "done":
            return
        folder = self.source.folder
        if folder is None:
            if not self._told:
                self._told = True
                writer.notice("recording", f"This turn was not recorded; {HOW_TO_NAME}", "warning")
            return
        from .recorder import recorded_turn

        try:
            recorded = recorded_turn(
                asking.turn,
                asking.asked,
                asking.key,
                asking.parent,
                folder,
                asking.scrubber.later(self._scrubber()),  # the turn may have made a secret
                asking.watch.before,
            )
            folder.write(recorded, datetime.now().date().isoformat())
            self.source.store(folder)
        except Exception as error:  # the answer is there, and must not be lost
            writer.notice("recording", f"This turn was not recorded: {error}", "warning")
            folder.reload()

    # --- asking again -------------------------------------------------------------------------

    def ask_again(self, turn: Turn) -> tuple[Wanted | None, str | None]:
        """Make room for the real answer to a stale turn: it leaves the conversation.

        Returns
        -------
        tuple
            The value and the model that it was asked for. Tell `ask_really` the new turn's id.
        """
        turns = self._conversation.turns
        after = list(turns)[list(turns).index(turn) :] if turn in turns else []
        # What Claude Code has of the conversation cannot be taken back here.
        if after and all(one.replayed is not None or not one.ended for one in after):
            self._conversation.replace_from(turn)
        if turn.replayed is not None:
            shown = turn.replayed.key
            self._in_cells = {cell: key for cell, key in self._in_cells.items() if key != shown}
        return self._with.pop(turn.id, (None, None))

    def ask_really(self, turn_id: str) -> None:
        """Ask Claude this turn, whatever the recording has."""
        self._really.add(turn_id)

    def stop(self, turn: Turn) -> bool:
        """Withdraw the question of a replayed turn, or show its rest at once.

        Returns
        -------
        bool
            Whether there was something to stop.
        """
        return self._showing.stop(turn)

    # --- texts --------------------------------------------------------------------------------

    @property
    def texts(self) -> Scrubber:
        """What puts the folders of now into recorded texts, and takes them out."""
        return self._scrubber()

    def _scrubber(self) -> Scrubber:
        from types import SimpleNamespace

        from jupyter_claude_sdk.lowlevel import secrets_of

        from .._providers.given import given
        from .scrub import Scrubber

        settings = self._host.settings
        options: Any = SimpleNamespace(
            env=settings.env,
            extra_args=settings.options.get("extra_args") or {},
            mcp_servers=settings.mcp_servers,
        )
        # Commands print the variables of settings files, too.
        secrets = secrets_of(options, given(self._workspace.environment()))
        return Scrubber(secrets, self._workspace.cwd, Path.home(), self._marks())

    def _stale(
        self, asked: RecordedInputs, near: RecordedTurn, parent: Link, turn: Turn
    ) -> tuple[str, ...]:
        """Return in words what changed since a turn was recorded."""
        from jupyter_claude_sdk.lowlevel import differences

        found = differences(asked, near.asked)
        if near.parent != parent.key:
            folder = self.source.folder
            recorded = folder.turns if folder is not None else {}
            found.append(self.chain.earlier(turn, recorded))
        return tuple(found) or _PROMPT  # it has a secret, which is not recorded


def _is_same(asked: RecordedInputs, turn: RecordedTurn) -> bool:
    from jupyter_claude_sdk.lowlevel import differences

    return not differences(asked, turn.asked)
