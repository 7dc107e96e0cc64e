"""`SessionOptions`: makes the options with which Claude Code starts, of the user's settings."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from jupyter_claude_sdk import (
    CanUseTool,
    CanUseToolShadowedWarning,
    ClaudeAgentOptions,
    PermissionMode,
    SettingSource,
)

from .._core.host import Host
from .._did_you_mean import did_you_mean
from .._health.folder import folder_problem
from .._policy.options import refused_others
from .._policy.policy import load_policy
from .._process.permitted import adapt, permitted_kernel, permitted_options
from .._process.whereabouts import Whereabouts
from .._process.workspace import Workspace
from .._settings import Settings
from .._trust.gate import Gate
from .._turns.errors import ClaudeError
from . import agent_models
from .edits import Edits
from .hooks import joined
from .modes import refusal
from .own_tools import OwnTools

#: Options that have a setting of their own, or that only the session can set: what to use.
_ELSEWHERE = {
    **{
        name: f"claude.settings.{name}"
        for name in (
            *("add_dirs", "agents", "allowed_tools", "cli_path", "cwd", "disallowed_tools", "env"),
            *("hooks", "max_thinking_tokens", "mcp_servers", "model", "permission_mode"),
            *("session_store", "setting_sources", "system_prompt"),
        )
    },
    "append_system_prompt": "claude.settings.system_prompt",
    "max_budget_usd": "claude.budget_usd",
    "max_turns": "claude.ask(…, max_turns=…)",
    "continue_conversation": "await claude.resume()",
    "resume": "await claude.resume(id)",
    "resume_session_at": "await claude.rewind(turn)",
    "resume_drops_turn": "await claude.rewind(turn)",
    "fork_session": "await claude.fork()",
    "session_id": "await claude.resume(id)",
    "can_use_tool": "the buttons of the requests",
    "permission_prompt_tool_name": "the buttons of the requests",
    "output_format": "claude.ask(…, schema=…)",
}
#: What the session needs, whatever the user wants.
_FIXED = (
    *("include_partial_messages", "forward_subagent_text", "enable_file_checkpointing"),
    *("include_hook_events", "verbatim_prompts", "user"),
)
#: Milliseconds that a session store has before a conversation goes on; `options` may change it.
_STORE_TIMEOUT = 15_000


class SessionOptions:
    """Makes the options of a session.

    Parameters
    ----------
    host : Host
        The user's settings.
    workspace : Workspace
        Knows the process's folder and variables.
    gate : Gate
        Has hooks that guard the folder's settings.
    whereabouts : Whereabouts
        Has a hook that notes where commands will run.
    own_tools : OwnTools
        Has our own tools.
    edits : Edits
        Has hooks that tell Claude of commands that the user edited.
    may_use_tool : callable
        Answers whether a tool may run.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        gate: Gate,
        whereabouts: Whereabouts,
        own_tools: OwnTools,
        edits: Edits,
        may_use_tool: CanUseTool,
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._gate = gate
        self._whereabouts = whereabouts
        self._own_tools = own_tools
        self._edits = edits
        self._may_use_tool = may_use_tool

    async def ready(self) -> None:
        """Make sure that it is known which tools there are."""
        await self._own_tools.ready()

    def make(self) -> ClaudeAgentOptions:
        """Return the options of now.

        Raises
        ------
        ClaudeError
            If the settings, or the folder, allow no start. The message is one line.
        """
        settings, workspace = self._host.settings, self._workspace
        adapt(settings)
        permitted_kernel(settings.kernel)
        if refused := refusal(settings.permission_mode, settings.env):
            raise ClaudeError(refused)
        workspace.renew_practice()
        # Also while the process runs: with the first file it would create the folder again.
        if gone := folder_problem(workspace.cwd, chosen=bool(settings.cwd)):
            raise ClaudeError(gone.line)
        check_options(settings.options)
        try:
            with warnings.catch_warnings():
                # The SDK warns that an allowed tool is never asked about. The user wants that.
                warnings.simplefilter("ignore", CanUseToolShadowedWarning)
                # Nothing below this line changes an option that the policy limits.
                return permitted_options(
                    self._of(settings),
                    workspace.variables(),
                    practicing=workspace.practicing,
                )
        except (TypeError, ValueError) as error:
            raise ClaudeError(f"The settings of this session: {error}") from None

    def _of(self, settings: Settings) -> ClaudeAgentOptions:
        options = ClaudeAgentOptions(
            model=settings.model or None,
            permission_mode=cast(PermissionMode, settings.permission_mode),
            setting_sources=cast("list[SettingSource]", list(settings.setting_sources)),
            allowed_tools=list(settings.allowed_tools),
            disallowed_tools=list(settings.disallowed_tools),
            cwd=self._workspace.cwd,
            cli_path=settings.cli_path or None,
            env=self._workspace.environment(),
            add_dirs=[*settings.add_dirs],
            agents=dict(settings.agents) or None,
            max_thinking_tokens=settings.max_thinking_tokens,
            mcp_servers=self._servers(settings.mcp_servers),
            can_use_tool=self._may_use_tool,
            hooks=joined(
                self._gate.while_running.hooks(),
                self._whereabouts.hooks(),
                self._own_tools.hooks(),
                self._edits.hooks(),
                agent_models.hooks(),
                settings.hooks,
            ),
            include_partial_messages=True,
            forward_subagent_text=True,
            enable_file_checkpointing=True,
            # What was practiced belongs into no store.
            session_store=None if self._workspace.practicing else settings.session_store,
            load_timeout_ms=_STORE_TIMEOUT,
            **self._prompt(settings),
        )
        return dataclasses.replace(options, **settings.options)

    def _servers(self, users: Mapping[str, Any]) -> dict[str, Any]:
        own = self._own_tools.servers
        if taken := own.keys() & users.keys():
            raise ValueError(
                f"mcp_servers has a server {min(taken)!r}, which is the name of the notebook's own "
                "tools; give yours another name"
            )
        return {**users, **own}

    def _prompt(self, settings: Settings) -> dict[str, Any]:
        # Without a snapshot a resumed conversation has the text of now, not its old one.
        added = "\n\n".join(filter(None, (self._own_tools.prompt, settings.system_prompt)))
        if settings.system_prompt_file:
            path = Path(settings.system_prompt_file).expanduser()
            if not path.is_file():
                raise ValueError(f"system_prompt_file: there is no file {str(path)!r}")
            file = {"type": "file", "path": str(path), "snapshot": False}
            return {"system_prompt": file, "append_system_prompt": added or None}
        preset = {"type": "preset", "preset": "claude_code", "snapshot": False}
        return {"system_prompt": {**preset, "append": added} if added else preset}


def options_problem(options: Mapping[str, Any]) -> str:
    """Return why the setting ``options`` cannot be used; "" if it can, as far as it alone tells."""
    try:
        check_options(options)
        return refused_others(load_policy(), ClaudeAgentOptions(**options))
    except ClaudeError as error:
        return str(error)
    except (TypeError, ValueError) as error:
        return f"The settings of this session: {error}"


def check_options(options: Mapping[str, Any]) -> None:
    """Check that the setting ``options`` has only names that belong there.

    Raises
    ------
    ClaudeError
        If a name is unknown, or has a place of its own. The message says which.
    """
    known = {field.name for field in dataclasses.fields(ClaudeAgentOptions)}
    possible = known - _ELSEWHERE.keys() - set(_FIXED)
    for name in options:
        if name in _ELSEWHERE:
            use = _ELSEWHERE[name]
            raise ClaudeError(f"claude.settings.options has {name!r}: take it out, and use {use}")
        if name in _FIXED:
            raise ClaudeError(
                f"claude.settings.options has {name!r}, which the notebook needs: take it out"
            )
        if name not in possible:
            hint = did_you_mean(str(name), possible) or f"there are {', '.join(sorted(possible))}"
            raise ClaudeError(f"claude.settings.options has {name!r}, which is no option: {hint}")
