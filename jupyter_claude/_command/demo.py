"""``jupyter-claude demo``: opens the quickstart in JupyterLab, or runs it in the terminal."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jupyter_claude_sdk import CLINotFoundError
from jupyter_claude_sdk.lowlevel import Environment

from .._approvals import HOLD
from .._paths import find_cli, make_private, notebooks_folder
from .._programs import python_module
from .._settings import practice_chosen
from .._signin.status import sign_in
from .._type_ahead import discard_typed
from .demo_notebook import NAME, OTHERS, demo_folder, lasting_notebook

_PRACTICE_LIMIT = 90.0  # seconds for a cell of the tour with the practice model
_START_LIMIT = 120.0  # seconds for the start of JupyterLab
_NOTEBOOK = f"notebooks/{NAME}"


def run(
    headless: bool = False,
    port: int | None = None,
    practice: bool = False,
    browser: bool | None = None,
    fresh: bool = False,
) -> int:
    """Show the tour.

    Parameters
    ----------
    headless : bool, default False
        Run it in this terminal and print the answers, instead of opening JupyterLab.
    port : int, optional
        JupyterLab's port. Default: the first free one from 8888 on.
    practice : bool, default False
        Use the practice model even if the user is signed in.
    browser : bool, optional
        Whether to open a browser. Default: if there is one.
    fresh : bool, default False
        Begin with a new notebook, not with the notebook of the last demo.

    Returns
    -------
    int
        0, or 1 after one line on stderr that says what is wrong.
    """
    needed = ["jupyter_client", "nbformat", "ipykernel", "pandas", "matplotlib"]
    needed += [] if headless else ["jupyterlab"]
    for module in needed:
        if importlib.util.find_spec(module) is None:
            return _fail(f"{module} is missing; run `pip install 'jupyter-claude[demo]'`")
    try:
        program = find_cli()
        notebooks = notebooks_folder()
    except (CLINotFoundError, FileNotFoundError) as error:
        return _fail(str(error))
    signed_in = None if practice or _switched_on() else sign_in(program)
    # A new folder: the demo overwrites no files, and begins clean.
    folder = Path(tempfile.mkdtemp(prefix="jupyter-claude-demo-")).resolve()
    environment = Environment(os.environ)
    if signed_in is None:
        environment["JUPYTER_CLAUDE_PRACTICE"] = "1"
        environment["JUPYTER_CLAUDE_PRACTICE_FOLDER"] = str(folder / "practice")
        chosen = "as chosen" if practice or _switched_on() else "you are not signed in"
        _say(f"Practice model ({chosen}): scripted replies, no network; everything else is real.")
    else:
        _say(f"Signed in with {signed_in}: the real model answers, and its answers may cost money.")
    if headless:
        (folder / "notebooks").mkdir()
        shutil.copy(notebooks / NAME, folder / _NOTEBOOK)
        return _run_headless(folder, environment, practicing=signed_in is None)
    try:
        found = [lasting_notebook(notebooks / name, fresh=fresh) for name in (NAME, *OTHERS)]
    except OSError as error:
        return _fail(f"The demo's notebook cannot be stored: {error}")
    notebook = found[0][0].resolve()
    _say(f"Your notebook: {notebook}")
    for line in filter(None, dict.fromkeys(line for _, line in found)):
        _say(line)
    return _run_lab(folder, notebook, environment, port, browser)


def _switched_on() -> bool:
    return practice_chosen()


def _say(line: str) -> None:
    print(line, flush=True)


def _fail(line: str) -> int:
    print(f"error: {line}", file=sys.stderr, flush=True)
    return 1


# --- in a terminal ------------------------------------------------------------------------------


def _run_headless(folder: Path, environment: Mapping[str, str], practicing: bool) -> int:
    import asyncio

    import nbformat

    from .headless import HeadlessRun, VisitError

    path = folder / _NOTEBOOK
    notebook = nbformat.read(path, as_version=4)
    try:
        make_private(demo_folder())
    except OSError as error:
        return _fail(f"The executed notebook cannot be stored: {error}")
    done = demo_folder() / "quickstart-executed.ipynb"
    decide = _as_the_tour_says if practicing else _as_the_user_says
    # Practice cells are quick. With a real model the user may take any time to answer.
    run = HeadlessRun(notebook, decide, _say, limit=_PRACTICE_LIMIT if practicing else None)
    restore = _stop_on_signals()
    try:
        asyncio.run(run.visit(path.parent, environment, folder / "kernel.log"))
    except VisitError as error:
        return _fail(str(error))
    finally:
        restore()
        nbformat.write(notebook, done)
        _say(f"\nThe executed notebook: {done}")
    _say("The tour is done, and everything worked.")
    return 0


def _as_the_tour_says(
    request: Mapping[str, Any], decision: str, instead: str = ""
) -> Mapping[str, Any]:
    """Answer as the notebook's metadata says. Only the practice model uses this."""
    allow = decision == "approve" and request["kind"] == "permission"
    _say(_described(request))
    _say("  [Approve pressed]" if allow else "  [Deny pressed]")
    if instead and not allow:
        _say(f"  [Told Claude: {instead}]")
    return _answer(allow, "" if allow else instead)


def _as_the_user_says(
    request: Mapping[str, Any], decision: str, instead: str = ""
) -> Mapping[str, Any]:
    """Ask in the terminal. Without a terminal, deny."""
    _say(_described(request))
    if not sys.stdin.isatty() or request["kind"] != "permission":
        _say("  [denied: nobody can be asked here]")
        return _answer(False)
    hint = f" (the tour says {decision})" if decision else ""
    time.sleep(HOLD)  # give the user time to read; the tour's loop does nothing else
    while True:
        discard_typed()
        reply = input(f"  Allow {_visible(request['tool'])}? y/n{hint} ").strip().lower()
        if reply in ("y", "yes"):
            return _answer(True)
        if reply in ("n", "no"):
            hint = f" (the tour says: {instead})" if instead else ""
            return _answer(False, input(f"  What should Claude do instead?{hint} ").strip())


def _answer(allow: bool, instead: str = "") -> Mapping[str, Any]:
    behavior = "allow" if allow else "deny"
    return {"behavior": behavior, "suggestion": None, "answers": None, "message": instead}


def _described(request: Mapping[str, Any]) -> str:
    if request["kind"] == "question":
        return "  Question from Claude: " + _visible(request["questions"][0]["question"])
    from .._views.protocol import read_permission_request
    from .._views.request_lines import lines_of_request

    lines = lines_of_request(read_permission_request(request))
    head = f"  Permission request: {_visible(request['tool'])}"
    return "\n".join([head, *(f"    {line}" for line in lines)])


def _visible(text: str) -> str:
    """Replace control and direction characters with marks: the terminal must not obey them."""
    return "".join(c if c.isprintable() else f"⟨U+{ord(c):04X}⟩" for c in text)


# --- in JupyterLab --------------------------------------------------------------------------------


def _run_lab(
    folder: Path,
    notebook: Path,
    environment: dict[str, str],
    port: int | None,
    browser: bool | None,
) -> int:
    """Serve the notebook's folder. The server's own files go to `folder`."""
    root = notebook.parent.parent
    log = folder / "jupyterlab.log"
    # Not on the command line: every user of the machine could read it there.
    environment["JUPYTER_TOKEN"] = token = secrets.token_hex(24)
    # Use this environment's kernel, and a workspace without the user's other tabs.
    environment["JUPYTER_PREFER_ENV_PATH"] = "1"
    environment["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    _ask_nothing_about_news(folder / "config", environment)
    arguments = [
        "--no-browser",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{_NOTEBOOK}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if port is not None:
        arguments += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")
    _say("Starting JupyterLab …")
    restore = _stop_on_signals()  # before any child starts: it would inherit an ignored signal
    server: subprocess.Popen[bytes] | None = None
    try:
        with log.open("wb") as sink:
            server = subprocess.Popen(
                python_module("jupyterlab", *arguments),
                env=environment,
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # only this process gets Ctrl+C: one press stops all
            )
        url = _address(server, environment)
        if url is None:
            return _fail(f"JupyterLab did not start: {_last_line(log)} (full log: {log})")
        address = f"{url}lab/tree/{_NOTEBOOK}?token={token}"
        opened = browser is not False and _open_browser(address, insist=browser is True)
        _say(f"{'If no page opened, open' if opened else 'Open'} this address in a browser:")
        _say(f"  {address}")
        _say("Press Ctrl+C here to stop.")
        if server.wait() == 0:  # the user chose "Shut Down" in the menu
            _say("JupyterLab was shut down.")
            _say(_kept(notebook))
            return 0
        return _fail(f"JupyterLab ended: {_last_line(log)} (full log: {log})")
    except KeyboardInterrupt:
        _say("\nStopping JupyterLab and its kernels …")
        _say(_kept(notebook))
        return 0
    finally:
        if server is not None:
            _end(server)
        restore()


def _kept(notebook: Path) -> str:
    return f"Your notebook is here; the next demo opens it again: {notebook}"


def _ask_nothing_about_news(folder: Path, environment: dict[str, str]) -> None:
    """Turn off JupyterLab's question about news."""
    settings = {"fetchNews": "false", "checkForUpdates": False}
    path = folder / "labconfig" / "default_setting_overrides.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": settings}))
    others = environment.get("JUPYTER_CONFIG_PATH")
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, (others, str(folder))))


def _stop_on_signals() -> Callable[[], None]:
    """Make a closed terminal and `kill` stop all, as Ctrl+C does; return a function to undo that.

    Ctrl+C works even if the demo was started with SIGINT ignored, as shells do for background
    jobs. If SIGHUP is ignored, as by `nohup`, a closed terminal does not stop the demo.
    """

    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


def _address(server: subprocess.Popen[bytes], environment: Mapping[str, str]) -> str | None:
    """Return the server's address once it answers. The server writes it to a file."""
    from jupyter_core.paths import jupyter_runtime_dir

    path = Path(jupyter_runtime_dir()) / f"jpserver-{server.pid}.json"
    deadline = time.monotonic() + _START_LIMIT
    while time.monotonic() < deadline and server.poll() is None:
        try:
            url = str(json.loads(path.read_text())["url"])
            address = urllib.parse.urlsplit(url)
            # The server may write the file before it listens.
            socket.create_connection((address.hostname or "", address.port or 0), timeout=1).close()
        except (OSError, ValueError, KeyError):
            time.sleep(0.1)
        else:
            return url
    return None


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(20)  # it ends its kernels first
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"


def _open_browser(address: str, insist: bool) -> bool:
    """Open the address in a window, not in a browser inside the terminal."""
    windows = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if sys.platform not in ("win32", "darwin") and not windows and not insist:
        return False
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False
