"""`testing.Recording`: recorded words, with the real CLI, real tools and real permissions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    PermissionResultAllow,
    ToolPermissionContext,
)
from jupyter_claude_sdk.lowlevel import (
    RecordedCall,
    RecordedInputs,
    RecordedNotice,
    RecordedText,
    RecordedTurn,
    RecordingFolder,
    key_of,
)
from jupyter_claude_sdk.testing import Recording, RecordingError, ScriptError
from jupyter_claude_sdk.testing._places import Places

from tests.sdk.loops import on_asyncio
from tests.sdk.talk import ask

pure = pytest.mark.pure
DAY = "2026-11-30"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Record a turn in ``report.claude``; return its key."""

    def write(prompt: str, *items: Any, after: str = "", model: str = "") -> str:
        asked = RecordedInputs(prompt=prompt, model=model)
        key = key_of(asked, after)
        turn = RecordedTurn(key=key, parent=after, asked=asked, items=list(items), model=model)
        RecordingFolder(tmp_path / "report.claude").write(turn, DAY)
        return key

    return write


def says(text: str, reply: int = 1, **more: Any) -> RecordedText:
    return RecordedText(text, reply=reply, **more)


def body(*texts: str, **more: Any) -> dict[str, Any]:
    """Return a request: user and model took turns, and the user asks last."""
    roles = ("user", "assistant")
    messages = [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]
    return {"messages": messages, "tools": [{"name": "Bash"}], **more}


def said(recording: Recording, *texts: str, **more: Any) -> str:
    reply = recording.script(body(*texts, **more))
    assert reply is not None
    return "|".join(str(step.get("text", step.get("tool"))) for step in reply)


@pure
def test_a_prompt_gets_the_words_of_its_place_in_the_conversation(
    write: Callable[..., str], tmp_path: Path
) -> None:
    """A branch, a repeated prompt or another model would get the answer to another question."""
    first = write("Hi", says("Hello."))
    write("Go on", says("Here."), after=first)
    other = write("Hi there", says("Hello there."))
    again = write("Go on", says("There."), after=other)
    write("Go on", says("Still there."), after=again)
    write("Alone", says("Small."), model="small")
    write("Alone", says("Large."), model="large")
    recording = Recording(tmp_path / "report.claude")
    assert said(recording, "Hi") == "Hello."
    assert said(recording, "Hi", "Hello.", "Go on\r\n") == "Here."
    assert said(recording, "Hi there", "x", "Go on") == "There."
    assert recording.unused == ["Alone", "Alone", "Hi there", "Go on"]
    assert said(recording, "Hi there") == "Hello there."
    assert said(recording, "Hi there", "x", "Go on", "x", "Go on") == "Still there."
    assert said(recording, "Alone", model="large") == "Large."
    assert said(recording, "Alone", model="small") == "Small."
    assert recording.unused == []
    assert recording.drift == []
    summary = "This session is being continued from a previous conversation. Hi there was asked."
    assert said(recording, summary, "x", "Go on", "x", "Go on") == "Still there."


@pure
def test_replies_follow_one_another_and_calls_of_one_reply_are_parallel(
    write: Callable[..., str], tmp_path: Path
) -> None:
    """A turn with tools would stop at its first call, or make its calls in another order."""
    home, folder = str(Path.home()), tmp_path / "elsewhere"
    write(
        "In ‹folder›: look",
        RecordedNotice("Slow today"),
        says("Hm.", thinking=True),
        says("Two at once."),
        RecordedCall("Read", {"file_path": "‹folder›/a", "n": [1, "‹home›/b"]}, reply=1),
        RecordedCall("mcp__answer__give", {"value": 1}, reply=1, hidden=True),
        says("Done.", 2),
    )
    recording = Recording(tmp_path / "report.ipynb", folder=folder)
    prompt = {"role": "user", "content": f"In {folder}: look"}
    steps = recording.script({"messages": [prompt]})
    assert steps == [
        {"thinking": "Hm."},
        {"text": "Two at once."},
        {"tool": "Read", "input": {"file_path": f"{folder}/a", "n": [1, f"{home}/b"]}},
        {"tool": "mcp__answer__give", "input": {"value": 1}},
    ]
    calls = [{"type": "tool_use", "id": f"t{at}", "name": "Read", "input": {}} for at in (1, 2)]
    made = {"role": "assistant", "content": calls}

    def results(first: str) -> dict[str, Any]:
        blocks = [
            {"type": "tool_result", "tool_use_id": "t2", "content": "taken"},
            {"type": "tool_result", "tool_use_id": "t1", "content": first},
            {"type": "text", "text": "<system-reminder>A note.</system-reminder>"},
        ]
        return {"role": "user", "content": blocks}

    spoken = recording.script({"messages": [prompt, made, results("gone")]})
    assert spoken == [{"text": "Done."}]
    assert [str(one) for one in recording.drift] == [
        "Read (call 1 of “In ‹folder›: look”) gave “gone”, not “”"
    ]
    recording.script({"messages": [prompt, made, results("")]})
    assert recording.drift == []

    # A hook speaks: it is the same turn. After the last reply there is no more.
    feedback = {"role": "user", "content": "Stop hook feedback: go on"}
    assert recording.script({"messages": [prompt, made, feedback]}) == [{"text": "Done."}]
    end = {"role": "assistant", "content": "Done."}
    with pytest.raises(ScriptError, match="has 2 replies, and Claude Code asks for one more"):
        recording.script({"messages": [prompt, made, results(""), end, results("")]})


@pure
def test_a_prompt_that_was_not_recorded_says_which_one_is_near(
    write: Callable[..., str], tmp_path: Path
) -> None:
    """An agent's test would go on with words that belong to something else."""
    first = write("List the files", says("None."))
    write("Delete\nthem", says("I may not."), after=first)
    recording = Recording(tmp_path / "report.claude")
    for texts, words in (
        (
            ["List the filez"],
            r"“List the filez” is not recorded. The nearest recorded one is “List",
        ),
        (["Delete\nthem"], "“Delete them” was recorded after “List the files”, and is asked first"),
        (["List the files", "x", "List the files"], "recorded first, and is asked after “List"),
        (["List the files", "None.", "[Request interrupted by user]", "x", "Wow"], "“Wow” is not"),
    ):
        with pytest.raises(ScriptError, match=words) as caught:
            said(recording, *texts)
        assert str(caught.value).isprintable()
    with pytest.raises(ScriptError, match=r"report\.claude/001-list-the-files"):
        said(recording, "List")


@pure
def test_what_claude_code_asks_for_itself_gets_something_harmless(
    write: Callable[..., str], tmp_path: Path
) -> None:
    """A title or a compaction would fail, and the log of a test would be full of errors."""
    write("Hi", says("Hello."))
    recording = Recording(tmp_path / "report.claude")
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    config = {"output_config": {"format": {"type": "json_schema", "schema": schema}}, "tools": []}
    assert json.loads(said(recording, "<session>\nHi\n</session>", **config)).keys() == {"title"}
    compact = "Your task is to create a detailed summary of the conversation so far. <summary>"
    assert "<summary>" in said(recording, "Hi", "Hello.", compact)
    with pytest.raises(ScriptError):
        said(recording, "A prompt of an agent without tools", tools=[])


@pure
def test_a_subagent_gets_its_own_words(write: Callable[..., str], tmp_path: Path) -> None:
    """The subagent would get the main conversation's words, and begin a subagent itself."""
    write(
        "Look closely",
        RecordedCall("Agent", {"prompt": "Look closely"}, reply=1),
        RecordedCall("Grep", {"pattern": "a"}, reply=1, parent=1),
        says("It is there.", 2, parent=1),
        says("Found.", 2),
    )
    recording = Recording(tmp_path / "report.claude")
    sub = [{"type": "text", "text": "x; cc_is_subagent=true;"}]
    assert said(recording, "Look closely") == "Agent"
    assert said(recording, "Look closely", system=sub) == "Grep"
    assert said(recording, "Look closely", "x", system=sub) == "It is there."
    assert said(recording, "Look closely", "x") == "Found."


@pure
def test_a_secret_in_a_prompt_stays_hidden_and_the_prompt_is_found(
    write: Callable[..., str], tmp_path: Path
) -> None:
    """A recorded prompt without its key could never be asked again."""
    write("Use [hidden] for (it)", says("Yes."))
    write("‹withheld›[hidden] and ‹withheld›!", says("No."))
    recording = Recording(tmp_path / "report.claude")
    assert said(recording, "Use sk-ant-1234 for (it)") == "Yes."
    assert said(recording, "ab and c!") == "No."
    for prompt in ("Use  for (it)", "a and c!", "ab and !", "ab and c", "xUse a for (it)"):
        with pytest.raises(ScriptError):
            said(recording, prompt)


@pure
def test_only_whole_paths_become_marks(tmp_path: Path) -> None:
    """A recording of one machine would fit no other, or spoil a path that only looks alike."""
    places = Places(tmp_path)
    home, folder = str(Path.home()), str(tmp_path)
    for text, hidden in (
        (f"{folder}/a {folder}. {home}", "‹folder›/a ‹folder›. ‹home›"),
        (f"'{folder}'", "'‹folder›'"),
        (f"{folder}x {folder}-x {folder}.txt x{folder}", None),
    ):
        assert places.hidden([{text: text}]) == [{hidden or text: hidden or text}]
        assert places.shown(places.hidden(text)) == text
    assert Places("/").hidden("/a/b") == "/a/b"


@pure
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "no script of"),
        ('{"form": 2, "script": []}', "Upgrade"),
        ('{"form": 1}', "no script"),
        ('{"form": 1, "script": []}', "has no recorded turns"),
        ('{"form": 1, "script": [{"prompt": "a"}]}', "turn 1 is damaged"),
        ('{"form": 1, "script": [{"prompt": "a", "replies": [], "after": 1}]}', "wrong type"),
        ('{"form": 1, "script": [{"prompt": "a", "replies": [], "after": true}]}', "wrong type"),
        ('{"form": 1, "script": [{"prompt": "a", "replies": [], "results": [[1]]}]}', "wrong"),
        ('{"form": 1, "script": [{"prompt": "a", "replies": [[{"txt": 1}]]}]}', "reply 1, step 1"),
        ('{"form": 1, "script": [{"prompt": "\\ud800", "replies": []}]}', "no valid JSON"),
    ],
)
def test_a_script_file_is_checked(tmp_path: Path, text: str, words: str) -> None:
    """A damaged file would fail in the middle of a test."""
    (tmp_path / "words.json").write_text(text)
    with pytest.raises(RecordingError, match=words) as caught:
        Recording(tmp_path / "words.json")
    assert str(caught.value).isprintable()


@pure
def test_without_a_recording_the_error_says_so(tmp_path: Path) -> None:
    """A mistyped name would be an empty script, and each prompt a puzzle."""
    with pytest.raises(RecordingError, match=r"report\.claude is not there"):
        Recording(tmp_path / "report.ipynb")
    (tmp_path / "report.claude").mkdir()
    with pytest.raises(RecordingError, match=r"report\.claude has no recorded turns"):
        Recording(tmp_path / "report.claude")


# --- with the real CLI ----------------------------------------------------------------------------


@pytest.mark.cli
@pytest.mark.anyio
@on_asyncio
async def test_the_real_cli_runs_real_tools_against_recorded_words(
    write: Callable[..., str], tmp_path: Path, options: Callable[..., ClaudeAgentOptions]
) -> None:
    """The whole point: an agent's test from one real session."""
    asked: list[str] = []

    async def allow(
        name: str, given: dict[str, Any], context: ToolPermissionContext
    ) -> PermissionResultAllow:
        asked.append(name)
        return PermissionResultAllow()

    first = write(
        "Make a file",
        says("I write it."),
        RecordedCall("Write", {"file_path": "‹folder›/a.txt", "content": "one\n"}, reply=1),
        RecordedCall(
            "Bash", {"command": "echo 4${EMPTY}2; uname -n"}, output="42\nmyhost", reply=1
        ),
        says("It is made.", 2),
    )
    agent = {"description": "d", "prompt": "Count", "subagent_type": "general-purpose"}
    write(
        "Now count",
        RecordedCall("Agent", {**agent, "run_in_background": False}, reply=1),
        RecordedCall("Bash", {"command": "wc -l < a.txt"}, output="1", reply=1, parent=1),
        says("One line.", 2, parent=1),
        says("There is one line.", 2),
        after=first,
    )
    recording = Recording(tmp_path / "report.claude")
    async with ClaudeSDKClient(options(recording.script, can_use_tool=allow)) as client:
        text, _ = await ask(client, "Make a file")
        assert text == "I write it.|It is made."
        assert (tmp_path / "work" / "a.txt").read_text() == "one\n"
        assert sorted(asked) == ["Bash", "Write"]
        text, failed = await ask(client, "Make another file")
        assert failed.is_error
        assert "“Make another file” is not recorded" in text
        assert recording.unused == ["Now count"]
    drifted = {one.tool: (one.recorded, one.got) for one in recording.drift}
    assert drifted["Bash"][0] == "42\nmyhost"
    assert drifted["Bash"][1].startswith("42\n")

    async with ClaudeSDKClient(options(recording.script, can_use_tool=allow)) as client:
        await ask(client, "Make a file")
        told: dict[str, Any] = {
            "type": "user",
            "message": {
                "role": "user",
                "content": [
                    {"type": "text", "text": "<attached>Make a file</attached>"},
                    {"type": "text", "text": "Now count"},
                ],
            },
        }

        async def one() -> Any:
            yield told

        text, _ = await ask(client, one())
        assert text.endswith("There is one line.")
        assert recording.unused == []
