"""Asks one row: the prompt, what is said about wrong answers, and the outcome."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import Any

from .._base.secrets import redacted, secrets_of
from .._base.text import one_line
from .._values.form import Misfit
from .asked import GIVE, Asked
from .launch import missing_rule
from .outcome import Busy, Outcome, Refused
from .process import NOT_GIVEN, Reply, RowProcess

_LONGEST = 500  # characters of an error
_SHOWN = 3  # faults in the line of an error
_TEXTS = 2  # how often Claude may answer in text where a value was asked for
#: What ends all rows, because each would fail the same way.
_REFUSED_STATUS = (401, 402, 403, 404)
_REFUSED = ("authentication_failed", "billing_error", "model_not_found", "oauth_org_not_allowed")
#: How a turn ends whose only fault is the answer's.
_WRONG = "error_max_structured_output_retries"

_FAULTS = """\
The answer does not fit:
{faults}
Call {tool} again, with the whole corrected answer."""
_NO_VALUE = f"A program reads your answer, and cannot read text. Call {GIVE} now, with the answer."


class NoSchema(Exception):
    """The CLI has not taken the schema of the answers. Nothing was asked."""


@dataclass
class Spent:
    """What a row has cost so far."""

    cost_usd: float = 0.0
    attempts: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, reply: Reply) -> None:
        """Add what a prompt cost."""
        self.cost_usd += reply.cost_usd
        self.attempts += reply.answers
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens


class Row:
    """One row that is asked.

    Parameters
    ----------
    prompt : str
        Its prompt.
    retries : int
        How often Claude may try again.
    folder : str or None
        Where the row's tools work.
    """

    def __init__(self, prompt: str, retries: int, folder: str | None = None) -> None:
        self._prompt = prompt
        self._retries = retries
        self._folder = folder
        self._begun = time.monotonic()
        self._denied: list[str] = []
        self._spent = Spent()
        self.acted = False  # whether it has used tools

    async def ask(self, process: RowProcess) -> Outcome:
        """Ask until the answer has the form, or Claude has no try left.

        Raises
        ------
        Busy, Refused
            As `Pool.ask`.
        NoSchema
            If the process cannot ask for the form.
        ClaudeSDKError
            If the CLI ends before.
        """
        prompt, texts, asked = self._prompt, 0, process.asked
        while True:
            reply = await process.turn(prompt)
            self._take(reply, process)
            said = reply.words
            if (fault := _failure(reply, asked)) is not None:
                return self.failed(_line(fault, process), text=said)
            if asked is None:
                if self._denied:
                    return self.failed(self._denied[0], kind="denied", text=said)
                if not said.strip():
                    return self.failed("Claude gave no answer")
                return self._outcome(said, said, None, "", ())
            if reply.given is NOT_GIVEN:
                texts += 1
                faults = ["Claude answered in text"]
                prompt = _NO_VALUE
            else:
                said = json.dumps(reply.given, ensure_ascii=False)
                try:
                    value = asked.read(reply.given)
                except Misfit as misfit:
                    faults = misfit.errors
                    prompt = _FAULTS.format(faults="\n".join(faults), tool=GIVE)
                else:
                    return self._outcome(value, said, None, "", tuple(self._denied))
            if self._spent.attempts > self._retries or texts == _TEXTS:
                return self._invalid(asked, faults, said)

    def _take(self, reply: Reply, process: RowProcess) -> None:
        if reply.no_tool:
            reply.answers = 0  # on a busy machine the model may have been asked, without the tool
        self._spent.add(reply)
        if reply.no_tool:
            raise NoSchema
        self.acted = self.acted or reply.used_tools
        for call in reply.denials:
            tool = str(call.get("tool_name"))
            rule = missing_rule(tool, call.get("tool_input") or {})
            line = one_line(f"Claude was denied {tool}; tools=[{rule!r}] allows it")
            if line not in self._denied:
                self._denied.append(line)
        result = reply.result
        status = None if result is None else result.api_error_status
        said = "" if result is None else result.result or ""
        if reply.busy is not None:
            words = said or f"The API has no room ({reply.busy})"
            raise Busy(_line(words, process), reply.busy, reply.retry_after, self._spent.cost_usd)
        failed = result is not None and result.is_error
        if failed and (status in _REFUSED_STATUS or reply.api_error in _REFUSED):
            raise Refused(_line(said or str(reply.api_error), process), self._spent.cost_usd)

    def _invalid(self, asked: Asked, faults: list[str], said: str) -> Outcome:
        tries = self._spent.attempts
        when = f"after {tries} tries" if tries > 1 else "at the only try"
        why = "; ".join(faults[:_SHOWN])
        if len(faults) > _SHOWN:
            why += f"; and {len(faults) - _SHOWN} more"
        line = f"Claude gave no {asked.form.name} {when}: {why}"
        if self._denied:
            line, kind = f"{self._denied[0]}. {line}", "denied"
        else:
            kind = "invalid"
        return self._outcome(None, said, line, kind, (*faults, *self._denied))

    def failed(self, line: str, *, kind: str = "failed", text: str = "") -> Outcome:
        """Return the outcome of a row that failed, for a reason in one line."""
        return self._outcome(None, text, line, kind, (line, *self._denied))

    def _outcome(
        self, value: Any, text: str, error: str | None, kind: str, errors: tuple[str, ...]
    ) -> Outcome:
        return Outcome(
            value=value,
            text=text,
            error=error,
            kind=kind,
            errors=tuple(dict.fromkeys(errors)),
            cost_usd=self._spent.cost_usd,
            attempts=self._spent.attempts,
            input_tokens=self._spent.input_tokens,
            output_tokens=self._spent.output_tokens,
            seconds=time.monotonic() - self._begun,
            folder=self._folder,
        )


def _failure(reply: Reply, asked: Asked | None) -> str | None:
    """Return why a turn failed; None if it has an answer, right or wrong."""
    result = reply.result
    if result is None:
        return "The CLI ended the turn without a result"
    if asked is not None and result.subtype == _WRONG:
        return None  # the form says more exactly what is wrong
    if result.is_error or result.subtype != "success":
        return "; ".join(result.errors or ()) or result.result or result.subtype
    return None


def _line(text: str, process: RowProcess) -> str:
    """Return words of the CLI as one line without secrets."""
    return one_line(redacted(text, secrets_of(process.options, os.environ)))[:_LONGEST]
