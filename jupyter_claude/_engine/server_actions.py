"""`ServerActions`: reconnects MCP servers, turns them on and off, and signs in to them."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from jupyter_claude_sdk import ControlRequestError
from jupyter_claude_sdk.lowlevel import request

from .._process.client import SharedClient
from .._text import exact_line
from .._turns.errors import ClaudeError

ServerAction = Literal["reconnect", "sign in", "turn on", "turn off"]

#: What the user can do about a server, by the status that Claude Code gives it.
OFFERED: dict[str, tuple[ServerAction, ...]] = {
    "connected": ("turn off",),
    "failed": ("reconnect", "turn off"),
    "needs-auth": ("sign in", "turn off"),
    "disabled": ("turn on",),
}

_ADDRESS = 8_000  # characters
_PATIENCE = 60.0  # seconds: a server may start slowly


class ServerActions:
    """Acts on the MCP servers of the running Claude Code.

    Parameters
    ----------
    client : SharedClient
        Asks Claude Code.

    Attributes
    ----------
    pages : dict of str
        The sign-in pages that were asked for, by the server's name.
    """

    def __init__(self, client: SharedClient) -> None:
        self._client = client
        self.pages: dict[str, str] = {}

    async def act(self, shown: str, action: ServerAction) -> None:
        """Do something about a server.

        Parameters
        ----------
        shown : str
            Its name, as views show it.
        action : str
            One of those that `OFFERED` has for its status.

        Raises
        ------
        ClaudeError
            If that fails, with the reason.
        """
        name = await self._name(shown)
        try:
            if action == "sign in":
                await self._sign_in(name)
            elif action == "reconnect":
                await self._client.reconnect_mcp_server(name)
            else:
                await self._client.toggle_mcp_server(name, action == "turn on")
        except ControlRequestError as error:
            raise ClaudeError(f"{shown}: {_reason(error)}") from error

    async def finish_sign_in(self, shown: str, address: str) -> None:
        """End a sign-in with the address of its last page.

        Claude Code waits for that page on the kernel's computer, where a browser on another
        computer does not reach it.

        Raises
        ------
        ClaudeError
            If the address is none, or the sign-in fails.
        """
        address = address.strip()
        if not _is_page(address):
            raise ClaudeError("Paste the whole address of the page, from http on")
        name = await self._name(shown)
        try:
            await request(
                self._client,
                "mcp_oauth_callback_url",
                timeout=_PATIENCE,
                serverName=name,
                callbackUrl=address,
            )
            await self._client.reconnect_mcp_server(name)  # it does not connect by itself
        except ControlRequestError as error:
            raise ClaudeError(f"{shown}: {_reason(error)}") from error

    async def _sign_in(self, name: str) -> None:
        answer = await request(self._client, "mcp_authenticate", timeout=_PATIENCE, serverName=name)
        page = answer.get("authUrl")
        if not page:  # a kept sign-in was enough
            await self._client.reconnect_mcp_server(name)
        elif _is_page(page):
            self.pages[name] = page
        else:
            raise ClaudeError(f"{exact_line(name)} names no web page for the sign-in")

    async def _name(self, shown: str) -> str:
        """Return the name of the server that views show so."""
        if self._client.connected:
            for server in (await self._client.get_mcp_status())["mcpServers"]:
                if exact_line(str(server["name"])) == shown:
                    return str(server["name"])
        raise ClaudeError(f"Claude Code does not run the server {exact_line(shown)} now")


def _is_page(address: object) -> bool:
    if not isinstance(address, str) or len(address) > _ADDRESS:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _reason(error: ControlRequestError) -> str:
    return exact_line(error.reason or str(error))
