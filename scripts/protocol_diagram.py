"""Draw the states of the SDK's protocol from its table, as `docs/images/protocol.svg`.

Usage: python -m scripts.protocol_diagram
"""

from __future__ import annotations

import math
from html import escape
from pathlib import Path

from jupyter_claude_sdk._wire.states import TRANSITIONS, CliState, Event, PromptState, State

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "protocol.svg"
#: The position of each state. The arrows come from the table.
CENTRES: dict[State, tuple[float, float]] = {
    PromptState.NONE: (100, 230),
    PromptState.WAITING: (520, 80),
    PromptState.RUNNING: (520, 390),
    CliState.IDLE: (860, 80),
    CliState.BUSY: (860, 390),
}
HEADINGS: dict[str, float] = {"Our prompt": 310, "The CLI": 860}
WIDTH, HEIGHT = 1040, 440
BOX = (130, 40)
BEND = 34.0


def arrows() -> dict[tuple[State, State], list[Event]]:
    """Return the events of each arrow. Events that do not change the state have none."""
    found: dict[tuple[State, State], list[Event]] = {}
    for state, follows in TRANSITIONS.items():
        for event, other in follows.items():
            if other is not state:
                found.setdefault((state, other), []).append(event)
    return found


def edge(centre: tuple[float, float], towards: tuple[float, float]) -> tuple[float, float]:
    """Return the point where a line from a state's centre leaves its box."""
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    scale = min(
        (BOX[0] / 2 + 3) / abs(dx) if dx else math.inf,
        (BOX[1] / 2 + 3) / abs(dy) if dy else math.inf,
    )
    return centre[0] + dx * scale, centre[1] + dy * scale


def arrow(state: State, other: State, events: list[Event]) -> list[str]:
    """Draw an arrow, bent to its left, with the names of its events beside it."""
    (x1, y1), (x2, y2) = CENTRES[state], CENTRES[other]
    length = math.hypot(x2 - x1, y2 - y1)
    left = (y2 - y1) / length, -(x2 - x1) / length
    middle = (x1 + x2) / 2 + BEND * left[0] * 2, (y1 + y2) / 2 + BEND * left[1] * 2
    start, end = edge((x1, y1), middle), edge((x2, y2), middle)
    path = "M{:.1f} {:.1f} Q{:.1f} {:.1f} {:.1f} {:.1f}".format(*start, *middle, *end)
    words = ", ".join(event.value for event in events)
    side = left[0] if abs(left[0]) > 0.5 else 0
    x = (middle[0] + (x1 + x2) / 2) / 2 + 6 * side
    y = (middle[1] + (y1 + y2) / 2) / 2 + (4 if side else -8 if left[1] < 0 else 18)
    anchor = "start" if side > 0 else "end" if side < 0 else "middle"
    return [
        f'<path d="{path}" marker-end="url(#tip)"/>',
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>',
    ]


def drawn() -> str:
    """Return the picture as SVG."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13" fill="#222">',
        "<style>path{fill:none;stroke:#555;stroke-width:1.3}"
        "rect{fill:#f4efe6;stroke:#8a6d3b}.name{font-weight:bold}.head{font-size:16px}"
        "text{paint-order:stroke;stroke:#fff;stroke-width:4px}rect+text{stroke:none}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" orient="auto" '
        'markerWidth="8" markerHeight="8"><polygon points="0 0 8 4 0 8" fill="#555"/>'
        "</marker></defs>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" style="fill:#fff;stroke:none"/>',
    ]
    for words, x in HEADINGS.items():
        parts.append(f'<text class="head" x="{x}" y="28" text-anchor="middle">{words}</text>')
    for (state, other), events in arrows().items():
        parts += arrow(state, other, events)
    for state, (x, y) in CENTRES.items():
        parts.append(
            f'<rect x="{x - BOX[0] / 2}" y="{y - BOX[1] / 2}" width="{BOX[0]}" height="{BOX[1]}" '
            f'rx="8"/><text class="name" x="{x}" y="{y + 5}" text-anchor="middle">'
            f"{state.value}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(drawn(), "utf-8")
