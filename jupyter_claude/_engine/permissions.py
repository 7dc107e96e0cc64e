"""`Permissions`: answers Claude Code's requests to run a tool."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_claude_sdk import (
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    ToolPermissionContext,
)

from .._approvals import Approvals
from .._asking.dangers import danger_of
from .._core.conversation import Conversation
from .._core.host import Host
from .._process.client import SharedClient
from .._process.whereabouts import Whereabouts
from .._process.workspace import Workspace
from .._trust.gate import Gate
from .edits import Edits
from .observer import Observer
from .own_tools import OwnTools


class Permissions:
    """Asks the user in the views of the running turn.

    Parameters
    ----------
    host : Host
        Its settings say how long to wait.
    workspace : Workspace
        Where Claude works.
    conversation : Conversation
        Has the running turn.
    client : SharedClient
        Owns the process that asks.
    approvals : Approvals
        Asks the user.
    gate : Gate
        Notes the rules that the user approves.
    whereabouts : Whereabouts
        Knows where a command will run.
    own_tools : OwnTools
        Makes the requests for our own tools, and knows which the user has allowed.
    observer : Observer
        Begins a turn if Claude acts by itself.
    edits : Edits
        Tells Claude which commands the user edited.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        conversation: Conversation,
        client: SharedClient,
        approvals: Approvals,
        gate: Gate,
        whereabouts: Whereabouts,
        own_tools: OwnTools,
        observer: Observer,
        edits: Edits,
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._conversation = conversation
        self._client = client
        self._approvals = approvals
        self._gate = gate
        self._whereabouts = whereabouts
        self._own_tools = own_tools
        self._observer = observer
        self._edits = edits

    async def may_use_tool(
        self, tool: str, tool_input: dict[str, Any], context: ToolPermissionContext
    ) -> PermissionResult:
        """Ask the user whether a tool may run, and return the answer."""
        turn = self._conversation.running or self._observer.begin_unasked()
        ours = _is_ours(context)
        if ours and self._own_tools.allows(tool, turn.turn):
            return PermissionResultAllow()
        own = None
        if ours and turn.turn.can_ask:
            own = await self._own_tools.request(tool, tool_input, context, turn.turn)
        if isinstance(own, str):
            return PermissionResultDeny(message=own)  # there is nothing to ask about
        runs_in, folder = self._whereabouts.of(context.tool_use_id), self._workspace.cwd
        danger = ""
        if own is None and turn.turn.can_ask:
            danger = await danger_of(tool, tool_input, folder, runs_in)
        deciding = self._approvals.decide(
            turn,
            tool,
            tool_input,
            context,
            folder,
            self._host.settings.request_timeout,
            runs_in=runs_in,
            own=own,
            danger=danger,
        )
        call = context.tool_use_id
        if call is None or not turn.turn.can_ask:
            return self._noted(await deciding)
        # A subagent in the background may ask while a later turn runs.
        writers = reversed(self._conversation.writers)
        owner = next((one for one in writers if one.has_call(call)), turn)
        owner.wait_for(call)
        try:
            result = await deciding
        except asyncio.CancelledError:
            # If the turn is ending or the process died, the call never ran.
            if self._client.connected and not turn.turn.stopping:
                owner.go_on(call, "running")
            raise
        if own is None:
            self._edits.note(owner, call, tool, tool_input, result)
        owner.go_on(call, "running" if isinstance(result, PermissionResultAllow) else "denied")
        return self._noted(result)

    def _noted(self, result: PermissionResult) -> PermissionResult:
        """Note the rules that the user's answer adds to the folder's settings: they are trusted."""
        if isinstance(result, PermissionResultAllow):
            self._gate.note_approved(result.updated_permissions)
        return result


def _is_ours(context: ToolPermissionContext) -> bool:
    """Whether a server in this process has the tool: another one may have the same name."""
    server = context.raw.get("mcp_server")
    return isinstance(server, dict) and server.get("source") == "sdk"
