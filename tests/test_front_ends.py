"""The table of front ends says what the tests show."""

from __future__ import annotations

import ast

import pytest

from scripts.front_ends import NOT_TRIED, PAGE, PAGES, TEXTS, Claim, page_with_table
from scripts.setup import ROOT

CLAIMS = [
    pytest.param(claim, id=f"{row.name}-{head}")
    for row in [*PAGES, *TEXTS]
    for head, claim in row.claims().items()
    if claim is not NOT_TRIED
]


@pytest.mark.pure
@pytest.mark.parametrize("claim", CLAIMS)
def test_each_statement_names_a_test(claim: Claim) -> None:
    """Else the page says that something works which nothing tries."""
    file, _, name = claim.test.partition("::")
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name.startswith("test_")
    assert name in {node.name for node in tree.body if isinstance(node, functions)}
    assert claim.mark == "✔" or claim.note, "say what the limit is"
    assert not claim.note or claim.note.endswith((".", ".)"))


@pytest.mark.pure
def test_the_page_has_the_table() -> None:
    """Else the page says what is no longer true. `python -m scripts.front_ends` writes it."""
    assert PAGE.read_text("utf-8") == page_with_table()
