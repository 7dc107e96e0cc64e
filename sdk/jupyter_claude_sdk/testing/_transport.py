"""`ScriptedTransport`: simulates a CLI from a script, in the same process."""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._base.signal import Signal
from .._errors import CLIConnectionError, ProcessError, stderr_suffix
from .._transport.base import Transport
from .._version import TESTED_CLI_VERSION
from ._script import ScriptError

_STEPS = ("frame", "text", "result", "ask", "wait", "raw", "stderr", "end")


class ScriptedTransport(Transport):
    r"""Simulates a CLI from plain data, without a process, a model or waiting.

    Use it to test how a program handles messages, even the rarest. If the CLI's own behaviour
    matters, let the real CLI talk to a `ScriptedModel` instead.

    Parameters
    ----------
    script : list of dict, default ()
        Which lines to send in answer to which lines; see Notes.
    version : str, default the tested CLI's
        The version that the simulated CLI states.

    Attributes
    ----------
    written : list of dict
        All lines that the client has written.
    closed : bool
        Whether the client has closed the transport.

    Raises
    ------
    ScriptError
        If the script is invalid.

    Examples
    --------
    >>> transport = ScriptedTransport(
    ...     [
    ...         {
    ...             "when": "delete",
    ...             "send": [
    ...                 {"text": "Let me see."},
    ...                 {"ask": {"subtype": "can_use_tool", "tool_name": "Bash", "input": {}}},
    ...                 {"result": "Done."},
    ...             ],
    ...         },
    ...     ]
    ... )
    >>> client = ClaudeSDKClient(transport=transport)  # doctest: +SKIP

    Notes
    -----
    **A rule** is ``{"when": …, "send": [step, …], "times": n}``. ``when`` is a text in a prompt, or
    a dict that is part of a line (``{"request": {"subtype": "interrupt"}}``). Without ``when`` the
    rule fits any prompt. ``times`` says how often the rule can be used; without it, always. The
    first rule that fits a line answers it. If no rule fits, a prompt is repeated ("You said: …"),
    and a control request succeeds.

    **A step** is one of

    ========================  ======================================================================
    ``{"frame": {…}}``        Sends a line as it is. ``"$uuid"`` and ``"$request_id"`` as values
                              mean those of the line that is answered.
    ``{"text": "…"}``         Sends an assistant message with that text.
    ``{"result": "…"}``       Sends the turn's result, with all other keys of the step.
    ``{"ask": {…}}``          Sends a control request of the CLI, and waits for the answer.
    ``{"wait": {…}}``         Waits for a line with this part. A control request succeeds then.
    ``{"raw": b"…"}``         Sends bytes as they are.
    ``{"stderr": "…"}``       Writes a line to stderr.
    ``{"end": CODE}``         Ends the stream, as if the CLI had exited with that code. None: as if
                              it had closed its output and were still running.
    ========================  ======================================================================
    """

    def __init__(
        self, script: Sequence[Mapping[str, Any]] = (), *, version: str = TESTED_CLI_VERSION
    ) -> None:
        _check(script)
        self.written: list[dict[str, Any]] = []
        self.closed: bool = False
        self._rules = [dict(rule) for rule in script]
        self._version = version
        self._session_id = str(uuid.uuid4())
        self._waiting: list[tuple[Mapping[str, Any], Iterator[Mapping[str, Any] | None]]] = []
        self._output: deque[bytes] = deque()
        self._requests = 0
        self._stderr: list[str] = []
        self._end: tuple[int | None] | None = None
        self._unfinished = b""
        self._changed = Signal()

    # --- the transport ------------------------------------------------------------------------

    async def connect(self) -> None:
        self.closed = False
        self._end = None

    async def send(self, data: bytes) -> None:
        if self._end is not None and self._end != (None,):
            raise CLIConnectionError("The CLI no longer takes input")
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        for line in lines:
            self._handle_line(json.loads(line))

    async def receive(self) -> bytes:
        while not self._output:
            if self._end is not None:
                return b""
            await self._changed.wait()
        data = b"".join(self._output)
        self._output.clear()
        return data

    async def ended(self) -> Exception | None:
        (code,) = self._end or (0,)
        if code is None:
            text = "The CLI closed its output but still runs"
            return CLIConnectionError(text + stderr_suffix(self.stderr_tail()))
        if code == 0:
            return None
        return ProcessError("The CLI ended with an error", code, self.stderr_tail())

    async def close(self, *, busy: bool = False) -> None:
        self.closed = True
        self._waiting.clear()
        self._end = self._end or (0,)
        self._changed.notify()

    def stderr_tail(self) -> str:
        return "\n".join(self._stderr)

    # --- the script ---------------------------------------------------------------------------

    def play(self, *steps: Mapping[str, Any]) -> None:
        """Play steps without a prompt, as the CLI does when a background task ends.

        Parameters
        ----------
        *steps : dict
            The steps, as in a script.
        """
        _check([{"send": steps}])
        self._play(self._steps(steps, {}))

    def _handle_line(self, line: dict[str, Any]) -> None:
        self.written.append(line)
        for index, (wanted, steps) in enumerate(self._waiting):
            if _is_part(line, wanted):
                del self._waiting[index]
                if line.get("type") == "control_request":
                    self._frame(_success(line, self._answer(line)))
                self._play(steps)
                return
        rule = next((rule for rule in self._rules if _serves(rule, line)), None)
        if rule is not None:
            if "times" in rule:
                rule["times"] -= 1
            self._play(self._steps(rule["send"], line))
        elif line.get("type") == "user":
            said_by_user = f"You said: {_prompt_text(line)}"
            self._play(self._steps([{"text": said_by_user}, {"result": said_by_user}], line))
        elif line.get("type") == "control_request":
            self._frame(_success(line, self._answer(line)))

    def _answer(self, line: Mapping[str, Any]) -> dict[str, Any]:
        if line["request"]["subtype"] == "initialize":
            return {
                "commands": [],
                "models": [],
                "claude_code_version": self._version,
                "hook_on_failure_supported": True,
            }
        return {}

    def _play(self, steps: Iterator[Mapping[str, Any] | None]) -> None:
        for wanted in steps:
            if wanted is not None:
                self._waiting.append((wanted, steps))
                break
        self._changed.notify()

    def _steps(
        self, steps: Sequence[Mapping[str, Any]], line: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any] | None]:
        """Play steps. Yield after each: the line that it waits for, or None."""
        prompt = line.get("uuid") if line.get("type") == "user" else None
        if prompt is not None:
            self._lifecycle(prompt, "started")
        for step in steps:
            kind = next(kind for kind in _STEPS if kind in step)
            value = step[kind]
            if kind == "frame":
                self._frame(_filled(value, line))
            elif kind == "text":
                self._frame(self._assistant(value))
            elif kind == "result":
                self._frame(self._result(step, prompt))
                if prompt is not None:
                    self._lifecycle(prompt, "completed")
            elif kind == "ask":
                self._requests += 1
                request_id = f"asked_{self._requests}"
                self._frame({"type": "control_request", "request_id": request_id, "request": value})
                yield {"type": "control_response", "response": {"request_id": request_id}}
            elif kind == "wait":
                yield value
            elif kind == "raw":
                self._output.append(value)
            elif kind == "stderr":
                self._stderr.append(value)
            else:
                self._end = (value,)
            yield None

    def _frame(self, frame: Mapping[str, Any]) -> None:
        self._output.append(json.dumps(frame).encode() + b"\n")
        self._changed.notify()

    def _lifecycle(self, prompt: str, state: str) -> None:
        self._frame({"type": "command_lifecycle", "command_uuid": prompt, "state": state})

    def _assistant(self, text: str) -> dict[str, Any]:
        return {
            "type": "assistant",
            "message": {
                "id": f"msg_{uuid.uuid4().hex[:24]}",
                "type": "message",
                "role": "assistant",
                "model": "scripted",
                "content": [{"type": "text", "text": text}],
            },
            "parent_tool_use_id": None,
            "session_id": self._session_id,
            "uuid": str(uuid.uuid4()),
        }

    def _result(self, step: Mapping[str, Any], prompt: str | None) -> dict[str, Any]:
        return {
            "type": "result",
            "subtype": "success",
            "is_error": False,
            "duration_ms": 1,
            "duration_api_ms": 1,
            "num_turns": 1,
            "total_cost_usd": 0.0,
            "usage": {},
            "session_id": self._session_id,
            "uuid": str(uuid.uuid4()),
            **({} if prompt is None else {"user_message_uuids": [prompt]}),
            **step,
        }


def _check(script: Sequence[Mapping[str, Any]]) -> None:
    for number, rule in enumerate(script, 1):
        where = f"script rule {number}"
        if not isinstance(rule, Mapping) or not {"send"} <= set(rule) <= {"when", "send", "times"}:
            raise ScriptError(f"{where}: expected 'send', and optionally 'when' and 'times'")
        for index, step in enumerate(rule["send"], 1):
            kinds = [kind for kind in _STEPS if isinstance(step, Mapping) and kind in step]
            if len(kinds) != 1:
                raise ScriptError(f"{where}, step {index}: give one of {', '.join(_STEPS)}")


def _serves(rule: Mapping[str, Any], line: Mapping[str, Any]) -> bool:
    if rule.get("times") == 0:
        return False
    when = rule.get("when")
    if isinstance(when, Mapping):
        return _is_part(line, when)
    return line.get("type") == "user" and (when is None or when in _prompt_text(line))


def _is_part(value: Any, wanted: Any) -> bool:
    """Return whether `wanted` is part of `value`: dicts by their keys, other values as a whole."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            key in value and _is_part(value[key], part) for key, part in wanted.items()
        )
    return bool(value == wanted)


def _prompt_text(line: Mapping[str, Any]) -> str:
    content = line["message"]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", "") for block in content)


def _success(line: Mapping[str, Any], response: Mapping[str, Any]) -> dict[str, Any]:
    body = {"subtype": "success", "request_id": line["request_id"], "response": response}
    return {"type": "control_response", "response": body}


def _filled(value: Any, line: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(part, line) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, line) for part in value]
    return line.get(value[1:]) if value in ("$uuid", "$request_id") else value
