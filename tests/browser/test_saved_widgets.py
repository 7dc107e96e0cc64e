"""Widgets that a notebook's file brings along run only where the user trusts it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.lab import FrontEnd, Notebook, Server, kernel_name
from tests.kernels.harness import VERSIONS

pytestmark = [pytest.mark.browser, pytest.mark.cli]

# What a script in the page could do: press what approves a command.
ESM = """
window.ran = (window.ran || 0) + 1;
export default { render({ el }) { el.textContent = "Drawn by the file"; } };
"""
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


def saved_model(module: str, name: str, **state: Any) -> dict[str, Any]:
    """Return a model as the widget manager saves it."""
    own = {"_model_module": module, "_model_name": name, **state}
    return {
        "model_module": module,
        "model_module_version": "*",
        "model_name": name,
        "state": own,
    }


MODELS = {
    "any": saved_model(
        "anywidget",
        "AnyModel",
        _esm=ESM,
        _anywidget_id="x",
        _model_module_version="*",
        _view_module="anywidget",
        _view_module_version="*",
        _view_name="AnyView",
        layout="IPY_MODEL_layout",
    ),
    "layout": saved_model("@jupyter-widgets/base", "LayoutModel", _model_module_version="2.0.0"),
}


@pytest.fixture
def page(context: BrowserContext, server: Server) -> Iterator[Page]:
    """Open a page of its own; the kernels end with the test."""
    page = context.new_page()
    yield page
    page.close()
    server.set("@jupyter-widgets/jupyterlab-manager:plugin", {})
    server.end_kernels()


Write = Callable[..., Notebook]


@pytest.fixture
def write(server: Server, page: Page, request: pytest.FixtureRequest) -> Write:
    """Write a notebook with a saved widget, as somebody's mail brings it."""

    def write(front_end: FrontEnd = "lab", *, shown: bool = True) -> Notebook:
        name = re.sub(r"\W+", "-", request.node.name).strip("-")
        notebook = Notebook(server, page, server.root / name / "mailed.ipynb", front_end)
        notebook.folder.mkdir()
        data = {VIEW: {"model_id": "any", "version_major": 2}, "text/plain": "AnyWidget()"}
        cell = nbformat.v4.new_code_cell("1 + 1")
        if shown:
            cell.outputs = [nbformat.v4.new_output("display_data", data)]
        content = nbformat.v4.new_notebook(cells=[cell])
        content.metadata["kernelspec"] = {
            "name": kernel_name(VERSIONS[-1]),
            "display_name": f"ipykernel {VERSIONS[-1]}",
            "language": "python",
        }
        content.metadata["widgets"] = {
            STATE: {"version_major": 2, "version_minor": 0, "state": MODELS}
        }
        nbformat.write(content, notebook.path)
        return notebook

    return write


def ran(notebook: Notebook) -> object:
    return notebook.page.evaluate("window.ran")


def settled(notebook: Notebook) -> None:
    """Wait until the widget manager is done: it has asked the kernel, and drawn a new widget."""
    page = notebook.page
    count = notebook.cells.count()
    notebook.cells.last.locator(".cm-content").click()
    notebook.panel.locator('.jp-Toolbar-item[data-jp-item-name="insert"]').click()
    expect(notebook.cells).to_have_count(count + 1)
    code = "from ipywidgets import Label; Label('now')"
    notebook.cells.last.locator(".cm-content").click()
    page.keyboard.insert_text(code)
    page.keyboard.press("Control+Enter")
    expect(notebook.cells.last.locator(".widget-label")).to_have_text("now")


def connected(notebook: Notebook) -> None:
    """Reload the page, and wait for the kernel."""
    notebook.connected = False
    notebook.reload()
    notebook.wait_until_ready()


def trust(notebook: Notebook) -> None:
    """Trust the notebook, as the notification offers it."""
    page = notebook.page
    page.get_by_role("button", name="Trust notebook…").click()
    dialog = page.get_by_role("dialog")
    with notebook.saves():
        dialog.locator("button.jp-mod-accept").click()


def open_and_trust(write: Write, front_end: FrontEnd) -> None:
    """Open a mailed notebook, in which nothing may run; trust it, and have its widget."""
    notebook = write(front_end)
    notebook.open()
    page = notebook.page
    said = page.get_by_text("mailed.ipynb is not trusted, so its saved widgets are not shown")
    expect(said).to_be_visible()
    expect(notebook.output(0)).to_have_text("AnyWidget()")
    settled(notebook)
    assert ran(notebook) is None
    # Who trusts it has its widgets after a reload.
    trust(notebook)
    assert json.loads(notebook.path.read_text())["metadata"]["widgets"][STATE]["state"] == MODELS
    notebook.reload()
    expect(notebook.output(0)).to_have_text("Drawn by the file")
    assert ran(notebook) == 1
    expect(said).to_have_count(0)


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_a_mailed_notebook_runs_nothing_until_it_is_trusted(
    write: Write, front_end: FrontEnd
) -> None:
    """Else opening a file runs its script, which can press Approve for the user."""
    open_and_trust(write, front_end)


@pytest.mark.parametrize("save_state", [False, True])
def test_saving_does_not_let_what_was_withheld_run(
    write: Write, server: Server, save_state: bool
) -> None:
    """Else a save by itself, which signs a notebook without outputs, would let its script run."""
    # By the setting the widget manager writes what it has in place of what it was not given.
    server.set("@jupyter-widgets/jupyterlab-manager:plugin", {"saveState": save_state})
    notebook = write(shown=False)
    notebook.open()
    expect(notebook.page.get_by_text("is not trusted, so its saved widgets")).to_be_visible()
    settled(notebook)
    models = notebook.save().metadata["widgets"][STATE]["state"]
    assert {id: models[id] for id in MODELS} == MODELS
    assert (len(models) > len(MODELS)) is save_state
    connected(notebook)
    settled(notebook)
    expect(notebook.page.get_by_text("is not trusted, so its saved widgets")).to_have_count(0)
    assert ran(notebook) is None
    models = notebook.save().metadata["widgets"][STATE]["state"]
    assert models["any"] == MODELS["any"]
