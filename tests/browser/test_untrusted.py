"""What the model and its tools produce is text: in the page it never becomes anything else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Notebook
from tests.browser.script import FLAG, HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]


def assert_harmless(notebook: Notebook, index: int) -> None:
    """Check the page and what stands in a cell's output."""
    page = notebook.page
    output = notebook.output(index)
    # All at once: a turn that ends meanwhile changes places with its static form.
    addresses = output.evaluate(
        "node => [...node.querySelectorAll('a')].map(link => link.getAttribute('href') || '')"
    )
    for href in addresses:
        assert href == "" or href.startswith(("http://", "https://", "mailto:")), href
    assert (
        output.locator("script, iframe, img, object, embed, style, form, base, link").count() == 0
    )
    handlers = output.evaluate(
        "node => [...node.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
        ".filter(name => name.startsWith('on'))"
    )
    assert handlers == []
    covering = output.evaluate(
        "node => [...node.querySelectorAll('*')]"
        ".filter(e => ['fixed', 'sticky'].includes(getComputedStyle(e).position)).length"
    )
    assert covering == 0
    assert page.evaluate(f"window.{FLAG}") is None
    assert notebook.dialogs == []
    assert notebook.foreign == []
    expect(notebook.panel).to_be_visible()


def test_hostile_answer(open_notebook: Open) -> None:
    """Otherwise: an answer runs script in the page, which can press Approve."""
    notebook = open_notebook(["%%claude\nattack"])
    notebook.run(1)
    expect(notebook.turn(1)).to_contain_text("<script>window.")
    assert_harmless(notebook, 1)
    notebook.done(1)
    expect(notebook.turn(1)).to_contain_text("The end of the attack.")
    assert_harmless(notebook, 1)
    notebook.save()
    notebook.reload()
    expect(notebook.turn(1)).to_contain_text("The end of the attack.")
    assert_harmless(notebook, 1)


def test_hostile_answer_as_the_notebook_shows_markdown(open_notebook: Open) -> None:
    """Otherwise: a viewer that prefers the Markdown form runs what the model wrote."""
    notebook = open_notebook(
        [
            "%%claude --as turn\nattack",
            "from IPython.display import Markdown\n"
            "Markdown(turn._repr_mimebundle_()['text/markdown'])",
        ]
    )
    notebook.run(1)
    notebook.done(1)
    notebook.run(2)
    notebook.done(2)
    expect(notebook.output(2)).to_contain_text("The end of the attack.")
    assert_harmless(notebook, 2)


def test_hostile_tool_result(open_notebook: Open) -> None:
    """Otherwise: a file that Claude reads runs script in the page."""
    notebook = open_notebook(["%%claude\npoisoned tool"])
    (notebook.folder / "poison.html").write_text(HOSTILE)
    notebook.run(1)
    allow = notebook.button(1)
    turn = notebook.turn(1)
    expect(allow.or_(turn.get_by_text("Seen."))).to_be_visible()
    if allow.count():
        allow.click()
    notebook.done(1)
    for _ in range(2):
        notebook.tool(1).locator("summary").click()
        expect(notebook.tool(1)).to_contain_text("The end of the attack.")
        assert_harmless(notebook, 1)
        notebook.save()
        notebook.reload()


def test_prices_and_formulas(open_notebook: Open) -> None:
    """Otherwise: "$5 … $6" turns into italics without spaces, or a formula stays raw TeX."""
    notebook = open_notebook(["%%claude\nmathematics"])
    notebook.run(1)
    notebook.done(1)
    turn = notebook.turn(1)
    for _ in range(2):
        formulas = turn.locator("mjx-container")
        expect(formulas).to_have_count(3)
        expect(turn.locator("mjx-container[display=true]")).to_have_count(1)
        expect(turn).to_contain_text(
            "It costs $5 today and $6 tomorrow, US$7 later; $PATH:$HOME too."
        )
        expect(turn).to_contain_text("In code $x$ stays, and $3 or $4.")
        notebook.save()
        notebook.reload()
