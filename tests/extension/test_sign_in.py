"""No sign-in and no CLI are no dead ends, and a key that is given stays in the kernel's memory."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from traceback import walk_tb
from typing import Any

import anyio
import anyio.lowlevel
import psutil
import pytest

from jupyter_claude._claude import Claude
from jupyter_claude._command import doctor
from jupyter_claude._ipython.login import CellCard
from jupyter_claude._ipython.magics import ClaudeMagics
from jupyter_claude._ipython.outputs import CellOutput
from jupyter_claude._signin.dialogue import Dialogue
from jupyter_claude._signin.keys import key_environment, sign_in_environment
from jupyter_claude._signin.link import checked_link
from jupyter_claude._signin.status import sign_in
from jupyter_claude._turns.errors import ClaudeError, not_signed_in
from jupyter_claude._views.protocol import sign_in_view
from tests.extension.front_end import one_line, prompts, shown
from tests.extension.test_panel import View
from tests.kernels.harness import Comm

STAND_IN = Path(__file__).parent / "stand_ins" / "claude"
#: As the tested CLI shows it, with other values.
LINK = (
    "https://claude.com/cai/oauth/authorize?code=true&client_id=9d1c250a&response_type=code"
    "&redirect_uri=https%3A%2F%2Fplatform.claude.com%2Foauth%2Fcode%2Fcallback"
    "&scope=org%3Acreate_api_key+user%3Aprofile&code_challenge=E3b-x_Y&code_challenge_method=S256"
    "&state=3j-k_L"
)
#: As Claude Code prints it from 2.1.330 on.
SHORT = f"https://claude.ai/oauth/authorize?z-{'aB3_-' * 8}xyz"
BACK = "https%3A%2F%2Fplatform.claude.com%2Foauth%2Fcode%2Fcallback"


# --- the link -------------------------------------------------------------------------------------


@pytest.mark.pure
def test_the_cli_s_own_links_are_shown() -> None:
    """Otherwise: nobody can sign in."""
    assert checked_link(LINK) == LINK
    console = LINK.replace("claude.com/cai/oauth", "platform.claude.com/oauth")
    assert checked_link(console) == console
    assert checked_link(SHORT) == SHORT


@pytest.mark.pure
@pytest.mark.parametrize(
    "link",
    [
        LINK.replace("https://claude", "http://claude"),
        LINK.replace("https://claude.com", "https://claude.com.example.org"),
        LINK.replace("https://claude.com", "https://evilclaude.com"),
        LINK.replace("https://claude.com", "https://claude.com@example.org"),
        LINK.replace("https://claude.com", "https://example.org/claude.com"),
        LINK.replace("https://claude.com", "https://claude.com:8443"),
        LINK.replace("https://claude.com", "https://claude.com\\example.org"),
        LINK.replace("https://claude", "javascript:https://claude"),
        LINK.replace("claude.com", "cl\u0430ude.com"),
        LINK.replace("/oauth/authorize", "/oauth/other"),
        LINK.replace(BACK, "https%3A%2F%2Fexample.org%2Fcallback"),
        LINK.replace(BACK, "http%3A%2F%2Flocalhost%3A1234%2Fcallback"),
        LINK + "&redirect_uri=https%3A%2F%2Fexample.org",
        LINK.replace("&state=3j-k_L", ""),
        SHORT.replace("claude.ai", "example.org"),
        SHORT.replace("authorize", "other"),
        SHORT + "A",
        SHORT + "&redirect_uri=https%3A%2F%2Fexample.org",
        LINK + '"onclick="x',
        LINK + "&x=" + "y" * 5000,
    ],
)
def test_other_links_are_not(link: str) -> None:
    """Otherwise: a page that is not Anthropic's gets the user's password, or the code."""
    assert checked_link(link) is None


# --- the key --------------------------------------------------------------------------------------

KEY = "sk-ant-api03-a-key-that-nobody-may-see"


@pytest.mark.pure
def test_a_key_is_printed_nowhere() -> None:
    """Otherwise: a look at the session's parts brings the key into the notebook."""
    made = key_environment(f" {KEY}\n")
    assert made["ANTHROPIC_API_KEY"] == KEY
    assert KEY not in repr(made) + str(made) + f"{made}" + repr({"env": made})
    for bad in ("", "  ", "two words", "tab\tkey", "k\u00e9y", "k" * 5000, f"{KEY}\nMORE=1"):
        with pytest.raises(ClaudeError) as caught:
            key_environment(bad)
        assert not bad.strip() or bad.strip() not in str(caught.value)


@pytest.mark.pure
def test_a_refused_key_stays_in_no_frame() -> None:
    """Otherwise: with `%xmode Verbose` a key with a space too much stands in the notebook."""
    sign_in = Claude()._parts.sign_in
    for take in (key_environment, sign_in.use_key):
        with pytest.raises(ClaudeError) as caught:
            take(f"{KEY} {KEY}")
        ours = [frame for frame, _ in walk_tb(caught.value.__traceback__)][1:]
        assert ours, "the first frame is this one"
        assert KEY not in str([frame.f_locals for frame in ours])


@pytest.mark.pure
@pytest.mark.anyio
async def test_what_looks_for_a_sign_in_shows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise: an error while the installation or the doctor looks around prints the key."""
    looked: list[Any] = []
    session = Claude()
    session._parts.sign_in.use_key(KEY)

    async def install(report: Any) -> None:
        return None

    monkeypatch.setattr("jupyter_claude._signin.installing.install", install)

    def looks(_: Any, env: Any, *__: Any) -> str:
        looked.append(env)
        return "a key"

    monkeypatch.setattr("jupyter_claude._signin.status.sign_in", looks)
    await session._parts.sign_in._install()
    monkeypatch.setattr(doctor, "report", looks)
    monkeypatch.setattr(doctor, "Diagnosis", str)
    ClaudeMagics(None, session._lazy)._do_doctor()
    assert [env["ANTHROPIC_API_KEY"] for env in looked] == [KEY, KEY]
    assert KEY not in str(looked)


@pytest.mark.cli
@pytest.mark.skipif(sys.platform == "darwin", reason="the keychain may hold a login")
@pytest.mark.parametrize(
    ("file", "value", "text"),
    [
        ("", {}, None),
        (
            ".credentials.json",
            {"claudeAiOauth": {"accessToken": KEY, "scopes": ["user:inference"]}},
            "the CLI's own login",
        ),
        (".claude.json", {"primaryApiKey": KEY}, "the CLI's own login (API key)"),
    ],
)
def test_claude_code_says_who_is_signed_in(
    cli: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    value: dict[str, Any],
    text: str | None,
) -> None:
    """Otherwise: `%claude doctor` sends somebody who is signed in to sign in."""
    folder = tmp_path / "claude-config"
    folder.mkdir()
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(folder))
    monkeypatch.chdir(tmp_path)
    if file:
        (folder / file).write_text(json.dumps(value))
    assert sign_in(cli) == text


@pytest.mark.pure
def test_the_newest_choice_counts() -> None:
    """Otherwise: the user signs in, and the CLI goes on with the key that was refused."""
    present = {"ANTHROPIC_API_KEY": "old", "CLAUDE_CODE_OAUTH_TOKEN": "", "OTHER": "x"}
    assert sign_in_environment(present) == {"ANTHROPIC_API_KEY": ""}
    assert key_environment("k" * 20)["ANTHROPIC_AUTH_TOKEN"] == ""


@pytest.mark.pure
def test_the_line_is_short_and_names_no_path() -> None:
    """Otherwise: a newcomer reads twelve lines with the CLI's path, and learns nothing."""
    for status in (None, 401):
        line = str(not_signed_in(status))
        assert "`%claude login`" in line
        assert "/" not in line
        assert len(line) < 140
        assert not_signed_in(status).status == status


# --- Claude Code's sign-in, played by a stand-in ------------------------------------------------


@pytest.fixture
def stand_in(tmp_path: Path, cli: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that tells the stand-in what to play."""
    folder = tmp_path / "stand-in"
    folder.mkdir()
    (folder / "link").write_text(LINK)
    (folder / "real").symlink_to(cli)
    monkeypatch.setenv("STAND_IN", str(folder))
    return folder


class Said:
    """What a dialogue tells its views."""

    def __init__(self) -> None:
        self.links: list[str] = []
        self.lines: list[str] = []
        self.shown = anyio.Event()
        self.said = anyio.Event()

    def show_link(self, link: str) -> None:
        self.links.append(link)
        self.shown.set()

    def say(self, line: str) -> None:
        self.lines.append(line)
        self.said.set()

    def dialogue(self, *, console: bool = False) -> Dialogue:
        return Dialogue(STAND_IN, {}, console=console, show_link=self.show_link, say=self.say)


async def soon(event: anyio.Event) -> None:
    """Wait for what a dialogue tells; without a limit the test of one that says nothing hangs."""
    with anyio.fail_after(60):
        await event.wait()


posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


@posix
@pytest.mark.anyio
async def test_the_cli_s_dialogue(stand_in: Path) -> None:
    """Otherwise: the link does not come, or the code does not arrive."""
    said = Said()
    dialogue = said.dialogue(console=True)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(dialogue.run)
        await soon(said.shown)
        assert said.links == [LINK]
        with pytest.raises(ClaudeError, match="not a code"):
            await dialogue.give("two\nlines")
        with pytest.raises(ClaudeError, match="only a part"):
            await dialogue.give("o")  # hidden, it would blacken what the CLI says
        await dialogue.give(" half-a-code ")
        await soon(said.said)
        assert said.lines == [
            "That doesn't look like the full code. Copy all of it, including the # in the middle."
        ]
        await dialogue.give("right#code")
    assert (stand_in / "signed-in").exists()
    assert (stand_in / "codes").read_text() == "half-a-code\nright#code\n"
    started = (stand_in / "started").read_text()
    # By its input, not in its arguments; and no browser opens where the kernel is.
    assert started == f"auth login --console in {STAND_IN.parent} browser /usr/bin/true\n" or (
        started.startswith("auth login --console in ") and started.endswith("true\n")
    )


@posix
@pytest.mark.anyio
async def test_a_sign_in_that_fails_says_why_and_no_code(stand_in: Path) -> None:
    """Otherwise: a refused code is a riddle, or stands in the notebook."""
    said = Said()
    dialogue = said.dialogue()

    async def give() -> None:
        await soon(said.shown)
        await dialogue.give("wrong#code")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(give)
        with pytest.raises(ClaudeError) as caught:
            await dialogue.run()
    assert str(caught.value) == "The sign-in failed: Couldn't log in: [hidden] is refused"


@posix
@pytest.mark.anyio
async def test_a_strange_link_ends_the_sign_in(stand_in: Path) -> None:
    """Otherwise: a CLI that was tampered with leads the user to another page."""
    (stand_in / "link").write_text(LINK.replace("claude.com", "example.org"))
    said = Said()
    with pytest.raises(ClaudeError, match="jupyter-claude login"):
        await said.dialogue().run()
    assert said.links == []
    await gone(stand_in)


@posix
def test_signing_in_from_a_terminal(stand_in: Path, tmp_path: Path) -> None:
    """Otherwise: where `claude` is not on PATH, one must find it to sign in."""
    environment = {**os.environ, "JUPYTER_CLAUDE_CLI": str(STAND_IN)}

    def login(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jupyter_claude", "login", *arguments],
            env=environment,
            cwd=tmp_path,
            input="right#code\n",
            capture_output=True,
            text=True,
        )

    done = login("--console")
    assert done.returncode == 0, done.stderr
    assert LINK in done.stdout and "Login successful" in done.stdout
    # In the CLI's own folder, with the user's own browser.
    started = (stand_in / "started").read_text()
    assert started.startswith(f"auth login --console in {STAND_IN.parent} browser ")
    environment["JUPYTER_CLAUDE_CLI"] = str(tmp_path / "nowhere")
    missing = login()
    assert missing.returncode == 1
    assert missing.stderr.startswith("error: ") and missing.stderr.count("\n") == 1


@pytest.mark.pure
def test_the_practice_model_comes_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise: who signs in after having practised goes on getting scripted replies."""
    session = Claude()
    session._parts.sign_in.practise()
    assert session.settings.practice and session._parts.sign_in.state.stage == "done"
    session._parts.sign_in.use_key(KEY)
    assert not session._parts.workspace.practicing
    assert session._parts.workspace.environment()["ANTHROPIC_API_KEY"] == KEY
    monkeypatch.setenv("JUPYTER_CLAUDE_PRACTICE", "1")
    session._parts.sign_in.use_key(KEY)
    assert session._parts.sign_in.state.text == (
        "Your sign-in is ready, but the practice model keeps answering because "
        "JUPYTER_CLAUDE_PRACTICE is set. Unset it and restart the kernel."
    )
    assert KEY not in repr(session._parts.sign_in.state) + str(
        sign_in_view(session._parts.sign_in.state)
    )


@pytest.mark.pure
@pytest.mark.anyio
async def test_a_cell_keeps_what_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise: a cancelled sign-in leaves half a sentence in the notebook."""
    shown: list[str] = []
    monkeypatch.setattr(CellOutput, "show", lambda _, data: shown.append(data["text/plain"]))
    sign_in = (session := Claude()._parts).sign_in
    monkeypatch.setattr(sign_in, "_program", lambda: STAND_IN)
    sign_in.open()
    CellCard(session)
    sign_in._show("code", link=LINK)
    sign_in.cancel()
    sign_in._show("code", link=LINK)
    CellCard(session)  # opened once more, while it runs
    sign_in.cancel()
    assert len(shown) == 4
    for text in shown:
        assert text.startswith("How do you want to use Claude? If you see no buttons: ")


@pytest.mark.pure
def test_the_form_stays_while_claude_goes_on(tmp_path: Path) -> None:
    """Otherwise: a background task that ends takes the form away while one types a key."""
    session = Claude()
    session.settings.cwd = str(tmp_path)
    session._parts.sign_in.open()
    open_after = []
    for prompt in ("", "hello"):
        session._parts.begin_turn(prompt)
        open_after.append(session._parts.sign_in.state.stage != "closed")
    assert open_after == [True, False]


@pytest.mark.anyio
@pytest.mark.cli
async def test_the_real_cli_s_dialogue(cli: Path) -> None:
    """Otherwise: with the next Claude Code the stand-in still signs in, and no user does."""
    said = Said()
    dialogue = Dialogue(cli, {}, console=False, show_link=said.show_link, say=said.say)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(dialogue.run)
        await soon(said.shown)
        await dialogue.give("half-a-code")  # for a whole one it would ask the network
        await soon(said.said)
        tasks.cancel_scope.cancel()
    assert "#" in said.lines[0]
    assert "half-a-code" not in said.lines[0]


async def gone(stand_in: Path) -> None:
    """Wait until the stand-in's process has ended."""
    pid = int((stand_in / "pid").read_text())
    with anyio.fail_after(60), contextlib.suppress(psutil.NoSuchProcess):
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await anyio.sleep(0.02)


# --- in a kernel ----------------------------------------------------------------------------------

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "show the environment",
        "replies": [
            [{"tool": "Bash", "input": {"command": "echo key: $ANTHROPIC_API_KEY; env | sort"}}],
            [{"text": "shown"}],
        ],
    },
]


def card(comm: Comm) -> bool:
    return bool(comm.state.get("kind") == "signin" and not comm.closed)


def stage(view: Comm) -> dict[str, Any]:
    """Return where the sign-in stands, as a view was told last."""
    states = [message["state"] for message in view.custom if message["type"] == "signin"]
    return dict(states[-1]) if states else {"stage": ""}


async def opened(kernel: Any, known: tuple[Comm, ...] = ()) -> Comm:
    """Wait for a card, and render it."""
    view: Comm = await kernel.widget(lambda comm: card(comm) and comm not in known)
    view.send_custom({"type": "signin", "do": "hello"})
    await view.until(lambda comm: stage(comm)["stage"])
    return view


def do(view: Comm, what: str, **more: Any) -> None:
    view.send_custom({"type": "signin", "do": what, **more})


async def comes(view: Comm, name: str) -> dict[str, Any]:
    await view.until(lambda comm: stage(comm)["stage"] == name)
    return stage(view)


async def over(cell: Any) -> str:
    """Wait until a cell's card is over; return what it leaves."""

    def left() -> dict[str, Any]:
        return dict(cell.shown[-2]["data"])  # the last one is the error

    await cell.kernel.until(lambda _: "widget-view" not in str(left()))
    return str(left()["text/plain"])


SIGNED_OUT = "import os; os.environ.pop('ANTHROPIC_API_KEY')"


@posix
@pytest.mark.anyio
@pytest.mark.cli
async def test_signing_in_from_a_cell(claude_kernel: Any, stand_in: Path) -> None:
    """Otherwise: no sign-in is a dead end in a notebook."""
    async with claude_kernel(SCRIPT) as kernel:
        (stand_in / "key").write_text(kernel.model.env["ANTHROPIC_API_KEY"])
        await kernel.run_ok(
            f"{SIGNED_OUT}; os.environ['JUPYTER_CLAUDE_CLI'] = {str(STAND_IN)!r}; "
            f"os.environ['STAND_IN'] = {str(stand_in)!r}"
        )
        cell = await kernel.run("%%claude\nhello")
        assert one_line(cell, "NotSignedIn") == f"NotSignedIn: {not_signed_in(None)}"
        assert str(STAND_IN) not in str(cell.shown)
        # Saved, exported and in a console it is a text.
        saved = cell.shown[-2]["data"]
        assert "`%claude login`" in saved["text/plain"]
        assert "%claude login" in saved["text/html"]
        assert "<input" not in saved["text/html"] and "<form" not in saved["text/html"]
        context = await kernel.run_ok("print(claude._parts.conversation.context)")
        assert context.stdout == "None\n", "nothing was sent that could fill it"

        view = await opened(kernel)
        assert stage(view)["text"] == "You are not signed in to Claude."
        do(view, "login", console=False)
        assert (await comes(view, "code"))["link"] == LINK
        do(view, "code", text="half")
        await view.until(lambda comm: "only a part" in stage(comm)["problem"])
        do(view, "code", text="half-a-code")
        await view.until(lambda comm: "the # in the middle" in stage(comm)["problem"])
        assert stage(view)["stage"] == "code"
        do(view, "code", text="right#code")
        assert "You are signed in." in await over(cell)
        assert "right#code" not in str([view.received, cell.shown]) + kernel.log
        assert "You said: hello" in shown(await kernel.run_ok("%%claude\nhello"))
        await gone(stand_in)

        # `/login` and %claude login open it again; what was begun ends with the kernel.
        for again in ("%%claude\n/login", "%claude login"):
            cell = await kernel.run_ok(again)
            assert len(kernel.model.requests) == 1
        view = await opened(kernel)
        do(view, "login", console=True)
        await comes(view, "code")
        kernel.kill()
        await gone(stand_in)


@pytest.mark.anyio
@pytest.mark.cli
async def test_a_key_for_this_kernel_is_in_nothing_but_its_memory(
    claude_kernel: Any, tmp_path: Path
) -> None:
    """Otherwise: a key that was typed once stands in a file, a notebook or a process list."""
    async with claude_kernel(SCRIPT) as kernel:
        key = kernel.model.env["ANTHROPIC_API_KEY"]
        await kernel.run_ok(
            f"{SIGNED_OUT}; os.environ.pop('CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST')\n"
            "%config ClaudeMagics.allowed_tools = ['Bash']"
        )
        failed = await kernel.run("%%claude\nhello")
        one_line(failed, "NotSignedIn")
        view = await opened(kernel)
        do(view, "key", text="no key at all")
        await view.until(lambda comm: "signin_problem" in [one["type"] for one in comm.custom])
        assert "no key at all" not in str(view.received)
        do(view, "key", text=f"{key}\n")
        assert "The API key is set" in await over(failed)
        cell = await kernel.run_ok("%%claude\nshow the environment")
        assert "shown" in shown(cell)
        names = (
            "repr(claude), repr(vars(claude)), repr(vars(claude._parts)), "
            "repr(vars(claude.client)), vars(claude._parts.workspace), vars(claude._parts.sign_in)"
        )
        looks = await kernel.run_ok(
            f"print({names}, claude._parts.workspace.environment(), claude.client.running_with)\n"
            "print(dict(os.environ))\n%config ClaudeMagics\n%claude doctor\n%claude status"
        )
        assert "API key (ANTHROPIC_API_KEY)" in str(looks.shown)
        mended = await kernel.run("%xmode Verbose\nclaude.sign_in.use_key(key := 'two words')")
        assert mended.status == "error"
        told = [failed.events, cell.events, looks.events, kernel.log]
        told += [comm.received for comm in kernel.comms.values()]
        told += [kernel.model.requests[-1]["messages"]]
        assert key not in str(told)
        assert key not in " ".join(psutil.Process(kernel.pid).cmdline())
        for process in kernel.children():
            with contextlib.suppress(psutil.NoSuchProcess):  # one that has ended meanwhile
                assert key not in " ".join(process.cmdline())
        for folder in (tmp_path, kernel.cwd, kernel._log.parent):
            for path in folder.rglob("*"):
                if path.is_file():
                    assert key.encode() not in path.read_bytes(), path


@pytest.mark.anyio
@pytest.mark.cli
async def test_a_401_leads_to_the_sign_in_at_once(claude_kernel: Any, tmp_path: Path) -> None:
    """Otherwise: a revoked key is asked with ten times, for minutes, without a word."""
    script = [{"when": "", "replies": [[{"error": 401, "message": "revoked"}]]}]
    async with claude_kernel(script) as kernel:
        # With such a key the CLI would ask ten times.
        config = tmp_path / "claude-config"
        config.mkdir(exist_ok=True)
        helper = tmp_path / "key"
        helper.write_text(f"#!/bin/sh\necho {kernel.model.env['ANTHROPIC_API_KEY']}\n")
        helper.chmod(0o700)
        (config / "settings.json").write_text(f'{{"apiKeyHelper": "{helper}"}}')
        await kernel.run_ok(f"{SIGNED_OUT}; os.environ.pop('CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST')")
        cell = await kernel.run("%%claude\nhello")
        assert one_line(cell, "NotSignedIn") == f"NotSignedIn: {not_signed_in(401)}"
        assert len(kernel.model.requests) <= 4
        assert "attempt" not in str(cell.shown)
        view = await opened(kernel)
        assert stage(view)["text"] == "The API refused your sign-in or API key (401)."

        # Without a restart of the kernel.
        do(view, "practice")
        assert "practice model answers" in await over(cell)
        practised = await kernel.run_ok("%%claude\nhello")
        assert "Practice model" in str(practised.shown)


@pytest.mark.anyio
@pytest.mark.cli
async def test_no_cli_offers_to_install_it(claude_kernel: Any, tmp_path: Path) -> None:
    """Otherwise: without the CLI one has to find a terminal with the right environment."""
    async with claude_kernel(SCRIPT) as kernel:
        tools = tmp_path / "tools"
        tools.mkdir()
        npm = tools / "npm"
        npm.write_text("#!/bin/sh\necho 'npm error the registry is away' >&2\nexit 1\n")
        npm.chmod(0o700)
        await kernel.run_ok(
            "import os; os.environ.pop('JUPYTER_CLAUDE_CLI')\n"
            f"os.environ['XDG_DATA_HOME'] = {str(tmp_path / 'data')!r}\n"
            f"os.environ['PATH'] = {str(tools)!r} + ':/usr/bin:/bin'"
        )
        cell = await kernel.run("%%claude\nhello")
        line = one_line(cell, "CLINotFoundError")
        assert line.endswith(
            "Claude Code is not installed; run `%claude install`, or `jupyter-claude install-cli` "
            "in a terminal"
        )
        view = await opened(kernel)
        assert stage(view)["stage"] == "no_cli"
        do(view, "install")
        await view.until(lambda comm: stage(comm)["problem"])
        assert "the registry is away" in stage(view)["problem"]
        progress = [m["state"]["progress"] for m in view.custom if m["type"] == "signin"]
        assert any("Installing Claude Code" in line for line in progress)
        magic = await kernel.run("%claude install")
        assert one_line(magic, "UsageError").startswith("UsageError: npm failed")


@pytest.mark.anyio
@pytest.mark.cli
async def test_without_buttons_there_is_a_way_too(claude_kernel: Any) -> None:
    """Otherwise: a console or a script that cannot show buttons stays a dead end."""
    async with claude_kernel(SCRIPT) as kernel:
        key = kernel.model.env["ANTHROPIC_API_KEY"]
        await kernel.run_ok(SIGNED_OUT)
        headless = await kernel.run("%%claude\nhello", allow_stdin=False)
        assert "`%claude login`" in one_line(headless, "NotSignedIn")
        assert not any(card(comm) for comm in kernel.comms.values())
        kernel.console = True
        one_line(await kernel.run("%%claude\nhello"), "NotSignedIn")
        typed = await kernel.run_ok("%claude login")
        assert typed.stdout == (
            "Type `%claude login key` to give an API key, or run `jupyter-claude login` in a "
            "terminal\n"
        )
        assert not any(card(comm) for comm in kernel.comms.values())
        kernel.console = False
        for line in (KEY, f"key {KEY}", f"Key {KEY}"):
            cell = await kernel.run(f"%claude login {line}")
            error = one_line(cell, "UsageError")
            assert "delete it from this cell" in error
            assert KEY not in error + str(cell.shown)
        cell = await kernel.run("%claude login key", allow_stdin=False)
        assert one_line(cell, "UsageError").endswith("set ANTHROPIC_API_KEY instead")
        for stop in (lambda: kernel.answer_input("\x04"), kernel.interrupt):
            cell = kernel.execute("%claude login key")
            await cell.until(lambda one: one.input_requests)
            await (stop() or anyio.lowlevel.checkpoint())
            error = one_line(await cell.done(), "UsageError")
            assert error == "UsageError: Stopped; no key was set"
        cell = kernel.execute("%claude login key")
        await cell.until(lambda one: one.input_requests)
        assert cell.input_requests[-1]["password"] is True
        kernel.answer_input(key)
        await cell.done()
        assert cell.status == "ok", cell.story()
        assert key not in str(cell.events)
        assert "You said: hello" in shown(await kernel.run_ok("%%claude\nhello"))
        assert "hello" in prompts(kernel.model.requests[-1])


@pytest.mark.anyio
@pytest.mark.cli
async def test_the_panel_leads_here_too(session: Any) -> None:
    """Otherwise: the panel answers each prompt with the CLI's riddle, and shows a used context."""
    async with session(SCRIPT, env={"ANTHROPIC_API_KEY": ""}) as claude:
        view = View(claude)

        def state() -> dict[str, Any]:
            told = [one["state"] for one in view.messages if one["type"] == "signin"]
            return dict(told[-1]) if told else {"stage": ""}

        view.send("hello")
        await view.until(lambda: state()["stage"] == "closed")
        id = view.ask("/login")
        await view.until(lambda: state()["stage"] == "choose")
        await view.until(lambda: ["taken", id] in view.ops)
        assert len(claude.history) == 0
        turn = view.ask("hello")
        assert (await view.ended(turn))["state"] == "failed"
        await view.until(lambda: state()["text"] == "You are not signed in to Claude.")
        assert claude.history[0].cost_line == ""
        # What a view may send that is none of ours does nothing.
        for nonsense in ({}, {"do": "key"}, {"do": "code", "text": 1}, {"do": "close"}):
            view.send("signin", **nonsense)
        view.send("signin", do="key", text="two words")
        await view.until(lambda: any(one["type"] == "signin_problem" for one in view.messages))
        view.send("signin", do="key", text=claude.model.env["ANTHROPIC_API_KEY"])
        await view.until(lambda: state()["stage"] == "done")
        assert view.state["context"] is None
        await claude.new()
        assert (await view.ended(view.ask("hello")))["state"] == "done"
        await view.until(lambda: view.state["context"] is not None)
        assert state()["stage"] == "closed"
        (row,) = claude.cost.turns
        assert row.turn == 1, "the prompt that asked no model has no row"
        assert claude.model.env["ANTHROPIC_API_KEY"] not in str(view.messages)


@pytest.mark.pure
def test_errors_that_lead_here_can_be_kept() -> None:
    """Otherwise: what `%store` or a pool gets is another error."""
    error = not_signed_in(401)
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert str(again) == str(error)
