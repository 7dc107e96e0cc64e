"""Lists the servers and tools that Claude has, with their states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_claude_sdk import ClaudeSDKError
from jupyter_claude_sdk.lowlevel import request

from .._core.host import Host
from .._kernel_tools.kernel_tools import KernelTools
from .._notebook.tools import NotebookTools
from .._process.client import SharedClient
from .._tables import Column, Report, Table
from .._text import exact_line
from .answers import SERVER as ANSWERS
from .server_actions import OFFERED, ServerAction, ServerActions

#: The end of each list.
OWN_TOOLS = "Claude Code's own tools (Bash, Read, Edit, …) are there too."

_NONE = "Claude has its own tools only: no server of yours, and %claude kernel is off"
_COLUMNS = (Column("server", "name"), Column("state"), Column("tools", "long"))
_STATES = {"needs-auth": "needs a sign-in", "pending": "is connecting", "disabled": "turned off"}
_PROBLEMS = ("failed", "needs-auth")
#: Servers of ours. They come and go with the settings, at the next prompt.
_OURS = ("kernel", "notebook", "user")
_PATIENCE = 5.0  # seconds to wait for the list of skills
_STARTS, _ENDS = "starts with the next prompt", "ends with the next prompt"


@dataclass(frozen=True)
class ServerState:
    """An MCP server. No text has line ends or hidden characters.

    Attributes
    ----------
    name : str
        Its name.
    state : str
        Its state, in words.
    problem : bool
        Whether it does not work before the user does something.
    tools : tuple of str
        Its tools, as far as they are known.
    actions : tuple of str
        What the user can do about it.
    sign_in : str
        The address of its sign-in page; "" before the user asked for it.
    """

    name: str
    state: str
    problem: bool = False
    tools: tuple[str, ...] = ()
    actions: tuple[ServerAction, ...] = ()
    sign_in: str = ""


@dataclass(frozen=True)
class Named:
    """A skill or an agent. No text has line ends or hidden characters."""

    name: str
    description: str


class ToolTable:
    """Knows the servers of a session.

    Parameters
    ----------
    client : SharedClient
        Asks Claude Code.
    host : Host
        Its settings have the user's servers.
    kernel_tools, notebook
        Have our own servers.
    server_actions : ServerActions
        Has the sign-in pages.
    """

    def __init__(
        self,
        client: SharedClient,
        host: Host,
        kernel_tools: KernelTools,
        notebook: NotebookTools,
        server_actions: ServerActions,
    ) -> None:
        self._client = client
        self._host = host
        self._kernel_tools = kernel_tools
        self._notebook = notebook
        self._server_actions = server_actions

    async def servers(self) -> list[ServerState]:
        """Return the servers that Claude has, and those that the next prompt starts."""
        ours = {**self._kernel_tools.servers, **self._notebook.servers}
        running = [self._server(one, ours) for one in await self._running()]
        names = {server.name for server in running}
        planned = map(exact_line, {**self._host.settings.mcp_servers, **ours})
        return [*running, *(ServerState(name, _STARTS) for name in planned if name not in names)]

    async def skills(self) -> list[Named]:
        """Return the skills of the user and the folder; none if Claude Code does not list them."""
        if not self._client.connected:
            return []
        try:
            answer = await request(self._client, "get_skills_dialog", timeout=_PATIENCE)
        except ClaudeSDKError:
            return []  # the process has just ended, or is of a version that has no list
        return [_named(one) for one in answer.get("skills") or () if one.get("state") != "off"]

    def agents(self) -> list[Named]:
        """Return the agents that Claude Code listed at its last start."""
        return [_named(one) for one in self._client.last_info.get("agents") or ()]

    async def _running(self) -> list[Any]:
        if not self._client.connected:
            return []
        try:
            running = (await self._client.get_mcp_status())["mcpServers"]
        except ClaudeSDKError:
            return []  # the process has just ended
        # It only takes the values that programs ask for, and nobody can turn it off.
        return [server for server in running if server["name"] != ANSWERS]

    def _server(self, server: Any, ours: dict[str, Any]) -> ServerState:
        given, status = str(server["name"]), str(server.get("status") or "")
        name = exact_line(given)
        tools = tuple(exact_line(str(tool.get("name"))) for tool in server.get("tools") or ())
        if name in _OURS and name not in ours:
            return ServerState(name, _ENDS, tools=tools)
        problem = f": {server['error']}" if server.get("error") else ""
        state = exact_line(_STATES.get(status, status) + problem)
        actions = () if name in ours else OFFERED.get(status, ())
        pages = self._server_actions.pages
        if status != "needs-auth":
            pages.pop(given, None)
        return ServerState(name, state, status in _PROBLEMS, tools, actions, pages.get(given, ""))


def tool_report(servers: Sequence[ServerState]) -> Report:
    """Return servers, their states and tools."""
    if not servers:
        return Report(_NONE)
    rows = [(server.name, server.state, ", ".join(server.tools)) for server in servers]
    return Report(Table("Servers and tools that Claude has", _COLUMNS, rows), OWN_TOOLS)


def _named(one: Any) -> Named:
    return Named(exact_line(str(one.get("name"))), exact_line(str(one.get("description") or "")))
