"""`RunningTurnActions`: stops a turn for a view, or asks another model instead."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from jupyter_claude_sdk import ClaudeSDKError

from .._core.conversation import Conversation
from .._process.client import SharedClient
from .._signin.sign_in import SignIn
from .._tasks import TaskSet
from .._turns.errors import ClaudeError, TurnInterrupted
from .._turns.interruptions import Interruptions
from .._turns.remedies import Remedy
from .._turns.retries import OtherModel
from .._turns.turn import Turn, end_of
from .._turns.writer import TurnWriter
from .choices import Choices
from .runner import Runner

#: The prompt for another model if the first one had begun. The new model sees what was done.
GO_ON = "Continue with my request; a rate limit stopped you."


class RunningTurnActions:
    """Does what views want of one turn; see `TurnActions`.

    Parameters
    ----------
    writer : TurnWriter
        The turn.
    conversation : Conversation
        Knows how many prompts wait.
    choices : Choices
        Knows the models, and chooses one.
    runner : Runner
        Stops the turn.
    interruptions : Interruptions
        Keeps why turns are interrupted.
    submit : callable
        Queues a prompt, and returns its turn.
    ask_stale : callable
        Asks Claude the prompt of this turn, whose recorded answer is stale.
    client : SharedClient
        Stops tasks.
    sign_in : SignIn
        Shows how to sign in.
    """

    def __init__(
        self,
        writer: TurnWriter,
        conversation: Conversation,
        choices: Choices,
        runner: Runner,
        interruptions: Interruptions,
        submit: Callable[[str], Turn],
        ask_stale: Callable[[], None],
        client: SharedClient,
        sign_in: SignIn,
    ) -> None:
        self._conversation = conversation
        self._choices = choices
        self._runner = runner
        self._interruptions = interruptions
        self._submit = submit
        self._ask_stale = ask_stale
        self._client = client
        self._sign_in = sign_in
        self._writer = writer
        self._turn = writer.turn
        self._tasks = TaskSet()

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()  # a copy of a turn belongs to no session

    def models(self) -> list[OtherModel]:
        return [
            {"value": model["value"] or "default", "label": model["label"]}
            for model in self._choices.other_models()
        ]

    def stop(self) -> None:
        if self._turn.state == "running":  # else the view does not know yet that it ended
            self._do(self._stop())

    def ask_another(self, model: str) -> None:
        if not any(model == one["value"] for one in self.models()):
            return
        if self._turn.state == "running":
            self._do(self._ask_another(model))
        elif self._take("model"):
            self._do(self._ask_again(model))

    def stop_task(self, call: str) -> None:
        task = self._writer.task_of(call)
        if task and self._client.connected:
            self._do(self._client.stop_task(task))

    def again(self) -> None:
        if not self._take("again"):
            return
        if self._turn.replayed is not None:
            self._ask_stale()
        else:
            self._submit(self._turn.prompt or GO_ON)

    def compact(self) -> None:
        if self._take("compact"):
            self._do(self._compact())

    def sign_in(self) -> None:
        if self._turn.remedy == "sign_in":  # the user may close it, and open it once more
            self._sign_in.open()

    def _take(self, remedy: Remedy) -> bool:
        """Whether the turn still offers this. The user can take an offer once."""
        if not self._turn.ended or self._turn.remedy != remedy:
            return False
        self._writer.offer("")
        return True

    async def _ask_again(self, model: str) -> None:
        await self._choices.set_model(model)
        self._submit(self._turn.prompt or GO_ON)

    async def _compact(self) -> None:
        """Compact the conversation; if that worked, offer to send the prompt again."""
        compacting = self._submit("/compact")
        await end_of(compacting)
        self._writer.offer("again" if compacting.state == "done" else "compact")

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        async def do() -> None:
            with contextlib.suppress(ClaudeError, ClaudeSDKError):  # the process has ended
                await work

        self._tasks.keep(asyncio.get_running_loop().create_task(do()))

    async def _stop(self) -> None:
        if self._turn.stopping:  # this is the second press
            await self._runner.cut(self._writer)
        else:
            await self._runner.press_stop(self._writer)

    async def _ask_another(self, model: str) -> None:
        """Stop the turn, and send its prompt to another model.

        Within a turn Claude Code always retries with the model with which the turn began. So the
        other model needs a new turn.
        """
        turn = self._turn
        if turn.stopping:
            return
        label = next(one["label"] for one in self.models() if one["value"] == model)
        await self._choices.set_model(model)
        self._writer.ask_another(GO_ON if turn.text or turn.tools else turn.prompt or GO_ON)
        after = _after(self._conversation.queued)
        stopped = TurnInterrupted(f"Stopped; asking {label} instead{after}")
        self._interruptions.note(turn.id, stopped)
        await self._runner.stop(self._writer)
        if turn.instead and not self._writer.awaited:
            self._submit(turn.instead)


def _after(waiting: int) -> str:
    """Return the words for prompts that run before the other model's turn."""
    if not waiting:
        return ""
    return (
        f", after the {waiting} prompts in the queue"
        if waiting > 1
        else ", after the prompt in the queue"
    )
