"""The outputs of a cell as text and images, from what a page says or from a run in the kernel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .._text import without_escapes, without_halves

OutputKind = Literal["stream", "result", "error", "claude"]

#: The kinds of text that stand for an output, the most readable first.
_TEXTS = ("text/plain", "text/markdown", "text/latex", "application/json")
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_MOST_IMAGES = 4
_LARGEST_IMAGE = 1_500_000  # characters of Base64


@dataclass(frozen=True)
class Output:
    """One output of a cell.

    Attributes
    ----------
    kind : {"stream", "result", "error", "claude"}
        "claude" is an answer of Claude's; its text is left out.
    text : str
        Its text, without colours.
    left : int
        How many characters are left out at the end.
    images : int
        How many images it has.
    """

    kind: OutputKind
    text: str
    left: int = 0
    images: int = 0


@dataclass(frozen=True)
class Image:
    """An image among the outputs: its type, and its data in Base64."""

    mime: str
    data: str


def plain(text: str) -> str:
    """Return a text without colours and halves of characters."""
    return without_halves(without_escapes(text))


def outputs_of(outputs: Sequence[Mapping[str, Any]]) -> list[Output]:
    """Return outputs of a notebook's format."""
    return [_output(output) for output in outputs]


def images_of(outputs: Sequence[Mapping[str, Any]]) -> list[Image]:
    """Return the first images among outputs of a notebook's format."""
    images = []
    for output in outputs:
        bundle = output.get("data")
        if not isinstance(bundle, Mapping):
            continue
        mime = next((name for name in _IMAGES if name in bundle), None)
        data = "".join(_joined(bundle[mime]).split()) if mime else ""
        if mime and 0 < len(data) <= _LARGEST_IMAGE:
            images.append(Image(mime, data))
    return images[:_MOST_IMAGES]


def _output(output: Mapping[str, Any]) -> Output:
    kind = output.get("output_type")
    if kind == "stream":
        return Output("stream", plain(_joined(output.get("text"))))
    if kind == "error":
        trace = output.get("traceback")
        lines = "\n".join(map(str, trace)) if isinstance(trace, list) else ""
        return Output("error", plain(lines or f"{output.get('ename')}: {output.get('evalue')}"))
    bundle = output.get("data")
    bundle = bundle if isinstance(bundle, Mapping) else {}
    mime = next((name for name in _TEXTS if name in bundle), None)
    images = sum(str(name).startswith("image/") for name in bundle)
    return Output("result", plain(_joined(bundle[mime])) if mime else "", images=images)


def _joined(value: Any) -> str:
    """Return a text of a notebook's format: one string, or its lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(str, value))
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)
