"""What users and views read of turns and of the conversation, and who is told of their changes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from jupyter_claude_sdk import AssistantMessage, ResultMessage, StreamEvent, ToolUseBlock
from jupyter_claude_sdk.lowlevel import parse_message

from jupyter_claude import BudgetExceeded, NotSignedIn, Turn, TurnInterrupted
from jupyter_claude._core.conversation import Context, Conversation
from jupyter_claude._core.events import (
    ConversationChange,
    HistoryReplaced,
    RewindUndone,
    StateChanged,
    TurnBegun,
)
from jupyter_claude._core.history import History
from jupyter_claude._process.client import SharedClient
from jupyter_claude._turns.api_errors import api_error
from jupyter_claude._turns.events import (
    ItemChanged,
    RequestClosed,
    RequestOpened,
    StatusChanged,
    TextAppended,
    TurnChange,
    TurnEnded,
)
from jupyter_claude._turns.items import Notice, TextItem, Todo, ToolCall
from jupyter_claude._turns.requests import QuestionRequest
from jupyter_claude._turns.todos import Checklist
from jupyter_claude._turns.turn import EARLIER, TAKEN_BACK
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views.protocol import item_view, status_view

pytestmark = pytest.mark.pure

#: What the docstring of `Turn` promises to users.
READ = (
    *("number", "id", "prompt", "state", "messages", "result", "usage", "cost_usd", "seconds"),
    *("time", "model", "error", "practice", "charged", "subscription", "again", "replayed"),
    *("code", "raw_answer", "text", "value", "tools", "files", "ended", "cost_line"),
)
#: What views read besides.
SHOWN = (
    *("folder", "items", "todos", "requests", "status", "can_ask", "stopping", "left"),
    *("model_calls", "actions", "goes_on", "instead", "remedy", "shown"),
)
COPIES: dict[str, Callable[[Turn], Turn]] = {
    "pickle": lambda turn: pickle.loads(pickle.dumps(turn)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
QUESTION = QuestionRequest("r", "Waits.", [])


def turn(prompt: str = "p", id: str = "", **options: Any) -> TurnWriter:
    """Make a turn that is in no conversation."""
    return TurnWriter(0, id or f"id of {prompt}", prompt, folder=Path("folder"), **options)


def done(prompt: str) -> TurnWriter:
    """Make a turn that has ended."""
    made = turn(prompt)
    made.start()
    made.finish("done")
    return made


# --- a turn is read-only ----------------------------------------------------------------------


@pytest.mark.parametrize("name", [*READ, *SHOWN, "new"])
def test_a_turn_cannot_be_written(name: str) -> None:
    """Otherwise a user's slip changes what the history says was asked, answered or paid."""
    made = turn().turn
    before = None if name == "new" else getattr(made, name)
    with pytest.raises(AttributeError) as refused:
        setattr(made, name, "mine")
    assert "\n" not in str(refused.value)
    if name in (*READ[:16], *SHOWN[:10]):
        assert str(refused.value) == f"A turn is read-only: its {name} cannot be set"
    if name != "new":
        assert getattr(made, name) == before
        with pytest.raises(AttributeError):
            delattr(made, name)


def test_tab_offers_nothing_that_writes() -> None:
    """Otherwise Tab offers `turn.finish` or `turn.start`, and the turn ends before its answer."""
    offered = {name for name in dir(Turn) if not name.startswith("_")}
    assert offered == {*READ, *SHOWN, "code_cells", "listen", "to_dataframe", "tree"}
    assert {name for name in dir(turn().turn) if not name.startswith("_")} == offered
    written = {name for name in dir(TurnWriter) if not name.startswith("_")}
    assert not offered & written


def test_a_turn_follows_its_writer() -> None:
    """Otherwise a variable that holds the turn shows for ever what it was when it began."""
    writer = turn("Hi", can_ask=True)
    seen = writer.turn
    assert (seen.number, seen.state, seen.ended, str(seen)) == (0, "queued", False, "")
    writer.renumber(4)
    writer.start()
    writer.put(TextItem("a", "Hello"))
    assert (seen.number, seen.state, str(seen)) == (4, "running", "Hello")
    writer.ask_nobody()
    assert not seen.can_ask
    error = TurnInterrupted("Stopped")
    writer.finish("interrupted", error)
    assert (seen.state, seen.error, seen.ended) == ("interrupted", error, True)
    assert error.turn is seen
    writer.finish("done")
    assert seen.state == "interrupted", "a turn ends once"


# --- copies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_has_all_that_users_read(way: str) -> None:
    """Otherwise a turn that comes back from `%store` or a worker has lost its cost or its tools."""
    writer = turn("Hi", practice=True, todos={"1": Todo(content="Read", status="done")})
    writer.start()
    writer.put(ToolCall("t", "Write", {"file_path": "a.txt"}, state="done"))
    writer.put(TextItem("a", "Hello"))
    block = ToolUseBlock(id="t", name="Write", input={"file_path": "a.txt"})
    writer.apply(AssistantMessage(content=[block], model="m", message_id="1"))
    writer.end_with(result())
    writer.charge(0.5, {"input_tokens": 7, "output_tokens": 9})
    writer.finish("done")
    writer.turn.listen(lambda change: pytest.fail(f"a copy told {change}"))
    own = writer.turn
    there = COPIES[way](own)
    assert type(there) is Turn and there is not own
    for name in (*READ, *SHOWN):
        assert getattr(there, name) == getattr(own, name), name
    assert (own.model, own.cost_line) == (there.model, there.cost_line)
    assert "$0.5" in there.cost_line and there.files
    assert (repr(there), str(there)) == (repr(own), str(own))
    assert there.tree() == own.tree()
    there._record.tell(TurnEnded())  # nobody listens to a copy


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_stays_as_it_was(way: str) -> None:
    """Otherwise who kept a copy of the turn as it was finds it changed by a later rewind."""
    writer = done("Hi")
    there = COPIES[way](writer.turn)
    writer.leave(TAKEN_BACK)
    writer.renumber(7)
    assert (there.left, there.number) == (None, 0)


# --- a turn tells its changes -----------------------------------------------------------------


def result() -> ResultMessage:
    """Make the CLI's result."""
    return ResultMessage(
        subtype="success",
        duration_ms=1,
        duration_api_ms=1,
        is_error=False,
        num_turns=1,
        session_id="s",
        usage={"input_tokens": 7},
    )


def test_each_change_is_told_once() -> None:
    """Otherwise a view misses a word of the answer, or shows it twice."""
    writer = turn("Hi", can_ask=True)
    told: list[TurnChange] = []
    stop = writer.turn.listen(told.append)

    def heard() -> list[TurnChange]:
        changes = list(told)
        told.clear()
        return changes

    writer.start()
    assert heard() == [StatusChanged()]
    writer.set_status("Thinking")
    writer.set_status("Thinking")
    assert heard() == [StatusChanged()]
    call = ToolCall("t", "Bash", {"command": "ls"})
    writer.put(call)
    writer.put(call)
    assert heard() == [ItemChanged(call)] * 2
    assert writer.turn.items == [call]
    writer.notice("n", "first")
    writer.notice("n", "second", "warning")
    assert heard() == [
        ItemChanged(Notice("n", "first")),
        ItemChanged(Notice("n", "second", "warning")),
    ]
    assert writer.turn.items == [call, Notice("n", "second", "warning")]
    writer.open_request(QUESTION)
    assert (writer.turn.requests, writer.turn.status) == (
        {"r": QUESTION},
        "Waiting for your answer",
    )
    assert heard() == [RequestOpened(QUESTION), StatusChanged()]
    writer.close_request("r", "Answered")
    writer.close_request("r", "once more")
    assert heard() == [RequestClosed(QUESTION, "Answered"), StatusChanged()]
    writer.leave(TAKEN_BACK)
    writer.leave(TAKEN_BACK)
    assert heard() == [StatusChanged()]
    writer.open_request(QUESTION)
    heard()
    writer.finish("done")
    writer.finish("failed")
    assert heard() == [
        ItemChanged(call),
        RequestClosed(QUESTION, "Not answered: the turn ended"),
        StatusChanged(),  # nothing is waited for
        StatusChanged(),
        TurnEnded(),
    ]
    stop()
    stop()
    writer.notice("n", "third")
    assert heard() == []


def test_a_text_is_told_piece_by_piece() -> None:
    """Otherwise each word sends the whole answer again, and a long one stops the page."""
    writer = turn("Hi")
    told: list[TurnChange] = []
    writer.turn.listen(told.append)
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m"}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"text": text}}
            for text in ("Hel", "lo")
        ),
    ]
    for event in events:
        writer.apply(StreamEvent(uuid="u", session_id="s", event=event))
    (item,) = writer.turn.items
    assert isinstance(item, TextItem)
    assert told == [ItemChanged(item), TextAppended(item, "Hel"), TextAppended(item, "lo")]
    assert str(writer.turn) == "Hello"


def test_a_change_cannot_be_changed() -> None:
    """Otherwise one view spoils what the next one is told."""
    for change in (
        TextAppended(TextItem("a"), "x"),
        RequestOpened(QUESTION),
        TurnBegun(turn().turn),
    ):
        for name in vars(change):
            with pytest.raises(AttributeError):
                setattr(change, name, None)


def test_who_stops_listening_while_it_is_told() -> None:
    """Otherwise a view that closes at the end takes the end from the view behind it."""
    writer = turn("Hi")
    told: list[TurnChange] = []
    stop = writer.turn.listen(lambda change: stop())
    writer.turn.listen(told.append)
    writer.start()
    writer.set_status("Thinking")
    assert told == [StatusChanged()] * 2


# --- the conversation -------------------------------------------------------------------------


def heard_of(conversation: Conversation) -> list[ConversationChange]:
    """Return what is told from now on of the list of turns."""
    told: list[ConversationChange] = []
    conversation.listen(
        lambda change: None if isinstance(change, StateChanged) else told.append(change)
    )
    return told


def prompts(conversation: Conversation) -> list[str]:
    """Return the prompts, and see that the turns are numbered from 1."""
    assert [one.number for one in conversation.turns] == list(range(1, len(conversation) + 1))
    return [one.prompt for one in conversation.turns]


def test_turns_are_numbered_as_they_stand() -> None:
    """Otherwise `claude.rewind(2)` goes back to another turn than the one that shows a 2."""
    conversation = Conversation()
    told = heard_of(conversation)
    a, b, c = (turn(name) for name in "abc")
    for one in (a, b, c):
        conversation.add(one)
    assert prompts(conversation) == ["a", "b", "c"]
    assert told == [TurnBegun(one.turn) for one in (a, b, c)]
    assert conversation.find(2) is conversation.find("id of b") is b.turn
    assert conversation.find(COPIES["pickle"](b.turn)) is b.turn
    assert conversation.find(4) is None
    told.clear()
    conversation.withdraw(b)
    assert prompts(conversation) == ["a", "c"]
    assert told == [HistoryReplaced()]
    assert (conversation.turn("id of b"), conversation.writer("id of a")) == (None, a)


def test_what_runs_and_what_waits() -> None:
    """Otherwise the panel counts prompts that wait wrongly, or a rewind begins in mid-turn."""
    conversation = Conversation()

    def seen() -> tuple[int, TurnWriter | None, bool]:
        return conversation.queued, conversation.running, conversation.at_rest

    a, b = turn("a"), turn("b")
    assert seen() == (0, None, True)
    for one in (a, b):
        conversation.add(one)
    assert seen() == (2, None, False)
    a.start()
    assert seen() == (1, a, False)
    a.finish("done")
    assert seen() == (1, None, False)
    conversation.withdraw(b)
    assert seen() == (0, None, True)


def test_a_prompt_that_was_never_sent_is_in_no_conversation() -> None:
    """Otherwise it says "From an earlier conversation", and offers to resume what is not there."""
    conversation = Conversation()
    unsent, sent = turn("unsent"), turn("sent")
    for one in (unsent, sent):
        conversation.add(one)
        one.start()
    unsent.finish("failed", NotSignedIn("Not signed in"))
    sent.finish("done")
    conversation.show([], "")
    assert (unsent.turn.left or "", sent.turn.left) == ("", EARLIER)


def test_what_waits_stands_behind_what_is_shown() -> None:
    """Otherwise a prompt that waits is lost, or stands before what was asked earlier."""
    conversation = Conversation()
    old, waits = done("old"), turn("waits")
    conversation.add(old)
    conversation.add(waits)
    conversation.name("The old title")
    conversation.fill(Context(tokens=1, max=10, percent=10.0), old.turn)
    told = heard_of(conversation)
    other = [done("one"), done("two")]
    conversation.show(other, "The other title")
    assert prompts(conversation) == ["one", "two", "waits"]
    assert (conversation.title, conversation.context) == ("The other title", None)
    assert told == [HistoryReplaced()]
    conversation.show([waits, *other], "")
    assert prompts(conversation) == ["waits", "one", "two"], "each stands there once"
    conversation.forget_ended()
    assert prompts(conversation) == ["waits"]
    assert conversation.turn("id of old") is old.turn, "a view of it finds it"


def test_a_turn_of_a_transcript_is_the_kernels_own() -> None:
    """Otherwise the cell of a turn shows nothing new once its conversation was resumed."""
    conversation = Conversation()
    own = done("a")
    conversation.add(own)
    assert conversation.adopt(done("a")) is own
    read = done("b")
    assert conversation.adopt(read) is read
    assert conversation.turn("id of b") is read.turn
    assert prompts(conversation) == ["a"]


def test_the_context_goes_back_with_a_rewind() -> None:
    """Otherwise the panel says that the context is full after a rewind has emptied it."""
    conversation = Conversation()
    a, b, waits = turn("a"), turn("b"), turn("waits")
    small, large = (Context(tokens=n, max=10, percent=10.0 * n) for n in (2, 8))
    for one, context in ((a, small), (b, large)):
        conversation.add(one)
        one.start()
        one.finish("done")
        conversation.fill(context, one.turn)
    conversation.add(waits)
    before = conversation.writers
    told = heard_of(conversation)
    conversation.keep([a])
    assert prompts(conversation) == ["a", "waits"]
    contexts = [conversation.context]
    assert told == [], "the rewind is not done yet"
    conversation.mark_taken_back(before, undo=True)
    assert told == [HistoryReplaced()]
    assert (a.turn.left, b.turn.left) == (None, TAKEN_BACK)
    assert conversation.taken_back == {"id of b": TAKEN_BACK}
    before = conversation.writers
    conversation.keep([a, b])
    conversation.mark_taken_back(before, undo=True)
    assert prompts(conversation) == ["a", "b", "waits"]
    contexts.append(conversation.context)
    assert conversation.taken_back == {"id of b": ""}
    conversation.tell_undone("b")
    assert told == [HistoryReplaced()] * 2 + [RewindUndone("b")]
    conversation.keep([])
    contexts.append(conversation.context)
    assert prompts(conversation) == ["waits"]
    assert contexts == [small, large, None]


def test_the_state_is_told_as_turns_change() -> None:
    """Otherwise the status bar says "working" after the end, or "idle" while something is asked."""
    conversation = Conversation()
    told: list[str] = []
    watched: list[bool] = []
    writer = turn("a", can_ask=True)

    def heard(change: ConversationChange) -> None:
        if isinstance(change, StateChanged):
            told.append(f"{writer.turn.state} {len(writer.turn.requests)} {conversation.queued}")

    watched.append(conversation.watched)
    stop = conversation.listen(heard)
    watched.append(conversation.watched)
    conversation.add(writer)
    assert told[-1] == "queued 0 1"
    writer.start()
    assert told[-1] == "running 0 0"
    told.clear()
    writer.put(TextItem("a", "Hello"))
    assert told == [], "words of the answer are no change of the state"
    writer.open_request(QUESTION)
    assert told[-1] == "running 1 0"
    writer.close_request("r", "Answered")
    assert told[-1] == "running 0 0"
    writer.finish("done")
    assert told[-1] == "done 0 0"
    told.clear()
    conversation.name("Title")
    conversation.fill(None, writer.turn)
    assert len(told) == 2
    stop()
    stop()
    conversation.name("")
    watched.append(conversation.watched)
    assert len(told) == 2
    assert watched == [False, True, False]


@pytest.mark.anyio
async def test_no_prompt_goes_out_once_the_budget_is_spent_meanwhile() -> None:
    """Else a stream's last prompt, or one that waited for the process, is paid for over budget."""
    spent = False

    def refuse() -> None:
        if spent:
            raise BudgetExceeded("spent")

    async def pieces() -> AsyncIterator[dict[str, Any]]:
        nonlocal spent
        yield {"type": "text", "text": "one prompt of pieces"}
        spent = True

    client = SharedClient(Conversation(), refuse)

    async def ready() -> None:
        nonlocal spent
        spent = True  # such as by what a resumed conversation had cost elsewhere

    client.use(ready, ready, lambda name, value: None)
    with pytest.raises(BudgetExceeded):
        async for _ in cast(AsyncIterator[Any], client._within_budget(pieces())):
            pass
    spent = False
    with pytest.raises(BudgetExceeded):
        await client.query("over budget")


def test_the_history_takes_any_index() -> None:
    """Else a number of numpy's, such as of an arange, fails with words that do not help."""

    class Number:
        def __index__(self) -> int:
            return -1

    conversation = Conversation()
    conversation.add(turn())
    history = History(conversation, lambda: pytest.fail("no branch is asked for"))
    assert history[Number()] is conversation.turns[0]  # type: ignore[call-overload]
    assert history[:1] == list(conversation.turns)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_turn_pickles_by_each_protocol(protocol: int) -> None:
    """Else a library that pickles in an old way cannot keep a turn."""
    made = done("kept").turn
    assert pickle.loads(pickle.dumps(made, protocol)).prompt == "kept"


# --- what the messages say --------------------------------------------------------------------


@pytest.mark.parametrize("quick", [False, True], ids=["launched, then ended", "ended at once"])
def test_a_background_agent_s_report_stays(quick: bool) -> None:
    """Otherwise the report of a quick agent is lost: the CLI may say late that the agent began."""
    writer = turn("Look around")
    writer.start()
    call = {"type": "tool_use", "id": "c", "name": "Agent", "input": {"prompt": "look"}}
    launched = {"type": "tool_result", "tool_use_id": "c", "content": "Agent c is under way."}
    task = {"type": "system", "uuid": "u", "session_id": "s", "task_id": "t", "tool_use_id": "c"}
    began = {**task, "subtype": "task_started", "description": "look", "is_backgrounded": True}
    said = {
        "type": "user",
        "message": {"role": "user", "content": [launched]},
        "tool_use_result": {"isAsync": True, "status": "async_launched"},
    }
    ended = {
        **task,
        "subtype": "task_notification",
        "status": "completed",
        "output_file": "",
        "summary": "20 lines.",
    }
    asked = {"type": "assistant", "message": {"id": "m", "model": "m", "content": [call]}}
    for line in (asked, began, *((ended, said) if quick else (said, ended))):
        writer.apply(parse_message(line))
    (shown,) = writer.turn.tools
    assert (shown.state, shown.background, shown.output) == ("done", True, "20 lines.")


def test_a_written_list_is_another_one_after_all_of_it_is_done() -> None:
    """Else Claude's second list in a turn stands where its first one was, far above the work."""
    checklist = Checklist({})

    def write(id: str, **items: str) -> ToolCall:
        call = ToolCall(id, "TodoWrite")
        checklist.update(call)  # while its input still comes
        call.input = {"todos": [{"content": one, "status": items[one]} for one in items]}
        checklist.update(call)
        call.state = "done"
        checklist.update(call)
        return call

    first = write("1", Read="in_progress", Write="pending")
    assert write("2", Read="completed", Write="in_progress").hidden
    assert write("3", Read="completed", Write="completed").hidden
    assert write("4", Read="completed", Write="completed", Check="pending").hidden, "it goes on"
    write("5", Read="completed", Write="completed", Check="completed")
    second = write("6", Sing="in_progress", Dance="pending")
    assert write("7", Sing="completed", Dance="completed").hidden
    assert [todo["content"] for todo in first.todos] == ["Read", "Write", "Check"]
    assert [todo["content"] for todo in second.todos] == ["Sing", "Dance"]
    assert all(todo["status"] == "done" for todo in first.todos + second.todos)


def test_a_call_that_takes_long_says_for_how_long_it_has_been_running() -> None:
    """The user would see neither that a command still runs nor that it hangs."""
    writer = turn()
    writer.start()
    for name in ("a", "b"):
        block = {"type": "tool_use", "id": name, "name": "Bash", "input": {"command": name}}
        answer = {"id": "m", "content": [block], "model": "m"}
        writer.apply(parse_message({"type": "assistant", "message": answer}))
    told: list[TurnChange] = []
    writer.turn.listen(told.append)
    one, two = writer.turn.tools
    beat = {"type": "tool_progress", "tool_name": "Bash", "heartbeat": True}
    for seconds, text in ((30, "30 s"), (60, "1 min"), (90, "1 min 30 s"), (7530, "2 h 5 min")):
        # As the CLI sends it: the message has an id of its own.
        ids = {"tool_use_id": "a-heartbeat-0", "parent_tool_use_id": "a"}
        writer.apply(parse_message({**beat, **ids, "elapsed_time_seconds": seconds}))
        assert (one.doing, two.doing) == (f"Running for {text}", "")
        assert cast(Any, item_view(one))["progress"] == "", "pages count the seconds themselves"
    assert [change.item for change in told if isinstance(change, ItemChanged)] == [one] * 4
    result = {"type": "tool_result", "tool_use_id": "a", "content": "done"}
    writer.apply(parse_message({"type": "user", "message": {"content": [result]}}))
    writer.apply(parse_message({**beat, "tool_use_id": "b", "elapsed_time_seconds": 30}))
    assert (one.doing, two.doing) == ("", "Running for 30 s")
    writer.finish("interrupted")
    assert (one.doing, two.doing) == ("", "")  # it is not in what is saved


def test_notes_of_the_cli_to_the_model_are_plain_text() -> None:
    """The user would see tags of a protocol, or a file's own text would seem to be the CLI's."""
    writer = turn()
    block = {"type": "tool_use", "id": "a", "name": "Read", "input": {"file_path": "a"}}
    writer.apply(parse_message({"type": "assistant", "message": {"content": [block], "model": ""}}))
    note = "<system-reminder>\nThe file is empty.\n</system-reminder>"
    for content, shown in (
        (note, "(Claude Code to Claude: The file is empty.)"),
        (f"1\tx\n\n{note}\n", "1\tx\n(Claude Code to Claude: The file is empty.)"),
        (f"{note}\n1\tx", f"{note}\n1\tx"),
    ):
        result = {"type": "tool_result", "tool_use_id": "a", "content": content}
        writer.apply(parse_message({"type": "user", "message": {"content": [result]}}))
        assert writer.turn.tools[0].output == shown


def test_a_turn_of_a_transcript_offers_nothing() -> None:
    """The user would press a button that does nothing."""
    writer = turn()
    writer.finish("failed", api_error(529, "API Error: 529"))
    assert (writer.turn.remedy, writer.turn.actions) == ("again", None)
    problem: Any = status_view(writer.turn)["problem"]
    assert problem == {"text": "The API is overloaded (529).", "remedy": "", "models": []}
