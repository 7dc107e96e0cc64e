"""The protocol with the CLI as a pure state machine: bytes in, typed frames out, and back.

Nothing here reads, writes, waits or knows the time. A `Protocol` gets the bytes that arrived, and
makes the bytes to send. It keeps three things: the unfinished line, the requests that wait for an
answer, and the prompt that messages belong to. The states of a prompt, and what changes them, are
in `states`.

Source: newline-delimited JSON with a control envelope, as observed on the CLI.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Union, cast

import orjson

from .states import CliState, ConnectionState, Event, PromptState

Json = dict[str, Any]

DEFAULT_LINE_LIMIT = 256 * 1024 * 1024

_TOGETHER = 1024 * 1024  # bytes of lines parsed together; more would need memory and save no time


# --- frames -----------------------------------------------------------------------------------


@dataclass
class MessagesFrame:
    """Messages in a row. ``prompt`` is the uuid of the prompt that they belong to, or None.

    ``ends`` says that the prompt's turn ends with the last message. A fast stream brings hundreds
    of messages in a chunk. They come in one frame, because work done once for all of them is cheap.
    """

    data: list[Json]
    prompt: str | None
    ends: bool = False


@dataclass
class TurnBegun:
    """The CLI has taken a prompt up. From now on the prompt can be interrupted."""

    prompt: str


@dataclass
class TurnClosed:
    """The CLI has ended a prompt's turn without a result."""

    prompt: str
    state: str


@dataclass
class ControlRequest:
    """A request of the CLI; answer it with `Protocol.answer` or `Protocol.refuse`."""

    request_id: str
    request: Json


@dataclass
class ControlCancel:
    """The CLI cancels one of its requests."""

    request_id: str


@dataclass
class ControlAnswer:
    """The CLI's answer to our request: ``response``, or ``error`` with the CLI's code."""

    request_id: str
    subtype: str
    response: Json
    error: str | None = None
    error_code: str | None = None


@dataclass
class BadLine:
    """A line that is not a JSON object. The connection continues."""

    line: str
    error: Exception


@dataclass
class StateChanged:
    """The CLI has begun or ended to work: `Protocol.busy` has changed."""


Frame = Union[
    MessagesFrame,
    TurnBegun,
    TurnClosed,
    ControlRequest,
    ControlCancel,
    ControlAnswer,
    BadLine,
    StateChanged,
]


class LineTooLong(ValueError):
    """A line was longer than the limit, so it was dropped."""


#: The states of a prompt that the CLI reports, and the event that each is for us.
_LIFECYCLE = {
    "queued": Event.QUEUED,
    "started": Event.STARTED,
    "completed": Event.CLOSED,
    "cancelled": Event.CLOSED,
    "discarded": Event.CLOSED,
}


# --- the state machine ------------------------------------------------------------------------


class Protocol:
    """The protocol of one connection.

    Parameters
    ----------
    line_limit : int, default 256 MiB
        The longest line in bytes. A longer one is dropped and becomes a `BadLine`.
    shows_state : bool, default True
        Whether the CLI's messages about its state are among the messages, too.
    """

    def __init__(self, line_limit: int = DEFAULT_LINE_LIMIT, *, shows_state: bool = True) -> None:
        self._line_limit = line_limit
        self._shows_state = shows_state
        self._parts: list[bytes] = []  # the chunks of the unfinished line
        self._length = 0
        self._skipping = False  # inside a line that is too long
        self._next_request = 0
        self._waiting: dict[str, str] = {}  # request id -> subtype
        self._prompt: str | None = None  # the prompt that was sent, until its result
        self._state = ConnectionState()

    # --- outgoing -----------------------------------------------------------------------------

    def request(self, subtype: str, **fields: Any) -> tuple[str, bytes]:
        """Make a control request; return its id and the bytes to send."""
        self._next_request += 1
        request_id = f"request_{self._next_request}"
        self._waiting[request_id] = subtype
        return request_id, _line(
            {
                "type": "control_request",
                "request_id": request_id,
                "request": {"subtype": subtype, **fields},
            }
        )

    def forget(self, request_id: str) -> None:
        """Stop waiting for the answer to a request; a late answer is ignored."""
        self._waiting.pop(request_id, None)

    def answer(self, request_id: str, response: Json) -> bytes:
        """Make the answer to a request of the CLI."""
        body = {"subtype": "success", "request_id": request_id, "response": response}
        return _line({"type": "control_response", "response": body})

    def refuse(self, request_id: str, error: str) -> bytes:
        """Make the answer that says why a request of the CLI failed."""
        body = {"subtype": "error", "request_id": request_id, "error": error}
        return _line({"type": "control_response", "response": body})

    def prompt(self, uuid: str, message: Json) -> bytes:
        """Make the line of a prompt, and expect its turn.

        Raises
        ------
        RuntimeError
            If an earlier prompt has no result yet: the CLI would merge the two into one turn.
        TypeError, ValueError
            If `message` cannot be written as JSON.
        """
        if self._state.prompt is not PromptState.NONE:
            raise RuntimeError("a prompt is still running; send the next one when its turn ends")
        line = _line({**message, "uuid": uuid})
        self._prompt = uuid
        self._state.send()
        return line

    @property
    def running(self) -> str | None:
        """The uuid of the prompt whose turn has not ended, or None."""
        return self._prompt

    @property
    def busy(self) -> bool:
        """Whether the CLI says that it works, on a prompt or on its own."""
        return self._state.cli is CliState.BUSY

    # --- incoming -----------------------------------------------------------------------------

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes in chunks of any size; return the frames that they complete, in order."""
        frames: list[Frame] = []
        if self._skipping:
            end = data.find(b"\n") + 1
            if not end:
                return frames
            data = data[end:]
            self._skipping = False
        end = data.rfind(b"\n")
        if end >= 0:
            lines, rest = data[:end], data[end + 1 :]
            if self._parts:
                self._parts.append(lines)
                lines = self._joined()
            self._feed_lines(lines, frames)
        else:
            rest = data
        if rest:
            self._parts.append(rest)
            self._length += len(rest)
            if self._length > self._line_limit:
                self._skipping = True
                frames.append(self._too_long(self._joined()))
        return frames

    def end_of_input(self) -> list[Frame]:
        """Take the end of the stream; an unfinished line counts as a whole one."""
        frames: list[Frame] = []
        if self._parts:
            self._feed_lines(self._joined(), frames)
        return frames

    def _joined(self) -> bytes:
        """Return the unfinished line so far, and forget it."""
        line = b"".join(self._parts)
        self._parts.clear()
        self._length = 0
        return line

    def _too_long(self, start: bytes) -> BadLine:
        error = LineTooLong(f"longer than max_buffer_size ({self._line_limit} bytes), dropped")
        return BadLine(start[:200].decode("utf-8", "replace"), error)

    def _feed_lines(self, lines: bytes, frames: list[Frame]) -> None:
        objects: Iterable[Any] | None = None
        if len(lines) <= min(_TOGETHER, self._line_limit):
            objects = _read_together(lines)
        if objects is None:
            objects = map(self._read, lines.split(b"\n"))
        # Plain messages in a row belong to the same prompt: only a rare line changes the prompt.
        # So a plain message joins the row without a look at the state.
        row: list[Json] | None = None
        for data in objects:
            if type(data) is dict:
                kind = data.get("type")
                if (
                    (kind == "stream_event" or kind == "assistant")
                    and "user_message_uuids" not in data
                    and "user_message_uuid" not in data
                ):
                    if row is None:
                        row = self._row(self._prompt_of_plain_ones(), frames)
                    row.append(data)
                    continue
                self._handle_rare(kind, data, frames)
            elif data is not None:
                frames.append(cast("Frame", data))  # a line that could not be read
            row = None

    def _read(self, line: bytes) -> Json | BadLine | None:
        """Return a line's data; None for a blank line."""
        if len(line) > self._line_limit:
            return self._too_long(line)
        try:
            data = orjson.loads(line)
        except ValueError:
            data = _read_tolerantly(line)
        if isinstance(data, dict):
            return data
        if data is _NOTHING:
            return None
        error = data if isinstance(data, ValueError) else ValueError("not a JSON object")
        return BadLine(line.decode("utf-8", "replace"), error)

    def _row(self, prompt: str | None, frames: list[Frame], *, ends: bool = False) -> list[Json]:
        """Return the present row of messages if it is of this prompt, else a new row."""
        last = frames[-1] if frames else None
        if not isinstance(last, MessagesFrame) or last.prompt != prompt or last.ends:
            last = MessagesFrame([], prompt)
            frames.append(last)
        last.ends = ends
        return last.data

    def _handle_rare(self, kind: Any, data: Json, frames: list[Frame]) -> None:
        if kind == "control_response":
            self._handle_answer(data, frames)
        elif kind == "control_request":
            request = data.get("request")
            request_id = str(data.get("request_id"))
            frames.append(ControlRequest(request_id, request if isinstance(request, dict) else {}))
        elif kind == "control_cancel_request":
            frames.append(ControlCancel(str(data.get("request_id"))))
        elif kind == "command_lifecycle":
            self._handle_lifecycle(data, frames)
        else:
            self._handle_message(kind, data, frames)

    def _handle_answer(self, data: Json, frames: list[Frame]) -> None:
        body = data.get("response")
        if not isinstance(body, dict):
            return
        request_id = str(body.get("request_id"))
        subtype = self._waiting.pop(request_id, None)
        if subtype is None:
            return
        response = body.get("response")
        answer = ControlAnswer(request_id, subtype, response if isinstance(response, dict) else {})
        if body.get("subtype") != "success":
            answer.error = str(body.get("error") or "refused without a reason")
            code = body.get("error_code")
            answer.error_code = None if code is None else str(code)
        frames.append(answer)

    def _handle_lifecycle(self, data: Json, frames: list[Frame]) -> None:
        if self._prompt is None or data.get("command_uuid") != self._prompt:
            return
        state = str(data.get("state"))
        event = _LIFECYCLE.get(state)
        if event is None:
            return
        self._state.note_prompt(event)
        if event is Event.STARTED:
            frames.append(TurnBegun(self._prompt))
        elif event is Event.CLOSED:
            # A result always comes before this line, so this turn had none.
            prompt, self._prompt = self._prompt, None
            frames.append(TurnClosed(prompt, state))

    def _prompt_of_plain_ones(self) -> str | None:
        """Return the prompt of messages that name no prompt."""
        return self._prompt if self._state.prompt is PromptState.RUNNING else None

    def _handle_message(self, kind: Any, data: Json, frames: list[Frame]) -> None:
        if kind == "system" and data.get("subtype") == "session_state_changed":
            before, idle = self.busy, data.get("state") == "idle"
            self._state.note_cli(Event.SAYS_IDLE if idle else Event.SAYS_BUSY)
            if self.busy is not before:
                frames.append(StateChanged())
            if not self._shows_state:
                return
        prompt = self._prompt
        ends = False
        if prompt is not None:
            named = _prompts_named(data)
            belongs = prompt in (named or [self._prompt_of_plain_ones()])
            if not belongs:
                prompt = None
            # The result of a background task names its origin; it ends no prompt's turn.
            elif kind == "result" and (named or not isinstance(data.get("origin"), dict)):
                self._prompt = None
                self._state.note_prompt(Event.RESULT)
                ends = True
        self._row(prompt, frames, ends=ends).append(data)


#: Replaces the line feeds between lines that are parsed together. It is random, so no line can hold
#: it: two broken lines can never be parsed as one object.
_BETWEEN = int.from_bytes(os.urandom(7), "big")
_SEPARATOR = b",\n%d," % _BETWEEN
_NOTHING = object()  # a blank line's data


def _read_together(lines: bytes) -> list[Json] | None:
    """Return the data of several lines; None if one of them is not an object in strict JSON.

    Parsing one array takes less time than parsing each line.
    """
    if b"\n" not in lines:
        return None
    joined = lines.replace(b"\n", _SEPARATOR)
    try:
        found = orjson.loads(b"[" + joined + b"]")
    except ValueError:
        return None
    objects = found[::2]
    # There must be one separator for each line feed. The lengths say how many there were, in less
    # time than counting them.
    if found[1::2] != [_BETWEEN] * ((len(joined) - len(lines)) // (len(_SEPARATOR) - 1)):
        return None
    return objects if set(map(type, objects)) == {dict} else None


def _read_tolerantly(line: bytes) -> Any:
    """Read a line that is not strict JSON, such as JavaScript and tools may write.

    Returns
    -------
    object
        The line's data, ``_NOTHING``, or the ValueError that says what is wrong.
    """
    if not line.strip():
        return _NOTHING
    # Bytes that are not UTF-8, such as a tool may write, become U+FFFD. So the message is not lost.
    text = line.decode("utf-8", "replace")
    try:
        data = json.loads(text)
        if "\\ud" in text or "\\uD" in text:
            data = _without_lone_surrogates(data)
    except ValueError as error:
        return error
    except RecursionError:
        return ValueError("nested too deeply")
    return data


def _prompts_named(data: Json) -> list[Any]:
    """Return the uuids of the prompts that a message says it belongs to."""
    several = data.get("user_message_uuids")
    if isinstance(several, list) and several:
        return several
    one = data.get("user_message_uuid")
    return [] if one is None else [one]


def _without_lone_surrogates(data: Any) -> Any:
    """Return JSON data with each lone surrogate as U+FFFD.

    A string of JavaScript may hold one, for example where an output was cut inside an emoji. UTF-8
    has no lone surrogates, so printing or sending such a string would fail.
    """
    text = json.dumps(data, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _line(data: Json) -> bytes:
    # NaN and Infinity are not JSON: the CLI would end at such a line.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Some readers also end a line at these two characters. In JSON they occur only in strings.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate: JSON can hold it only as an escape
        return json.dumps(data, separators=(",", ":")).encode() + b"\n"
