"""The gallery of the site: executed notebooks, which are those of the package."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

from scripts.gallery import GALLERY, NOTEBOOKS, ROOT, SHOWN, text_of

executed = pytest.mark.parametrize("name", SHOWN)


def sources(path: Path) -> list[tuple[str, str, str]]:
    """Return the cells of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    return [(cell.id, cell.cell_type, cell.source) for cell in cells]


@pytest.mark.pure
def test_each_notebook_is_in_the_gallery() -> None:
    """Else an example that works is one that nobody finds."""
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == set(SHOWN)
    page = (ROOT / "docs/gallery.md").read_text("utf-8")
    for name in SHOWN:
        assert page.count(f"(gallery/{name}.png)](gallery/{name}.md)") == 1
        assert (GALLERY / f"{name}.png").is_file()
        assert f"{{executed}} {name}\n" in (GALLERY / f"{name}.md").read_text("utf-8")


@pytest.mark.pure
@executed
def test_the_gallery_shows_the_notebook_as_it_is_now(name: str) -> None:
    """Else a reader sees a notebook that is no more. `python -m scripts.gallery` makes it anew."""
    assert sources(GALLERY / f"{name}.ipynb") == sources(NOTEBOOKS / f"{name}.ipynb")


@pytest.mark.pure
@executed
def test_its_outputs_are_static_and_name_no_machine(name: str) -> None:
    """Else a page runs scripts, or shows the folders of who made it."""
    notebook = nbformat.read(GALLERY / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    text = text_of(notebook)
    assert "<script" not in text
    assert str(ROOT) not in text
    assert not re.search(r"/(?:tmp|root|Users)/|(?<!me)/\.venv/", text)
    originals = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    may_fail = {
        cell.id
        for cell in originals
        if "raises-exception" in cell.metadata.get("tags", ())
        or "interrupt" in str(cell.metadata.get("jupyter_claude", ""))
    }
    failed = {
        cell.id
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "error"
    }
    assert failed <= may_fail
    assert any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.cli
def test_the_agent_runs_to_its_end(
    cli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the example of the SDK fails for who tries it first."""
    for name, value in {
        "JUPYTER_CLAUDE_CLI": str(cli),
        "CLAUDE_CONFIG_DIR": str(tmp_path / "config"),
        "HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "sdk")]),
    }.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(NOTEBOOKS / "agent.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    said = {
        cell.id: "".join(str(one.get("text", "")) for one in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    assert "calls refund {'number': 'A17', 'euros': 39}" in said["kettle"]
    assert "You get 39 euros" in said["kettle"]
    assert "A colleague will look" in said["lamp"]
    assert "Warning" not in str(said)
