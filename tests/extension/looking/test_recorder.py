"""What is remembered of cells and their outputs."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from jupyter_claude._looking.hidden import Hidden
from jupyter_claude._looking.look import LookError, Picture
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.record import MOST_CELLS, Printed
from jupyter_claude._looking.recorder import Recorder
from tests.extension.looking.shells import Shell

pytestmark = pytest.mark.pure

PNG = base64.b64encode(b"\x89PNG picture").decode()


@pytest.fixture
def shell() -> Shell:
    """Return a shell that a recorder hears."""
    return Shell()


@pytest.fixture
def recorder(shell: Shell) -> Recorder:
    """Return the recorder."""
    recorder = Recorder(shell)
    recorder.start()
    return recorder


@pytest.fixture
def looker(recorder: Recorder) -> Looker:
    """Return what reads the recorder."""
    return Looker(dict, recorder, Hidden())


def test_outputs_in_order(shell: Shell, looker: Looker) -> None:
    """Else Claude does not see the plot that the user asks about."""
    shell.run("a", show=lambda: shell.display({"text/plain": "first"}))
    shell.run(
        "plot()",
        show=lambda: shell.display({"text/plain": "<Figure>", "image/png": PNG}),
    )
    shell.run("c", show=lambda: shell.result({"text/plain": "third", "text/html": "<b>third</b>"}))
    look = looker.outputs(2)
    assert look.title == "2 outputs, 1 picture"
    assert look.parts[1] == Picture(b"\x89PNG picture", "image/png")
    assert "In[2] showed (text/plain, image/png):\n<Figure>" in look.text
    assert "In[3] showed (text/plain, text/html):\nthird" in look.text
    assert "first" not in look.text


def test_an_output_that_is_replaced(shell: Shell, looker: Looker) -> None:
    """Else Claude sees each step of a progress bar, and not its end."""
    shell.run("a", show=lambda: shell.display({"text/plain": "10 %"}, "bar"))
    shell.run(
        "b",
        show=lambda: shell.display_pub.send("update_display_data", {"text/plain": "done"}, "bar"),
    )
    look = looker.outputs(5)
    assert look.title == "1 output" and "done" in look.text and "10 %" not in look.text


def test_prompts_are_marked_and_their_outputs_left_out(shell: Shell, looker: Looker) -> None:
    """Else the model gets its own answer as the user's output."""
    shell.run("%%claude\nhello", show=lambda: shell.display({"text/plain": "an answer"}))
    assert "In[1] (a prompt to Claude):\n%%claude\nhello" in looker.recent().text
    assert "an answer" not in looker.outputs(5).text


def test_code_of_claudes_is_left_out(shell: Shell) -> None:
    """Else Claude takes what its own code showed for the user's work."""
    ours = True
    recorder = Recorder(shell, lambda: ours)
    recorder.start()
    shell.run("claude's", show=lambda: shell.display({"text/plain": "x"}))
    assert list(recorder.record.cells) == []
    ours = False
    shell.run("user's")
    assert [cell.source for cell in recorder.record.cells] == ["user's"]


def test_a_cell_that_a_cell_runs(shell: Shell, recorder: Recorder) -> None:
    """Else `%run` ends the cell early, and its later outputs are lost."""

    def inner() -> None:
        shell.run("inner", show=lambda: shell.display({"text/plain": "inside"}))
        shell.display({"text/plain": "after"})

    shell.run("outer", show=inner)
    (cell,) = recorder.record.cells
    assert [output.text for output in cell.outputs] == ["inside", "after"]


def test_memory_is_bounded(shell: Shell, recorder: Recorder, looker: Looker) -> None:
    """Else a long session holds each plot that it ever showed."""
    picture = base64.b64encode(b"x" * 3_000_000).decode()
    for number in range(MOST_CELLS + 5):
        shell.run(
            f"cell {number}" + "y" * 50_000,
            show=lambda: shell.display({"text/plain": "t" * 50_000, "image/png": picture}),
        )
    cells = list(recorder.record.cells)
    assert len(cells) == MOST_CELLS
    pictures = [output.picture for cell in cells for output in cell.outputs]
    assert [picture is not None for picture in pictures[-4:]] == [False, True, True, True]
    assert sum(len(picture.data) for picture in pictures if picture) <= 10_000_000
    assert max(len(cell.source) for cell in cells) <= 20_000
    assert max(len(cell.outputs[0].text) for cell in cells) <= 20_000
    assert "no longer kept" in looker.outputs(20).text


def test_long_prints_keep_beginning_and_end() -> None:
    """Else a million lines fill the memory, or the last one is lost."""
    printed = Printed()
    for number in range(100_000):
        printed.add(f"line {number}\n")
    text = printed.text
    assert len(text) < 17_000
    assert text.startswith("line 0\n") and text.endswith("line 99999\n")
    assert all(line.startswith(("line", "…")) for line in text.splitlines() if line.strip())
    assert "characters …" in text
    short = Printed()
    short.add("a" * 3_999)
    short.add("b" * 3)
    assert short.text == "a" * 3_999 + "b" * 3


def test_the_last_error(shell: Shell, looker: Looker) -> None:
    """Else Claude cannot explain the error that the user sees."""
    shell.run("ok")
    with pytest.raises(LookError, match="none of the last 20 cells failed"):
        looker.error()
    shell._last_traceback = [  # type: ignore[attr-defined]
        "\x1b[0;31mValueError\x1b[0m  Traceback (most recent call last)",
        "\x1b]8;;file://x\x07Cell In[2]\x1b]8;;\x07, line 1",
        "ValueError: it failed",
    ]
    shell.run("fail()", error=ValueError("it failed"))
    look = looker.error()
    assert look.title == "error: ValueError"
    assert "\x1b" not in look.text and "U+001B" not in look.text
    assert "In[2]:\nfail()" in look.text
    assert "In[2] failed:\nValueError  Traceback (most recent call last)\nCell In[2]" in look.text
    assert looker.recent().title == "2 cells, last error ValueError"


def test_an_error_without_ipythons_traceback(shell: Shell, looker: Looker) -> None:
    """Else a front end that keeps no traceback leaves Claude without the error."""
    try:
        raise ValueError("it failed", 5)
    except ValueError as error:
        shell.run("fail()", error=error)
    text = looker.error().text
    assert "ValueError: it failed" in text
    assert "test_an_error_without_ipythons_traceback" in text


def test_cells_by_number(shell: Shell, looker: Looker) -> None:
    """Else `@In[3]` attaches another cell."""
    for number in range(3):
        shell.run(f"cell {number + 1}")
    assert looker.cell(2).text.endswith("In[2]:\ncell 2")
    with pytest.raises(LookError, match=r"In\[9\] is not known"):
        looker.cell(9)


def test_odd_data_breaks_no_cell(shell: Shell, looker: Looker) -> None:
    """Else a display that nobody foresaw makes the user's cell fail."""
    odd: list[Any] = [
        {"image/png": "not base64 !"},
        {"image/png": 5, "text/plain": 5},
        {1: 2},
        {"text/plain": None},
        {},
    ]
    for data in odd:
        shell.run("x", show=lambda d=data: shell.display(d))  # type: ignore[misc]
    assert shell.display_pub.hooks[0](None) is None
    assert shell.display_pub.hooks[0]({"odd": 1}) == {"odd": 1}
    assert looker.outputs(5).title == "5 outputs"


def test_stopping_leaves_nothing_behind(shell: Shell, recorder: Recorder) -> None:
    """Else `%unload_ext` leaves hooks in the shell."""
    recorder.start()  # once more
    recorder.stop()
    assert shell.display_pub.hooks == [] and shell.displayhook.hooks == []
    assert not any(shell.events.functions.values())
    recorder.stop()


def test_a_shell_without_hooks() -> None:
    """Else who uses IPython in a terminal gets a Claude that sees no output."""

    class Publisher:
        def publish(self, data: Any, metadata: Any = None, **more: Any) -> str:
            return "published"

    class Hook:
        def write_format_data(self, data: Any, metadata: Any = None) -> str:
            return "written"

    shell: Any = Shell()
    shell.display_pub, shell.displayhook = Publisher(), Hook()
    recorder = Recorder(shell)
    recorder.start()

    def show() -> None:
        assert shell.display_pub.publish({"text/plain": "shown"}, transient=None) == "published"
        assert shell.displayhook.write_format_data({"text/plain": "result"}) == "written"

    shell.run("x", show=show)
    assert [output.text for output in recorder.record.cells[0].outputs] == ["shown", "result"]
    recorder.stop()
    assert not vars(shell.display_pub) and not vars(shell.displayhook)
