"""`Health`: knows a session's problems, and makes turns report them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import anyio
from jupyter_claude_sdk import ClaudeSDKError
from jupyter_claude_sdk.lowlevel import (
    Environment,
    config_folder,
    debugger_variable,
    redacted,
    secrets_of,
)

from .._conversations.elsewhere import Elsewhere
from .._core.conversation import Conversation
from .._core.host import Host
from .._paths import current_folder
from .._policy.day import Day, SpendUnreadable
from .._policy.policy import load_policy
from .._policy.spending import READABLE, Spending
from .._process.client import SharedClient
from .._process.workspace import Workspace
from .._trust.folder_settings import FolderSettings
from .cli_reports import rule_problems, server_problems, settings_problems
from .files import (
    SERVERS,
    SETTINGS,
    file_problems,
    managed_files,
    server_names,
    variables_given,
)
from .folder import FOLDER, folder_problem
from .folders import CLIS, OURS, folder_problems
from .problem import Problem

if TYPE_CHECKING:
    from .._trust.files import FoundFile
    from .._turns.writer import TurnWriter

ENVIRONMENT, CONVERSATION, POLICY = "Environment", "Conversation", "Policy"
_TELL = "your turns go on; tell the administrator"
_PATIENCE = 5.0  # seconds in which a healthy process answers

#: The subjects of problems, and the doctor's words if there is no problem.
GROUPS = {
    FOLDER: "exists",
    ENVIRONMENT: "does not keep Claude Code from starting",
    SETTINGS: "readable",
    SERVERS: "no known failure",
    CLIS: "writable",
    OURS: "writable",
    POLICY: "no fault",
}


def problems_around(
    folder: Path,
    chosen: bool,
    variables: Mapping[str, str],
    found: Iterable[FoundFile],
    sources: Iterable[str],
) -> Iterator[Problem]:
    """Yield the problems that Claude Code would have, without starting it.

    Parameters
    ----------
    folder : Path
        Its working folder.
    chosen : bool
        Whether ``ClaudeMagics.cwd`` names that folder.
    variables : mapping of str to str
        Its environment.
    found : iterable of FoundFile
        The settings of the folder and its parents.
    sources : iterable of str
        The sources in use.
    """
    policy = load_policy()
    for fault in policy.faults:
        yield Problem(
            POLICY,
            f"{fault.file}{f', {fault.key}' if fault.key else ''}: {fault.text}",
            "no prompt is sent until the administrator fixes this file",
        )
    if policy.budget_usd_per_day is not None:
        try:
            Day().total()
        except SpendUnreadable as error:
            yield Problem(POLICY, str(error), READABLE)
    gone = folder_problem(folder, chosen)
    if gone is not None:
        yield gone
    name = debugger_variable(variables)
    if name is not None:
        yield Problem(
            ENVIRONMENT,
            f"{name} asks for a debugger, so Claude Code does not start",
            f"unset it; in a notebook: %env {name}=",
        )
    config = config_folder(variables)
    yield from file_problems(found, config, _state_file(variables), sources)
    yield from folder_problems(config)


def problems_here(environment: Mapping[str, str] | None = None) -> list[Problem]:
    """Return the problems in this process's folder, without a session.

    Parameters
    ----------
    environment : mapping of str to str, optional
        Variables in addition to this process's own.
    """
    from .._trust.findings import look  # costs what loading should not

    folder = current_folder()
    variables = Environment({**os.environ, **(environment or {})})
    own = (config_folder(variables), _home(variables) / ".claude")
    found = look(folder, own).files
    return list(problems_around(folder, False, variables, found, ("user", "project", "local")))


def _state_file(variables: Mapping[str, str]) -> Path:
    configured = variables.get("CLAUDE_CONFIG_DIR")
    return (Path(configured) if configured else _home(variables)) / ".claude.json"


def _home(variables: Mapping[str, str]) -> Path:
    return Path(variables.get("HOME") or Path.home())


class Health:
    """Knows a session's problems, and makes turns report new ones.

    Parameters
    ----------
    host : Host
        The user's settings.
    workspace : Workspace
        Knows the folder and the variables.
    conversation : Conversation
        The conversation that others may have open.
    client : SharedClient
        Asks the process.
    folder_settings : FolderSettings
        Finds the folder's settings.
    elsewhere : Elsewhere
        Knows which other processes have the conversation open.
    spending : Spending
        Knows which files of the policy cannot be written.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        conversation: Conversation,
        client: SharedClient,
        folder_settings: FolderSettings,
        elsewhere: Elsewhere,
        spending: Spending,
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._conversation = conversation
        self._client = client
        self._folder_settings = folder_settings
        self._elsewhere = elsewhere
        self._spending = spending
        self._errors: list[Problem] = []  # Claude Code's report on its settings files
        self._servers: list[Any] = []  # and on its MCP servers
        self._stalled: Problem | None = None
        self._asked: object = None  # the process that was asked
        self._versions: list[tuple[str, int, int]] = []  # of the files, at that time
        self._said: set[Problem] = set()
        self._said_of: dict[str, Problem] = {}  # about servers, by name

    # --- problems -----------------------------------------------------------------------------

    def problems(self) -> list[Problem]:
        """Return the problems that are known now."""
        elsewhere = [
            Problem(
                CONVERSATION,
                other.text,
                "%claude fork continues in a copy",
            )
            for other in self._elsewhere.others(self._conversation.session_id)
        ]
        stalled = [] if self._stalled is None else [self._stalled]
        servers = server_problems(self._servers, waiting=True)
        return [*self._around(), *servers, *self._rules(), *stalled, *elsewhere]

    def _around(self) -> list[Problem]:
        """Return all problems except those of servers that Claude Code has started."""
        variables = self._workspace.variables()
        sources = self._sources()
        files = self._folder_settings.found().files
        known = list(
            problems_around(
                self._workspace.cwd,
                self._workspace.is_chosen,
                variables,
                _in_use(files, sources),
                sources,
            )
        )
        known += [
            Problem(POLICY, text, _TELL, str(path))
            for path, text in self._spending.problems.items()
        ]
        reported = {one.subject for one in known if one.name == SETTINGS}
        # Claude Code knows more kinds of errors. If a file is no JSON, our message is better.
        told = self._errors if self._versions == self._versions_of(files) else []
        return known + [one for one in told if one.subject not in reported]

    def _rules(self) -> Iterator[Problem]:
        """Yield the rules of the running process for servers that do not exist."""
        options = self._client.running_with
        if options is not None and self._servers:
            yield from rule_problems(options.allowed_tools, self._servers)

    def variables_given(self) -> list[str]:
        """Return the names of the variables that settings files set for Claude Code."""
        sources = self._sources()
        config = config_folder(self._workspace.variables())
        files = _in_use(self._folder_settings.found().files, sources)
        return list(variables_given(files, config, sources))

    def _sources(self) -> list[str]:
        """Return the setting sources of the running process, or those in the settings."""
        running_with = self._client.running_with
        if running_with is not None:
            return list(running_with.setting_sources or ())
        return list(self._host.settings.setting_sources)

    async def why_stalled(self) -> str:
        """Return what may block Claude Code if it is silent; "" if the model is silent.

        An MCP server that writes without end blocks Claude Code.
        """
        answers = False
        with contextlib.suppress(ClaudeSDKError), anyio.move_on_after(_PATIENCE):
            await self.ask_servers()
            answers = True
        names = [one.subject for one in server_problems(self._servers, waiting=True)]
        if answers and not names:
            return ""
        if not names:
            names = server_names(
                self._folder_settings.found().files, _state_file(self._workspace.variables())
            )
        if not names:
            return "it does not answer at all; the next prompt restarts it"
        shown = ", ".join(f"{name!r:.60}" for name in names)
        self._stalled = Problem(
            SERVERS,
            f"Claude Code was blocked, perhaps by an MCP server ({shown})",
            "run its command in a terminal: it must write only MCP messages to its output",
        )
        return f"an MCP server may block it ({shown}); see %claude status"

    # --- Claude Code's reports ----------------------------------------------------------------

    async def ask(self) -> None:
        """Ask Claude Code about its settings files, if the process or a file has changed."""
        files = self._folder_settings.found().files
        process, versions = self._client.pid, self._versions_of(files)
        if (process, versions) == (self._asked, self._versions):
            return
        if process != self._asked:
            self._servers = []
        self._asked, self._versions = process, versions
        try:
            self._errors = list(settings_problems(await self._client.settings_errors()))
        except ClaudeSDKError:
            self._errors = []  # an older version; or it ended, and the turn reports that

    def take_servers(self, servers: Any) -> bool:
        """Note the servers of an ``init`` message; return whether something is wrong."""
        self._stalled = None
        self._servers = [
            {**self._known(one), **one} if isinstance(one, dict) else one
            for one in (servers if isinstance(servers, list) else ())
        ]
        problems = [*server_problems(self._servers, waiting=True), *self._rules()]
        wrong = {problem.subject for problem in problems}
        self._said_of = {name: one for name, one in self._said_of.items() if name in wrong}
        return bool(problems)

    async def ask_servers(self) -> None:
        """Ask why servers do not work."""
        secrets = secrets_of(self._client.options, os.environ)
        answer = await self._client.get_mcp_status()
        self._servers = [
            {
                **{key: server[key] for key in ("name", "status", "scope") if key in server},
                "error": redacted(str(server.get("error") or ""), secrets)[:300],
            }
            for server in cast("dict[str, Any]", answer).get("mcpServers") or ()
        ]

    def _known(self, server: dict[str, Any]) -> dict[str, Any]:
        same = [one for one in self._servers if one.get("name") == server.get("name")]
        return same[0] if same and same[0].get("status") == server.get("status") else {}

    def _versions_of(self, files: Iterable[FoundFile]) -> list[tuple[str, int, int]]:
        own = config_folder(self._workspace.variables()) / "settings.json"
        return list(_versions([*managed_files(), own, *(file.path for file in files)]))

    # --- notices ------------------------------------------------------------------------------

    def say(self, turn: TurnWriter) -> None:
        """Add new problems to a turn that begins."""
        for problem in self._around():
            if problem not in self._said:
                self._said.add(problem)
                turn.notice(f"problem-{len(turn.turn.items)}", problem.line, "warning")

    def say_servers(self, turn: TurnWriter) -> None:
        """Add to a turn which servers do not work, and later why."""
        for problem in (*server_problems(self._servers, waiting=False), *self._rules()):
            if self._said_of.get(problem.subject) != problem and not turn.turn.ended:
                self._said_of[problem.subject] = problem
                turn.notice(f"server-{problem.subject}", problem.line, "warning")


def _in_use(files: Iterable[FoundFile], sources: Iterable[str]) -> Iterable[FoundFile]:
    """Return the settings of the folder and its parents, if their sources are in use."""
    return files if {"project", "local"} & set(sources) else ()


def _versions(paths: Iterable[Path]) -> Iterator[tuple[str, int, int]]:
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        yield str(path), status.st_mtime_ns, status.st_size
