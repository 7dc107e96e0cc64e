"""One prompt and what came of it."""

from __future__ import annotations

import uuid as uuid_module
from collections.abc import AsyncIterator
from typing import Any, Literal

import anyio

from ._messages import Message, ResultMessage

TurnState = Literal["queued", "running", "done", "failed"]


class ClientTurn:
    """A prompt's own messages and result, whatever else is going on in the session.

    Iterating gives the messages as they come and ends with the turn; if the connection is lost
    meanwhile, iterating raises why. Made by `ClaudeSDKClient.turn`.

    Attributes
    ----------
    uuid : str
        The prompt's id, on the wire too; the handle for rewinding.
    prompt : dict
        The user message that is sent.
    state : {"queued", "running", "done", "failed"}
        "failed" means that the connection was lost or the turn was taken back before its end; a turn
        whose result is an error is "done".
    result : ResultMessage or None
        The turn's result, once it is there.
    error : Exception or None
        Why it failed.
    interrupted : bool
        Whether `interrupt` was asked for while it ran.
    """

    def __init__(self, prompt: dict[str, Any], uuid: str | None = None) -> None:
        self.uuid = uuid or str(uuid_module.uuid4())
        self.prompt = prompt
        self.state: TurnState = "queued"
        self.result: ResultMessage | None = None
        self.error: Exception | None = None
        self.interrupted = False
        self._messages: list[Message] = []
        self._read = 0
        self._wake = anyio.Event()

    def __repr__(self) -> str:
        return f"<ClientTurn {self.uuid[:8]} {self.state}>"

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.state in ("done", "failed")

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        while True:
            if self._read < len(self._messages):
                message = self._messages[self._read]
                self._read += 1
                if self._read == len(self._messages):
                    self._messages.clear()
                    self._read = 0
                return message
            if self.ended:
                if self.error is not None:
                    raise self.error
                raise StopAsyncIteration
            await self._wake.wait()

    # --- for the session ----------------------------------------------------------------------

    def _push(self, message: Message) -> None:
        self._messages.append(message)
        if isinstance(message, ResultMessage) and self.state == "done":
            self.result = message
        self._notify()

    def _end(self, error: Exception | None = None) -> None:
        if self.ended:
            return
        self.state = "done" if error is None else "failed"
        self.error = error
        self._notify()

    def _notify(self) -> None:
        wake, self._wake = self._wake, anyio.Event()
        wake.set()


def text_prompt(text: str, session_id: str = "default") -> dict[str, Any]:
    """Make the user message of a prompt that is text."""
    return {
        "type": "user",
        "message": {"role": "user", "content": text},
        "parent_tool_use_id": None,
        "session_id": session_id,
    }
