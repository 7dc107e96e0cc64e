"""The documentation is whole: every public name stands in the reference, and the pages build."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import subprocess
from pathlib import Path

import jupyter_claude_sdk
import pytest
from jupyter_claude_sdk import lowlevel

import jupyter_claude
from jupyter_claude._cell_usage import CELL_USAGE
from jupyter_claude._command.main import main
from jupyter_claude._ipython.help import COMMANDS, OPTIONS
from jupyter_claude._ipython.magics import ClaudeMagics
from jupyter_claude._settings import Settings
from scripts.docs import SPHINX
from scripts.reference import PARTS

ROOT = Path(__file__).parents[1]


def test_every_public_name_stands_in_the_reference_once() -> None:
    """Else a user finds a name in code that the documentation does not explain."""
    assert sorted(named_on("sdk")) == sorted(
        # `map` is not in it: `from jupyter_claude_sdk import *` must not hide Python's own.
        {*getattr(jupyter_claude_sdk, "__all__"), "map"} - {"__version__"}  # noqa: B009
    )
    assert sorted(named_on("lowlevel")) == sorted(lowlevel.__all__)


def named_on(page: str) -> list[str]:
    text = (ROOT / f"docs/reference/{page}.md").read_text("utf-8")
    return re.findall(r"^\.\. auto(?:class|function|data):: (\S+)$", text, re.MULTILINE)


def test_every_name_of_the_extension_stands_in_its_reference() -> None:
    """Else a user finds no word on a name."""
    page = (ROOT / "docs/reference/extension.md").read_text("utf-8")
    kinds = r"auto(?:class|exception|function)|py:data"
    named = re.findall(rf"^\.\. (?:{kinds}):: (\S+)$", page, re.MULTILINE)
    others = {"__version__", "claude", "load_ipython_extension", "unload_ipython_extension"}
    assert sorted(named) == sorted(set(jupyter_claude.__all__) - others - {"KernelSession"})


def test_every_magic_has_its_help() -> None:
    """Else a command or an option works, and neither the help nor the reference has it."""
    commands = {name.removeprefix("_do_") for name in dir(ClaudeMagics) if name[:4] == "_do_"}
    assert commands == {form.split()[1] for form, _ in COMMANDS}
    assert re.findall(r"--[a-z-]+", CELL_USAGE) == sorted(
        (form.split()[0] for form, _ in OPTIONS), key=CELL_USAGE.index
    )


@pytest.mark.parametrize("part", PARTS)
def test_a_table_made_of_the_code_stands_on_one_page(part: str) -> None:
    """Else what the code says of its settings, keys or commands is on no page."""
    pages = (ROOT / "docs").rglob("*.md")
    uses = [page.name for page in pages if f"{{from-code}} {part}\n" in page.read_text("utf-8")]
    assert len(uses) == 1


def test_the_tables_have_all_that_there_is() -> None:
    """Else an option exists that the reference does not name."""
    assert all(
        f"| `{name}` |" in PARTS["settings"]() for name in Settings.class_traits(config=True)
    )
    assert all(trait.help for trait in Settings.class_traits(config=True).values())
    with pytest.raises(SystemExit), contextlib.redirect_stdout(io.StringIO()) as printed:
        main(["--help"])
    commands = re.findall(r"^    ([a-z-]+)(?: |$)", printed.getvalue(), re.MULTILINE)
    table = PARTS["command"]()
    assert commands == re.findall(r"^## `jupyter-claude ([a-z-]+)`$", table, re.MULTILINE)
    assert "| `--effects` |" in table
    schema = (ROOT / "labextension/plugin/schema/commands.json").read_text("utf-8")
    shortcuts = {one["command"] for one in json.loads(schema)["jupyter.lab.shortcuts"]}
    assert shortcuts == set(
        re.findall(r"`(jupyter-claude:[\w-]+)` \|$", PARTS["shortcuts"](), re.M)
    )
    assert "| **@** | Name a variable" in PARTS["panel-keys"]()


@pytest.mark.pure
def test_the_page_on_the_environment_has_each_variable() -> None:
    """Else a variable changes what happens, and nobody finds out why."""
    read = {
        name
        for package in ("jupyter_claude", "sdk/jupyter_claude_sdk")
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r"[\"']JUPYTER_CLAUDE_[A-Z_]+(?=[\"'])", path.read_text("utf-8"))
    }
    page = (ROOT / "docs/reference/environment.md").read_text("utf-8")
    ours, _, _ = page.partition("## Claude Code's")
    listed = re.findall(r"^\| `(JUPYTER_CLAUDE_[A-Z_]+)` \|", ours, re.MULTILINE)
    assert listed == sorted(name[1:] for name in read)


@pytest.mark.pure
def test_help_lists_each_parameter_by_itself() -> None:
    """Else `help()` shows a parameter as a part of the text above it."""
    within = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("jupyter_claude", "sdk/jupyter_claude_sdk")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        for line in re.findall(r"^ +[\w*, ]+ : \S.*$", ast.get_docstring(node) or "", re.MULTILINE)
    ]
    assert within == []


@pytest.mark.timeout(900)  # half a minute of a core, which it shares with workers and the checks
@pytest.mark.parametrize(
    "builder",
    [
        "dummy",  # follows each link, and writes nothing
        pytest.param("html", marks=pytest.mark.endurance),
    ],
)
def test_the_pages_build_without_a_warning(tmp_path: Path, builder: str) -> None:
    """Else links in the documentation lead nowhere, or docstrings come out garbled."""
    command = [*SPHINX, "-b", builder, str(ROOT / "docs"), str(tmp_path)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
