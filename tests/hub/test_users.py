"""Two users of a JupyterHub: what one of them has and does, the other one never sees.

JUPYTER_CLAUDE_ENVIRONMENTS=1 runs these tests, as `make test-all` does: they need JupyterHub.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import launch
from tests.browser.lab import deny
from tests.hub.hub import Hub, UserServer, notebook_of
from tests.labextension.script import SCRIPT
from tests.labextension.test_side_panel import Side

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cli,
    pytest.mark.skipif(
        not os.environ.get("JUPYTER_CLAUDE_ENVIRONMENTS"),
        reason="JUPYTER_CLAUDE_ENVIRONMENTS unset",
    ),
]

Models = dict[str, ScriptedModel]
KEY = "ANTHROPIC_API_KEY"
#: What Ann says to Claude; its file is in her folder.
SAYS = {"ann": "hello, plum-4711 is my word", "bob": "hello, kiwi-4712 is my word"}

STORED = "text => Object.values(localStorage).some(value => value.includes(text))"


@pytest.fixture
def models() -> Iterator[Models]:
    """Serve a model to each user. It answers only who has its key."""
    with ScriptedModel(SCRIPT) as ann, ScriptedModel(SCRIPT) as bob:
        yield {"ann": ann, "bob": bob}


@pytest.fixture
def hub(cli: Path, models: Models, tmp_path: Path) -> Iterator[Hub]:
    """Start a hub. Ann's key is in the environment of her server; Bob has none there."""
    users = {name: {**model.env, "JUPYTER_CLAUDE_CLI": str(cli)} for name, model in models.items()}
    del users["bob"][KEY]
    with Hub(tmp_path / "hub", users) as hub:
        yield hub


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Start a browser; each user has a context of their own in it."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


def files(folder: Path) -> list[Path]:
    """Return all files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def with_text(folder: Path, text: str) -> list[Path]:
    """Return the files below a folder that have a text in them."""
    return [path for path in files(folder) if text.encode() in path.read_bytes()]


def open_to_others(folder: Path) -> list[Path]:
    """Return what another user of the machine could open in a shared folder."""
    return [
        path
        for path in folder.iterdir()
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


def test_two_users_stay_apart(hub: Hub, browser: Browser, models: Models) -> None:
    """Otherwise: one pays with the other's key, or reads what the other asked."""
    keys = {name: model.env[KEY] for name, model in models.items()}
    pages = {}
    servers: dict[str, UserServer] = {}
    notebooks = {}
    for name in ("ann", "bob"):
        context = browser.new_context()
        pages[name] = context.new_page()
        servers[name] = hub.sign_in(context, name)
        cells = [
            "%claude login key",
            f"%%claude\n{SAYS[name]}",
            "%%claude\ntouch made",
            "%claude resume",
            "%claude cost",
            "%claude replay record",
            f"%%claude\n{SAYS[name]}, on record",
        ]
        notebooks[name] = notebook_of(servers[name], pages[name], cells)
    bob = notebooks["bob"]
    bob.run(1, stay=True)
    asked = bob.output(1).get_by_role("textbox")
    asked.fill(keys["bob"])
    asked.press("Enter")
    bob.done(1)
    for notebook in notebooks.values():
        notebook.run(2)
        notebook.done(2)
        expect(notebook.turn(2)).to_contain_text("Hi there.")
        notebook.run(3, stay=True)
        deny(notebook.button(3, "Deny"))
        notebook.done(3)
        for index in (4, 5, 6, 7):
            notebook.run(index)
            notebook.done(index)
        side = Side(notebook.page)
        side.tab.click()
        expect(side.turns.first).to_contain_text("Hi there.")
        notebook.save()
    homes = hub.folder / "homes"
    for name, other in (("ann", "bob"), ("bob", "ann")):
        # Each model refuses all keys but its own, so each one paid for themselves.
        said = str(models[name].requests)
        assert SAYS[name] in said
        assert SAYS[other] not in said
        word = SAYS[name].split()[1]
        assert word in said
        places = with_text(hub.folder, word)
        assert places
        shared = hub.folder / "tmp"
        assert [
            p for p in places if homes / name not in p.parents and shared not in p.parents
        ] == []
        # A key is in no file, not even in its owner's, and no process shows it.
        found = with_text(hub.folder, keys[name])
        assert [path for path in found if path != hub.folder / "given.json"] == []
        assert word not in pages[other].content()
        assert keys[name] not in pages[other].content()
        assert keys[name] not in pages[name].content()
        # The other one's server lets nobody else in: no page, no file, no kernel, no socket.
        for path in ("lab", "api/contents/work/test.ipynb", "api/kernels", "api/sessions"):
            answer = pages[other].request.get(f"{servers[name].url}{path}")
            assert answer.status in (403, 404), path
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        assert not any(key in line for key in keys.values())
    assert open_to_others(hub.folder / "tmp") == []


def test_a_shared_computer(hub: Hub, browser: Browser) -> None:
    """Otherwise: a student finds in the panel what the one before them had written."""
    # In containers all users have the same paths.
    same_path = "import os; os.environ['JPY_SESSION_NAME'] = '/home/jovyan/work/test.ipynb'\n"
    context = browser.new_context()
    for name in ("ann", "bob"):
        server = hub.sign_in(context, name)
        page = context.new_page()
        notebook_of(server, page, ["1 + 1"], before=same_path)
        side = Side(page)
        side.tab.click()
        expect(side.box).to_have_value("")
        side.send(SAYS[name])
        expect(side.turns).to_have_count(1)
        side.box.fill(f"a thought of {name}'s")
        # It is in the browser's storage now, where it survives a reload.
        page.wait_for_function(STORED, arg=f"a thought of {name}'s")
        page.goto(f"{hub.url}/hub/logout")
        page.close()
