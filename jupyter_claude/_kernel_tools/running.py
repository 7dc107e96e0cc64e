"""`RunTool`: runs Claude's code, shows what it does on its card, and tells Claude."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .._core.conversation import Conversation
from .._running.copies import BeforeRun
from .._running.for_model import for_model, picture_of
from .._running.outputs import Output
from .._running.preview import Preview
from .._running.runner import CodeRunner, Ran
from .._turns.items import ToolImage
from .._turns.ran_code import RanCode
from .._turns.writer import TurnWriter
from .results import failed, shown
from .variables import Variables


class RunTool:
    """The tool ``run_code``.

    Parameters
    ----------
    conversation : Conversation
        Has the turns whose cards show the outputs.
    runner : callable
        Returns what runs code.
    variables : Variables
        Keeps what the code does to variables.
    preview : callable
        Returns what code would do.
    """

    def __init__(
        self,
        conversation: Conversation,
        runner: Callable[[], CodeRunner],
        variables: Variables,
        preview: Callable[[str], Preview],
    ) -> None:
        self._conversation = conversation
        self._runner = runner
        self._variables = variables
        self._preview = preview
        self._edited: dict[str, str] = {}  # what the user made of the code of a call

    def note_edit(self, call: str, code: str, edited: str) -> None:
        """Note that the user edited the code of a call."""
        if edited == code:
            return
        self._edited[call] = edited
        if (turn := self._turn_of(call)) is not None:
            turn.edit_call(call, edited)
            turn.note_call(call, "You edited the code")

    async def call(self, given: dict[str, Any], call: str) -> dict[str, Any]:
        """Run the code of a call, and return the tool's result."""
        code, timeout = given.get("code"), given.get("timeout")
        if not isinstance(code, str) or not code.strip():
            return failed("There is no code; give it as the text `code`")
        if timeout is not None and not _is_time(timeout):
            return failed(f"timeout must be a number of seconds greater than 0, not {timeout!r}")
        ran = await self._work(self._turn_of(call), call, code, given.get("why"), timeout)
        told = [_edit_line(self._edited.pop(call))] if call in self._edited else []
        return shown([*told, *for_model(ran)], error=bool(ran.error))

    async def again(
        self, turn: TurnWriter, call: str, code: str, why: str, timeout: float | None
    ) -> Ran:
        """Run the code of a recorded call again, on the call's card.

        Parameters
        ----------
        turn : TurnWriter
            The replayed turn.
        call : str
            The call's id; "" if the turn has no card for the code.
        code, why : str
            The code, and why Claude ran it.
        timeout : float or None
            The seconds that Claude gave it.
        """
        turn.run_again(call)
        ran = await self._work(turn, call, code, why, timeout if _is_time(timeout) else None)
        turn.ran_again(call, "failed" if ran.error else "done")
        return ran

    async def _work(
        self, turn: TurnWriter | None, call: str, code: str, why: Any, timeout: float | None
    ) -> Ran:
        before: list[BeforeRun] = []

        def begin() -> None:
            if turn is not None:
                before.append(self._variables.before(turn.turn.id, self._preview(code)))

        ran = await self._runner().run(
            code, timeout=timeout, on_output=_shower(turn, call), on_begin=begin
        )
        if turn is not None:
            if before and ran.began:
                bound = before[0].after(ran)
                turn.ran(RanCode(code, str(why or ""), ran.seconds, bound, ran.error))
            if line := _note(ran):
                turn.note_call(call, line)
        return ran

    async def call_function(
        self, function: Callable[..., Any], arguments: dict[str, Any], name: str, call: str
    ) -> dict[str, Any]:
        """Run a function that the user made a tool, and return the tool's result."""
        ran = await self._runner().call(
            function, arguments, name, on_output=_shower(self._turn_of(call), call)
        )
        return shown(for_model(ran), error=bool(ran.error))

    def _turn_of(self, call: str) -> TurnWriter | None:
        writers = reversed(self._conversation.writers)
        return next((one for one in writers if one.has_call(call)), None)


def _is_time(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return value > 0 and math.isfinite(value)


def _edit_line(edited: str) -> str:
    return f"The user edited your code before it ran. This ran instead:\n{edited}\n"


def _note(ran: Ran) -> str:
    if ran.stopped == "timeout":
        return f"Stopped after {ran.seconds:.0f} s: the time that Claude gave it was over"
    if ran.stopped == "user":
        return "You stopped the code" if ran.began else "You stopped it before it ran"
    return ""


def _shower(turn: TurnWriter | None, call: str) -> Callable[[Output], None]:
    """Return what shows outputs on the card of a call."""
    return lambda output: None if turn is None else _show(turn, call, output)


def _show(turn: TurnWriter, call: str, output: Output) -> None:
    """Show one output on the card of a call."""
    kind = output["output_type"]
    if kind == "stream":
        turn.show_output(call, output["text"])
    elif kind == "clear_output":
        turn.clear_output(call)
    elif kind == "error":
        turn.show_output(call, "\n".join(output["traceback"]) + "\n")
    else:
        text = str(output["data"].get("text/plain", ""))
        picture = picture_of(output["data"])
        if picture is None:
            turn.show_output(call, f"{text}\n" if text else "")
            return
        image = ToolImage(picture.media_type, picture.data, text or "A plot")
        if kind == "update_display_data":
            turn.replace_image(call, image)
        else:
            turn.show_output(call, image)
