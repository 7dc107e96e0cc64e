"""The page that tests use one after the other."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.fixtures import KeptPages
from tests.browser.kept import KeptPage
from tests.browser.lab import Server

pytestmark = [pytest.mark.browser, pytest.mark.cli]

#: What a test may leave behind, and what takes that away.
LEFT = {
    "window.left = 1": "delete window.left",
    "document.body.append(document.createElement('form'))": "[...document.forms].at(-1).remove()",
    "document.body.dataset.jpThemeName = 'Other'": "document.body.dataset.jpThemeName = THEME",
}


def test_what_a_test_leaves_behind_is_put_back_or_seen(
    server: Server, context: BrowserContext, kept_pages: KeptPages
) -> None:
    """Otherwise: a test passes, or fails, by what the one before it has done to the page."""
    kept = kept_pages.pop("lab", None) or KeptPage(server, context, "lab")
    page = kept.page
    page.get_by_role("tab", name=re.compile("^Claude chat")).click()
    expect(page.locator("#jupyter-claude-panel")).to_be_visible()
    assert kept.can_be_used_again()
    expect(page.locator("#jupyter-claude-panel")).to_be_hidden()

    theme = page.evaluate("document.body.dataset.jpThemeName")
    for leave, take_away in LEFT.items():
        page.evaluate(leave)
        assert not kept.can_be_used_again(), leave
        page.evaluate(take_away.replace("THEME", repr(theme)))
        assert kept.can_be_used_again(), take_away
    server.set("jupyter-claude:commands", {})
    assert not kept.can_be_used_again(), "the page has other settings than the next test wants"
    page.close()
