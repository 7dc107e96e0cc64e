"""Film the product: `docs/_static/tour.webp`, and `tour.png`, which does not move.

Usage: python -m scripts.moving_picture [FOLDER for the single frames]

JupyterLab, the kernel and Claude Code are real; only the model's words come from a script. A cell
streams its answer, code is approved, a plot appears, a file is written, the slider shows what a
rewind would do.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import find_cli
from jupyter_claude_sdk.testing import ScriptedModel
from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.browser.chromium import launch
from tests.browser.fixtures import serve
from tests.browser.lab import Notebook, Server

FOLDER = Path(__file__).parents[1] / "docs" / "_static"
SIZE = {"width": 880, "height": 640}
SHARPNESS = 1.5  # pixels of the picture for one of the page
PLOT = """\
by_weekday = bikes.pivot_table(
    index="weekday", columns="weather", values="cyclists")
axes = by_weekday.plot.bar(rot=0, figsize=(6.6, 2.3), xlabel="")
axes.set_ylim(0, 3200)
axes.legend(ncols=2);"""
FINDINGS = "# Rain and cyclists\n\nRain costs 15 % on weekdays, and 55 % at the weekend.\n"
SCRIPT = [
    {
        "when": "How much does rain",
        "replies": [
            [
                {"text": "I compare dry and rainy days in a plot.", "chunk": 5, "every": 0.3},
                {
                    "tool": "mcp__kernel__run_code",
                    "input": {"code": PLOT, "why": "compare dry and rainy days"},
                },
            ],
            [
                {
                    "text": "**Rain keeps leisure riders at home, not commuters:** about 15 % "
                    "fewer on weekdays, 55 % fewer at the weekend.",
                    "chunk": 8,
                    "every": 0.3,
                }
            ],
        ],
    },
    {
        "when": "Write that to",
        "replies": [
            [{"tool": "Write", "input": {"file_path": "findings.md", "content": FINDINGS}}],
            [{"text": "It is in `findings.md`.", "chunk": 6, "every": 0.3}],
        ],
    },
]
DATA = """\
%load_ext jupyter_claude
import numpy as np
import pandas as pd

random = np.random.default_rng(4)
days = pd.date_range("2025-01-01", "2025-12-31")
rainy = random.random(len(days)) < 0.35
stay = np.where(rainy, np.where(days.day_of_week >= 5, 0.45, 0.85), 1)
names = pd.CategoricalDtype(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], ordered=True)
bikes = pd.DataFrame({
    "weekday": days.strftime("%a").astype(names),
    "weather": np.where(rainy, "rainy", "dry"),
    "cyclists": random.poisson(np.where(days.day_of_week >= 5, 1700, 2400) * stay),
})"""
PROMPTS = ["How much does rain matter in `bikes`? Plot it.", "Write that to findings.md."]
#: A mouse pointer, which a picture of a page does not have.
POINTER = """
const pointer = document.createElement("div");
pointer.id = "pointer";
pointer.innerHTML = `<svg width="26" height="30" viewBox="0 0 26 30"><path fill="#111"
  stroke="#fff" stroke-width="2" d="M3 2v21l5-5 3.5 8 4-1.7L12 16.500h7z"/></svg>`;
pointer.style.cssText =
  "position:fixed;z-index:99999;pointer-events:none;display:none;" +
  "filter:drop-shadow(0 1px 2px #0006)";
document.body.append(pointer);
"""


class Film:
    """The frames so far, each with the milliseconds that it is shown."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[tuple[Image.Image, int]] = []

    def shoot(self, milliseconds: int, most: int = 10_000) -> None:
        """Take a frame. One that is like the last one makes that one longer, up to `most`."""
        taken = self.page.screenshot(caret="hide", animations="disabled")
        image = Image.open(io.BytesIO(taken)).convert("RGB")
        if self.frames and self.frames[-1][0].tobytes() == image.tobytes():
            last, before = self.frames.pop()
            self.frames.append((last, max(before, min(before + milliseconds, most))))
        else:
            self.frames.append((image, milliseconds))

    def hold(self, milliseconds: int) -> None:
        """Show the last frame for longer."""
        image, before = self.frames.pop()
        self.frames.append((image, before + milliseconds))

    def until(self, holds: Callable[[], bool], milliseconds: int = 110) -> None:
        """Take frames until something is so. How quick this machine is does not show."""
        while not holds():
            self.shoot(milliseconds, most=milliseconds)
        self.shoot(milliseconds)

    def press(self, button: Locator) -> None:
        """Move the pointer to a button, and press it."""
        expect(button).to_be_enabled()
        box = button.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.55
        for step in (0.0, 0.35, 0.65, 0.85, 0.96, 1.0):
            here = (x + 190 * (1 - step), y + 110 * (1 - step))
            self.page.evaluate(
                "([x, y]) => Object.assign(document.getElementById('pointer').style,"
                " {display: 'block', left: `${x}px`, top: `${y}px`})",
                [here[0] - 3, here[1] - 2],
            )
            self.page.mouse.move(*here)
            self.shoot(60)
        self.shoot(700)
        button.click()

    def no_pointer(self) -> None:
        """Take the pointer away."""
        self.page.evaluate("document.getElementById('pointer').style.display = 'none'")
        self.page.mouse.move(SIZE["width"] - 5, 200)


def play(notebook: Notebook, film: Film) -> None:
    """Do what the film shows."""
    page = notebook.page
    for index in (0, 1):
        notebook.run(index)
        notebook.done(index)
    page.evaluate(POINTER)

    def top(index: int) -> None:
        notebook.cell(index).evaluate("cell => cell.scrollIntoView({block: 'start'})")

    def write(index: int, prompt: str, first: int) -> None:
        notebook.editor(index).click()
        page.keyboard.press("Control+End")
        top(first)
        film.no_pointer()
        film.shoot(500)
        for at in range(0, len(prompt), 4):
            page.keyboard.insert_text(prompt[at : at + 4])
            film.shoot(70)
        film.hold(350)
        page.keyboard.press("Control+Enter")

    def asks(index: int, name: str) -> Locator:
        request = notebook.request(index, f"Permission request: {name}")
        film.until(request.is_visible)
        expect(notebook.button(index)).to_be_enabled()
        request.evaluate("card => card.scrollIntoView({block: 'nearest'})")
        return notebook.button(index)

    def ended(index: int) -> bool:
        return "[*]" not in notebook.cell(index).locator(".jp-InputPrompt").inner_text()

    write(2, PROMPTS[0], first=1)
    approve = asks(2, "mcp__kernel__run_code")
    film.shoot(1500)
    film.press(approve)
    film.no_pointer()
    plot = notebook.turn(2).locator("img").first
    film.until(plot.is_visible)
    plot.scroll_into_view_if_needed()
    film.until(lambda: ended(2))
    top(2)
    film.shoot(2300)

    write(3, PROMPTS[1], first=3)
    approve = asks(3, "Write")
    film.shoot(1100)
    film.press(approve)
    film.no_pointer()
    film.until(lambda: ended(3))
    film.hold(500)

    notebook.run(4)
    notebook.done(4)
    view = notebook.output(4)
    slider = view.get_by_role("slider", name="Conversation history")
    expect(slider).to_be_enabled()
    top(4)
    film.shoot(800)
    slider.press("ArrowLeft")
    film.shoot(500)
    preview = view.get_by_role("region", name="Rewind preview")
    view.get_by_role("button", name="Preview rewind").press("Enter")
    expect(preview).to_be_visible()
    expect(preview).to_contain_text("findings.md")
    preview.locator("summary").first.click()
    top(4)
    film.no_pointer()
    film.shoot(2300)


def save(film: Film) -> None:
    """Write the moving picture, and the one that does not move: the frame with the plot."""
    images = [image for image, _ in film.frames]
    times = [time for _, time in film.frames]
    moving, still = FOLDER / "tour.webp", FOLDER / "tour.png"
    images[0].save(
        moving,
        save_all=True,
        append_images=images[1:],
        duration=times,
        loop=0,
        quality=72,
        method=4,
        allow_mixed=True,
    )
    longest = max(range(len(times)), key=lambda at: (times[at] > 2000, -at))
    images[longest].quantize(192).save(still, optimize=True)
    print(f"{len(images)} frames, {sum(times) / 1000:.1f} s")
    for file in (moving, still):
        print(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB")


def film_in(folder: Path, model: ScriptedModel, page: Page, server: Server) -> Film:
    """Open a notebook, and film it."""
    notebook = Notebook(server, page, server.root / "bridge" / "bikes.ipynb")
    ask = "%%claude\n"
    notebook.write([DATA, "bikes.sample(3, random_state=1)", ask, ask, "%claude history"])
    film = Film(page)
    notebook.open()
    page.keyboard.press("Control+b")  # the file browser away
    play(notebook, film)
    return film


def main(frames: str = "") -> None:
    """Film, and write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        ScriptedModel(SCRIPT) as model,
        serve(find_cli(), model, Path(scratch)) as server,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        size: Any = SIZE
        page = browser.new_page(viewport=size, device_scale_factor=SHARPNESS)
        film = film_in(Path(scratch), model, page, server)
        page.close()
        server.end_kernels()
    if frames:
        for number, (image, time) in enumerate(film.frames):
            image.save(Path(frames) / f"{number:03}-{time}.png")
    save(film)


if __name__ == "__main__":
    main(*sys.argv[1:])
