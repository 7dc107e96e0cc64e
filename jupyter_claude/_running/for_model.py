"""`for_model`: what Claude gets of a run: its text, not too long, and a few pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._text import without_escapes
from .outputs import Output
from .runner import Ran

#: The most characters of text for one run. Claude Code refuses much longer results.
MOST_TEXT = 20_000
#: Of these, the characters of the end.
TAIL = 8_000
#: The most pictures of one run.
MOST_PICTURES = 3
#: The most characters of one picture in base64. The API takes no larger ones.
MOST_PICTURE = 5_000_000
#: What stands for no output.
NO_OUTPUT = "[The code ran without output.]"

_PICTURES = ("image/png", "image/jpeg")
_TEXTS = ("text/plain", "text/markdown", "text/latex")
#: Words of code whose output no capture gets.
_ESCAPES = ("os.system", "subprocess", "Popen", "multiprocessing", "ProcessPool", "os.fork")


@dataclass(frozen=True)
class Picture:
    """A picture for the model.

    Attributes
    ----------
    media_type : str
        ``image/png`` or ``image/jpeg``.
    data : str
        The picture in base64.
    """

    media_type: str
    data: str


def for_model(ran: Ran) -> list[str | Picture]:
    """Return a run for the model.

    Parameters
    ----------
    ran : Ran
        The run.

    Returns
    -------
    list of str or Picture
        The texts together have some 20,000 characters at most: the head and the tail of the
        outputs in order, then what the model must know of the run.
    """
    pieces: list[str | Picture] = []
    left_out = 0
    for output in ran.outputs:
        picture = picture_of(output.get("data", {}))
        if picture is not None:
            shown = sum(isinstance(piece, Picture) for piece in pieces)
            if shown < MOST_PICTURES and len(picture.data) <= MOST_PICTURE:
                pieces.append(picture)
            else:
                left_out += 1
        if text := _text(output):
            if pieces and isinstance(before := pieces[-1], str):
                pieces[-1] = before + text
            else:
                pieces.append(text)
    pieces = _shortened(pieces, ran.left_out)
    pieces.append("\n".join(_notes(ran, left_out)))
    return [piece for piece in pieces if piece]


def picture_of(data: Mapping[str, Any]) -> Picture | None:
    """Return the picture in a MIME bundle; None if it has none that the model can see."""
    for mime in _PICTURES:
        content = data.get(mime)
        if isinstance(content, str):
            return Picture(mime, "".join(content.split()))
    return None


def _text(output: Output) -> str:
    kind = output["output_type"]
    if kind == "stream":
        # Of a line that a progress bar wrote again and again, take the last state.
        lines = without_escapes(output["text"]).split("\n")
        return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
    if kind == "error":
        return _ended(without_escapes("\n".join(output["traceback"])))
    data: dict[str, Any] = output["data"]
    for mime in _TEXTS:
        if isinstance(data.get(mime), str):
            return _ended(without_escapes(data[mime]))
    return _ended(f"[{', '.join(data)}]") if data else ""


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _shortened(pieces: list[str | Picture], left_out: int) -> list[str | Picture]:
    """Leave out the middle of the text."""
    whole = sum(len(piece) for piece in pieces if isinstance(piece, str))
    if whole <= MOST_TEXT:
        return pieces
    first, last = MOST_TEXT - TAIL, whole - TAIL
    note = f"\n[{last - first + left_out:,} characters left out]\n"
    short: list[str | Picture] = []
    at = 0
    for piece in pieces:
        if isinstance(piece, Picture):
            short.append(piece)
            continue
        head, tail = piece[: max(0, first - at)], piece[max(0, last - at) :]
        middle = note if at <= first < at + len(piece) else ""
        short.append(head + middle + tail)
        at += len(piece)
    return short


def _notes(ran: Ran, pictures: int) -> list[str]:
    notes = []
    if not ran.began:
        return ["[The user pressed stop before this code began. It did not run.]"]
    if ran.stopped == "user":
        notes.append(f"[The user stopped this code after {ran.seconds:.1f} s.]")
    elif ran.stopped == "timeout":
        notes.append(
            f"[This code was stopped after {ran.seconds:.1f} s, its time limit. "
            "Give a longer timeout if it needs more.]"
        )
    if pictures:
        are = "1 picture is" if pictures == 1 else f"{pictures} pictures are"
        notes.append(f"[{are} not shown to you. The user sees all.]")
    if any(word in ran.code for word in _ESCAPES):
        notes.append(
            "[What other programs and processes print themselves is not in this result; "
            "`!command` and subprocess with capture_output are.]"
        )
    if not ran.outputs and not notes:
        notes.append(NO_OUTPUT)
    return notes
