"""A conversation is recorded with the real CLI, and runs again without CLI and model."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from jupyter_claude_sdk.lowlevel import RecordingFolder, digest
from nbclient import NotebookClient

from jupyter_claude import ClaudeError, ReplayMissing
from jupyter_claude._claude import Claude
from jupyter_claude._ipython.outputs import CellOutput, ShownTurns
from jupyter_claude._replay.status import status_lines
from jupyter_claude._turns.items import Notice
from jupyter_claude._turns.turn import ASKED_AGAIN, BEFORE_ASKED_AGAIN, Turn, end_of
from jupyter_claude._views.static import html
from tests.extension.answers.shapes import City
from tests.kernels.harness import REPOSITORY

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

KEY = "sk-ant-api03-" + "aB3dE5gH7jK9mN1pQ2rS"
PROMPTS = ("Look at the notes and echo", "Make a file", "The city of the notes")
NOTES = "Rome has 3 people."


def script(folder: Path, city: str = "Rome") -> list[dict[str, Any]]:
    made = {"file_path": str(folder / "made.py"), "content": "x = 1\n"}
    secret = {"file_path": str(folder / "secret.env"), "content": f"KEY={KEY}\n"}
    value = {"value": {"name": city, "people": 3}}
    return [
        {
            "when": "echo",
            "replies": [
                [
                    {"text": "I **echo** first."},
                    {"tool": "Bash", "input": {"command": f"echo {KEY} in $PWD"}},
                ],
                [{"text": f"It is in {folder}."}],
            ],
        },
        {
            "when": "file",
            "replies": [
                [{"tool": "Write", "input": made}, {"tool": "Write", "input": secret}],
                [{"text": "Made."}],
            ],
        },
        {"when": "city", "replies": [[{"tool": "mcp__answer__give", "input": value}]]},
    ]


async def ask_all(claude: Any, prompts: tuple[str, ...] = PROMPTS) -> list[Turn]:
    first = await claude.ask(prompts[0], attach="notes.md")
    second = await claude.ask(prompts[1])
    return [first, second, await claude.ask(prompts[2], schema=City)]


async def record(session: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Turn]:
    """Record the prompts in a folder, as `a.claude`."""
    folder.mkdir(parents=True)
    (folder / "notes.md").write_text(NOTES)
    monkeypatch.chdir(folder)
    async with session(script(folder), allowed_tools=["Bash", "Write"]) as claude:
        claude.replay("a.ipynb", mode="record")
        return await ask_all(claude, (f"{PROMPTS[0]} {KEY}", *PROMPTS[1:]))


async def test_the_values_of_secret_variables_stay_here(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a password that code or a command prints is in git with the recording."""
    variables = sys.modules["__main__"]
    monkeypatch.setattr(variables, "db_password", "correct-horse", raising=False)
    monkeypatch.setattr(variables, "customers", ["Ada Lovelace"], raising=False)
    monkeypatch.delenv("LATE_TOKEN", raising=False)

    def late(*_: Any) -> list[dict[str, Any]]:
        monkeypatch.setenv("LATE_TOKEN", "made-in-the-turn-1")
        return [{"text": "Done: made-in-the-turn-1, correct-horse"}]

    command = {"command": "echo correct-horse of Ada Lovelace"}
    script = [{"when": "echo", "replies": [[{"tool": "Bash", "input": command}], late]}]
    async with session(script, allowed_tools=["Bash"]) as claude:
        claude.hide("customers")
        claude.replay(tmp_path / "a.ipynb", mode="record")
        turn = await claude.ask("echo correct-horse")
        assert "correct-horse of Ada" in turn.tools[0].output
    (recorded,) = (tmp_path / "a.claude").glob("001-*.json")
    text = recorded.read_text("utf-8") + recorded.name
    for secret in ("correct-horse", "Lovelace", "made-in-the-turn"):
        assert secret not in text


def without_cli(mode: str = "only") -> Claude:
    """Make a session whose CLI is broken and whose model does not exist."""
    claude = Claude()
    claude.settings.cli_path = "/nowhere/claude"
    claude.settings.env = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
    claude.settings.replay = mode
    return claude


def shown(turn: Turn) -> list[str]:
    """Return what the static view of a turn shows, but its cost line."""
    page = BeautifulSoup(html(turn), "html.parser")
    texts = [str(text).strip() for text in page.find_all(string=True)]
    return [text for text in texts if text and text != turn.cost_line]


async def panel_turn(claude: Claude, prompt: str) -> Turn:
    """Send a prompt where somebody can be asked."""
    turn = claude._parts.queue.submit(prompt)
    await end_of(turn)
    return turn


async def test_record_and_replay(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else Restart & Run All costs again, or shows and binds something else."""
    one, two = tmp_path / "one" / "work", tmp_path / "two" / "work"
    live = await record(session, one, monkeypatch)
    await record(session, two, monkeypatch)

    # Two recordings are equal, and fit to be shared.
    files = {
        path.name: path.read_text() for path in (one / "a.claude").rglob("*") if path.is_file()
    }
    again = {
        path.name: path.read_text() for path in (two / "a.claude").rglob("*") if path.is_file()
    }
    assert files == again
    everything = "".join(files.values())
    assert KEY not in everything
    assert str(tmp_path) not in everything
    recorded = list(RecordingFolder(one / "a.claude").turns.values())
    made, secret = recorded[1].files
    after = digest(b"x = 1\n")
    assert (made.path, made.before, made.after) == ("made.py", "", after)
    assert (secret.path, secret.content) == ("secret.env", "")
    assert "secret" in secret.withheld
    assert recorded[0].cost_usd > 0

    # A clone elsewhere, with neither CLI nor model.
    clone = tmp_path / "clone"
    clone.mkdir()
    shutil.copytree(one / "a.claude", clone / "renamed.claude")
    (clone / "notes.md").write_text(NOTES)
    monkeypatch.chdir(clone)
    claude = without_cli()
    turns = await ask_all(claude, (f"{PROMPTS[0]} {KEY}", *PROMPTS[1:]))
    assert [turn.state for turn in turns] == ["done"] * 3
    for was, new in zip(live, turns, strict=True):
        assert _clean(new.text, clone) == _clean(was.text, one)
        told = ("Not run again: ", "Its files were not written again: ")
        assert [_clean(text, clone) for text in shown(new) if not text.startswith(told)] == [
            _clean(text, one) for text in shown(was)
        ]
        assert new.cost_line.startswith("Replayed · recorded on ")
        assert (new.cost_usd, new.charged) == (0.0, False)
        assert len(new.messages) > 1
    assert turns[2].value == live[2].value == City("Rome", 3)
    assert claude.cost_usd == 0
    assert not claude.client.connected
    assert [call.id for turn in turns for call in turn.tools] != [
        call.id for turn in live for call in turn.tools
    ]

    # An attachment that has changed is named, and nothing is asked.
    (clone / "notes.md").write_text("Rome has 4 people.")
    claude = without_cli()
    with pytest.raises(ReplayMissing) as missing:
        await claude.ask(f"{PROMPTS[0]} {KEY}", attach="notes.md")
    assert "attachment notes.md changed, and replay is 'only'" in str(missing.value)
    assert missing.value.turn is claude.history[-1]
    assert claude.history[-1].state == "failed"
    with pytest.raises(ReplayMissing, match="asks Claude, and replay is 'only'"):
        await claude.client.query("x")
    with pytest.raises(ReplayMissing):
        await claude.map(["a"], "{text}")

    # A form of a later version is refused in one line; nothing is asked in its place.
    path = next((clone / "renamed.claude").glob("002-*.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), "form": 2}))
    for mode in ("only", "auto"):
        with pytest.raises(ClaudeError) as refused:
            await without_cli(mode).ask(PROMPTS[1])
        assert str(refused.value).endswith("Upgrade jupyter-claude to replay it")
        assert "\n" not in str(refused.value)


def _clean(text: str, folder: Path) -> str:
    """Return a text without what a recording withholds."""
    return text.replace(KEY, "‹withheld›").replace(str(folder), "FOLDER")


async def test_stale_answers(session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an edited prompt costs unseen, or shows an old answer as a new one."""
    folder = tmp_path / "nb"
    folder.mkdir()
    monkeypatch.chdir(folder)
    first, edited, second = "Tell me of plums", "Tell me of plums, please", "And of pears"
    async with session([]) as claude:
        monkeypatch.setenv("JUPYTER_CLAUDE_NOTEBOOK", "nb.ipynb")
        claude._parts.replay.source.choose("auto")
        asked = claude._parts.queue.submit(first)
        # A button in a turn changes a setting: no replay presses it, so it must not count.
        asked.listen(lambda _: setattr(claude.settings, "kernel", "look"))
        await end_of(asked)
        assert (await panel_turn(claude, second)).replayed is None
        assert claude.settings.kernel == "look"

    recording = RecordingFolder(folder / "nb.claude")
    assert recording.choice == "auto"
    assert len(recording.turns) == 2

    # Headless: one line, and nothing is asked. The default is enough, since there is a recording.
    headless = without_cli("default")
    with pytest.raises(ReplayMissing, match=r"the prompt changed, and replay is 'auto'"):
        await headless.ask(edited)
    assert (await headless.ask(first)).text == f"You said: {first}"

    # Without Claude Code "Ask again" says so, and the old answer stays.
    reader = without_cli("auto")
    turn = await panel_turn(reader, edited)
    assert turn.actions is not None
    turn.actions.again()
    assert [*reader.history] == [turn]
    assert (turn.text, turn.left, turn.again) == (f"You said: {first}", None, None)
    assert turn.remedy == "again", "it can be pressed once more"
    (line,) = [item for item in turn.items if isinstance(item, Notice)]
    assert (line.id, line.level) == ("ask-again", "warning") and "/nowhere/claude" in line.text

    # With a user: the old answers, and why they are old. "Ask again" asks and records.
    async with session([]) as claude:
        turns = [await panel_turn(claude, prompt) for prompt in (edited, second)]
        assert [turn.text for turn in turns] == [f"You said: {one}" for one in (first, second)]
        lines = [turn.replayed.stale_line for turn in turns if turn.replayed is not None]
        assert lines == ["Stale: the prompt changed", "Stale: an earlier turn (1) changed"]
        assert not claude.model.requests
        assert turns[0].actions is not None
        turns[0].actions.again()
        turns[0].actions.again()  # a second press is none
        while len(claude.history) < 1 or claude.history[0] is turns[0]:
            await asyncio.sleep(0)
        (new,) = claude.history
        await end_of(new)
        while len(RecordingFolder(recording.path).turns) < 3:
            await asyncio.sleep(0.01)
        assert (new.text, new.replayed) == (f"You said: {edited}", None)
        assert [turn.left for turn in turns] == [ASKED_AGAIN, BEFORE_ASKED_AGAIN]
        assert turns[0].again is new
        assert len(claude.model.requests) == 1

    replayed = await panel_turn(without_cli("auto"), edited)
    assert replayed.replayed is not None
    assert replayed.replayed.stale == ()
    assert replayed.text == f"You said: {edited}"


async def test_an_old_answer_stays_where_claude_cannot_be_asked(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else "Ask again" takes a student's answer away, or does nothing and does not say why."""
    monkeypatch.chdir(tmp_path)
    async with session([]) as claude:
        claude.replay("nb.ipynb", mode="auto")
        await panel_turn(claude, "Tell me of plums")
    claude = without_cli("auto")
    claude.replay("nb.ipynb", mode="auto")
    turn = await panel_turn(claude, "Tell me of plums, please")
    shown: list[dict[str, str]] = []
    output = CellOutput()
    monkeypatch.setattr(output, "show", shown.append)
    ShownTurns(turn, output)
    for mode, why in (
        ("auto", "cli_path names a file that does not exist"),
        ("only", "asks Claude, and replay is 'only'"),
    ):
        claude.settings.replay = mode
        assert turn.actions is not None
        turn.actions.again()
        assert (list(claude.history), turn.remedy) == ([turn], "again")
        text = BeautifulSoup(shown[-1]["text/html"], "html.parser").get_text()
        for words in ("Stale: the prompt changed", "You said: Tell me of plums", why):
            assert words in text


async def test_a_cell_with_an_edited_prompt_runs_again(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a student who edits a prompt is told to install Claude Code, and sees no old answer."""
    monkeypatch.chdir(tmp_path)
    running = ""
    monkeypatch.setattr("jupyter_claude._replay.replay.running_cell", lambda _: ("", running))
    plums, pears = "Tell me all of plums", "And what of the pears"
    async with session([]) as claude:
        claude.replay("nb.ipynb", mode="auto")
        await panel_turn(claude, plums)
        await panel_turn(claude, pears)

    async with session([]) as claude:
        claude.replay("nb.ipynb", mode="auto")
        for name, prompt in (("a", plums), ("b", pears)):
            running = name
            replayed = (await panel_turn(claude, prompt)).replayed
            assert replayed is not None and replayed.stale == ()
        running = "a"
        for prompt in (f"{plums}, please", f"{plums}, thanks"):
            turn = await panel_turn(claude, prompt)
            assert turn.replayed is not None
            assert (turn.text, turn.replayed.stale) == (f"You said: {plums}", ("the prompt",))
        assert not claude.model.requests
        assert (
            await panel_turn(claude, "Why is the sky blue at noon?")
        ).replayed is None  # a new question
        running = "c"
        assert (await panel_turn(claude, f"{plums} now")).replayed is None  # another cell


async def test_a_new_conversation_is_replayed_and_goes_on(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else Claude answers without what the notebook shows above, or the history loses it."""
    folder = tmp_path / "nb"
    folder.mkdir()
    monkeypatch.chdir(folder)
    async with session([]) as claude:
        claude.replay("nb.ipynb", mode="record")
        await claude.ask("Tell me of plums")
        await claude.new()
        await claude.ask("And of pears")
    async with session([]) as claude:
        claude.replay("nb.ipynb", mode="auto")
        claude.settings.replay_stream = True
        told = [event.text async for event in claude.stream("Tell me of plums")]
        assert "".join(told) == "You said: Tell me of plums"
        assert len(told) > 1
        pears = claude._parts.begin_turn("And of pears")
        await claude._parts.runner.run(pears, new=True)
        assert pears.turn.replayed is not None
        assert not claude.model.requests
        live = await panel_turn(claude, "What fruit was that?")
        assert live.replayed is None
        assert [turn.prompt for turn in claude.history] == ["And of pears", live.prompt]
        sent = json.dumps(claude.model.requests[-1]["messages"])
        assert "You said: And of pears" in sent
        assert "plums" not in sent


async def test_a_secret_of_a_settings_file_is_not_recorded(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a token that a company keeps in settings.json is in each recording of a command."""
    settings = tmp_path / "claude-config" / "settings.json"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(json.dumps({"env": {"LAB_TOKEN": "plain words-of-ours"}}))
    folder = tmp_path / "nb"
    folder.mkdir()
    monkeypatch.chdir(folder)
    async with session([]) as claude:
        # As for a user with an own gateway: with a scripted model no settings file counts.
        claude.settings.env = {**claude.settings.env, "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": ""}
        claude.replay("nb.ipynb", mode="record")
        await claude.ask("It printed plain words-of-ours here")
    recorded = "".join(path.read_text() for path in folder.rglob("*.json*"))
    assert "It printed" in recorded
    assert "words-of-ours" not in recorded


async def test_a_recording_that_cannot_be_written(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a full disk costs the user an answer that was paid for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.claude").write_text("a file")
    async with session([]) as claude:
        claude.replay("a.py", mode="record")
        turn = await claude.ask("hello")
        assert turn.state == "done"
        assert turn.text == "You said: hello"
        assert "This turn was not recorded: a.claude cannot be written" in html(turn)


async def test_nothing_is_asked_if_nothing_can_be_recorded(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a run by nbclient is paid for, and there is no recording of it, which nobody notices."""
    monkeypatch.setenv("JUPYTER_CLAUDE_REPLAY", "record")
    async with session([]) as claude:
        with pytest.raises(ClaudeError) as refused:
            await claude.ask("hello")
        assert not claude.model.requests
        claude._parts.replay.source.choose("record")
        assert status_lines(claude._parts.replay.source)[1].endswith('(PATH, mode="record")')
        claude.settings.replay = "default"
        assert str(refused.value) == (
            "Nothing was asked: replay is 'record' (JUPYTER_CLAUDE_REPLAY), and the notebook's "
            "name is not known, so nothing can be recorded; name the notebook: "
            'JUPYTER_CLAUDE_NOTEBOOK=PATH, or claude.replay(PATH, mode="record")'
        )
        monkeypatch.setenv("JUPYTER_CLAUDE_NOTEBOOK", "b.ipynb")  # as `%env` does
        assert (await claude.ask("hello")).state == "done"
        claude.replay("a.ipynb", mode="record")
        await claude.ask("hello")
    assert [len(RecordingFolder(Path(f"{name}.claude")).turns) for name in "ba"] == [1, 1]


async def test_the_error_names_what_chose_the_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the user sets a variable that does not count, and gets the same error again."""
    monkeypatch.chdir(tmp_path)
    change = 'to ask Claude, change this to "record"'
    variable = "to ask Claude: %claude replay record, or JUPYTER_CLAUDE_REPLAY=record"
    runs = "to ask Claude, run the notebook in another way"

    def with_magic(claude: Claude) -> None:
        claude._parts.replay.source.choose("only")

    cases: list[tuple[Any, dict[str, str], str]] = [
        (with_magic, {}, f"'only' (%claude replay only); {change}"),
        (lambda claude: claude.replay("a.py"), {}, f"'auto' (claude.replay()); {variable}"),
        (
            lambda claude: claude.replay("a.py", mode="only"),
            {"JUPYTER_CLAUDE_REPLAY": "record"},
            f"'only' (claude.replay(mode=\"only\")); {change}",
        ),
        (
            lambda claude: setattr(claude.settings, "replay", "only"),
            {"JUPYTER_CLAUDE_REPLAY": "record"},
            f"'only' (the setting ClaudeMagics.replay); {change}",
        ),
        (
            lambda _: None,
            {"JUPYTER_CLAUDE_REPLAY": "only"},
            f"'only' (JUPYTER_CLAUDE_REPLAY); {variable}",
        ),
        (
            with_magic,
            {"JUPYTER_CLAUDE_REPLAY_RUNS": "1"},
            f"'only' (jupyter-claude replay run); {runs}",
        ),
    ]
    for choose, variables, end in cases:
        with monkeypatch.context() as patched:
            for name, value in variables.items():
                patched.setenv(name, value)
            claude = without_cli("default")
            choose(claude)
            with pytest.raises(ReplayMissing) as missing:
                await claude.ask("hello")
            assert str(missing.value).endswith(f"replay is {end}")
            if "auto" not in end:
                with pytest.raises(ReplayMissing) as missing:
                    await claude.map(["a"], "{text}")
                assert str(missing.value).endswith(f"replay is {end}")


async def test_a_notebook_runs_without_claude(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a reviewer, a student or CI without a key cannot run the notebook."""
    folder = tmp_path / "nb"
    folder.mkdir()
    monkeypatch.chdir(folder)
    async with session(script(folder)) as claude:
        claude.replay("nb.ipynb", mode="record")
        await claude.ask("hello")
        await claude.ask(PROMPTS[2], schema=City)
    monkeypatch.setenv("JUPYTER_CLAUDE_CLI", "/nowhere/claude")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "sdk")]))
    cells = [
        "%load_ext jupyter_claude\nfrom tests.extension.answers.shapes import City",
        "%claude replay",
        "%%claude\nhello",
        f"%%claude --schema City --as turn\n{PROMPTS[2]}",
        "print(turn.value.name)",
        "%claude replay off",
        "%%claude --new\nhello",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = NotebookClient(
        notebook, timeout=60, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    await client.async_execute()
    _, status, hello, _, value, off, asked = notebook.cells
    lines = status.outputs[0].text.splitlines()
    assert lines[0].startswith("Replay: auto (there is a recording, and nobody can be asked); ")
    assert lines[1].startswith(f"Recording: {folder / 'nb.claude'} (2 turns, ")
    assert "You said: hello" in hello.outputs[0].data["text/plain"]
    assert "Replayed · recorded on" in hello.outputs[0].data["text/html"]
    assert value.outputs[0].text == "Rome\n"
    assert "later kernels of this notebook start in off" in off.outputs[0].text
    assert RecordingFolder(folder / "nb.claude").choice == "off"
    assert asked.outputs[-1].ename == "CLINotFoundError", "it was asked again"

    # Another notebook, or one that lost its recording, does not spend money unseen either.
    RecordingFolder(folder / "nb.claude").choose("auto")
    cells = [cells[0], "%%claude\nPlot the weekly revenue by region, please"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client.nb = notebook
    await client.async_execute()
    error = notebook.cells[1].outputs[-1]
    assert error.ename == "ReplayMissing"
    assert "no recording there is this notebook's (nb.claude in " in error.evalue
