"""Turns in the cells of a real notebook: streaming, stopping, saving, reloading."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from jupyter_claude._views.saved import MIME
from tests.browser.lab import Notebook, Server, press, until
from tests.browser.script import PARAGRAPH

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

COST = re.compile(
    r"\$\d+\.\d{4} · [\d.]+k? in (\([\d.]+k? cached\) )?· \d+ out · [\d.]+ s · claude"
)


def test_text_streams_and_becomes_static(open_notebook: Open) -> None:
    """Otherwise: nothing shows until the end, or the saved notebook shows nothing."""
    notebook = open_notebook(["%%claude\nstream", "print(_.text[-11:])"])
    notebook.run(1)
    # The first words stand in a widget while the last are not yet said.
    live = notebook.output(1).locator(".jp-OutputArea-output:not(.jp-ClaudeTurn) .jc-turn")
    expect(live).to_contain_text("First words.")
    assert "Last words." not in live.inner_text()
    expect(notebook.turn(1)).to_have_count(1)
    notebook.done(1)
    expect(live).to_have_count(0)
    expect(notebook.turn(1)).to_contain_text("Last words.")
    expect(notebook.turn(1)).to_contain_text(COST)
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("Last words.")

    saved = notebook.save()
    [output] = saved.cells[1].outputs
    assert sorted(output.data) == [MIME, "text/html", "text/markdown", "text/plain"]
    assert PARAGRAPH.strip() in output.data["text/plain"]
    assert "script" not in output.data["text/html"]
    notebook.server.end_kernels()
    notebook.page.reload()
    expect(notebook.turn(1)).to_contain_text("Last words.")
    expect(notebook.turn(1)).to_contain_text(COST)


def test_a_saved_tool_call_keeps_role_and_state(open_notebook: Open) -> None:
    """Otherwise: a reopened notebook does not say what Claude did."""
    notebook = open_notebook(["%%claude\ntouch made"])
    notebook.run(1)
    press(notebook.button(1))
    notebook.done(1)
    notebook.save()
    notebook.reload()
    expect(notebook.turn(1)).to_contain_text("That is done.")
    expect(notebook.tool(1)).to_contain_text("touch made.txt")
    expect(notebook.tool(1)).to_contain_text("done")
    expect(notebook.button(1)).to_have_count(0)


def test_stop_button(open_notebook: Open) -> None:
    """Otherwise: a turn cannot be stopped, Run All goes on, or the conversation is lost."""
    notebook = open_notebook(
        ["%%claude\nnever ends", "print('must not run')", "%%claude --as last\nhello"]
    )
    notebook.run_all()
    expect(notebook.turn(1)).to_contain_text("I begin.")
    notebook.stop()
    notebook.done(1)
    expect(notebook.turn(1)).to_contain_text("I begin.")
    text = notebook.output(1).locator("[data-mime-type*='error'], [data-mime-type*='stderr']")
    assert len(text.inner_text().strip().splitlines()) == 1, text.inner_text()
    expect(notebook.cell(2).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[ \]"))
    expect(notebook.output(2)).not_to_contain_text("must not run")
    notebook.run(3)
    notebook.done(3)
    expect(notebook.turn(3)).to_contain_text("Hi there.")


def test_stop_button_while_a_request_waits(open_notebook: Open) -> None:
    """Otherwise: stopping leaves a request that can still be approved."""
    notebook = open_notebook(["%%claude\ntouch made", "%%claude\nhello"])
    notebook.run(1)
    expect(notebook.button(1)).to_be_visible()
    notebook.stop()
    notebook.done(1)
    expect(notebook.button(1)).to_have_count(0)
    assert not (notebook.folder / "made.txt").exists()
    notebook.run(2)
    notebook.done(2)
    expect(notebook.turn(2)).to_contain_text("Hi there.")


def test_reload_in_the_middle_of_a_stream(open_notebook: Open) -> None:
    """Otherwise: part of an answer is lost with the page."""
    notebook = open_notebook(["%%claude\nstream"])
    notebook.run(1)
    expect(notebook.turn(1)).to_contain_text("First words.")
    notebook.save()
    notebook.reload()
    expect(notebook.turn(1)).to_contain_text("Last words.")
    text = notebook.turn(1).inner_text()
    assert text.count(PARAGRAPH.strip()) == 60
    assert text.count("First words.") == 1


@pytest.mark.endurance
def test_five_thousand_deltas(open_notebook: Open) -> None:
    """Otherwise: a long answer arrives with holes, or floods the connection."""
    notebook = open_notebook(["%%claude\nmany deltas"])
    before = notebook.received
    notebook.run(1)
    notebook.done(1)
    expect(notebook.turn(1)).to_contain_text("word4999")
    words = notebook.turn(1).locator(".jc-text p").inner_text().split()
    assert words == [f"word{number:04}" for number in range(5000)]
    # The text once as deltas, once in a last full state, once in each form of the static output,
    # and the widget's code; a growing text trait would be 78 MB.
    assert notebook.received - before < 1_500_000


def test_practice_model_says_so(open_notebook: Open) -> None:
    """Otherwise: scripted words are taken for Claude's."""
    notebook = open_notebook(
        ["%config ClaudeMagics.practice = True", "%%claude\nWhat is a Jupyter kernel?"]
    )
    notebook.run(1)
    notebook.run(2)
    note = notebook.turn(2).get_by_text("Practice model: scripted replies, no network")
    expect(note).to_be_visible()
    notebook.done(2)
    expect(notebook.turn(2).locator("table")).to_be_visible()
    expect(note).to_be_visible()


def test_thinking_is_folded(open_notebook: Open) -> None:
    """Otherwise: thinking hides the answer, or cannot be read."""
    notebook = open_notebook(["%%claude\nthink"])
    notebook.run(1)
    notebook.done(1)
    thinking = notebook.turn(1).get_by_text("Let me see.")
    expect(thinking).to_be_hidden()
    notebook.turn(1).get_by_text("Thinking").click()
    expect(thinking).to_be_visible()


@pytest.mark.parametrize("entry", ["Restart Kernel…", "Shut Down Kernel"])
def test_the_kernel_menu_ends_claude(open_notebook: Open, server: Server, entry: str) -> None:
    """Otherwise: Claude goes on working, unseen, for a kernel that is gone."""
    notebook = open_notebook(["%%claude\nwait for ever", "%%claude\nhello"])
    notebook.run(1)
    press(notebook.button(1))
    until(lambda: "cat" in server.descendants(), "the command's start")
    notebook.menu("Kernel", entry)
    if "Restart" in entry:
        notebook.page.get_by_role("button", name=re.compile("^(Confirm Kernel )?Restart$")).click()
    until(
        lambda: not any(name == "cat" or "claude" in name for name in server.descendants()),
        "the end of Claude Code and its command",
        10,
    )
    if "Restart" in entry:
        notebook.run(0)
        notebook.run(2)
        expect(notebook.turn(2)).to_contain_text("Hi there.")


def test_static_output_reads_without_a_widget(open_notebook: Open) -> None:
    """Otherwise: GitHub, nbconvert and VS Code show nothing."""
    notebook = open_notebook(["%%claude\nhello"])
    notebook.run(1)
    notebook.done(1)
    saved = notebook.save()
    data = saved.cells[1].outputs[0].data
    assert "Hi **there**." in data["text/markdown"]
    assert "<strong>there</strong>" in data["text/html"]
    assert "Hi **there**." in data["text/plain"]
    assert "widget-view" not in json.dumps(saved)
