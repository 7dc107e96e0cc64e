"""What a request shows in JupyterLab: all of a change and an input, and whose words are whose."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Notebook, deny, press, until

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]


def test_nothing_is_left_out_of_a_request(open_notebook: Open) -> None:
    """Otherwise: a change or an argument that nobody could see is approved."""
    notebook = open_notebook(["%%claude\nhide code in a comment", "%%claude\neverything of it"])
    file = notebook.folder / "note.py"
    file.write_bytes(b"# note\x0cprint('x')\n")
    notebook.run(1)
    dialog = notebook.request(1, "Permission request: Edit")
    lines = ["@@ -1 +1,2 @@", "-# note⟨U+000C⟩print('x')", "+# note", "+print('x')"]
    expect(dialog.locator("pre .jc-line")).to_have_text(lines)
    expect(dialog.locator(".jc-mark")).to_have_count(1)
    expect(dialog.locator(".jc-field")).to_have_text(["Replaces every matchno"])
    deny(dialog.get_by_role("button", name="Deny"))
    notebook.done(1)
    assert file.read_bytes() == b"# note\x0cprint('x')\n"

    notebook.run(2)
    dialog = notebook.request(2)
    expect(dialog.locator(".jc-field")).to_have_text(
        ["Time limit in ms7000", "Outside of the sandboxyes"]
    )
    says = dialog.locator(".jc-says")
    expect(says).to_have_text(f"Claude says: {'Harmless. ' * 19}Harmless.…")
    # Below the command, and not as Claude Code's own reason looks.
    command = dialog.locator("pre").bounding_box()
    words = says.bounding_box()
    assert command is not None and words is not None and words["y"] > command["y"]
    expect(dialog.locator(".jc-why")).to_have_count(0)
    assert says.evaluate("node => getComputedStyle(node).fontStyle") == "italic"
    deny(dialog.get_by_role("button", name="Deny"))
    notebook.done(2)


def test_two_spaces_are_not_one(open_notebook: Open) -> None:
    """Otherwise: "a  b.txt" reads as "a b.txt", on the button that allows it for ever too."""
    notebook = open_notebook(["%%claude\nwrite two spaces", "%%claude\ntouch two spaces"])
    notebook.run(1)
    dialog = notebook.request(1, "Permission request: Write")
    path = dialog.locator(".jc-file > span").first
    assert path.evaluate("node => node.innerText") == "a  b.txt"
    deny(dialog.get_by_role("button", name="Deny"))
    notebook.done(1)

    notebook.run(2)
    press(notebook.button(2, "Always allow"))
    always = notebook.request(2).get_by_role("menuitem").first
    assert "touch 'a  b.txt'" in always.evaluate("node => node.innerText")
    deny(notebook.button(2, "Deny"))
    notebook.done(2)


def test_a_plan(open_notebook: Open) -> None:
    """Otherwise: a plan is raw JSON, or after it Claude asks where it should not."""
    notebook = open_notebook(["%claude panel", "%claude mode plan", "%%claude\nmake a plan"])
    for index in (1, 2):
        notebook.run(index)
        notebook.done(index)
    notebook.run(3, stay=True)
    dialog = notebook.request(3, "Permission request: ExitPlanMode")
    expect(dialog.get_by_text("Claude's plan", exact=True)).to_be_visible()
    expect(dialog.get_by_role("heading", name="Clean the prices")).to_be_visible()
    expect(dialog.get_by_role("listitem").first).to_have_text("Read it")
    press(dialog.get_by_role("button", name="Edit", exact=True))
    editor = dialog.get_by_role("textbox", name="Plan")
    expect(editor).to_be_focused()
    editor.fill("# My own plan\n\nOnly read **it**.")
    press(dialog.get_by_role("button", name="Approve and accept edits"))
    notebook.done(3)
    expect(notebook.turn(3)).to_contain_text("Begun.")
    assert (notebook.folder / "clean.csv").exists(), "Claude was asked about an edit"
    card = notebook.tool(3, "ExitPlanMode")
    expect(card.get_by_role("heading", name="My own plan")).to_be_visible()
    expect(card).to_contain_text("You edited the plan")
    mode = notebook.output(1).get_by_label("Permission mode")
    shown = "node => node.value ?? node.textContent"
    until(lambda: re.search("accept ?edits", mode.evaluate(shown), re.I), "the panel's mode")


def test_a_command_is_edited_and_runs(open_notebook: Open) -> None:
    """Otherwise: another command runs than the user wrote."""
    notebook = open_notebook(["%%claude\ntouch made"])
    notebook.run(1, stay=True)
    press(notebook.button(1, "Edit"))
    editor = notebook.request(1).get_by_role("textbox", name="Command to run")
    expect(editor).to_be_focused()
    editor.fill("touch mine.txt")
    expect(notebook.request(1)).to_contain_text("Edited by you")
    expect(notebook.button(1, "Always allow")).to_be_hidden()
    press(notebook.button(1))
    notebook.done(1)
    assert (notebook.folder / "mine.txt").exists()
    assert not (notebook.folder / "made.txt").exists()
    expect(notebook.tool(1)).to_contain_text("touch mine.txt")
    expect(notebook.tool(1)).to_contain_text("You edited the command")


def test_a_denial_says_what_to_do_instead(open_notebook: Open) -> None:
    """Otherwise: Claude is only told no, or the line loses the focus before a word is written."""
    notebook = open_notebook(["%%claude\ntouch or tell"])
    notebook.run(1)
    press(notebook.button(1, "Deny"))
    line = notebook.request(1).get_by_role("textbox", name="Tell Claude what to do instead")
    expect(line).to_be_focused()
    expect(notebook.button(1, "Approve")).to_be_hidden()
    line.press_sequentially("List the files")
    line.press("Enter")
    notebook.done(1)
    expect(notebook.turn(1)).to_contain_text("what to do instead: List the files. All done.")
    assert not (notebook.folder / "other.txt").exists()
