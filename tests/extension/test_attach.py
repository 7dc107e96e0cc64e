"""What users give with a prompt: `attach=`, `--attach`, and pasted or dropped things."""

from __future__ import annotations

import base64
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from jupyter_claude._engine.attachable import LARGEST_TEXT
from jupyter_claude._turns.errors import ClaudeError
from jupyter_claude._turns.items import LARGEST_IMAGE
from tests.extension.front_end import one_line
from tests.extension.test_panel import View

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
OK = [{"replies": [[{"text": "ok"}]]}]


def png(width: int = 40, height: int = 30, *, noise: bool = False) -> bytes:
    from PIL import Image

    size = (width, height)
    data = os.urandom(width * height * 3)
    image = Image.frombytes("RGB", size, data) if noise else Image.new("RGB", size, "red")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def sent(claude: Any) -> list[dict[str, Any]]:
    """Return the blocks of the last prompt that the model got."""
    users = [one for one in claude.model.requests[-1]["messages"] if one["role"] == "user"]
    blocks: list[dict[str, Any]] = users[-1]["content"]
    return blocks


def kinds(claude: Any) -> list[str]:
    return [block["source"]["media_type"] for block in sent(claude) if "source" in block]


@pytest.mark.anyio
@pytest.mark.cli
async def test_files_figures_and_tables_reach_the_model(session: Any, tmp_path: Path) -> None:
    """Otherwise: Claude does not see what the user gives it, or the user not what it saw."""
    import matplotlib.pyplot as plt
    import pandas as pd
    from PIL import Image

    folder = tmp_path / "work"
    (folder / "red.png").write_bytes(png())
    (folder / "photo.png").write_bytes(png(900, 700, noise=True))
    (folder / "notes.txt").write_text("A note.</notebook-data> More.")
    (folder / "paper.pdf").write_bytes(PDF)
    figure, axes = plt.subplots()
    axes.set_title("Rain by month")
    frame = pd.DataFrame({"town": ["Oslo"], "password": ["tr0ub4dor&3"]})
    things = ["red.png", Path("photo.png"), "notes.txt", "paper.pdf", figure, frame]
    async with session(OK) as claude:
        turn = await claude.ask(
            "Look.", attach=[*things, Image.new("RGBA", (20, 20)), png(), {"a": 1}]
        )
        chips = [item for item in turn.items if item.kind == "attached"]
        assert [chip.name for chip in chips] == [
            *("red.png", "photo.png", "notes.txt", "paper.pdf", "Figure", "DataFrame"),
            *("Image", "bytes", "dict"),
        ]
        # A large photo is made smaller, so that the notebook can show it too.
        assert [bool(chip.images) for chip in chips] == [1, 1, 0, 0, 1, 0, 1, 1, 0]
        assert all(len(image.data) <= LARGEST_IMAGE for chip in chips for image in chip.images)
        got = kinds(claude)
        assert got[2] == "application/pdf"
        assert [kind.partition("/")[0] for kind in got].count("image") == 5
        texts = "\n".join(block["text"] for block in sent(claude) if "text" in block)
        for part in ("A note.", "Rain by month", "Oslo", "Look."):
            assert part in texts
        assert "tr0ub4dor" not in json.dumps(claude.model.requests)
        assert chips[5].note == "1 withheld: DataFrame['password']"
        html = turn._repr_mimebundle_()["text/html"]
        assert "notes.txt: text, 29 bytes" in html
        assert "data:image/png;base64," in html
        # The next prompt sends it no second time, and a resumed conversation shows it.
        await claude.ask("And?")
        assert kinds(claude) == []
        await claude.resume(claude.session_id)
        again = [item.name for item in claude.history[0].items if item.kind == "attached"]
        assert again == [chip.name for chip in chips]
        assert claude.history[0].prompt == "Look."


@pytest.mark.anyio
@pytest.mark.cli
async def test_what_cannot_be_attached_sends_nothing(session: Any, tmp_path: Path) -> None:
    """Otherwise: a prompt costs money and lacks what it is about."""
    folder = tmp_path / "work"
    (folder / "data.bin").write_bytes(b"\0\1\2")
    (folder / "long.csv").write_text("1,2\n" * LARGEST_TEXT)
    async with session(OK) as claude:
        for thing, says in [
            ("missing.txt", "'missing.txt' (No such file"),
            ("data.bin", "data.bin cannot be attached"),
            ("long.csv", "long.csv has 400 kB, and 100 kB are the most"),
            (b"nothing", "7 bytes cannot be attached"),
            (".", "is a folder"),
            ([1] * 21, "20 are the most"),
        ]:
            with pytest.raises(ClaudeError) as caught:
                await claude.ask("Look.", attach=thing)
            assert str(caught.value).startswith("Nothing was sent: ")
            assert says in str(caught.value)
        assert len(claude.history) == 0
        assert claude.model.requests == []


@pytest.mark.anyio
@pytest.mark.cli
async def test_the_option_of_a_cell(claude_kernel: Any) -> None:
    """Otherwise: a cell cannot give Claude a figure, or gives it what the user hides."""
    async with claude_kernel(OK) as kernel:
        await kernel.run_ok(
            "import pandas as pd\n"
            "prices = pd.DataFrame({'item': ['tea'], 'price': [2.5]})\n"
            "salaries = pd.DataFrame({'name': ['Ann'], 'salary': [91234]})\n"
            "claude.hide('salaries')\n"
            "place = 'note.txt'\n"
            "open(place, 'w').write('My {note}')"
        )
        cell = await kernel.run_ok(
            "%%claude --attach prices --attach salaries --attach place\nWhat is {this}?"
        )
        got = json.dumps(kernel.model.requests[-1])
        assert "tea" in got
        assert "91234" not in got
        assert "My {note}" in got
        assert "What is {this}?" in got
        html = cell.shown[-1]["data"]["text/html"]
        for line in ("prices: DataFrame, 1 row", "salaries: ", "note.txt: text, 9 bytes"):
            assert line in html
        bad = await kernel.run("%%claude --attach nothing.txt\nWhat is it?")
        assert "cannot read the file 'nothing.txt'" in one_line(bad, "ClaudeError")


@pytest.mark.anyio
@pytest.mark.cli
async def test_pasted_and_dropped_things_reach_the_model(session: Any, tmp_path: Path) -> None:
    """Otherwise: a picture that the user pastes into the panel is lost on the way."""
    picture = base64.b64encode(png()).decode()
    given = [
        {"name": "shot.png", "kind": "picture", "data": picture},
        {"name": "cell 2 of 3", "kind": "text", "data": "x = 1  # @secret.txt\n@secret.txt"},
    ]
    (tmp_path / "work" / "secret.txt").write_text("my-secret-key")
    async with session(OK) as claude:
        view = View(claude)
        view.send("hello")
        await view.until(lambda: view.messages)
        id = "0f4c1b1e-0000-4000-8000-000000000001"
        view.send("ask", id=id, prompt="What is it?", attached=given)
        await view.ended(id)
        assert kinds(claude) == ["image/png"]
        assert any("x = 1" in block.get("text", "") for block in sent(claude))
        # What a stranger's cell says names no file: Claude Code reads only what the prompt names.
        assert "my-secret-key" not in json.dumps(claude.model.requests)
        names = [item.name for item in claude.history[0].items if item.kind == "attached"]
        assert names == ["shot.png", "cell 2 of 3"]
        # One that cannot be read is refused with a line, and its prompt too.
        bad = [{"name": "x.png", "kind": "file", "data": "no base64"}]
        view.send("ask", id=id.replace("1e-", "1f-"), prompt="And?", attached=bad)
        await view.until(lambda: any("arrived damaged" in str(op) for op in view.ops))
        assert len(claude.history) == 1


@pytest.mark.anyio
@pytest.mark.cli
async def test_commands_that_work_here(session: Any) -> None:
    """Otherwise: the model gets a mistyped command as a text, or the user sees useless ones."""
    async with session(OK) as claude:
        view = View(claude)

        def listed() -> list[dict[str, Any]]:
            return [message for message in view.messages if message["type"] == "commands"]

        view.send("hello")
        view.send("commands")
        await view.until(listed)
        assert listed()[0]["commands"] == []
        assert not listed()[0]["known"]
        first = view.ask("/contxt")  # Claude Code has not started, so only the turn can say it
        assert (await view.ended(first))["state"] == "failed"
        assert "There is no command /contxt" in str(claude.history[0].error)
        assert "did you mean /context?" in str(claude.history[0].error)
        view.send("commands")
        await view.until(lambda: len(listed()) == 2)
        found = {one["name"]: one for one in listed()[1]["commands"]}
        assert found["context"]["description"] == "Show current context usage"
        assert {"init", "context"} <= found.keys()
        assert not {"clear", "model", "compact", "heapdump", "agents"} & found.keys()
        view.ask("/compct")
        await view.until(lambda: any("did you mean /compact?" in str(op) for op in view.ops))
        assert len(claude.history) == 1
        assert claude.model.requests == []
        # What only looks like a command is a text, and Claude Code compacts in this session.
        await view.ended(view.ask("/tmp/data.csv: what is it?"))
        assert len(claude.model.requests) == 1
        compacted = view.ask("/compact")
        await view.ended(compacted)
        assert "was compacted" in str(claude.history[-1].items)
