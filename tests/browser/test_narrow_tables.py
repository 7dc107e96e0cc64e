"""The table of costs on a narrow screen."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import BrowserContext

from jupyter_claude._cost.ledger import Spent
from jupyter_claude._cost.table import CostRow, CostTable

pytestmark = pytest.mark.browser

OPUS = {"claude-opus-5-5": Spent(8123, 14_700, 237_600, 1036, 1.0743)}
HAIKU = {"claude-haiku-4-5-20251001": Spent(72, 0, 0, 5, 0.0137)}
TABLE = CostTable(
    [
        CostRow(1, "What is in @bikes? Two sentences.", OPUS),
        CostRow(12, "Plot the mean number of cyclists of each day", {**OPUS, **HAIKU}),
        CostRow(None, "batches (claude.map)", HAIKU, "not in this conversation"),
    ]
)
#: What JupyterLab's style says of tables in outputs.
STYLE = """
body { margin: 0; color: COLOUR; background: BACKGROUND; font: 14px/1.3 sans-serif; }
table { border-collapse: collapse; font-size: 12px; table-layout: fixed; margin: 0 auto 1em; }
td, th { text-align: right; vertical-align: middle; padding: 0.5em; white-space: normal; }
"""


@pytest.mark.parametrize(("colour", "background"), [("black", "white"), ("white", "#111")])
def test_the_costs_fit(context: BrowserContext, colour: str, background: str) -> None:
    """Else what a turn has cost is out of sight, behind a bar that scrolls sideways."""
    page = context.new_page()
    style = STYLE.replace("COLOUR", colour).replace("BACKGROUND", background)
    page.set_content(f"<style>{style}</style>{TABLE._repr_html_()}")
    tops = """() => [...document.querySelectorAll("tbody tr:first-child span")]
        .map((part) => part.getBoundingClientRect().top)"""
    for width in (300, 420, 500, 1200):
        page.set_viewport_size({"width": width, "height": 700})
        if shots := os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS"):
            page.screenshot(path=f"{shots}/cost-{colour}-{width}.png")
        assert page.evaluate("document.querySelector('table').parentElement.scrollWidth") <= width
    assert len(set(page.evaluate(tops))) == 1, "in a wide window, the numbers stand side by side"
    page.close()
