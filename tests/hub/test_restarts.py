"""What a JupyterHub does to a turn that runs or waits: culling, and restarts of its parts.

JUPYTER_CLAUDE_ENVIRONMENTS=1 runs these tests, as `make test-all` does: they need JupyterHub.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_claude_sdk.testing import ScriptedModel, last_prompt, tool_results
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import launch
from tests.browser.lab import press, until
from tests.hub.hub import Hub, HubNotebook, UserServer, notebook_of
from tests.labextension.script import SCRIPT
from tests.labextension.test_side_panel import Side

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cli,
    pytest.mark.skipif(
        not os.environ.get("JUPYTER_CLAUDE_ENVIRONMENTS"),
        reason="JUPYTER_CLAUDE_ENVIRONMENTS unset",
    ),
]


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    """Serve the script to all users."""
    with ScriptedModel(SCRIPT) as model:
        yield model


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file with the administrator's policy; a test may write it."""
    return tmp_path_factory.mktemp("policy") / "policy.toml"


@pytest.fixture(scope="module")
def hub(
    cli: Path, model: ScriptedModel, policy: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """Start a hub for all tests of this file."""
    policy.write_text("")
    environment = {
        **model.env,
        "JUPYTER_CLAUDE_CLI": str(cli),
        "JUPYTER_CLAUDE_POLICY": str(policy),
    }
    with Hub(tmp_path_factory.mktemp("hub"), {"ann": environment, "bob": environment}) as hub:
        yield hub


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a context of its own for each test."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def server(hub: Hub, context: BrowserContext) -> Iterator[UserServer]:
    """Sign Ann in; her server ends with the test."""
    yield hub.sign_in(context, "ann")
    if hub.runs("ann"):
        hub.stop_server("ann")


def prompts(model: ScriptedModel, since: int) -> list[str]:
    """Return the prompt of each request after the first ones."""
    return [last_prompt(body) for body in model.requests[since:]]


def asks(server: UserServer, page: Page) -> tuple[HubNotebook, Side]:
    """Open a notebook; ask in its panel what needs an approval, and one prompt more."""
    notebook = notebook_of(server, page, ["1 + 1"])
    side = Side(page)
    side.tab.click()
    side.send("touch made")
    expect(side.request).to_be_visible()
    side.send("hello, you are next")
    expect(side.turns).to_have_count(2)
    return notebook, side


def goes_on(notebook: HubNotebook, side: Side, model: ScriptedModel) -> None:
    """Approve, and see both prompts done, once each."""
    press(side.request.get_by_role("button", name="Approve", exact=True))
    expect(side.turns.first).to_contain_text("That is done.")
    expect(side.turns.last).to_contain_text("Hi there.")
    expect(side.turns).to_have_count(2)
    assert (notebook.folder / "made.txt").exists()


def test_the_hub_restarts(
    hub: Hub, server: UserServer, context: BrowserContext, model: ScriptedModel
) -> None:
    """Otherwise: an update of the hub takes what waits for an answer, or the queue."""
    notebook, side = asks(server, context.new_page())
    hub.end_hub()
    expect(side.request).to_be_visible()
    hub.start_hub()
    until(lambda: hub.runs("ann"), "the hub to know the server")
    goes_on(notebook, side, model)
    notebook.reload()
    expect(side.turns).to_have_count(2)


def test_the_proxy_restarts(
    hub: Hub, server: UserServer, context: BrowserContext, model: ScriptedModel
) -> None:
    """Otherwise: a restart of the proxy leaves a page that shows a request and takes no answer."""
    notebook, side = asks(server, context.new_page())
    reconnects = notebook.received
    hub.end_proxy()
    hub.start_proxy()
    notebook.wait_for(lambda: notebook.received > reconnects, "the page's new connection")
    goes_on(notebook, side, model)


def test_the_users_server_restarts(
    hub: Hub, server: UserServer, context: BrowserContext, model: ScriptedModel
) -> None:
    """Otherwise: a new server, with a new kernel, loses the conversation or what was queued."""
    since = len(model.requests)
    notebook, side = asks(server, context.new_page())
    notebook.save()
    hub.stop_server("ann")
    hub.start_server("ann")
    notebook.page.goto(f"{server.url}lab/tree/work/test.ipynb")
    expect(side.heading("Session ended")).to_be_visible()
    side.node.get_by_role("button", name="Resume conversation").click()
    expect(side.turns.first).to_contain_text("touch made")
    # The prompt that was queued is not sent by itself: Claude's answer may have changed it.
    expect(side.box).to_have_value("hello, you are next")
    assert prompts(model, since).count("hello, you are next") == 0
    side.box.press("Enter")
    expect(side.turns.last).to_contain_text("Hi there.")
    assert prompts(model, since).count("hello, you are next") == 1


def test_the_users_server_restarts_under_an_open_page(
    hub: Hub, server: UserServer, context: BrowserContext, model: ScriptedModel
) -> None:
    """Otherwise: the page of yesterday shows a request that nobody takes, and says nothing."""
    notebook, side = asks(server, context.new_page())
    notebook.save()
    hub.stop_server("ann")
    # JupyterLab says it, as its first request that failed: that the server is gone, or the save.
    told = notebook.page.get_by_role("dialog", name=re.compile(r"(not|no longer) running"))
    expect(told.first).to_be_visible()
    hub.start_server("ann")
    told.first.get_by_role("button", name=re.compile("^(Dismiss|Close)$")).click()
    expect(side.request).to_be_hidden()
    expect(side.node.get_by_role("heading")).to_have_text(re.compile("No session|Session ended"))


def test_a_server_that_waits_is_not_culled_before_the_limit(
    hub: Hub,
    server: UserServer,
    browser: Browser,
    context: BrowserContext,
    policy: Path,
    model: ScriptedModel,
) -> None:
    """Otherwise: whoever closes the laptop finds no server; or one that runs and costs for good."""
    policy.write_text("keep_alive_minutes = 0.5\n")
    others = browser.new_context()
    hub.sign_in(others, "bob")
    others.close()
    notebook = notebook_of(
        server,
        context.new_page(),
        ["import jupyter_claude._kernel.keep_alive as k; k.INTERVAL = 1"],
    )
    notebook.run(1)
    notebook.done(1)
    side = Side(notebook.page)
    side.tab.click()
    side.send("touch made")
    expect(side.request).to_contain_text("after 0.5 minutes, the administrator's limit")
    notebook.page.close()
    told = "Nobody answered within 0.5 minutes, the administrator's limit."

    def denied() -> bool:
        return told in str([tool_results(body) for body in model.requests])

    hub.start_culler(6)
    until(lambda: not hub.runs("bob"), "the end of the idle server")
    assert hub.runs("ann")
    assert not denied()
    until(denied, "the denial")
    until(lambda: not hub.runs("ann"), "the end of Ann's server", 120)
    log = (hub.folder / "culler.log").read_text()
    assert re.search("Culling server bob .*Culling server ann", log, re.DOTALL)
