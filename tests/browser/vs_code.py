"""A stand-in for VS Code: its own widget manager in a page, on a real kernel of a Jupyter server.

What is real: `@vscode/jupyter-ipywidgets8`, requirejs, anywidget's script, a kernel connection
without a server of its own, a frame of another origin in VS Code's sandbox. What is ours: what runs
cells and shows outputs (`labextension/test/vs_code`), after what VS Code's Jupyter extension does.
"""

from __future__ import annotations

import json
import mimetypes
import re
import subprocess
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import FrameLocator, Locator, Page, Route

from scripts.setup import BUILD, ROOT
from tests.browser.lab import TIMEOUT, Server, kernel_name

SOURCE = ROOT / "labextension" / "test" / "vs_code"
MODULES = ROOT / "labextension" / "node_modules"
#: The page with the outputs has its own origin. Nothing serves it: the browser is given its files.
WEBVIEW = "https://webview.invalid/"
#: Of a webview's frame in VS Code.
SANDBOX = "allow-scripts allow-same-origin allow-forms allow-pointer-lock allow-downloads"
THEMES = {
    "light": {
        **{"editor-foreground": "#1f1f1f", "editor-background": "#ffffff"},
        **{"textLink-foreground": "#005fb8", "panel-border": "#e5e5e5"},
        **{"notebook-cellEditorBackground": "#f8f8f8", "input-background": "#ffffff"},
    },
    "dark": {
        **{"editor-foreground": "#cccccc", "editor-background": "#1f1f1f"},
        **{"textLink-foreground": "#4daafc", "panel-border": "#2b2b2b"},
        **{"notebook-cellEditorBackground": "#181818", "input-background": "#313131"},
    },
}
#: Which of them VS Code gives to widgets, by JupyterLab's names. All other outputs have the colours
#: of JupyterLab's light theme under these names: the widget manager brings them to each theme.
WIDGET_COLOURS = {
    "editor-foreground": ["content-font-color1", "ui-font-color1", "ui-font-color2"],
    "textLink-foreground": ["brand-color1", "content-link-color"],
    "panel-border": ["border-color1", "border-color2"],
    "background": ["layout-color0", "layout-color1", "layout-color2", "layout-color3"],
}


@cache
def webview_script() -> bytes:
    """Build the script of the page with the outputs."""
    made = subprocess.run(
        [
            *(MODULES / ".bin" / "esbuild", SOURCE / "webview.ts", "--bundle", "--format=iife"),
            "--log-level=error",
        ],
        check=True,
        capture_output=True,
    )
    return made.stdout


def webview_page(theme: str) -> str:
    """Return the page with the outputs, with VS Code's names of its theme's colours."""
    backgrounds = {"light": "notebook-cellEditorBackground", "dark": "input-background"}
    variables = "".join(f"--vscode-{name}:{value};" for name, value in THEMES[theme].items())
    bridge = "".join(
        f"--jp-{name}:var(--vscode-{backgrounds[theme] if colour == 'background' else colour});"
        for colour, names in WIDGET_COLOURS.items()
        for name in names
    )
    return f"""<!doctype html>
<html lang="en" style="{variables}"><head><meta charset="utf-8"><style>
body {{ color: var(--vscode-editor-foreground); background: var(--vscode-editor-background);
  margin: 0 8px; font: 13px system-ui, sans-serif; }}
.cell-output-ipywidget-background {{ {bridge} color: var(--vscode-editor-foreground);
  --jp-content-font-size1: 13px; --jp-ui-font-size1: 13px; }}
</style><script src="/require.js"></script><script type="module">
import {{ activate }} from "/ipywidgets.js";
activate();
document.head.append(Object.assign(document.createElement("script"), {{ src: "/webview.js" }}));
</script></head><body class="vscode-{theme}"></body></html>"""


class VsCode:
    """A notebook in a stand-in for VS Code.

    Parameters
    ----------
    server
        Runs the kernel.
    page
        The browser's page.
    folder
        The notebook's folder, below the server's root.
    theme
        "light" or "dark".
    """

    def __init__(self, server: Server, page: Page, folder: Path, theme: str = "light") -> None:
        self.server = server
        self.page = page
        self.folder = folder
        self.foreign: list[str] = []
        self._theme = theme
        page.set_default_timeout(TIMEOUT)
        page.route(re.compile(r"^(?!blob:)"), self._serve)
        self._open()

    def _open(self) -> None:
        """Open the window."""
        # Chromium lets only a page of the server itself connect to the server.
        self.page.goto(f"{self.server.url}login")
        script = (SOURCE / "host.js").read_text("utf-8")
        style = "body { margin: 0 } iframe { border: 0; width: 100vw; height: 100vh }"
        frame = f'<iframe src="{WEBVIEW}" sandbox="{SANDBOX}"></iframe>'
        self.page.set_content(f"<style>{style}</style>{frame}<script>{script}</script>")
        self.page.wait_for_function("() => window.vsCode?.ready")
        self.foreign.clear()  # the parts of the server's page

    def _serve(self, route: Route) -> None:
        """Give the browser the files of the page with the outputs."""
        url = route.request.url
        name = url.removeprefix(WEBVIEW)
        anywidget = ROOT / ".venv" / "share" / "jupyter"
        files = {
            "require.js": BUILD / "vs_code" / "require.js",
            "ipywidgets.js": BUILD / "vs_code" / "ipywidgets.js",
            "nbextensions/anywidget/index.js": anywidget / "nbextensions" / "anywidget/index.js",
        }
        if url == f"{self.server.url}login":
            route.continue_()
        elif url == WEBVIEW:
            route.fulfill(body=webview_page(self._theme), content_type="text/html")
        elif name == "webview.js":
            route.fulfill(body=webview_script(), content_type="text/javascript")
        elif name in files:
            kind = mimetypes.guess_type(name)[0] or "text/javascript"
            route.fulfill(path=files[name], content_type=kind)
        else:
            self.foreign.append(url)
            route.abort()

    def start(self) -> None:
        """Start a kernel, and connect the page to it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kernel = self._post(
            "sessions",
            {
                "path": f"{self.folder.relative_to(self.server.root).as_posix()}/test.ipynb",
                "name": "",
                "type": "notebook",
                "kernel": {"name": kernel_name("7.4.0")},
            },
        )["kernel"]
        self.page.evaluate(
            "given => vsCode.connect(...given)", [self.server.url, self.server.token, kernel]
        )

    def _post(self, path: str, content: Any) -> Any:
        asked = urllib.request.Request(
            f"{self.server.url}api/{path}",
            json.dumps(content).encode(),
            {"Authorization": f"token {self.server.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)

    @property
    def webview(self) -> FrameLocator:
        """The page with all outputs."""
        return self.page.frame_locator("iframe")

    def run(self, code: str) -> int:
        """Run code as a new cell; return its index."""
        return int(self.page.evaluate("code => vsCode.run(code)", code))

    def done(self, index: int) -> str:
        """Wait until a cell has run; return the status of the kernel's reply."""
        self.page.wait_for_function("index => vsCode.cells[index].done", arg=index)
        return str(self.page.evaluate("index => vsCode.cells[index].done", index))

    def output(self, index: int) -> Locator:
        """Return a cell's outputs."""
        return self.webview.locator(f"#cell-{index}")

    def saved(self) -> nbformat.NotebookNode:
        """Return the notebook as VS Code would save it."""
        notebook = nbformat.v4.new_notebook()
        for cell in self.page.evaluate("vsCode.cells"):
            outputs = [
                nbformat.v4.new_output("display_data", each["data"], metadata=each["metadata"])
                for each in cell["outputs"]
            ]
            notebook.cells.append(nbformat.v4.new_code_cell(cell["code"], outputs=outputs))
        return notebook

    def reopen(self, notebook: nbformat.NotebookNode) -> None:
        """Open a saved notebook in a new window, without a kernel."""
        self._open()
        outputs = [[output.data for output in cell.outputs] for cell in notebook.cells]
        self.page.evaluate("outputs => vsCode.reopen(outputs)", outputs)
