"""Any use of a client, cancelled at any await: nothing hangs, and nothing is lost or doubled.

`test_faults_fuzz` lets a CLI say anything. Here the CLI does what the real one does, with delays in
any place, and the client's user is the one who is unsteady. The CLI may also write garbage, cut its
lines into pieces, or end.
"""

from __future__ import annotations

import itertools
import json
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple

import anyio
import anyio.lowlevel
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    CLIConnectionError,
    Message,
    PermissionResultAllow,
    ProcessError,
    ResultMessage,
    Transport,
)
from jupyter_claude_sdk._base.signal import Signal

from tests.hangs import HANG
from tests.sdk.test_faults_fuzz import Ledger, _tasks

Fault = Literal["garbage", "cut", "exit", "crash"]


class Step(NamedTuple):
    """One thing that a user does."""

    deed: str
    number: int  # of pieces of the answer, of moments to wait, or of the prompt to go back to
    after: int | None  # the await at which it is cancelled


class Plan(NamedTuple):
    """What happens to one client."""

    reads_all: bool  # by receive_messages, else by responses
    steps: list[Step]
    delays: list[int]
    faults: dict[int, Fault]  # by the number of the line that the CLI writes


async def moments(count: int) -> None:
    for _ in range(count):
        await anyio.lowlevel.checkpoint()


# --- the CLI ----------------------------------------------------------------------------------


class Cli(Transport):
    """Answers each prompt with pieces of text, and asks for permission in between."""

    def __init__(self, delays: list[int], faults: dict[int, Fault]) -> None:
        self.faults = faults
        self.complaints: list[str] = []
        self._delays = itertools.cycle(delays)
        self._count = itertools.count()
        self._requests = itertools.count()
        self._changed = Signal()
        self._reset()

    def _reset(self) -> None:
        self._open = True
        self._code = 0
        self._lines: deque[bytes] = deque()
        self._output: deque[bytes] = deque()
        self._prompts: deque[dict[str, Any]] = deque()
        self._conversation: list[str] = []
        self._running: str | None = None
        self._interrupted = False
        self._asked: str | None = None
        self._answers: Counter[str] = Counter()

    async def connect(self) -> None:
        await moments(next(self._delays))
        self._reset()

    async def send(self, data: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        if not self._open:
            raise CLIConnectionError("The CLI no longer takes input")
        self._lines.extend(data.splitlines())
        self._changed.notify()

    async def receive(self) -> bytes:
        while not self._output:
            if not self._open:
                return b""
            await self._changed.wait()
        return self._output.popleft()

    async def attend(self) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._listen)
            group.start_soon(self._work)

    async def ended(self) -> Exception | None:
        return ProcessError("The CLI ended with an error", self._code, "") if self._code else None

    async def close(self, *, busy: bool = False) -> None:
        await moments(next(self._delays))
        self._end(self._code)

    def _end(self, code: int) -> None:
        self._open, self._code = False, code
        self._changed.notify()

    async def _write(self, frame: dict[str, Any]) -> None:
        await moments(next(self._delays))
        if not self._open:
            return
        line = json.dumps(frame).encode() + b"\n"
        fault = self.faults.get(next(self._count))
        if fault in ("exit", "crash"):
            self._end(0 if fault == "exit" else 1)
        elif fault == "cut":
            self._output.extend([line[:7], line[7:]])
        else:
            self._output.append((b"Warning: {\n" if fault == "garbage" else b"") + line)
        self._changed.notify()

    async def _listen(self) -> None:
        while self._open:
            while not self._lines:
                await self._changed.wait()
            frame = json.loads(self._lines.popleft())
            if frame["type"] == "user":
                self._prompts.append(frame)
                self._changed.notify()
            elif frame["type"] == "control_request":
                await self._serve(frame["request_id"], frame["request"])
            else:
                request_id = frame["response"]["request_id"]
                self._answers[request_id] += 1
                if self._answers[request_id] > 1:
                    self.complaints.append(f"{request_id} was answered twice")
                self._changed.notify()

    async def _serve(self, request_id: str, request: dict[str, Any]) -> None:
        response: dict[str, Any] = {}
        subtype = request["subtype"]
        if subtype == "initialize":
            response = {"claude_code_version": "2.1.332"}
        elif subtype == "interrupt":
            self._interrupted = self._running is not None
            response = {"still_queued": [prompt["uuid"] for prompt in self._prompts]}
            self._changed.notify()
        elif subtype == "rewind_files":
            response = {"canRewind": True, "filesChanged": []}
        elif subtype == "rewind_conversation":
            target = request["target_message_uuid"]
            if self._running is None and not self._prompts and target in self._conversation:
                del self._conversation[self._conversation.index(target) :]
                response = {"rewound": True, "prefillText": target}
            else:
                response = {"rewound": False, "reason": "target_not_found"}
        body = {"subtype": "success", "request_id": request_id, "response": response}
        await self._write({"type": "control_response", "response": body})

    async def _work(self) -> None:
        while self._open:
            while not self._prompts:
                await self._changed.wait()
            await moments(next(self._delays))
            prompt = self._prompts.popleft()
            self._running, self._interrupted = prompt["uuid"], False
            self._conversation.append(prompt["uuid"])
            await self._answer(prompt["uuid"], prompt["message"]["content"])
            self._running = None

    async def _answer(self, uuid: str, text: str) -> None:
        named = {"user_message_uuids": [uuid], "session_id": "s"}
        await self._state("running")
        await self._lifecycle(uuid, "started")
        for piece in pieces(text):
            if self._interrupted:
                break
            block = {"type": "text", "text": piece}
            message = {"model": "m", "content": [block]}
            await self._write({"type": "assistant", "message": message, **named})
            if piece.endswith("1"):
                await self._ask()
        said = f"cut {text}" if self._interrupted else f"done {text}"
        await self._write({"type": "result", "subtype": "success", "result": said, **named})
        await self._lifecycle(uuid, "completed")
        await self._state("idle")

    async def _ask(self) -> None:
        request_id = f"asked_{next(self._requests)}"
        request = {"subtype": "can_use_tool", "tool_name": "Bash", "input": {}}
        await self._write({"type": "control_request", "request_id": request_id, "request": request})
        while not self._answers[request_id]:
            if self._interrupted or not self._open:
                cancel = {"type": "control_cancel_request", "request_id": request_id}
                await self._write(cancel)
                return
            await self._changed.wait()

    async def _lifecycle(self, uuid: str, state: str) -> None:
        await self._write({"type": "command_lifecycle", "command_uuid": uuid, "state": state})

    async def _state(self, state: str) -> None:
        await self._write({"type": "system", "subtype": "session_state_changed", "state": state})


def pieces(prompt: str) -> list[str]:
    """Return what the CLI says to a prompt, such as "prompt 7/3", before its result."""
    return [f"{prompt}: {number}" for number in range(int(prompt.rpartition("/")[2]))]


def texts(messages: list[Message]) -> list[str]:
    found: list[str] = []
    for message in messages:
        if isinstance(message, AssistantMessage):
            found += [getattr(block, "text", "") for block in message.content]
        elif isinstance(message, ResultMessage):
            found.append(str(message.result))
    return found


def is_answer(prompt: str, told: list[str]) -> bool:
    """Whether texts are all of an answer, each once; it may have been interrupted."""
    whole = pieces(prompt)
    if told == [*whole, f"done {prompt}"]:
        return True
    return told[-1:] == [f"cut {prompt}"] and told[:-1] == whole[: len(told) - 1]


# --- the user ---------------------------------------------------------------------------------


class Books(Ledger):
    """Keeps account of the messages, too."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, list[Message]] = {}  # by prompt
        self.owners: dict[int, str] = {}
        self.whole: list[Message] = []  # so that no identity is used again

    def message(self, turn: Any, message: Message) -> None:
        super().message(turn, message)
        self.whole.append(message)
        if turn is not None:
            self.messages.setdefault(turn.uuid, []).append(message)
            self.owners[id(message)] = turn.uuid


class Play:
    def __init__(self, plan: Plan) -> None:
        async def may(*_: Any) -> PermissionResultAllow:
            await moments(next(self.patience))
            return PermissionResultAllow()

        self.plan = plan
        self.patience = itertools.cycle(plan.delays)
        self.cli = Cli(plan.delays, plan.faults)
        self.books = Books()
        self.client = ClaudeSDKClient(ClaudeAgentOptions(can_use_tool=may), self.cli)
        self.client.add_observer(self.books)
        self.delivered: list[Message] = []
        self.own: set[str] = set()  # the prompts that `turn` sent
        self.prompts: list[str] = []
        self.numbers = itertools.count()

    async def run(self) -> None:
        plan, client, books = self.plan, self.client, self.books
        await self._connected(client.connect)
        with anyio.fail_after(HANG):
            async with anyio.create_task_group() as group:
                for step in plan.steps:
                    if step.deed == "wait":
                        await moments(step.number * 5)
                    else:
                        group.start_soon(self._do, step)
            await self._quiet()
            if plan.reads_all:
                await self._read_the_rest()
            while client._connection is not None or client._starting is not None:
                await client.disconnect()
            assert not books.faults, books.faults
            assert not books.open
            assert not self.cli.complaints, self.cli.complaints
            twice = [n for n in Counter(map(id, self.delivered)).values() if n > 1]
            assert not twice, f"{len(twice)} messages came twice"
            await self._still_works()

    async def _connected(self, connect: Callable[[], Awaitable[None]]) -> None:
        try:
            await connect()
        except ClaudeSDKError:
            pass  # the CLI ended at once

    async def _do(self, step: Step) -> None:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                # Reading all messages has no end while the CLI lives.
                after = 40 if step.deed == "read" and step.after is None else step.after
                if after is not None:
                    group.start_soon(self._cancel, scope, after)
                try:
                    await getattr(self, "_" + step.deed)(step.number)
                except ClaudeSDKError:
                    pass  # typed, so it is an answer
                group.cancel_scope.cancel()

    async def _cancel(self, scope: anyio.CancelScope, after: int) -> None:
        await moments(after)
        scope.cancel()

    def _prompt(self, number: int) -> str:
        return f"prompt {next(self.numbers)}/{number}"

    async def _turn(self, number: int) -> None:
        text = self._prompt(number)
        uuid = f"own {text}"
        self.own.add(uuid)
        told: list[Message] = []
        async with self.client.turn(text, uuid=uuid) as turn:
            async for message in turn:
                told.append(message)
                self.delivered.append(message)
        if turn.error is None:
            assert is_answer(text, texts(told)), (text, texts(told))
        self.prompts.append(uuid)

    async def _leave(self, number: int) -> None:
        text = self._prompt(4)
        self.own.add(f"own {text}")
        async with self.client.turn(text, uuid=f"own {text}"):
            await moments(number * 3)

    async def _send(self, number: int) -> None:
        await self.client.query(self._prompt(number))

    async def _respond(self, number: int) -> None:
        await self.client.query(self._prompt(number))
        told = []
        async for message in self.client.receive_response():
            told.append(message)
            self.delivered.append(message)
        assert len({self.books.owners[id(message)] for message in told}) <= 1, texts(told)

    async def _read(self, number: int) -> None:
        async for message in self.client.receive_messages():
            self.delivered.append(message)

    async def _interrupt(self, number: int) -> None:
        await self.client.interrupt()

    async def _model(self, number: int) -> None:
        await self.client.set_model("m")

    async def _files(self, number: int) -> None:
        await self.client.rewind_files(self._known(number))

    async def _back(self, number: int) -> None:
        await self.client.rewind_conversation(self._known(number))

    def _known(self, number: int) -> str:
        return self.prompts[-number] if 0 < number <= len(self.prompts) else "unknown"

    async def _disconnect(self, number: int) -> None:
        await self.client.disconnect()

    async def _connect(self, number: int) -> None:
        await self.client.connect()

    async def _quiet(self) -> None:
        """Wait until all turns have ended, and no request waits for its answer."""
        session = self.client._connection
        while self.books.open or (session is not None and session._waiters):
            await anyio.lowlevel.checkpoint()

    async def _read_the_rest(self) -> None:
        """Read what was not read, and see that each message of a `query` came once, in order."""

        def wanted() -> list[str]:
            asked = [m for m in self.books.whole if self.books.owners.get(id(m)) not in self.own]
            return texts(asked)

        read = [m for m in self.delivered if self.books.owners.get(id(m)) not in self.own]
        try:
            if len(texts(read)) < len(wanted()):
                async for message in self.client.receive_messages():
                    read.append(message)
                    if len(texts(read)) >= len(wanted()):
                        break
        except ClaudeSDKError:
            pass  # the CLI has ended
        assert texts(read) == wanted()

    async def _still_works(self) -> None:
        self.cli.faults = {}
        async with self.client as client:
            session = client._live_connection()
            await client.query("last/2")
            told = [message async for message in client.receive_response()]
            assert texts(told) == ["last/2: 0", "last/2: 1", "done last/2"]
        assert session.ended
        assert (session._waiters, session._callbacks, session._group) == ({}, {}, None)


# --- what is drawn ----------------------------------------------------------------------------

ANYWAY = ["turn", "turn", "leave", "interrupt", "model", "files", "back", "wait", "wait"]
RESPONSES = [*ANYWAY, "respond", "respond", "respond", "disconnect", "connect"]
ALL = [*ANYWAY, "send", "send", "send", "read", "read"]


def plans(least: int) -> st.SearchStrategy[Plan]:
    def plan(reads_all: bool) -> st.SearchStrategy[Plan]:
        step = st.builds(
            Step,
            st.sampled_from(ALL if reads_all else RESPONSES),
            st.integers(0, 4),
            st.none() | st.integers(0, 40),
        )
        faults: Any = st.sampled_from(["garbage", "garbage", "cut", "cut", "exit", "crash"])
        return st.builds(
            Plan,
            st.just(reads_all),
            st.lists(step, min_size=least, max_size=least + 15),
            st.lists(st.integers(0, 5), min_size=1, max_size=5),
            st.dictionaries(st.integers(1, 60), faults, max_size=4),
        )

    return st.booleans().flatmap(plan)


def play(backend: str, plan: Plan) -> None:
    async def main() -> None:
        before = _tasks(backend)
        await Play(plan).run()
        await moments(20)
        assert _tasks(backend) == before

    logger = logging.getLogger("jupyter_claude_sdk")
    logger.disabled = True
    try:
        anyio.run(main, backend=backend)
    finally:
        logger.disabled = False


_BOTH = pytest.mark.parametrize("backend", ["asyncio", "trio"])
_SLOW = list(HealthCheck)


@pytest.mark.pure
@_BOTH
@settings(max_examples=100, deadline=None, suppress_health_check=_SLOW)
@given(plan=plans(0))
def test_a_client_can_be_cancelled_in_every_state(backend: str, plan: Plan) -> None:
    """A stop button would leave a session that hangs, or an answer without its end."""
    play(backend, plan)


@pytest.mark.endurance
@_BOTH
@settings(max_examples=500, deadline=None, suppress_health_check=_SLOW)
@given(plan=plans(20))
def test_ten_thousand_cancelled_steps_break_nothing(backend: str, plan: Plan) -> None:
    """The same, for what happens once in ten thousand."""
    play(backend, plan)
