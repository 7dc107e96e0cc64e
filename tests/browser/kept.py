"""Keeps a page of JupyterLab for several tests, because opening a new one takes four times as long.

After a test it closes the notebooks and the notifications, and resets the side bars. The next test
gets the page only if the page is as it was before the first test. It does not get a page that a
test reloaded: JupyterLab opens the earlier notebooks again, some of them only after it has reported
that it restored all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.browser.lab import TIMEOUT, FrontEnd, Server, set_comms

SIZE: ViewportSize = {"width": 1200, "height": 900}

RESTORED = "async () => { await jupyterapp.restored; }"
#: Opens a notebook as a link does: shows its folder in the file browser, and the notebook.
OPEN = "async path => { await jupyterapp.commands.execute('filebrowser:open-path', { path }); }"
#: Returns the paths of the open documents.
SHOWN = """() => [...jupyterapp.shell.widgets("main")]
  .flatMap(widget => widget.context ? [widget.context.path] : [])"""
#: Closes everything, without the question whether to save it.
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
#: Returns the state of the page that a test may change for the next one: names that scripts define,
#: the theme, open dialogs and menus, the side bars. Not hidden parts of closed notebooks, which
#: JupyterLab does not remove.
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
    """A page of JupyterLab without a notebook. Tests open their notebooks in it.

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
        # A separate workspace: other pages that a test opens use JupyterLab's usual one.
        place = f"lab/workspaces/kept-{front_end}"
        self.page.goto(f"{server.url}{place}?token={server.token}&reset")
        self.page.wait_for_function("window.jupyterapp")
        self.page.evaluate(RESTORED)
        self._clear()
        self._at_first = self._state()
        self._loaded_again = False
        self.page.on("domcontentloaded", self._note_load)

    def open(self, path: Path) -> None:
        """Open a notebook as the only one of the page."""
        name = path.relative_to(self._server.root).as_posix()
        self.page.evaluate(OPEN, name)
        assert self.page.evaluate(SHOWN) == [name]

    def can_be_used_again(self) -> bool:
        """Close everything; return whether the page is as it was before the first test."""
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
        # The page has read the settings only once. The way of comm messages is set for each page.
        settings = {
            path: path.stat().st_mtime_ns
            for path in self._server.settings.rglob("*.jupyterlab-settings")
            if path.stem != "kernels-settings"
        }
        return [settings, self.page.evaluate(STATE)]
