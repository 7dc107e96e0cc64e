"""The colours of turns are the same in both languages, and readable on light and on dark."""

from __future__ import annotations

import re
import subprocess

import pytest

from jupyter_claude._views.colours import CODE, COLOURS
from tests.typescript import FRONT_END

Rgb = tuple[float, float, float]


def test_the_colours_are_the_same_in_both_languages() -> None:
    """Else a turn changes its colours when it ends."""
    subprocess.run(["node", FRONT_END / "colours.mjs", "--check"], check=True)


@pytest.mark.pure
def test_a_colour_that_is_named_is_there() -> None:
    """Else words have no colour where a name is wrong."""
    named = set(re.findall(r"var\(--jc-([a-z-]+)\)", "".join(COLOURS.values())))
    assert named | {name for _, name in CODE} <= set(COLOURS)


# --- light and dark -----------------------------------------------------------------------------


def rgb(colour: str) -> Rgb:
    """Return the parts of a colour such as "#2196f3" or "#05a"."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    red, green, blue = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    return red, green, blue


def mixed(one: Rgb, other: Rgb, part: float) -> Rgb:
    """Return what color-mix makes of two colours."""
    red, green, blue = (a * part + b * (1 - part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def value(colour: str, text: Rgb, ground: Rgb) -> Rgb:
    """Return a colour where there is no theme: with words in `text`, drawn on `ground`."""
    if colour in ("currentColor", "transparent"):
        return text if colour == "currentColor" else ground
    if colour.startswith("#"):
        return rgb(colour)
    if own := re.fullmatch(r"var\(--jc-(.*)\)", colour):
        return value(COLOURS[own[1]], text, ground)
    if theme := re.fullmatch(r"var\(--(?:jp|vscode)-[\w-]+,(.*)\)", colour):
        return value(theme[1], text, ground)
    mix = re.fullmatch(r"color-mix\(in srgb,(.*) (\d+)%,(.*)\)", colour)
    assert mix is not None, colour
    one, other = (value(part, text, ground) for part in (mix[1], mix[3]))
    return mixed(one, other, int(mix[2]) / 100)


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast of two colours, as WCAG 2 defines it."""

    def light(colour: Rgb) -> float:
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted([light(one), light(other)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.pure
@pytest.mark.parametrize(("text", "ground"), [("#000000", "#ffffff"), ("#ffffff", "#111111")])
def test_text_is_readable_on_light_and_on_dark(text: str, ground: str) -> None:
    """Else words vanish in a viewer that has no theme of JupyterLab's."""
    words, page = rgb(text), rgb(ground)
    read = ["text", "quiet", "bad-text", *{name for _, name in CODE}]
    for behind in (page, value(COLOURS["fill"], words, page)):
        for name in read:
            assert contrast(value(COLOURS[name], words, behind), behind) >= 4.5, name
    for name in ("brand", "good", "bad", "warn"):  # signs and lines
        assert contrast(value(COLOURS[name], words, page), page) >= 2.4, name
