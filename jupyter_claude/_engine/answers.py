"""`Answers`: asks Claude for an answer of a form, and takes it.

Claude gives the value by a tool of ours. The tool is always there, and the form is part of the
prompt: so each turn can ask for another form without a new process, and the prompt's cache stays.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jupyter_claude_sdk import HookMatcher
from jupyter_claude_sdk.lowlevel import LightServer, LightTool, Misfit

from .._answers.wanted import Wanted
from .._core.conversation import Conversation
from .._turns.errors import AnswerInvalid
from .._turns.interruptions import Interruptions
from .._turns.items import GIVE
from .._turns.writer import TurnWriter

#: The server with that tool, which the lists of tools leave out.
SERVER = GIVE.split("__")[1]
_VERSION = "1.0"

_DESCRIPTION = (
    "Give the user's program the value that it asked for. Use it only if a prompt asks for a value."
)
_SCHEMA = {
    "type": "object",
    "properties": {"value": {"description": "The value, in the form that the prompt asks for"}},
    "required": ["value"],
}
_ASK = """\
<answer-form>
The user's program reads your answer to the next message. Work as usual, then call {tool} once, \
with the answer as its "value". Write no answer in text. The value must fit this JSON Schema:
{schema}
</answer-form>"""
_NUDGE = (
    f"The user's program reads a value, not text. Call {GIVE} now, with the value as asked for."
)
_NOT_ASKED = "No value was asked for in this turn. Answer in text."
_TAKEN = "The value was taken already."
_SUBAGENT = "A subagent cannot give the answer: report it, and the main conversation gives it."
_PRACTICE = (
    "The practice model has no {name} for this prompt: its answers are written in advance. It has "
    "values for the tutorial and for the rows of claude.map. To ask Claude, sign in: %claude login"
)
_ORDINALS = {1: "st", 2: "nd", 3: "rd"}


@dataclass
class _Asked:
    """What a turn was asked for, and what came."""

    writer: TurnWriter
    wanted: Wanted
    tries: int = 0
    given: bool = False
    nudged: bool = False
    errors: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether no further try counts."""
        return self.given or self.tries > self.wanted.retries

    def invalid(self) -> AnswerInvalid:
        """Return the error for a turn without a right answer."""
        turn, name = self.writer.turn, self.wanted.form.name
        if turn.practice:
            raw = turn.raw_answer if self.tries else turn.text
            return AnswerInvalid(_PRACTICE.format(name=name), turn, raw=raw, errors=self.errors)
        if not self.tries:
            line = f"Claude answered in text, and gave no {name}. error.raw has the text"
            return AnswerInvalid(line, turn, raw=turn.text, errors=self.errors)
        tries = f"after {self.tries} tries" if self.tries > 1 else "at the only try"
        why = "; ".join(self.errors[:3])
        if len(self.errors) > 3:
            why += f"; and {len(self.errors) - 3} more (error.errors)"
        line = f"Claude gave no {name} {tries}: {why}. error.raw has what it gave"
        return AnswerInvalid(line, turn, raw=turn.raw_answer, errors=self.errors)


class Answers:
    """Asks for values, and takes them.

    Parameters
    ----------
    conversation : Conversation
        Has the running turn.
    interruptions : Interruptions
        Gets the error of a turn without a right answer.
    """

    def __init__(self, conversation: Conversation, interruptions: Interruptions) -> None:
        self._conversation = conversation
        self._interruptions = interruptions
        self._asked: dict[str, _Asked] = {}  # by the turn's id, while it runs

    # --- for the runner -----------------------------------------------------------------------

    def ask(
        self, writer: TurnWriter, prompt: str | dict[str, Any], wanted: Wanted
    ) -> dict[str, Any]:
        """Expect a value in a turn, and return the prompt that asks for it.

        Parameters
        ----------
        writer : TurnWriter
            The turn.
        prompt : str or dict
            Its prompt: a text, or a message.
        wanted : Wanted
            The value.
        """
        form = wanted.form
        self._asked[writer.turn.id] = _Asked(writer, wanted)
        writer.expect(form.columns)
        schema = json.dumps(form.schema, ensure_ascii=False, separators=(",", ":"))
        block = {"type": "text", "text": _ASK.format(tool=GIVE, schema=schema)}
        blocks = (
            [{"type": "text", "text": prompt}]
            if isinstance(prompt, str)
            else list(prompt["message"]["content"])
        )
        # The prompt stays last: Claude Code looks there for commands and files.
        content = [*blocks[:-1], block, blocks[-1]]
        return {"type": "user", "message": {"role": "user", "content": content}}

    def end(self, writer: TurnWriter) -> AnswerInvalid | None:
        """Expect no value any more; return the error if a turn ended well and without its value.

        Hooks of the user's can end a turn before ours ask again.
        """
        asked = self._asked.pop(writer.turn.id, None)
        if asked is None or asked.given or writer.turn.state != "done":
            return None
        return asked.invalid()

    # --- for Claude Code ----------------------------------------------------------------------

    @cached_property
    def servers(self) -> dict[str, Any]:
        """The server for the option ``mcp_servers``."""
        tool = LightTool("give", _DESCRIPTION, _SCHEMA, self._give, always_load=True)
        return {SERVER: LightServer(SERVER, _VERSION, [tool]).config()}

    def hooks(self) -> dict[Any, list[HookMatcher]]:
        """Return the hooks: one ends the turn with the value, one asks again after prose."""
        return {
            "PostToolUse": [HookMatcher(matcher=GIVE, hooks=[self._after_give])],
            "Stop": [HookMatcher(hooks=[self._before_end])],
        }

    def allows(self, tool: str) -> bool:
        """Whether a tool is this one."""
        return tool == GIVE

    async def _give(self, given: dict[str, Any], call: str) -> dict[str, Any]:
        asked = self._running
        if asked is None:
            return _result(_NOT_ASKED, failed=True)
        writer = asked.writer
        if asked.given:
            return _result(_TAKEN, failed=True)
        if any(one.id == call and one.parent for one in writer.turn.tools):
            return _result(_SUBAGENT, failed=True)
        asked.tries += 1
        raw = given.get("value", given)
        writer.answer_with(raw)
        try:
            value = asked.wanted.form.read(raw)
        except Misfit as misfit:
            return self._refused(asked, call, misfit)
        asked.given = True
        writer.give_value(value)
        if asked.tries > 1:
            writer.note_call(call, f"{ordinal(asked.tries)} try")
        return _result("Taken.")

    def _refused(self, asked: _Asked, call: str, misfit: Misfit) -> dict[str, Any]:
        asked.errors = misfit.errors
        writer, name = asked.writer, asked.wanted.form.name
        told = "\n".join(f"- {error}" for error in misfit.errors)
        if not asked.over:
            writer.note_call(call, f"{ordinal(asked.tries)} try: not {name}")
            return _result(f"The value does not fit:\n{told}\nCorrect it, and give it again.", True)
        writer.note_call(call, f"{ordinal(asked.tries)} try, the last: not {name}")
        self._interruptions.note(writer.turn.id, asked.invalid())
        # Only after a call that succeeds a hook can end the turn.
        return _result(f"The value does not fit:\n{told}\nThe user's program takes no more.")

    async def _after_give(self, *_: Any) -> dict[str, Any]:
        over = self._running is not None and self._running.over
        return {"continue_": False, "stopReason": "The value was given."} if over else {}

    async def _before_end(self, *_: Any) -> dict[str, Any]:
        asked = self._running
        if asked is None or asked.given or asked.writer.turn.stopping:
            return {}
        if not asked.nudged:
            asked.nudged = True
            return {"decision": "block", "reason": _NUDGE}
        self._interruptions.note(asked.writer.turn.id, asked.invalid())
        return {}

    @property
    def _running(self) -> _Asked | None:
        running = self._conversation.running
        return None if running is None else self._asked.get(running.turn.id)


def ordinal(number: int) -> str:
    """Return a number as in "2nd"."""
    teen = 10 < number % 100 < 20
    return f"{number}{'th' if teen else _ORDINALS.get(number % 10, 'th')}"


def _result(text: str, failed: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = {"content": [{"type": "text", "text": text}]}
    return {**made, "isError": True} if failed else made
