"""The MCP servers of a running connection, and their exchange for others.

The CLI takes a whole set of servers: it starts those that are new or have another configuration,
and ends those that are missing. It knows an in-process server only by its name. So it does not
notice another server under the same name, unless the name was gone in between.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from .._errors import ControlRequestError
from .._mcp.config import expanded_servers, in_process_servers
from .._transport.arguments import as_json
from .._types.answers import McpSetServersResult
from .._types.option_checks import check_servers

if TYPE_CHECKING:
    from .._mcp.host import McpHost

#: Seconds that the CLI has to connect to a server in this process.
CONNECT_TIMEOUT = 10.0


class McpServers:
    """The servers that a connection's CLI has from us, those in this process among them.

    Parameters
    ----------
    servers : dict, str or Path
        The option ``mcp_servers`` that the CLI started with.
    request : callable
        Sends a control request to the CLI and returns its answer.
    start_soon, notify_cli : callable
        As for `McpHost`.
    environment : callable
        Returns the CLI's environment.

    Attributes
    ----------
    present : dict, str or Path
        The servers of now, as the option ``mcp_servers`` would have them.
    host : McpHost or None
        Serves the in-process servers, once there is one.
    """

    def __init__(
        self,
        servers: Mapping[str, Any] | str | Path,
        request: Callable[..., Awaitable[dict[str, Any]]],
        start_soon: Callable[..., object],
        notify_cli: Callable[[str, dict[str, Any]], None],
        environment: Callable[[], Mapping[str, str]],
    ) -> None:
        self.present = servers
        self.host: McpHost | None = None
        self._request = request
        self._start_soon = start_soon
        self._notify_cli = notify_cli
        self._environment = environment
        self._lock = anyio.Lock()
        self._instances = in_process_servers(servers)
        if self._instances:
            self.host = self._new_host(self._instances)

    async def set(self, servers: Mapping[str, Any]) -> McpSetServersResult:
        """Exchange all servers for others; see `ClaudeSDKClient.set_mcp_servers`."""
        if not isinstance(servers, Mapping):
            raise TypeError(
                f"set_mcp_servers needs a dict, not {type(servers).__name__}; "
                "write {'NAME': server}"
            )
        check_servers(servers)
        servers = dict(servers)
        instances = in_process_servers(servers)
        as_json(self._wire(servers))  # refuses what cannot be sent
        if instances:
            new_host = self._new_host(instances)  # refuses what is no server
            self.host = self.host or new_host

        async with self._lock:
            old = self._instances
            others = {name for name, one in instances.items() if old.get(name, one) is not one}
            return await self._exchange(servers, instances, others)

    async def reconnect(self, name: str) -> None:
        """Connect to a server again; the CLI itself can do that with outer servers only."""
        async with self._lock:
            if name in self._instances:
                await self._exchange(self._by_name(), self._instances, {name})
            else:
                await self._request("mcp_reconnect", serverName=name)

    def disconnected(self, name: str) -> None:
        """Note that the CLI has disconnected from a server. It does not cancel that one's calls."""
        if self.host is not None:
            self.host.disconnect(name)

    async def _exchange(
        self, servers: dict[str, Any], instances: dict[str, Any], anew: Collection[str]
    ) -> McpSetServersResult:
        """Set the servers; those in `anew` end and start again, though their names stay."""
        before, old = self._by_name(), self._instances
        if anew:
            await self._send({name: one for name, one in before.items() if name not in anew})
            self._drop(anew)
        added = {name: one for name, one in instances.items() if name in anew or name not in old}
        self._add(added)  # before the CLI knows them, since it connects to them at once
        try:
            answer = await self._send(servers)
        except ControlRequestError:
            self._drop(added)
            if anew:
                self._add({name: old[name] for name in anew})
                with suppress(ControlRequestError):
                    await self._send(before)
            raise
        self._drop(old.keys() - instances.keys())
        self.present, self._instances = servers, instances
        errors = await self._connected() if added else {}
        return {
            "added": answer.get("added") or [],
            "removed": [*sorted(anew), *(answer.get("removed") or [])],
            "errors": {**(answer.get("errors") or {}), **errors},
        }

    async def _connected(self) -> dict[str, str]:
        """Wait until the CLI has connected to the in-process servers, and return their errors.

        It answers before, and a call of a tool would fail until then. If one is new, it connects to
        each of them again.
        """
        found: list[dict[str, Any]] = []
        with anyio.move_on_after(CONNECT_TIMEOUT):
            while True:
                status = (await self._request("mcp_status")).get("mcpServers") or []
                found = [server for server in status if server.get("name") in self._instances]
                if not any(server.get("status") == "pending" for server in found):
                    break
                await anyio.sleep(0.01)  # no message says that it has connected
        return {server["name"]: server["error"] for server in found if server.get("error")}

    async def _send(self, servers: Mapping[str, Any]) -> dict[str, Any]:
        return await self._request("mcp_set_servers", servers=self._wire(servers))

    def _wire(self, servers: Mapping[str, Any]) -> dict[str, Any]:
        return expanded_servers(servers, self._environment())

    def _add(self, instances: dict[str, Any]) -> None:
        if self.host is not None:
            self.host.add(instances)

    def _drop(self, names: Iterable[str]) -> None:
        if self.host is not None:
            self.host.drop(names)

    def _by_name(self) -> dict[str, Any]:
        return dict(self.present) if isinstance(self.present, Mapping) else {}

    def _new_host(self, instances: dict[str, Any]) -> McpHost:
        from .._mcp.host import McpHost

        return McpHost(instances, self._start_soon, self._notify_cli)
