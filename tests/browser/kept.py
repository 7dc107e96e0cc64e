"""A page of JupyterLab for one test after the other; to open one takes four times as long.

When a test is over, its notebooks are closed, and what tests open besides is put back. If the page
is then not as it was before the first test, the next test does not get it. Neither does it get a
page that a test loaded again: JupyterLab opens the notebooks of its last visit anew, some of them
only after it has said that all is restored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.browser.lab import TIMEOUT, FrontEnd, Server, set_comms

SIZE: ViewportSize = {"width": 1200, "height": 900}

RESTORED = "async () => { await jupyterapp.restored; }"
#: What a link to a notebook does: it shows the folder in the file browser, and the notebook.
OPEN = "async path => { await jupyterapp.commands.execute('filebrowser:open-path', { path }); }"
#: The paths of the documents that are open.
SHOWN = """() => [...jupyterapp.shell.widgets("main")]
  .flatMap(widget => widget.context ? [widget.context.path] : [])"""
#: Closes all without asking whether it is to be saved.
CLEAR = """async () => {
  const { commands, shell } = jupyterapp;
  for (const widget of [...shell.widgets("main")]) {
    if (widget.context) widget.context.model.dirty = false;
    widget.close();
  }
  await commands.execute("apputils:dismiss-notification", {});
  shell.collapseRight();
  shell.expandLeft();
  shell.activateById("filebrowser");
  sessionStorage.clear();
}"""
#: What a test may have changed for the next one: what scripts define, the theme, dialogs and menus
#: that are open, the side bars. JupyterLab leaves hidden parts of closed notebooks behind.
STATE = """() => ({
  names: Object.getOwnPropertyNames(window).filter(name => !/^\\d+$/.test(name)).sort(),
  body: [...document.body.attributes].map(({ name, value }) => `${name}=${value}`).sort(),
  parts: [...document.body.children]
    .filter(part => !part.matches(".lm-mod-hidden, .splash-fade"))
    .map(part => `${part.tagName} ${part.className}`),
  sides: ["left", "right"].flatMap(side => [...jupyterapp.shell.widgets(side)])
    .map(widget => `${widget.id} ${widget.isVisible}`),
})"""


class KeptPage:
    """A page of JupyterLab without a notebook, in which tests open theirs.

    Parameters
    ----------
    server
        Serves it.
    context
        The browser.
    front_end
        "lab" or "lab-no-subshells".
    """

    def __init__(self, server: Server, context: BrowserContext, front_end: FrontEnd) -> None:
        self.page = context.new_page()
        self._server = server
        self.page.set_default_timeout(TIMEOUT)
        set_comms(server, front_end)
        # A workspace of its own: a page that a test opens besides has JupyterLab's usual one.
        place = f"lab/workspaces/kept-{front_end}"
        self.page.goto(f"{server.url}{place}?token={server.token}&reset")
        self.page.wait_for_function("window.jupyterapp")
        self.page.evaluate(RESTORED)
        self._clear()
        self._at_first = self._state()
        self._loaded_again = False
        self.page.on("domcontentloaded", self._note_load)

    def open(self, path: Path) -> None:
        """Open a notebook; the page shows no other one."""
        name = path.relative_to(self._server.root).as_posix()
        self.page.evaluate(OPEN, name)
        assert self.page.evaluate(SHOWN) == [name]

    def can_be_used_again(self) -> bool:
        """Close all and put the page in order; return whether nothing is left of a test."""
        if self._loaded_again:
            return False
        self._clear()
        return bool(self._state() == self._at_first)

    def _note_load(self, _page: Page) -> None:
        self._loaded_again = True

    def _clear(self) -> None:
        self.page.set_viewport_size(SIZE)
        self.page.mouse.move(0, 0)
        self.page.evaluate(CLEAR)
        expect(self.page.locator(".jp-NotebookPanel")).to_have_count(0)
        expect(self.page.locator(".Toastify__toast")).to_have_count(0)

    def _state(self) -> list[Any]:
        # The page has read the settings once. How comm messages go is set for each page.
        settings = {
            path: path.stat().st_mtime_ns
            for path in self._server.settings.rglob("*.jupyterlab-settings")
            if path.stem != "kernels-settings"
        }
        return [settings, self.page.evaluate(STATE)]
