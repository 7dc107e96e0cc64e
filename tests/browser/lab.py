"""A real Jupyter server, and a notebook of it in a real browser.

One server serves both JupyterLab and Notebook 7. Each wait is for something on the page, in the
server or in the file system. The helpers do what a user does: run, save, reload, press.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import nbformat
import psutil
from playwright.sync_api import Locator, Page, Request, WebSocket, expect

from tests.kernels.harness import VERSIONS, overlay

#: The longest wait on a busy machine, in milliseconds.
TIMEOUT = 60_000
expect.set_options(timeout=TIMEOUT)

FrontEnd = Literal["lab", "lab-no-subshells", "notebook"]
FRONT_ENDS: tuple[FrontEnd, ...] = ("lab", "lab-no-subshells", "notebook")


class Server:
    """A Jupyter server with its own folders and a kernel for each ipykernel version.

    Parameters
    ----------
    folder
        A new scratch folder.
    environment
        Variables that the kernels get on top of this process's environment.
    python
        The interpreter of the environment in which JupyterLab and the kernels run.
    base_url
        The path below which the server serves everything, as in a JupyterHub.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        python: Path = Path(sys.executable),
        base_url: str = "/",
    ) -> None:
        self.root = folder / "root"
        self.settings = folder / "settings"
        self.token = secrets.token_hex(16)
        self.url = ""
        self._log = folder / "server.log"
        self._folder = folder
        self._environment = environment
        self._python = str(python)
        self._base_url = base_url

    def __enter__(self) -> Server:
        self.root.mkdir()
        for version in VERSIONS:
            self._add_kernel(version)
        practice = {"JUPYTER_CLAUDE_PRACTICE": "1"}  # as `make demo` starts it
        self._add_kernel(VERSIONS[-1], name="python3", more=practice)
        environment = {
            **os.environ,
            "JUPYTER_TOKEN": self.token,
            "JUPYTER_CONFIG_DIR": str(self._folder / "config"),
            "JUPYTER_DATA_DIR": str(self._folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self._folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(self._folder / "workspaces"),
            "JUPYTER_CLAUDE_SESSIONS": str(self._folder / "sessions"),
            "JUPYTER_PREFER_ENV_PATH": "0",  # our kernels, not those of this environment
        }
        arguments = [
            "--no-browser",
            "--ServerApp.port=0",
            f"--ServerApp.base_url={self._base_url}",
            f"--ServerApp.root_dir={self.root}",
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.expose_app_in_browser=True",  # kept.py runs the app's commands
            "--JupyterNotebookApp.expose_app_in_browser=True",  # for `waking_kernel`
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments.append("--allow-root")
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [self._python, "-m", "jupyterlab", *arguments],
                env=environment,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_for_start()
        except BaseException:
            self.process.kill()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _add_kernel(
        self, version: str, name: str | None = None, more: Mapping[str, str] | None = None
    ) -> None:
        spec = self._folder / "data" / "kernels" / (name or kernel_name(version))
        spec.mkdir(parents=True)
        before = overlay(version)
        path = {"PYTHONPATH": str(before)} if before else {}
        contents = {
            "argv": [self._python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": f"ipykernel {version}",
            "language": "python",
            "interrupt_mode": "signal",
            "metadata": {"debugger": False},
            "env": {**self._environment, **path, **(more or {})},
        }
        (spec / "kernel.json").write_text(json.dumps(contents))

    def _wait_for_start(self) -> None:
        runtime = self._folder / "runtime"

        def started() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"JupyterLab did not start:\n{self.log()}")
            for path in runtime.glob("jpserver-*.json"):
                try:
                    self.url = str(json.loads(path.read_text())["url"])
                    address = urlsplit(self.url)
                    # The server writes the file before it listens.
                    where = (address.hostname or "", address.port or 0)
                    socket.create_connection(where, timeout=1).close()
                except (OSError, ValueError):
                    return False
                return True
            return False

        until(started, "JupyterLab's start", 60)

    def log(self) -> str:
        """Return what the server and its kernels printed."""
        return self._log.read_text(errors="replace")

    def set(self, plugin: str, settings: Mapping[str, Any]) -> None:
        """Set JupyterLab's settings of a plugin, for pages that open later."""
        path = self.settings.joinpath(*plugin.split(":")).with_suffix(".jupyterlab-settings")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))

    def api(self, path: str, method: str = "GET") -> Any:
        """Call the server's API."""
        request = urllib.request.Request(
            f"{self.url}api/{path}",
            method=method,
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            body = response.read()
        return json.loads(body) if body else None

    def end_kernels(self) -> None:
        """Shut down all kernels, as "Shut Down All" does."""
        for session in self.api("sessions"):
            try:
                self.api(f"sessions/{session['id']}", "DELETE")
            except urllib.error.HTTPError as error:
                if error.code != 404:  # it may have ended just now, after a test shut it down
                    raise

    def descendants(self) -> list[str]:
        """Return the names of all processes of the notebooks: kernels, Claude Code, commands.

        A process with its own session that outlives its kernel becomes a child of init. So this
        finds processes by their working folder.
        """
        found = []
        for process in psutil.process_iter(["pid", "cwd", "name"]):
            folder = process.info["cwd"] or ""
            if process.info["pid"] != self.process.pid and folder.startswith(str(self.root)):
                found.append(str(process.info["name"]))
        return found


def kernel_name(version: str) -> str:
    """Return the name of the kernel with this ipykernel version."""
    return f"ipykernel-{version}"


def set_comms(server: Server, front_end: FrontEnd) -> None:
    """Set the way of comm messages, for pages that open later."""
    comms = "disabled" if front_end == "lab-no-subshells" else "perCommTarget"
    server.set("@jupyterlab/apputils-extension:kernels-settings", {"commsOverSubshells": comms})


def until(holds: Callable[[], object], what: str, seconds: float = TIMEOUT / 1000) -> None:
    """Wait for something outside of the page, such as a file or a process."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        time.sleep(0.05)


WAKE = """() => {
    const wake = () => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
        .requestKernelInfo();
    window.waking = setInterval(wake, 2000);
}"""

# After two frames the page has told its listeners that the user scrolled it.
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def press(button: Locator) -> None:
    """Press a request's button as a user does, who sees it first: a moving one takes no answer."""
    button.scroll_into_view_if_needed()
    button.evaluate(TWO_FRAMES)
    expect(button).to_be_enabled()
    button.click()


def deny(button: Locator) -> None:
    """Press Deny, and say nothing more: else the denial waits for a few seconds."""
    press(button)
    button.page.keyboard.press("Enter")


class Notebook:
    """A notebook open in the browser.

    Parameters
    ----------
    server
        Serves it.
    page
        The page that shows it.
    path
        The notebook's path, below the server's root.
    front_end
        "lab", "lab-no-subshells" (comm messages without subshells) or "notebook" (Notebook 7).
    """

    def __init__(self, server: Server, page: Page, path: Path, front_end: FrontEnd = "lab") -> None:
        self.server = server
        self.page = page
        self.path = path
        self.front_end = front_end
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.connected = False
        self.received = 0
        self.frames = 0
        page.set_default_timeout(TIMEOUT)
        page.on("request", self._note_request)
        page.on("dialog", self._note_dialog)
        page.on("websocket", self._watch)

    def leave(self) -> None:
        """Stop listening to the page: it will show another notebook."""
        self.page.remove_listener("request", self._note_request)
        self.page.remove_listener("dialog", self._note_dialog)
        self.page.remove_listener("websocket", self._watch)

    @property
    def folder(self) -> Path:
        """The folder of the notebook, in which its kernel and Claude work."""
        return self.path.parent

    def write(
        self, cells: Sequence[str | nbformat.NotebookNode], version: str = VERSIONS[-1]
    ) -> None:
        """Write the notebook's file. A string is the source of a code cell."""
        self.folder.mkdir(parents=True, exist_ok=True)
        notebook = nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {
            "name": kernel_name(version),
            "display_name": f"ipykernel {version}",
            "language": "python",
        }
        notebook.cells = [
            nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells
        ]
        nbformat.write(notebook, self.path)

    def open(self) -> None:
        """Open the notebook, and wait until its kernel is ready."""
        set_comms(self.server, self.front_end)
        place = "notebooks" if self.front_end == "notebook" else "lab/tree"
        relative = self.path.relative_to(self.server.root).as_posix()
        self.page.goto(f"{self.server.url}{place}/{relative}?token={self.server.token}&reset")
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until the page shows the notebook and the kernel has answered."""
        expect(self.cells.first).to_be_visible()
        self.wait_for(lambda: self.connected, "the kernel's first answer")
        if self.front_end != "notebook":
            bar = self.page.locator("#jp-main-statusbar")
            expect(bar).to_contain_text(re.compile(r"\| Idle"))

    def wait_for(self, holds: Callable[[], object], what: str) -> None:
        """Wait for something that the page's events report."""
        deadline = time.monotonic() + TIMEOUT / 1000
        while not holds():
            assert time.monotonic() < deadline, f"waited {TIMEOUT / 1000:g} s for {what}"
            self.page.wait_for_timeout(20)  # handles events

    def reload(self) -> None:
        """Reload the page, as F5 does. Do not wait for the kernel, which may be busy."""
        self.page.reload()
        expect(self.cells.first).to_be_visible()

    # --- parts of the page

    @property
    def panel(self) -> Locator:
        """The notebook with its toolbar."""
        return self.page.locator(".jp-NotebookPanel:visible")

    @property
    def cells(self) -> Locator:
        """Its cells, in order."""
        return self.panel.locator(".jp-Notebook .jp-Cell")

    def cell(self, index: int) -> Locator:
        """Return one cell."""
        return self.cells.nth(index)

    def output(self, index: int) -> Locator:
        """Return one cell's output area."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def editor(self, index: int) -> Locator:
        """Return a cell's editor."""
        return self.cell(index).locator(".cm-content")

    def turn(self, index: int) -> Locator:
        """Return the turn in a cell's output, found by its role."""
        return self.output(index).get_by_role("article", name=re.compile(r"^Claude turn \d+$"))

    def request(self, index: int, name: str = "Permission request: Bash") -> Locator:
        """Return the request in a cell's output, found by its role and name."""
        return self.output(index).get_by_role("alertdialog", name=name, exact=True)

    def button(self, index: int, name: str | re.Pattern[str] = "Approve") -> Locator:
        """Return a button in a cell's output."""
        exact = isinstance(name, str)
        return self.output(index).get_by_role("button", name=name, exact=exact)

    def tool(self, index: int, name: str = "Bash") -> Locator:
        """Return the card of a tool call in a cell's output."""
        return self.output(index).get_by_role("group", name=f"Tool: {name}", exact=True)

    # --- what a user does

    def run(self, index: int, *, stay: bool = False) -> None:
        """Run a cell with Shift+Enter. With `stay` use Ctrl+Enter, which keeps it active."""
        self.wait_for(lambda: self._edits(index), "the cell under the mouse")
        self.page.keyboard.press("Control+Enter" if stay else "Shift+Enter")

    def _edits(self, index: int) -> bool:
        """Click into a cell's editor; return whether it has the focus, and no new output does."""
        self.editor(index).click()
        return bool(self.editor(index).evaluate("node => node.contains(document.activeElement)"))

    def run_all(self) -> None:
        """Run all cells with the menu."""
        self.menu("Run", "Run All Cells")

    def menu(self, title: str, *entries: str | re.Pattern[str]) -> None:
        """Choose an entry from a menu of the menu bar, or from its submenus."""
        bar = self.page.locator("#jp-MainMenu, #menu-panel").first
        bar.get_by_text(title, exact=True).click()
        for entry in entries:
            label = self.page.locator(".lm-Menu-itemLabel:visible")
            label.get_by_text(entry, exact=True).click()

    def stop(self) -> None:
        """Press the stop button of the notebook's toolbar."""
        self.panel.locator('.jp-Toolbar-item[data-jp-item-name="interrupt"]').click()

    def done(self, index: int) -> None:
        """Wait until a cell has run."""
        expect(self.cell(index).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"))

    def save(self) -> nbformat.NotebookNode:
        """Save with the toolbar's button; return the notebook in the file."""
        with self.saves():
            self.panel.locator('.jp-Toolbar-item[data-jp-item-name="save"]').click()
        return nbformat.read(self.path, as_version=4)

    @contextmanager
    def saves(self) -> Iterator[None]:
        """Wait until the server has saved the notebook. It also saves JupyterLab's workspace."""
        file = f"/{self.path.name}"
        with self.page.expect_response(
            lambda response: (
                response.request.method == "PUT"
                and "/api/contents/" in response.url
                and urlsplit(response.url).path.endswith(file)
            )
        ):
            yield

    @contextmanager
    def waking_kernel(self) -> Iterator[None]:
        """Send something to the kernel every two seconds, as a user does who clicks on.

        Until our extension is loaded, ipykernel 7.0 to 7.3 may not notice a message before another
        one comes; see `_Replies` in `_kernel/comms.py`.
        """
        self.page.evaluate(WAKE)
        try:
            yield
        finally:
            self.page.evaluate("clearInterval(window.waking)")

    # --- what must not happen

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.server.url, "data:", "blob:", "about:")):
            self.foreign.append(request.url)

    def _note_dialog(self, dialog: Any) -> None:
        if dialog.type == "beforeunload":  # from JupyterLab, if there are unsaved changes
            dialog.accept()
            return
        self.dialogs.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _watch(self, socket: WebSocket) -> None:
        def received(payload: str | bytes) -> None:
            self.received += len(payload)
            self.frames += 1
            if isinstance(payload, bytes) and b"kernel_info_reply" in payload:
                self.connected = True

        socket.on("framereceived", received)
