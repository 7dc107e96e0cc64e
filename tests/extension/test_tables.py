"""Tables, as a notebook and as a terminal show them."""

from __future__ import annotations

import re

import pytest

from jupyter_claude._tables import Column, Report, Table

pytestmark = pytest.mark.pure

TABLE = Table(
    "What <there> is",
    (Column("", "number"), Column("name", "name"), Column("type", "code")),
    ["Here", ("1", "<b>one</b>", "%claude <1>"), "Others", ("10", "two", "")],
)


def test_a_table_as_text() -> None:
    """Otherwise a terminal shows tags, or columns that do not line up."""
    assert repr(TABLE).splitlines() == [
        "    name        type",
        "Here",
        " 1  <b>one</b>  %claude <1>",
        "Others",
        "10  two",
    ]


def test_a_table_as_html() -> None:
    """Otherwise a screen reader does not say what a cell belongs to, or a prompt becomes a tag."""
    html = TABLE._repr_html_()
    assert "<b>" not in html and "&lt;b&gt;one&lt;/b&gt;" in html
    assert re.search("<caption[^>]*>What &lt;there&gt; is</caption>", html)
    assert html.count('scope="col"') == 3
    assert html.count('scope="row"') == 2
    assert html.count('<th scope="rowgroup" colspan="3"') == 2
    assert html.count("<tbody>") == 2
    assert html.count("<code>") == 1 and "<code>%claude &lt;1&gt;</code>" in html


def test_a_report() -> None:
    """Otherwise a line below a table is lost in one of the two forms."""
    report = Report(TABLE, "Be <careful>.")
    assert repr(report).endswith("10  two\nBe <careful>.")
    assert "<p>Be &lt;careful&gt;.</p>" in report._repr_html_()
    assert repr(Report(TABLE, text="in short")) == "in short"
