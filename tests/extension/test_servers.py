"""What the user can do about MCP servers, and what fills the context, with the real CLI."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any, cast
from unittest.mock import AsyncMock, MagicMock
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from jupyter_claude_sdk import create_sdk_mcp_server

from jupyter_claude._engine import server_actions
from jupyter_claude._engine.context import context_of, parts_of
from jupyter_claude._engine.server_actions import ServerActions
from jupyter_claude._engine.tool_table import ServerState
from jupyter_claude._health.cli_reports import rule_problems
from jupyter_claude._turns.errors import ClaudeError
from jupyter_claude._turns.items import Notice
from jupyter_claude._views.tool_list import context_use

SCRIPT = [
    {"when": "summary of the conversation", "replies": [[{"text": "Much was said."}]]},
    {"when": "fill", "replies": [[{"text": "much " * 20_000}]]},
    {"when": "hello", "replies": [[{"text": "Hi."}]]},
]
TOOL = {"name": "send", "inputSchema": {"type": "object"}}


class MailServer(BaseHTTPRequestHandler):
    """An MCP server and its authorization server: whoever comes with a code is signed in."""

    protocol_version = "HTTP/1.1"

    @property
    def _here(self) -> str:
        return f"http://127.0.0.1:{cast(HTTPServer, self.server).server_port}"

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the base has the name
        """Print nothing."""

    def _answer(self, body: Any, code: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if code == 401:
            page = f"{self._here}/.well-known/oauth-protected-resource/mcp"
            self.send_header("WWW-Authenticate", f'Bearer resource_metadata="{page}"')
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        """Tell where to sign in."""
        if "oauth-protected-resource" in self.path:
            self._answer({"resource": f"{self._here}/mcp", "authorization_servers": [self._here]})
        elif "oauth-authorization-server" in self.path:
            self._answer(
                {
                    "issuer": self._here,
                    "authorization_endpoint": f"{self._here}/authorize",
                    "token_endpoint": f"{self._here}/token",
                    "registration_endpoint": f"{self._here}/register",
                    "response_types_supported": ["code"],
                    "grant_types_supported": ["authorization_code"],
                    "code_challenge_methods_supported": ["S256"],
                    "token_endpoint_auth_methods_supported": ["none"],
                }
            )
        else:
            self._answer({}, 401 if self.path == "/mcp" else 404)

    def do_POST(self) -> None:
        """Sign in, or answer as an MCP server."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/register":
            self._answer({**json.loads(body), "client_id": "client"}, 201)
        elif self.path == "/token":
            self._answer({"access_token": "T", "token_type": "Bearer", "expires_in": 3600})
        elif self.headers.get("Authorization") != "Bearer T":
            self._answer({}, 401)
        else:
            self._mcp(json.loads(body))

    def _mcp(self, message: dict[str, Any]) -> None:
        if "id" not in message:
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        server = {"name": "mail", "version": "1"}
        results = {
            "initialize": {
                "protocolVersion": "2025-03-26",
                "capabilities": {"tools": {}},
                "serverInfo": server,
            },
            "tools/list": {"tools": [TOOL]},
        }
        result = results.get(message["method"], {})
        self._answer({"jsonrpc": "2.0", "id": message["id"], "result": result})


@pytest.fixture
def mail() -> Iterator[str]:
    """Serve `MailServer`; return its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), MailServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/mcp"
        server.shutdown()


async def state_of(claude: Any, name: str) -> ServerState:
    """Return what the panel shows of a server."""
    servers = await claude._parts.tool_table.servers()
    return next(server for server in servers if server.name == name)


@pytest.mark.anyio
@pytest.mark.cli
@pytest.mark.parametrize("browser", ["beside the kernel", "elsewhere"])
async def test_signing_in_to_a_server(session: Any, mail: str, browser: str) -> None:
    """Otherwise: a server that needs a sign-in is of no use in a notebook."""
    servers = {"mail": {"type": "http", "url": mail}, "files": {"command": "/no/such/program"}}
    async with session(SCRIPT, mcp_servers=servers) as claude:
        await claude.ask("hello")
        actions: ServerActions = claude._parts.server_actions
        names = {server.name for server in await claude._parts.tool_table.servers()}
        assert names == {"mail", "files"}  # not "answer", which takes values
        before = await state_of(claude, "mail")
        assert (before.state, before.actions) == ("needs a sign-in", ("sign in", "turn off"))
        await actions.act("mail", "sign in")
        page = (await state_of(claude, "mail")).sign_in
        given = parse_qs(urlsplit(page).query)
        last = f"{given['redirect_uri'][0]}?code=abc&state={given['state'][0]}"
        if browser == "elsewhere":
            with pytest.raises(ClaudeError, match="whole address"):
                await actions.finish_sign_in("mail", "code=abc")
            await actions.finish_sign_in("mail", last)
        else:
            await anyio.to_thread.run_sync(lambda: urllib.request.urlopen(last, timeout=30).read())
        with anyio.fail_after(60):
            while (await state_of(claude, "mail")).state != "connected":
                await anyio.sleep(0.05)
        after = await state_of(claude, "mail")
        assert (after.tools, after.actions, after.sign_in) == (("send",), ("turn off",), "")

        if browser == "elsewhere":
            return
        # One that does not start says why, and can be turned off and on again.
        with pytest.raises(ClaudeError, match=r"^files: .*ENOENT"):
            await actions.act("files", "reconnect")
        await actions.act("files", "turn off")
        off = await state_of(claude, "files")
        assert (off.state, off.problem, off.actions) == ("turned off", False, ("turn on",))
        with pytest.raises(ClaudeError, match="ENOENT"):
            await actions.act("files", "turn on")
        assert (await state_of(claude, "files")).state.startswith("failed")
        with pytest.raises(ClaudeError, match="does not run the server"):
            await actions.act("none", "reconnect")


@pytest.mark.anyio
@pytest.mark.cli
async def test_compacting_makes_room(session: Any) -> None:
    """Otherwise: the panel's Compact costs a request and the meter stays as it was."""
    async with session(SCRIPT) as claude:
        reader = claude._parts.context_reader
        assert await reader() == (None, [])  # nothing is running
        await claude.ask("fill")
        await claude.ask("hello")
        context, parts = await reader()
        used = {part.name: part.tokens for part in parts if part.kind == "used"}
        assert used["Messages"] > 15_000
        assert sum(used.values()) == pytest.approx(context["tokens"], rel=0.05)
        assert {"free", "reserved"} <= {part.kind for part in parts}
        await claude.ask("/compact")
        after, parts = await reader()
        assert after["tokens"] < context["tokens"] - 10_000
        agents = claude._parts.tool_table.agents()
        assert "Explore" in {agent.name for agent in agents}


@pytest.mark.anyio
@pytest.mark.cli
async def test_skills_of_the_folder_are_listed(session: Any, tmp_path: Any) -> None:
    """Otherwise: nobody sees whether Claude found a skill."""
    skill = tmp_path / ".claude" / "skills" / "tidy" / "SKILL.md"
    skill.parent.mkdir(parents=True)
    skill.write_text("---\nname: tidy\ndescription: Tidies a table\n---\nDo it.\n")
    config = {"CLAUDE_CONFIG_DIR": str(tmp_path / ".claude")}
    async with session(SCRIPT, env=config) as claude:
        assert await claude._parts.tool_table.skills() == []
        await claude.ask("hello")
        skills = await claude._parts.tool_table.skills()
        assert [(one.name, one.description) for one in skills] == [("tidy", "Tidies a table")]


@pytest.mark.pure
@pytest.mark.anyio
@pytest.mark.parametrize("page", ["javascript:alert(1)", "file:///etc/passwd", "http://", 3])
async def test_a_sign_in_leads_to_web_pages_only(
    page: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise: a server's address runs a script in the notebook's page."""
    client = MagicMock()
    client.get_mcp_status = AsyncMock(return_value={"mcpServers": [{"name": "mail"}]})
    monkeypatch.setattr(server_actions, "request", AsyncMock(return_value={"authUrl": page}))
    actions = ServerActions(client)
    with pytest.raises(ClaudeError, match="names no web page"):
        await actions.act("mail", "sign in")
    assert actions.pages == {}


@pytest.mark.pure
def test_answers_that_are_not_as_expected() -> None:
    """Otherwise: another version of Claude Code leaves the sheet empty."""
    categories = [
        {"name": "Messages\u202e", "tokens": 5, "kind": "used"},
        {"name": "Deferred", "tokens": 6, "isDeferred": True},
        {"name": "Old", "tokens": 7},
        {"name": "Empty", "tokens": 0, "kind": "used"},
        {"name": None, "tokens": "many"},
    ]
    parts = parts_of({"categories": categories})
    assert parts == [("Messages⟨U+202E⟩", 5, "used"), ("Deferred", 6, "later"), ("Old", 7, "used")]
    assert context_use(None, parts)["parts"][0]["tokens"] == 5
    assert parts_of({}) == [] and context_of({"totalTokens": 1, "maxTokens": 0}) is None


@pytest.mark.pure
def test_a_rule_names_a_server_as_claude_code_writes_it() -> None:
    """Else the advice names what the user wrote, or a right rule is said to be wrong."""
    servers = [{"name": "my.server"}, {"name": "files"}]
    right = ["mcp__my_server__x", "mcp__files(x)", "mcp__files__read(*.py)", "mcp__ide__open"]
    (problem,) = rule_problems([*right, "mcp__my.server__x"], servers)
    assert problem.remedy == "did you mean my_server?"


@pytest.mark.anyio
@pytest.mark.cli
async def test_a_misspelt_server_in_a_rule_is_told(session: Any) -> None:
    """Else the user wonders why a tool asks, or is denied, although a rule allows it."""
    right = ["Read", "mcp__*", "mcp__git-hub", "mcp__git-hub__search"]
    later = ["mcp__user__plot", "mcp__kernel__variables", "mcp__plugin_a_b__c"]
    wrong = ["mcp__git-hbu__search", "mcp__weather"]
    async with session(SCRIPT, kernel="off") as claude:
        claude.settings.mcp_servers = {"git-hub": create_sdk_mcp_server("git-hub")}
        claude.settings.allowed_tools = [*right, *later, *wrong]
        turns = [await claude.ask("hello"), await claude.ask("hello")]
        assert [[one.text for one in turn.items if isinstance(one, Notice)] for turn in turns] == [
            [
                "allowed_tools has 'mcp__git-hbu__search', but there is no MCP server 'git-hbu'; "
                "did you mean git-hub?",
                "allowed_tools has 'mcp__weather', but there is no MCP server 'weather'; "
                "correct the name, or set mcp_servers",
            ],
            [],
        ], "once, and only what is wrong"
        assert len(claude._parts.health.problems()) == 2
        claude.settings.allowed_tools = right
        assert not any(isinstance(one, Notice) for one in (await claude.ask("hello")).items)
        assert claude._parts.health.problems() == []
