"""The outputs of Claude's code: what is kept, and what the model gets."""

from __future__ import annotations

import pytest

from jupyter_claude._running.for_model import MOST_TEXT, Picture, for_model
from jupyter_claude._running.outputs import MOST_ITEMS, Output, Outputs
from jupyter_claude._running.runner import Ran
from jupyter_claude._text import without_escapes

pytestmark = pytest.mark.pure


def text_of(outputs: tuple[Output, ...]) -> str:
    """Return the text of the streams."""
    return "".join(output.get("text", "") for output in outputs)


def test_streams_join() -> None:
    """Else a notebook's file has one output for each print."""
    outputs = Outputs()
    for name, text in [("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d")]:
        assert outputs.stream(name, text) == {"output_type": "stream", "name": name, "text": text}
    assert [output["text"] for output in outputs.items()] == ["ab", "c", "d"]
    assert outputs.finish() == []


def test_head_and_tail_of_long_streams() -> None:
    """Else a run keeps all that a loop prints, or not its end, where the error is."""
    outputs = Outputs()
    shown = [outputs.stream("stdout", f"{n:07}\n") for n in range(1_000_000)]
    assert sum(output is not None for output in shown) < 120_000
    (last, end) = outputs.finish()[0], outputs.items()[-1]
    assert "characters left out" in last["text"]
    assert end["text"].endswith("0999999\n")
    text = text_of(outputs.items())
    assert text.startswith("0000000\n")
    assert len(text) < 1_000_100
    assert outputs.left_out + len(text) == pytest.approx(8_000_000, abs=100)


def test_many_outputs() -> None:
    """Else a loop that shows things fills the kernel's memory and the notebook's file."""
    outputs = Outputs()
    for number in range(MOST_ITEMS + 10):
        outputs.display({"text/plain": str(number)}, {}, "")
        outputs.stream("stdout" if number % 2 else "stderr", "x")
    assert len(outputs.items()) <= MOST_ITEMS + 1
    outputs.finish()
    assert outputs.left_out > 0
    outputs = Outputs()
    for _ in range(100):
        outputs.display({"image/png": "x" * 1_000_000, "text/plain": "plot"}, {}, "")
    assert sum(len(str(output)) for output in outputs.items()) < 9_000_000
    assert "image/png with 1,000,000 characters left out" in str(outputs.items()[-1])


def test_clear_and_update() -> None:
    """Else a progress display shows each of its states below the other."""
    outputs = Outputs()
    outputs.stream("stdout", "old")
    assert outputs.clear(wait=True) == {"output_type": "clear_output", "wait": True}
    assert text_of(outputs.items()) == "old"
    outputs.display({"text/plain": "1"}, {}, "id")
    assert outputs.update({"text/plain": "2"}, {}, "id")["transient"] == {"display_id": "id"}
    (item,) = outputs.items()
    assert item["data"] == {"text/plain": "2"}
    outputs.clear(wait=False)
    assert outputs.items() == ()


def test_data_is_json() -> None:
    """Else the notebook cannot be saved: JSON knows no bytes and no objects."""
    outputs = Outputs()
    outputs.display({"image/png": b"\x89PNG", "application/json": {"a": {1, 2}}}, {"b": b"c"}, "")
    (item,) = outputs.items()
    assert item["data"] == {"image/png": "iVBORw==", "application/json": {"a": "{1, 2}"}}
    assert item["metadata"] == {"b": "b'c'"}


def ran(*outputs: Output, **more: object) -> Ran:
    """Return a run with these outputs."""
    return Ran("code", outputs, **more)  # type: ignore[arg-type]


def stream(text: str, name: str = "stdout") -> Output:
    """Return an output of a stream."""
    return {"output_type": "stream", "name": name, "text": text}


def picture(number: int) -> Output:
    """Return a plot."""
    data = {"image/png": f"{number}", "text/plain": f"<Figure {number}>"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def test_the_model_gets_all_in_order() -> None:
    """Else Claude sees a plot without its text, or the text of another."""
    error = {
        "output_type": "error",
        "ename": "E",
        "evalue": "v",
        "traceback": ["\x1b[31mE\x1b[39m", "line"],
    }
    assert for_model(ran(stream("a\n"), stream("b\n", "stderr"), picture(1), error)) == [
        "a\nb\n",
        Picture("image/png", "1"),
        "<Figure 1>\nE\nline\n",
    ]
    assert for_model(ran()) == ["[The code ran without output.]"]


def test_the_model_gets_few_pictures() -> None:
    """Else pictures fill Claude's context."""
    parts = for_model(ran(*map(picture, range(5))))
    assert [part.data for part in parts if isinstance(part, Picture)] == ["0", "1", "2"]
    assert parts[-1] == "[2 pictures are not shown to you. The user sees all.]"
    huge = {**picture(1), "data": {"image/png": "x" * 5_000_001, "text/plain": "plot"}}
    assert for_model(ran(huge)) == [
        "plot\n",
        "[1 picture is not shown to you. The user sees all.]",
    ]


def test_the_model_gets_head_and_tail() -> None:
    """Else Claude Code refuses a long result, and Claude gets nothing."""
    parts = for_model(
        ran(stream("A" * 30_000), picture(1), stream("B" * 30_000 + "end"), left_out=1_000)
    )
    texts = [part for part in parts if isinstance(part, str)]
    assert sum(map(len, texts)) < MOST_TEXT + 100
    assert texts[0].startswith("AAA")
    assert texts[-1].endswith("Bend")
    assert "[41,014 characters left out]" in texts[0]


def test_the_model_knows_how_it_ended() -> None:
    """Else Claude takes half a result for the whole."""
    assert "The user stopped this code after 1.5 s" in str(
        for_model(ran(stopped="user", seconds=1.5))
    )
    assert "its time limit" in str(for_model(ran(stopped="timeout", seconds=1.5)))
    assert "did not run" in str(for_model(ran(stopped="user", began=False)))
    program = Ran("subprocess.run(['ls'])")
    assert "is not in this result" in str(for_model(program))


def test_terminal_output_becomes_plain() -> None:
    """Else Claude pays for escape sequences, and for each state of a progress bar."""
    coloured = "\x1b[1;31mred\x1b[0m \x1b]8;;http://a\x07link\x1b]8;;\x07 \x1b[2K."
    assert without_escapes(coloured) == "red link ."
    assert without_escapes("\x1b(Bplain\x1b[?25l") == "plain"
    bar = "".join(f"\r{n}%" for n in range(100))
    assert for_model(ran(stream(f"hi\r\n{bar}\n", "stderr"))) == ["hi\n99%\n"]
