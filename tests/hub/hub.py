"""A real JupyterHub on loopback, with its proxy, two users and their single-user servers.

The users share the machine's user, as no test may add users to a machine. So each has a home of
their own, and the kernels' files there show who would see what; permissions of files are checked.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import psutil
from playwright.sync_api import BrowserContext, Page, expect

from scripts import setup
from tests.browser.lab import Notebook, Server, until

CONFIGURATION = """\
import json, os
from pathlib import Path

given = json.loads(Path(os.environ["HUB_TEST"]).read_text())
c = get_config()  # noqa
c.JupyterHub.bind_url = given["url"]
c.JupyterHub.hub_bind_url = given["hub_url"]
c.JupyterHub.db_url = f"sqlite:///{given['folder']}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{given['folder']}/cookie_secret"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = given["password"]
c.Authenticator.allowed_users = set(given["users"])
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{given['folder']}/homes/{{username}}"
c.Spawner.cmd = [given["python"], "-m", "jupyterhub.singleuser"]
c.Spawner.args = given["arguments"]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120
# A restart of the hub or of its proxy leaves the servers alone.
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = given["proxy_api"]
c.ConfigurableHTTPProxy.auth_token = given["proxy_token"]
c.JupyterHub.last_activity_interval = 1

def environment(spawner):
    spawner.environment = given["users"][spawner.user.name]

c.Spawner.pre_spawn_hook = environment
scopes = ["admin:users", "admin:servers", "tokens", "list:users", "read:users:activity"]
c.JupyterHub.services = [{"name": "test", "api_token": given["token"]}]
c.JupyterHub.load_roles = [{"name": "test", "scopes": scopes, "services": ["test"]}]
"""


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def program(command: list[str], log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start a program that ends with `end`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env={**os.environ, **environment},
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def listens(url: str) -> bool:
    """Whether something listens at an address."""
    try:
        socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=1).close()
    except OSError:
        return False
    return True


class UserServer(Server):
    """The single-user server of one user, as the helpers of notebooks know servers."""

    def __init__(self, hub: Hub, name: str) -> None:
        super().__init__(hub.folder, {}, hub.python, f"/user/{name}/")
        self.hub = hub
        self.name = name
        self.root = hub.folder / "homes" / name
        self.url = f"{hub.url}/user/{name}/"
        self.settings = self.root / "settings"

    def log(self) -> str:
        """Return what the hub and all servers printed."""
        return (self.hub.folder / "hub.log").read_text(errors="replace")


class HubNotebook(Notebook):
    """A notebook of a signed-in user."""

    def write(self, cells: Any, version: str = "") -> None:
        """Write the notebook's file, for the kernel of the user's environment."""
        super().write(cells)
        notebook = nbformat.read(self.path, as_version=4)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, self.path)

    def open(self) -> None:
        """Open the notebook; the browser's cookie is the sign-in."""
        relative = self.path.relative_to(self.server.root).as_posix()
        self.page.goto(f"{self.server.url}lab/tree/{relative}?reset")
        self.wait_until_ready()


class Hub:
    """A JupyterHub with its proxy.

    Parameters
    ----------
    folder : Path
        A new scratch folder.
    users : mapping
        The environment of each user's server.
    """

    def __init__(self, folder: Path, users: Mapping[str, Mapping[str, str]]) -> None:
        self.folder = folder
        self.python = setup.hub()
        self.password = secrets.token_hex(8)
        self.token = secrets.token_hex(32)
        self.url = f"http://127.0.0.1:{free_port()}"
        self._hub_url = f"http://127.0.0.1:{free_port()}"
        self._proxy_api = f"http://127.0.0.1:{free_port()}"
        self._proxy_token = secrets.token_hex(32)
        self._hub: subprocess.Popen[bytes] | None = None
        self._proxy: subprocess.Popen[bytes] | None = None
        self._culler: subprocess.Popen[bytes] | None = None
        (folder / "homes").mkdir(parents=True)
        shared = folder / "tmp"  # all users' folder for scratch files, as /tmp is
        shared.mkdir()
        shared.chmod(0o1777)
        as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        given = {
            "url": self.url,
            "hub_url": self._hub_url,
            "proxy_api": self._proxy_api,
            "proxy_token": self._proxy_token,
            "folder": str(folder),
            "password": self.password,
            "token": self.token,
            "python": str(self.python),
            "arguments": [
                *as_root,
                "--LabApp.news_url=None",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            "users": {
                name: {
                    "TMPDIR": str(shared),
                    "JUPYTERHUB_ACTIVITY_INTERVAL": "1",
                    **environment,
                }
                for name, environment in users.items()
            },
        }
        (folder / "jupyterhub_config.py").write_text(CONFIGURATION)
        (folder / "given.json").write_text(json.dumps(given))

    def __enter__(self) -> Hub:
        try:
            self.start_proxy()
            self.start_hub()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        for process in (self._culler, self._hub, self._proxy):
            if process is not None:
                end(process)
        homes = str(self.folder / "homes")
        for process in psutil.process_iter(["cwd"]):
            if (process.info["cwd"] or "").startswith(homes):
                process.kill()

    def start_proxy(self) -> None:
        """Start the proxy, and wait until it listens."""
        self._proxy = program(
            [
                str(setup.HUB_PROXY_PROGRAM),
                "--ip=127.0.0.1",
                f"--port={self.url.rsplit(':', 1)[1]}",
                "--api-ip=127.0.0.1",
                f"--api-port={self._proxy_api.rsplit(':', 1)[1]}",
                f"--error-target={self._hub_url}/hub/error",
            ],
            self.folder / "proxy.log",
            CONFIGPROXY_AUTH_TOKEN=self._proxy_token,
        )
        until(lambda: listens(self.url) and listens(self._proxy_api), "the proxy")

    def end_proxy(self) -> None:
        """End the proxy: open pages lose their connections."""
        assert self._proxy is not None
        end(self._proxy)

    def start_hub(self) -> None:
        """Start the hub, and wait until the proxy leads there."""
        self._hub = program(
            [str(self.python), "-m", "jupyterhub", "-f", str(self.folder / "jupyterhub_config.py")],
            self.folder / "hub.log",
            HUB_TEST=str(self.folder / "given.json"),
        )
        until(self._answers, "the hub")

    def end_hub(self) -> None:
        """End the hub. The users' servers run on."""
        assert self._hub is not None
        end(self._hub)

    def _answers(self) -> bool:
        assert self._hub is not None
        if self._hub.poll() is not None:
            raise RuntimeError((self.folder / "hub.log").read_text(errors="replace"))
        try:
            self.api("")
        except OSError:
            return False
        return True

    def api(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Call the hub's API, through the proxy."""
        request = urllib.request.Request(
            f"{self.url}/hub/api/{path}",
            method=method,
            headers={"Authorization": f"token {self.token}"},
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = response.read()
        return json.loads(answer) if answer else None

    def runs(self, name: str) -> bool:
        """Whether a user's server runs."""
        server = self.api(f"users/{name}")["servers"].get("")
        return bool(server and server["ready"])

    def stop_server(self, name: str) -> None:
        """Stop a user's server, as "Stop My Server" does."""
        self.api(f"users/{name}/server", "DELETE")
        until(lambda: not self.api(f"users/{name}")["servers"], f"the end of {name}'s server")

    def start_server(self, name: str) -> None:
        """Start a user's server."""
        self.api(f"users/{name}/server", "POST")
        until(lambda: self.runs(name), f"the start of {name}'s server")

    def start_culler(self, seconds: int) -> None:
        """Stop servers without activity for so long, from now on."""
        self._culler = program(
            [
                str(self.python),
                *("-m", "jupyterhub_idle_culler"),
                *(f"--timeout={seconds}", "--cull-every=1", f"--url={self.url}/hub/api"),
            ],
            self.folder / "culler.log",
            JUPYTERHUB_API_TOKEN=self.token,
        )

    def sign_in(self, context: BrowserContext, name: str) -> UserServer:
        """Sign a user in with a browser, which starts their server; return the server."""
        page = context.new_page()
        page.goto(f"{self.url}/hub/login")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(self.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{self.url}/user/{name}/lab")
        page.close()
        return UserServer(self, name)


def notebook_of(server: UserServer, page: Page, cells: list[str], before: str = "") -> HubNotebook:
    """Write a notebook, open it, and load the extension in its first cell, after `before`."""
    notebook = HubNotebook(server, page, server.root / "work" / "test.ipynb")
    load = f"{before}%load_ext jupyter_claude\nfrom jupyter_claude import claude"
    notebook.write([load, *cells])
    notebook.open()
    notebook.run(0)
    notebook.done(0)
    return notebook
