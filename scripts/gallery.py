"""The gallery of executed notebooks: ``python -m scripts.gallery [NAME …]``.

It executes the notebooks of `notebooks/` and keeps them, with their outputs and a picture of each,
in `docs/gallery/`. Claude Code and the kernel are real; the practice model, a recording or a
script answers. The site shows them as they are: building it executes nothing. A page has one by

    ```{executed} quickstart
    ```
"""

from __future__ import annotations

import asyncio
import html
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
GALLERY = ROOT / "docs" / "gallery"
#: The notebooks, each with the cell that its picture shows.
SHOWN = {
    "quickstart": "plot",
    "analysis": "plot",
    "batch": "plot",
    "replayed": "plot",
    "agent": "lamp",
}
#: The colours and letters of the control sequences of terminals.
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
#: How outputs stand on a page.
_OUTPUT = "font-size:.9em;overflow-x:auto;margin:.5rem 0 1.5rem"


def text_of(notebook: nbformat.NotebookNode) -> str:
    """Return an executed notebook as MyST Markdown, without its title.

    The outputs are HTML that this repository made, so they are put in as they are.
    """
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(re.sub(r"\A# .*\n*", "", cell.source))
            continue
        parts.append(_fenced(cell.source, "ipython3"))
        shown = "\n".join(filter(None, map(html_of, cell.outputs)))
        if shown:
            parts.append(_fenced(f'<div style="{_OUTPUT}">{shown}</div>', "{raw} html"))
    return "\n\n".join(parts) + "\n"


def html_of(output: nbformat.NotebookNode) -> str:
    """Return one output as HTML."""
    if output.output_type == "stream":
        return _pre(output.text)
    if output.output_type == "error":
        return _pre("\n".join(output.traceback) or f"{output.ename}: {output.evalue}")
    data = output.data
    if "text/html" in data:
        frame = '<table border="1" class="dataframe">'
        return str(data["text/html"]).replace(frame, '<table class="dataframe docutils">')
    if "image/png" in data:
        picture = "".join(data["image/png"].split())
        return (
            f'<img alt="{html.escape(data["text/plain"])}" src="data:image/png;base64,{picture}">'
        )
    return _pre(str(data.get("text/plain", "")))


def _pre(text: str) -> str:
    return f"<pre>{html.escape(_ANSI.sub('', text))}</pre>"


def _fenced(text: str, language: str) -> str:
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def execute(name: str, folder: Path) -> nbformat.NotebookNode:
    """Execute a notebook in an empty folder, and return it with its outputs."""
    from jupyter_claude_sdk.lowlevel import find_cli
    from nbclient import NotebookClient

    from jupyter_claude._command.demo import _as_the_tour_says
    from jupyter_claude._command.headless import HeadlessRun

    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ANTHROPIC_")},
        "JUPYTER_CLAUDE_CLI": str(find_cli()),
        "CLAUDE_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_CLAUDE_SESSIONS": str(folder / "sessions"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "sdk")]),
        "HOME": str(folder),
    }
    here = folder / "notebooks"
    here.mkdir(parents=True)
    recording = NOTEBOOKS / f"{name}.claude"
    if recording.is_dir():
        shutil.copytree(recording, here / recording.name)
        environment["JUPYTER_CLAUDE_NOTEBOOK"] = str(here / f"{name}.ipynb")
        environment["JUPYTER_CLAUDE_REPLAY_EFFECTS"] = "1"  # what it does again, nobody approves
        NotebookClient(notebook, resources={"metadata": {"path": str(here)}}).execute(
            env=environment
        )
        return _kept(notebook, folder)
    if name != "agent":
        environment["JUPYTER_CLAUDE_PRACTICE"] = "1"
        environment["JUPYTER_CLAUDE_PRACTICE_FOLDER"] = str(folder / "practice")
    run = HeadlessRun(notebook, _as_the_tour_says, lambda line: None, limit=120)
    asyncio.run(run.visit(here, environment, folder / "kernel.log"))
    return _kept(notebook, folder)


def _kept(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Return what the gallery keeps: what the site shows, and no place on this machine."""
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            if output.output_type == "error":  # of a traceback, the user's own lines
                *frames, last = output.traceback
                own = [one for one in frames if _ANSI.sub("", one).startswith("Cell ")]
                output.traceback = [*own, last]
            output.get("data", {}).pop("text/markdown", None)
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
            if "metadata" in output:
                output.metadata = {}
    notebook.metadata = {"kernelspec": notebook.metadata.get("kernelspec", {})}
    text = nbformat.writes(notebook)
    for place in (sys.prefix, str(folder.resolve()), str(folder), str(ROOT)):
        text = text.replace(place, "~")
    kept: nbformat.NotebookNode = nbformat.reads(text, as_version=4)
    return kept


def picture(notebook: nbformat.NotebookNode, name: str, browser: Any) -> None:
    """Take the picture of one cell."""
    cell = next(one for one in notebook.cells if one.id == SHOWN[name])
    outputs = "\n".join(map(html_of, cell.outputs))
    page = browser.new_page(viewport={"width": 760, "height": 100})
    page.set_content(
        "<style>body{font:15px/1.5 system-ui,sans-serif;margin:16px}pre{white-space:pre-wrap}"
        "body>pre:first-of-type{background:#f5f5f5;padding:10px 12px;margin:0 0 12px}"
        "img{max-width:100%}</style>"
        f"{_pre(cell.source)}{outputs}"
    )
    page.screenshot(path=GALLERY / f"{name}.png", full_page=True)
    page.close()


def main() -> int:
    """Execute the notebooks, and keep them and their pictures."""
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import launch

    GALLERY.mkdir(exist_ok=True)
    made = {}
    for name in sys.argv[1:] or SHOWN:
        with tempfile.TemporaryDirectory() as folder:
            made[name] = execute(name, Path(folder))
        nbformat.write(made[name], GALLERY / f"{name}.ipynb")
        print(name, "executed", flush=True)
    with sync_playwright() as playwright, launch(playwright) as browser:
        for name, notebook in made.items():
            picture(notebook, name, browser)
    return 0


def setup(app: Sphinx) -> dict[str, bool]:
    """Give Sphinx the directive ``executed``."""
    from docutils import nodes
    from sphinx.util.docutils import SphinxDirective

    class Executed(SphinxDirective):
        """An executed notebook."""

        required_arguments = 1

        def run(self) -> list[nodes.Node]:
            path = GALLERY / f"{self.arguments[0]}.ipynb"
            self.env.note_dependency(str(path))
            notebook = nbformat.read(path, as_version=4)
            return self.parse_text_to_nodes(text_of(notebook), allow_section_headings=True)

    app.add_directive("executed", Executed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    sys.exit(main())
