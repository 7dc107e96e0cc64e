"""What a request shows in JupyterLab: all of a change and an input, and whose words are whose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Notebook, press

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
    expect(dialog.locator(".jc-field")).to_have_text(["replace_allfalse"])
    press(dialog.get_by_role("button", name="Deny"))
    notebook.done(1)
    assert file.read_bytes() == b"# note\x0cprint('x')\n"

    notebook.run(2)
    dialog = notebook.request(2)
    expect(dialog.locator(".jc-field")).to_have_text(
        ["timeout7000", "dangerouslyDisableSandboxtrue"]
    )
    says = dialog.locator(".jc-says")
    expect(says).to_have_text(f"Claude says: {'Harmless. ' * 19}Harmless.…")
    # Below the command, and not as Claude Code's own reason looks.
    command = dialog.locator("pre").bounding_box()
    words = says.bounding_box()
    assert command is not None and words is not None and words["y"] > command["y"]
    expect(dialog.locator(".jc-why")).to_have_count(0)
    assert says.evaluate("node => getComputedStyle(node).fontStyle") == "italic"
    press(dialog.get_by_role("button", name="Deny"))
    notebook.done(2)


def test_two_spaces_are_not_one(open_notebook: Open) -> None:
    """Otherwise: "a  b.txt" reads as "a b.txt", on the button that allows it for ever too."""
    notebook = open_notebook(["%%claude\nwrite two spaces", "%%claude\ntouch two spaces"])
    notebook.run(1)
    dialog = notebook.request(1, "Permission request: Write")
    path = dialog.locator(".jc-file > span").first
    assert path.evaluate("node => node.innerText").endswith("/a  b.txt")
    press(dialog.get_by_role("button", name="Deny"))
    notebook.done(1)

    notebook.run(2)
    always = notebook.request(2).get_by_role("button", name="Always allow").first
    assert "touch 'a  b.txt'" in always.evaluate("node => node.innerText")
    press(notebook.button(2, "Deny"))
    notebook.done(2)
