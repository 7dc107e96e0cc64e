"""The branches of a conversation: cutting it, and going on from where it had been."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from pathlib import Path
from typing import Any

from jupyter_claude_sdk import ClaudeSDKError, ControlRequestError
from jupyter_claude_sdk.lowlevel import Transcript, rewind_in_place, settle

from .._conversations.switching import Switching
from .._core.conversation import Conversation
from .._cost.ledger import Ledger
from .._engine.connection import Connection
from .._process.client import SharedClient
from .._process.workspace import Workspace
from .._text import one_line
from .._turns.errors import RewindRefused
from .._turns.messages import last_message
from .._turns.turn import Turn
from . import cli_checkpoints
from .store import RewindStore, now

RUNNING = "A turn is running: wait for its end, press Stop, or await claude.interrupt()"
_PATIENCE = 2.0  # seconds that the CLI has to write its transcript


class Branches:
    """What a session's conversation is, and what it had been.

    A branch is where it ended, which is all that resuming needs: nothing is copied or deleted, but
    where the CLI would not go back over a compaction.

    Parameters
    ----------
    conversation : Conversation
        The conversation.
    workspace : Workspace
        Where its transcript lies.
    client : SharedClient
        Cuts it in the running process, where that can.
    connection : Connection
        Ends the process, where it cannot.
    switching : Switching
        Reads it anew.
    ledger : Ledger
        Knows what a copy has cost.

    Attributes
    ----------
    copied : str or None
        The session that the present one is a copy of.
    """

    def __init__(
        self,
        conversation: Conversation,
        workspace: Workspace,
        client: SharedClient,
        connection: Connection,
        switching: Switching,
        ledger: Ledger,
    ) -> None:
        self._conversation = conversation
        self._workspace = workspace
        self._client = client
        self._connection = connection
        self._switching = switching
        self._ledger = ledger
        self.copied: str | None = None
        self._latest: tuple[object, cli_checkpoints.Recorded | None] | None = None

    @property
    def store(self) -> RewindStore | None:
        """What is kept of the conversation; None if nothing was asked."""
        session_id = self._conversation.session_id
        return None if session_id is None else RewindStore(session_id)

    def all(self) -> list[dict[str, Any]]:
        """Return the branches, the newest last."""
        store = self.store
        return _list(store.read("branches.json") if store is not None else None)

    def find(self, id: str | None) -> dict[str, Any] | None:
        """Return a branch."""
        return next((branch for branch in self.all() if branch["id"] == id), None)

    # --- going --------------------------------------------------------------------------------

    async def cut(self, dropped: list[Turn], id: str) -> None:
        """Take turns off the end of the conversation, for a branch of that id.

        Raises
        ------
        OSError, RewindRefused
            If it cannot be done; then the conversation is as it was.
        """
        conversation = self._conversation
        checkpoints = await self.read(dropped)
        if checkpoints is None:
            raise FileNotFoundError("the conversation's transcript is gone")
        branch = self._present(dropped, checkpoints, id)
        await asyncio.to_thread(self._change, [branch])
        try:
            first = next((turn.id for turn in dropped if turn.id in checkpoints.parents), None)
            if first is not None:
                leaf = checkpoints.before_prompt(first)
                if not checkpoints.compacted_after(leaf) and await self._cut_live(first):
                    # At once: Claude Code itself notes it only when it ends in good order.
                    with contextlib.suppress(OSError):
                        transcript = self._transcript(conversation.session_id)
                        await asyncio.to_thread(transcript.note_end, leaf, first)
                else:
                    await self._start_from(conversation.session_id, leaf, first)
        except BaseException:
            self._change([], without=id)
            raise
        conversation.keep(one for one in conversation.writers if one.turn not in dropped)

    async def _cut_live(self, prompt: str) -> bool:
        """Cut it in the running CLI, which keeps its permissions; return whether it can do that."""
        client = self._client
        if not client.connected:
            return False
        try:
            await settle(client)
        except ControlRequestError:
            raise RewindRefused(RUNNING) from None
        with contextlib.suppress(ClaudeSDKError):  # such as a prompt of another process
            return await rewind_in_place(client, prompt) is not None
        return False

    async def go_to(self, branch: dict[str, Any]) -> None:
        """Go on with a branch; the conversation as it is becomes one.

        Raises
        ------
        OSError
            If it cannot be done; then the conversation is as it was.
        """
        conversation = self._conversation
        stay = set(branch["turns"])
        dropped = [turn for turn in conversation.turns if turn.id not in stay]
        left, id = [], new_id()
        if dropped:
            checkpoints = await self.read(dropped)
            left = [self._present(dropped, checkpoints, id)]
        await asyncio.to_thread(self._change, left, without=branch["id"])
        try:
            await self._start_from(branch["session"], branch["leaf"], None)
        except BaseException:
            self._change([branch], without=id)
            raise
        turns = [conversation.writer(name) for name in branch["turns"]]
        if None not in turns:
            conversation.keep(turn for turn in turns if turn is not None)
        else:  # from before this kernel
            self._switching.reload()

    def _present(
        self, dropped: list[Turn], checkpoints: cli_checkpoints.Recorded | None, id: str
    ) -> dict[str, Any]:
        """Describe the conversation as it is, which is to lose turns, as a branch."""
        return {
            "id": id,
            "session": self._conversation.session_id,
            "when": now(),
            "leaf": _leaf(dropped, checkpoints),
            "dropped": len(dropped),
            "prompt": one_line(dropped[0].prompt)[:200],
            "turns": [turn.id for turn in self._conversation.turns],
        }

    def _change(self, new: list[dict[str, Any]], *, without: str | None = None) -> None:
        store = self.store
        assert store is not None
        store.change(
            "branches.json",
            lambda known: [*(one for one in _list(known) if one["id"] != without), *new],
        )

    async def _start_from(self, session_id: str | None, leaf: str | None, cut: str | None) -> None:
        """Have the next prompt start Claude Code at a message."""
        store = self.store
        transcript = self._transcript(session_id)
        await self._connection.disconnect()
        going_on = await asyncio.to_thread(transcript.go_on_from, leaf, cut)
        if store is not None:
            store.share_with(going_on)
        if session_id is not None and going_on != session_id:
            self._ledger.copied(session_id, going_on)
        self._conversation.identify(going_on)
        self._switching.remember()

    # --- transcripts --------------------------------------------------------------------------

    def _transcript(self, session_id: str | None) -> Transcript:
        variables = self._workspace.variables()
        found = Transcript.find(session_id, variables) if session_id else None
        if found is None:
            raise FileNotFoundError("the conversation's transcript is gone")
        return found

    def is_new_copy(self) -> bool:
        """Whether it is a copy in which nothing was asked, so that it has no transcript yet."""
        session_id = self._conversation.session_id
        return (
            self.copied is not None
            and session_id is not None
            and Transcript.find(session_id, self._workspace.variables()) is None
        )

    async def read(self, turns: list[Turn]) -> cli_checkpoints.Recorded | None:
        """Read the transcript, once it has what these turns wrote; None if there is none."""
        session_id = self._conversation.session_id
        if session_id is None:
            return None
        environment, cwd = self._workspace.variables(), self._workspace.cwd
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            found = await asyncio.to_thread(self._read, session_id, environment, cwd)
            if found is None and self.copied is not None:  # a copy is written with its first turn
                found = await asyncio.to_thread(self._read, self.copied, environment, cwd)
                if found is not None:
                    found = found.up_to(last_message(self._conversation.turns))
            last = last_message(turns)
            if found is None or last is None or last in found.parents:
                return found
            if asyncio.get_running_loop().time() > deadline or not self._client.connected:
                return found
            await asyncio.sleep(0.05)  # the CLI writes a moment after it answers

    def _read(
        self, session_id: str, environment: dict[str, str], cwd: Path
    ) -> cli_checkpoints.Recorded | None:
        """Read a transcript that has changed: a slider asks for the same one at every step."""
        transcript = Transcript.find(session_id, environment)
        if transcript is None:
            return None
        status = transcript.path.stat()
        version = (transcript.path, status.st_size, status.st_mtime_ns, cwd)
        if self._latest is None or self._latest[0] != version:
            self._latest = (version, cli_checkpoints.read(session_id, environment, cwd))
        return self._latest[1]


def _list(known: Any) -> list[dict[str, Any]]:
    return known if isinstance(known, list) else []


def new_id() -> str:
    """Return the id of a new branch."""
    return uuid.uuid4().hex[:8]


def _leaf(turns: list[Turn], checkpoints: cli_checkpoints.Recorded | None) -> str | None:
    """Return where the conversation ends: as the transcript says, unless that lags behind."""
    last = last_message(turns)
    if checkpoints is None or (last is not None and last not in checkpoints.parents):
        return last
    return checkpoints.leaf
