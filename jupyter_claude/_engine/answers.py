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
from jupyter_claude_sdk.lowlevel import LightServer, LightTool

from .._answers.form import AnswerForm, Misfit
from .._core.conversation import Conversation
from .._turns.errors import AnswerInvalid
from .._turns.interruptions import Interruptions
from .._turns.writer import TurnWriter

_SERVER = "answer"
_VERSION = "1.0"
#: The tool's name in permission rules. It only takes a value, so nobody is asked about it.
GIVE = f"mcp__{_SERVER}__give"

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
_ORDINALS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True)
class Wanted:
    """The value that a turn is asked for.

    Attributes
    ----------
    form : AnswerForm
        Its form.
    retries : int
        How often Claude may try again.
    """

    form: AnswerForm[Any]
    retries: int = 2

    def __post_init__(self) -> None:
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise ValueError(f"retries must be a whole number of at least 0, not {self.retries!r}")


@dataclass
class _Asked:
    """What a turn was asked for, and what came."""

    form: AnswerForm[Any]
    retries: int
    tries: int = 0
    given: bool = False
    nudged: bool = False
    errors: list[str] = field(default_factory=list)


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
        self._asked[writer.turn.id] = _Asked(form, wanted.retries)
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
        return self._invalid(writer, asked)

    # --- for Claude Code ----------------------------------------------------------------------

    @cached_property
    def servers(self) -> dict[str, Any]:
        """The server for the option ``mcp_servers``."""
        tool = LightTool("give", _DESCRIPTION, _SCHEMA, self._give, always_load=True)
        return {_SERVER: LightServer(_SERVER, _VERSION, [tool]).config()}

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
        running = self._conversation.running
        asked = None if running is None else self._asked.get(running.turn.id)
        if running is None or asked is None:
            return _result(_NOT_ASKED, failed=True)
        if asked.given:
            return _result(_TAKEN, failed=True)
        if any(one.id == call and one.parent for one in running.turn.tools):
            return _result(_SUBAGENT, failed=True)
        asked.tries += 1
        raw = given.get("value", given)
        running.answer_with(raw)
        try:
            value = asked.form.read(raw)
        except Misfit as misfit:
            return self._refused(running, asked, call, misfit)
        asked.given = True
        running.give_value(value)
        if asked.tries > 1:
            running.note_call(call, f"{ordinal(asked.tries)} try")
        return _result("Taken.")

    def _refused(
        self, writer: TurnWriter, asked: _Asked, call: str, misfit: Misfit
    ) -> dict[str, Any]:
        asked.errors = misfit.errors
        told = "\n".join(f"- {error}" for error in misfit.errors)
        if asked.tries <= asked.retries:
            writer.note_call(call, f"{ordinal(asked.tries)} try: not {asked.form.name}")
            return _result(f"The value does not fit:\n{told}\nCorrect it, and give it again.", True)
        writer.note_call(call, f"{ordinal(asked.tries)} try, the last: not {asked.form.name}")
        self._interruptions.note(writer.turn.id, self._invalid(writer, asked))
        # Only after a call that succeeds a hook can end the turn.
        return _result(f"The value does not fit:\n{told}\nThe user's program takes no more.")

    def _invalid(self, writer: TurnWriter, asked: _Asked) -> AnswerInvalid:
        tries = f"after {asked.tries} tries" if asked.tries > 1 else "at the only try"
        why = "; ".join(asked.errors[:3])
        if len(asked.errors) > 3:
            why += f"; and {len(asked.errors) - 3} more (error.errors)"
        line = (
            f"Claude gave no {asked.form.name} {tries}: {why}. error.raw has what it gave"
            if asked.tries
            else f"Claude answered in text, and gave no {asked.form.name}. error.raw has the text"
        )
        raw = writer.turn.raw_answer if asked.tries else writer.turn.text
        return AnswerInvalid(line, writer.turn, raw=raw, errors=asked.errors)

    async def _after_give(self, *_: Any) -> dict[str, Any]:
        asked = self._running
        over = asked is not None and (asked.given or asked.tries > asked.retries)
        return {"continue_": False, "stopReason": "The value was given."} if over else {}

    async def _before_end(self, *_: Any) -> dict[str, Any]:
        asked, running = self._running, self._conversation.running
        if running is None or asked is None or asked.given or running.turn.stopping:
            return {}
        if not asked.nudged:
            asked.nudged = True
            return {"decision": "block", "reason": _NUDGE}
        self._interruptions.note(running.turn.id, self._invalid(running, asked))
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
