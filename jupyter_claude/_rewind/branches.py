"""`Branches`: cuts a conversation, and switches to an earlier version of it."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from pathlib import Path
from typing import Any

from jupyter_claude_sdk import ClaudeSDKError, ControlRequestError
from jupyter_claude_sdk.lowlevel import Transcript, rewind_in_place, settle

from .._conversations.switcher import ConversationSwitcher
from .._core.conversation import Conversation
from .._cost.ledger import Ledger
from .._engine.connection import Connection
from .._process.client import SharedClient
from .._process.workspace import Workspace
from .._text import plain_line
from .._turns.errors import RewindRefused
from .._turns.messages import last_message
from .._turns.turn import Turn
from . import cli_checkpoints
from .store import RewindStore, now

RUNNING = "A turn is running. Wait until it ends, press Stop, or await claude.interrupt()"
_PATIENCE = 2.0  # seconds to wait until the CLI has written its transcript


class Branches:
    """The present and the earlier versions of a session's conversation.

    A branch only notes the last message of a version: resuming needs no more. Nothing is copied or
    deleted, with one exception: the CLI cannot go back over a compaction, so that needs a copy.

    Parameters
    ----------
    conversation : Conversation
        The conversation.
    workspace : Workspace
        Says where the transcript is.
    client : SharedClient
        Cuts the conversation in the running process, if the process can.
    connection : Connection
        Ends the process, if the process cannot cut.
    switcher : ConversationSwitcher
        Reads the conversation again.
    ledger : Ledger
        Knows the cost of a copy.

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
        switcher: ConversationSwitcher,
        ledger: Ledger,
    ) -> None:
        self._conversation = conversation
        self._workspace = workspace
        self._client = client
        self._connection = connection
        self._switcher = switcher
        self._ledger = ledger
        self.copied: str | None = None
        self._latest: tuple[object, cli_checkpoints.Recorded | None] | None = None

    @property
    def store(self) -> RewindStore | None:
        """The conversation's rewind data; None if the conversation has no id yet."""
        session_id = self._conversation.session_id
        return None if session_id is None else RewindStore(session_id)

    def all(self) -> list[dict[str, Any]]:
        """Return the branches, the newest last."""
        store = self.store
        return _list(store.read("branches.json") if store is not None else None)

    def find(self, id: str | None) -> dict[str, Any] | None:
        """Return the branch with this id, or None."""
        return next((branch for branch in self.all() if branch["id"] == id), None)

    # --- cutting and switching ----------------------------------------------------------------

    async def cut(self, dropped: list[Turn], id: str) -> None:
        """Remove the last turns from the conversation, and keep them as a branch with this id.

        Raises
        ------
        OSError, RewindRefused
            If it is not possible. The conversation does not change.
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
                    # Do it now: Claude Code itself notes it only at a normal exit.
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
        """Cut in the running CLI, which then keeps its permissions; return whether it did."""
        client = self._client
        if not client.connected:
            return False
        try:
            await settle(client)
        except ControlRequestError:
            raise RewindRefused(RUNNING) from None
        with contextlib.suppress(ClaudeSDKError):  # such as a prompt from another process
            return await rewind_in_place(client, prompt) is not None
        return False

    async def go_to(self, branch: dict[str, Any]) -> None:
        """Continue with a branch; the present version becomes a branch.

        Raises
        ------
        OSError
            If it is not possible. The conversation does not change.
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
        else:  # some turns are from before this kernel
            self._switcher.reload()

    def _present(
        self, dropped: list[Turn], checkpoints: cli_checkpoints.Recorded | None, id: str
    ) -> dict[str, Any]:
        """Return the branch for the present version, which is about to lose these turns."""
        return {
            "id": id,
            "session": self._conversation.session_id,
            "when": now(),
            "leaf": _leaf(dropped, checkpoints),
            "dropped": len(dropped),
            "prompt": plain_line(dropped[0].prompt, 200),
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
        """Make the next prompt start Claude Code at a message of the conversation."""
        store = self.store
        transcript = self._transcript(session_id)
        await self._connection.disconnect()
        going_on = await asyncio.to_thread(transcript.go_on_from, leaf, cut)
        if store is not None:
            store.share_with(going_on)
        if session_id is not None and going_on != session_id:
            self._ledger.copied(session_id, going_on)
        self._conversation.identify(going_on)
        self._switcher.remember()

    # --- transcripts --------------------------------------------------------------------------

    def _transcript(self, session_id: str | None) -> Transcript:
        variables = self._workspace.variables()
        found = Transcript.find(session_id, variables) if session_id else None
        if found is None:
            raise FileNotFoundError("the conversation's transcript is gone")
        return found

    def is_new_copy(self) -> bool:
        """Whether it is a copy without a prompt of its own, which has no transcript yet."""
        session_id = self._conversation.session_id
        return (
            self.copied is not None
            and session_id is not None
            and Transcript.find(session_id, self._workspace.variables()) is None
        )

    async def read(self, turns: list[Turn]) -> cli_checkpoints.Recorded | None:
        """Read the transcript once it has these turns; return None if there is none."""
        session_id = self._conversation.session_id
        if session_id is None:
            return None
        environment, cwd = self._workspace.variables(), self._workspace.cwd
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            found = await asyncio.to_thread(self._read, session_id, environment, cwd)
            if found is None and self.copied is not None:  # its first turn will write it
                found = await asyncio.to_thread(self._read, self.copied, environment, cwd)
                if found is not None:
                    found = found.up_to(last_message(self._conversation.turns))
            lacking = {one.turn for one in self._conversation.not_in_session}
            last = last_message([turn for turn in turns if turn not in lacking])
            if found is None or last is None or last in found.parents:
                return found
            if asyncio.get_running_loop().time() > deadline or not self._client.connected:
                return found
            await asyncio.sleep(0.05)  # the CLI writes shortly after its answer

    def _read(
        self, session_id: str, environment: dict[str, str], cwd: Path
    ) -> cli_checkpoints.Recorded | None:
        """Read a transcript, or return the last result if the file has not changed.

        The slider asks for the same transcript at every step.
        """
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
    """Return the conversation's last message: the transcript's, unless it is out of date."""
    last = last_message(turns)
    if checkpoints is None or (last is not None and last not in checkpoints.parents):
        return last
    return checkpoints.leaf
