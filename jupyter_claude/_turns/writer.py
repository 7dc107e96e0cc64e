"""`TurnWriter`: the engine's side of a turn. Users and views get its `Turn`, to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from jupyter_claude_sdk import Message, ResultMessage
from jupyter_claude_sdk.lowlevel import Column

from .._answers.shown import json_block
from .._text import without_escapes
from .errors import ClaudeError, NotSignedIn, remedy_of
from .events import (
    ItemChanged,
    OutputAppended,
    RequestClosed,
    RequestOpened,
    StatusChanged,
    TurnEnded,
)
from .items import SHOWN, Item, Level, TextItem, Todo, ToolCall, ToolImage, ToolState, overwritten
from .messages import NEVER_RAN, STOPPED, MessageReader
from .ran_code import RanCode
from .record import TurnRecord, TurnState
from .remedies import Remedy
from .replayed import Replayed
from .requests import Request
from .retries import RetryNotice, TurnActions
from .turn import Turn


class TurnWriter:
    """Writes one turn.

    Parameters
    ----------
    number : int
        Its position in the conversation, from 1; 0 for a turn that is in none.
    id : str
        The prompt's uuid.
    prompt : str
        What the user asks; "" if Claude acts by itself.
    folder : Path
        Where Claude works.
    practice : bool, default False
        Whether the practice model answers.
    can_ask : bool, default False
        Whether a user can be asked for permission.
    todos : dict, optional
        Claude's to-do list, which turns share.

    Attributes
    ----------
    turn : Turn
        What users and views read.
    """

    def __init__(
        self,
        number: int,
        id: str,
        prompt: str,
        *,
        folder: Path,
        practice: bool = False,
        can_ask: bool = False,
        todos: dict[str, Todo] | None = None,
    ) -> None:
        self._record = TurnRecord(
            number, id, prompt, folder=folder, practice=practice, can_ask=can_ask, todos=todos
        )
        self._reader = MessageReader(self._record)
        self._started = 0.0
        self._asked = 0.0  # when the first of the open requests came
        self._thought = 0.0  # seconds in which requests waited for the user
        self.turn = Turn(self._record)

    # --- state --------------------------------------------------------------------------------

    def renumber(self, number: int) -> None:
        """Set the turn's position in the conversation."""
        self._record.number = number

    def start(self) -> None:
        """The prompt is being sent."""
        self._record.state = "running"
        self._record.time = datetime.now().astimezone()
        self._started = monotonic()
        self._record.tell(StatusChanged())

    def replay(self, time: datetime | None) -> None:
        """Begin to read the turn from a transcript: the prompt was sent at `time`."""
        self._record.state = "running"
        if time is not None:
            self._record.time = time

    def play(
        self,
        replayed: Replayed,
        items: Sequence[Item],
        messages: Sequence[Message],
        model: str,
        *,
        practice: bool = False,
    ) -> None:
        """Show a recorded answer in place of asking.

        Parameters
        ----------
        replayed : Replayed
            Where it comes from.
        items : sequence of Item
            What happened, in order.
        messages : sequence of Message
            What ``turn.messages`` has.
        model : str
            The model that answered.
        practice : bool, default False
            Whether that was the practice model.
        """
        record = self._record
        record.replayed, record.model, record.practice = replayed, model, practice
        record.messages.extend(messages)
        for item in items:
            self.play_item(item)

    def play_item(self, item: Item) -> None:
        """Show the next item of a recorded answer."""
        if isinstance(item, ToolCall):
            self._reader.calls[item.id] = item  # its code may run again
        self._record.put(item)

    def append(self, item: TextItem, text: str) -> None:
        """Append to a text."""
        self._record.append(item, text)

    def wait(self) -> None:
        """Go back to the queue: the prompt is not sent yet."""
        self._record.state = "queued"
        self._started = 0.0
        self._record.tell(StatusChanged())

    def set_status(self, status: str) -> None:
        """Set what the turn is doing now, in words."""
        self._record.set_status(status)

    def stop_soon(self) -> None:
        """Mark that the turn is being stopped."""
        self._record.stopping = True

    def finish(self, state: TurnState, error: Exception | None = None) -> None:
        """End the turn."""
        record = self._record
        if record.ended:
            return
        self._reader.end_retry(answered=False)
        record.state = state
        record.error = error
        record.remedy = remedy_of(error)
        record.unasked = isinstance(error, NotSignedIn) and not record.model_calls
        if isinstance(error, ClaudeError):
            error.turn = self.turn
        record.status = ""
        now = monotonic()
        thought = self._thought + (now - self._asked if record.requests else 0.0)
        record.seconds = now - self._started - thought if self._started else 0.0
        for call in record.tools:
            if not call.is_open:
                continue
            if state == "failed" or not self._goes_on(call):
                self._end_open(call, state)
            elif call.background:
                call.note = "Continues in the background"
            self._tell_of(call)
        for request_id in list(record.requests):
            self.close_request(request_id, "Not answered: the turn ended")
        record.tell(StatusChanged())
        record.tell(TurnEnded())

    def took(self, seconds: float) -> None:
        """Set how long a replayed turn took."""
        self._record.seconds = seconds

    @property
    def was_asked(self) -> bool:
        """Whether a model was asked, as far as it is known. Else no conversation has the turn."""
        return not self._record.unasked

    def leave(self, why: str) -> None:
        """Mark why the turn has left the conversation; "" brings it back."""
        if why != (self._record.left or ""):
            self._record.left = why
            self._record.tell(StatusChanged())

    def is_back(self) -> None:
        """Note that the turn is part of the conversation, whatever a notebook's file says."""
        if self._record.left is None:
            self._record.left = ""

    def lose_background(self) -> None:
        """Stop the calls in the background: the process that ran them has ended."""
        for call in self._record.tools:
            if self._record.ended and call.is_open:
                call.ran = call.state == "running"
                call.state = "stopped"
                call.note = "Ended with the Claude Code process" if call.background else ""
                self._tell_of(call)

    def _end_open(self, call: ToolCall, state: TurnState) -> None:
        """End a call that has no result when the turn ends."""
        call.ran = call.state == "running"
        if state == "done" and call.ran:
            call.state = "done"
        elif state == "failed":
            call.state = "failed"
            call.note = call.note if call.ran else "It never ran"
        else:
            call.state = "stopped"
            call.note = STOPPED if call.ran else NEVER_RAN

    def _tell_of(self, call: ToolCall) -> None:
        if not call.hidden:
            self._record.tell(ItemChanged(call))

    # --- who runs it --------------------------------------------------------------------------

    def ask_nobody(self) -> None:
        """Deny the turn's requests: no user would see them."""
        self._record.can_ask = False

    def set_actions(self, actions: TurnActions) -> None:
        """Set what does the actions that views ask for."""
        self._record.actions = actions

    @property
    def typed(self) -> bool:
        """Whether the user wrote the prompt, in a cell or in the panel."""
        return self._record.typed

    def type_it(self) -> None:
        """Mark that the user wrote the prompt. A prompt of a program may have others' texts."""
        self._record.typed = True

    @property
    def awaited(self) -> bool:
        """Whether the code that runs the turn also sends the prompt for another model."""
        return self._record.awaited

    def await_it(self) -> None:
        """Mark that the code that runs the turn also sends the prompt for another model."""
        self._record.awaited = True

    def offer(self, remedy: Remedy) -> None:
        """Set what views offer after the turn's error."""
        self._record.remedy = remedy
        self._record.tell(StatusChanged())

    def ask_again_as(self, turn: Turn) -> None:
        """Note the turn that asks the prompt again; its answer is shown in this one's place."""
        self._record.again = turn
        self._record.tell(StatusChanged())

    def ask_another(self, prompt: str) -> None:
        """Set the prompt for another model, to send once this turn has stopped."""
        self._record.another = prompt

    # --- content ------------------------------------------------------------------------------

    def apply(self, message: Message) -> None:
        """Read the next message."""
        self._record.last_event = monotonic()
        self._reader.read(message)

    def put(self, item: Item) -> None:
        """Add an item if it is new, and emit that it changed."""
        self._record.put(item)

    def ran(self, code: RanCode) -> None:
        """Note code that the turn ran in the kernel."""
        self._record.code.append(code)
        self._record.tell(StatusChanged())

    def notice(self, id: str, text: str, level: Level = "info") -> None:
        """Add a notice, or replace the one with that id."""
        self._record.notice(id, text, level)

    def end_with(self, result: ResultMessage) -> None:
        """Keep the CLI's result."""
        self._record.result = result
        self._record.usage = dict(result.usage or {})

    def charge(
        self, cost_usd: float, usage: Mapping[str, int], *, subscription: bool = False
    ) -> None:
        """Set what the turn cost, in US dollars and tokens."""
        record = self._record
        record.cost_usd = cost_usd
        record.usage.update(usage)
        record.charged, record.subscription = True, subscription

    def identify(self, id: str) -> None:
        """Set the id of a replayed turn that Claude began by itself."""
        self._record.id = id

    # --- requests -----------------------------------------------------------------------------

    def open_request(self, request: Request) -> None:
        """Show a request that waits for an answer."""
        record = self._record
        if not record.requests:
            self._asked = monotonic()
        record.requests[request.id] = request
        record.status = "Waiting for your answer"
        record.tell(RequestOpened(request))
        record.tell(StatusChanged())

    def close_request(self, request_id: str, outcome: str) -> None:
        """Close a request; `outcome` says why, in words."""
        record = self._record
        request = record.requests.pop(request_id, None)
        if request is not None:
            record.status = ""
            if not record.requests:
                self._thought += monotonic() - self._asked
            record.tell(RequestClosed(request, outcome))
            record.tell(StatusChanged())

    def deny(self, tool_use_id: str | None, note: str) -> None:
        """Mark a call as denied without a question; `note` says which rule would allow it."""
        call = self._reader.calls.get(tool_use_id or "")
        if call is not None:
            call.state, call.ran = "denied", False
            call.note = note
            self._record.put(call)

    def wait_for(self, tool_use_id: str) -> None:
        """Mark that a request about this call is open."""
        self._reader.waiting.open_request(tool_use_id)

    def go_on(self, tool_use_id: str, state: ToolState) -> None:
        """Mark that the request closed; `state` is the call's new state, if it has not ended."""
        self._reader.waiting.close_request(tool_use_id, state)

    # --- an answer as a value -----------------------------------------------------------------

    def expect(self, columns: list[Column] | None) -> None:
        """Note the columns of the value that the turn is asked for; None if it is no list."""
        self._record.columns = columns

    def answer_with(self, raw: Any) -> None:
        """Note what Claude gave as the value, as it came."""
        self._record.raw_answer = raw

    def give_value(self, value: Any) -> None:
        """Set the turn's value, and show it."""
        record = self._record
        record.value = value
        record.put(TextItem(f"value-{record.id}", json_block(record.raw_answer)))

    def restore_value(self, value: Any) -> None:
        """Set the value of a replayed turn, which has an item that shows it."""
        self._record.value = value

    # --- calls --------------------------------------------------------------------------------

    def edit_call(self, tool_use_id: str, code: str) -> None:
        """Set the code that runs in place of Claude's."""
        call = self._reader.calls.get(tool_use_id)
        if call is not None:
            call.edited = code
            self._tell_of(call)

    def note_call(self, tool_use_id: str, note: str) -> None:
        """Set the note of a call."""
        call = self._reader.calls.get(tool_use_id)
        if call is not None:
            call.note = note
            self._tell_of(call)

    def show_output(self, tool_use_id: str, output: str | ToolImage) -> None:
        """Add to what a call's code has shown in the kernel."""
        call = self._reader.calls.get(tool_use_id)
        if call is None:
            return
        call.live = True
        if isinstance(output, ToolImage):
            self._reader.show_image(call, output)
            self._tell_of(call)
            return
        if "\r" in output.replace("\r\n", ""):
            call.output = overwritten(call.output + output)
            self._tell_of(call)
            return
        fitted = len(call.output) <= SHOWN
        call.output += output
        if len(call.output) <= SHOWN:
            self._record.tell(OutputAppended(call, output))
        elif fitted:  # views get no more of it; the call's end tells them how much is left out
            self._tell_of(call)

    def replace_image(self, tool_use_id: str, image: ToolImage) -> None:
        """Show an image in place of the last one of a call."""
        call = self._reader.calls.get(tool_use_id)
        if call is not None and call.images:
            call.images.pop()
        self.show_output(tool_use_id, image)

    def clear_output(self, tool_use_id: str) -> None:
        """Remove what a call's code has shown."""
        call = self._reader.calls.get(tool_use_id)
        if call is not None:
            call.output, call.images = "", []
            self._tell_of(call)

    def run_again(self, tool_use_id: str) -> None:
        """Note that the code of a recorded call runs again: what it shows takes the old place."""
        call = self._reader.calls.get(tool_use_id)
        if call is not None:
            call.state, call.output, call.images = "running", "", []
            self._tell_of(call)

    def ran_again(self, tool_use_id: str, state: ToolState) -> None:
        """Note how the code of a recorded call ended."""
        call = self._reader.calls.get(tool_use_id)
        if call is not None:
            call.state = state
            self._tell_of(call)

    def take_followed(self) -> list[ToolCall]:
        """Return the calls whose output is to be followed from now on."""
        calls, self._reader.followed = self._reader.followed, []
        return calls

    def show_tail(self, call: ToolCall, text: str) -> None:
        """Set the last lines of a command that runs, or ran, in the background."""
        call.output = overwritten(without_escapes(text))
        if call.is_open:
            lines = call.output.split("\n")
            call.progress = next((line.strip() for line in reversed(lines) if line.strip()), "")
        self._tell_of(call)

    def has_call(self, tool_use_id: str) -> bool:
        """Whether a call belongs to this turn."""
        return tool_use_id in self._reader.calls

    def owns(self, message: Message) -> bool:
        """Whether a message is about a call of this turn, such as a subagent's message."""
        return self._reader.owns(message)

    @property
    def agents_in_background(self) -> list[str]:
        """The CLI's ids of the subagents that work in the background."""
        return self._reader.agents_in_background

    def task_of(self, call_id: str) -> str:
        """Return the CLI's id of the task that a call runs as; "" if the CLI cannot stop it."""
        call = self._reader.calls.get(call_id)
        return call.task if call is not None and call.is_task else ""

    @property
    def open_calls(self) -> list[ToolCall]:
        """The calls that the turn waits for, without those in the background."""
        return [call for call in self._record.tools if call.is_open and not self._goes_on(call)]

    @property
    def waits_for_model(self) -> bool:
        """Whether it waits for the model, and not for a tool, the user or a timed retry."""
        record = self._record
        waits = record.state == "running" and not self.open_calls and not record.requests
        return waits and not any(
            isinstance(item, RetryNotice) and item.left > 0 for item in record.items
        )

    @property
    def last_event(self) -> float:
        """When the last message or change came, on the monotonic clock."""
        return self._record.last_event

    def _goes_on(self, call: ToolCall) -> bool:
        """Whether a call may outlast the turn: it, or the call above it, is in the background."""
        while not call.background:
            above = self._reader.calls.get(call.parent)
            if above is None:
                return False
            call = above
        return True
