"""What README and the landing page show first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.pure
def test_the_moving_picture_is_light_and_short() -> None:
    """Else the first page takes long to load, or nobody sees its end."""
    from PIL import Image

    moving = ROOT / "docs/_static/tour.webp"
    assert moving.stat().st_size < 1_500_000
    with Image.open(moving) as film:
        milliseconds = 0
        for number in range(getattr(film, "n_frames", 1)):
            film.seek(number)
            film.load()
            milliseconds += film.info["duration"]
    assert 12_000 < milliseconds < 20_000


@pytest.mark.pure
@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_a_picture_moves_only_for_who_wants_it(page: str) -> None:
    """Else somebody whom movement makes ill cannot read the first page."""
    text = (ROOT / page).read_text("utf-8")
    (picture,) = re.findall(r"<picture>.*?</picture>", text, re.DOTALL)
    (still,) = re.findall(r'media="\(prefers-reduced-motion: reduce\)" srcset="(.+?)"', picture)
    (moving,) = re.findall(r'<img src="(.+?)"', picture)
    for name in (still, moving):
        assert ((ROOT / page).parent / name).is_file()
    assert len(re.findall(r' alt="(.+?)"', picture)[0]) > 100


@pytest.mark.pure
def test_readme_is_short_and_in_order() -> None:
    """Else a newcomer scrolls past details to what to type."""
    text = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Two commands",
        "A first cell",
        "What happens to your data",
        "Where to read on",
        "Licensing",
    ]
    assert text.index("<picture>") < text.index("## ")
    assert len(text.split()) < 900
