"""What the practice model answers without touching a file: talk, questions, pictures, summaries."""

from __future__ import annotations

import base64
import binascii
import re
import struct

from jupyter_claude_sdk.testing import Reply

from .._turns.items import GIVE
from .asked import Asked
from .prompts import PROMPTS
from .replies import Play, call, not_done, say, steps

#: How a conversation begins that the CLI has compacted.
_COMPACTED = "This session is being continued"

_KERNEL = """\
A **Jupyter kernel** is the program that runs your code:

1. The notebook sends it a cell, and it sends back what the cell printed and returned.
2. It keeps your variables between cells until it is restarted.
3. It speaks one language: this one speaks Python.

| part | what it does |
|---|---|
| front end | shows cells and outputs |
| kernel | runs the code, keeps the variables |

```python
x = 40      # one cell
x + 2       # a later one: the kernel remembers x
```
"""

_COLOURS = (
    ("Blue", "Like the sea on a clear day"),
    ("Green", "Like moss after rain"),
    ("Orange", "Like the logo above a notebook"),
)


def rules() -> list[tuple[str, Play]]:
    """Return the rules for prompts that touch nothing."""
    return [
        (r"(?i)jupyter kernel", lambda _: say(_KERNEL)),
        (rf"Call {GIVE} now", lambda _: say("I have no value for it.")),
        (r"(?i)ten-year-old", _retell),
        (r"(?i)what did I (just )?ask", _what_was_asked),
        (r"(?i)which colou?r I like", steps(_ask_colour, _after_colour)),
        (r"(?i)long story", lambda _: story()),
        (r"(?i)^(hi|hello|hey|good (morning|evening)|thanks?( you)?)\b[^\n]{0,12}$", _greet),
    ]


def compacting() -> tuple[str, Play]:
    """Return the rule for the CLI's own prompt of /compact."""
    return r"(?s)TEXT ONLY.*detailed summary of the conversation", _summarise


def only_practice(asked: Asked) -> Reply:
    """Return the answer to a prompt that the script does not know."""
    pictures = asked.attached_pictures()
    if pictures:
        return say(_of_picture(pictures, "You attached"))
    return say(_known("My answers are written in advance, and I have none to this."))


def _greet(asked: Asked) -> Reply:
    return say(_known("Hello!"))


def _known(first: str) -> str:
    listed = "\n".join(f"- `{prompt}`" for prompt in PROMPTS)
    return (
        f"{first} I am the practice model: only my words are scripted, and nothing leaves this "
        "machine. Tools, permission requests and files are real. Try one of these; in the panel "
        f"they are buttons, under **Prompts to try**:\n\n{listed}\n\n"
        "The tutorial and the example notebooks have more. "
        "For real answers sign in: `%claude login`."
    )


def _retell(asked: Asked) -> Reply:
    if any("kernel" in text.lower() for text in asked.earlier):
        return say(
            "You asked about the Jupyter kernel: it is the helper behind your notebook that does "
            "the sums you write down, and remembers the answers until you send it home."
        )
    return say("Say what again? This conversation has just begun. Ask the earlier question first.")


def _what_was_asked(asked: Asked) -> Reply:
    if not asked.earlier:
        return say("Nothing yet: this conversation has just begun.")
    first = asked.earlier[0]
    if first.startswith(_COMPACTED):
        line = re.search(r"(?m)^- (.+)$", first)
        begins = line[1] if line else first[:200]
        return say(f"This conversation was compacted. The summary begins with: “{begins}”")
    return say(f"Your first prompt in this conversation was: “{first}”")


def _summarise(asked: Asked) -> Reply:
    """Answer the CLI's own prompt of /compact."""
    said = [" ".join(text.split())[:120] for text in asked.earlier] or ["nothing yet"]
    listed = "\n".join(f"- {text}" for text in said[:40])
    return say(
        "<analysis>A scripted summary: the beginning of what was said.</analysis>\n\n"
        f"<summary>\nWhat was said in this practice conversation:\n{listed}\n</summary>"
    )


def _ask_colour(asked: Asked) -> Reply:
    question = {
        "question": "Which colour do you like best?",
        "header": "Colour",
        "options": [{"label": label, "description": text} for label, text in _COLOURS],
        "multiSelect": False,
    }
    return call("AskUserQuestion", questions=[question])


def _after_colour(asked: Asked) -> Reply:
    last = asked.last
    if last is None or last.is_error or "did not answer" in last.text:
        if last is not None and last.reason:
            return not_done(asked, "have no answer")
        return say("You would rather not say; that is fine.")
    for label, _ in _COLOURS:
        if label in last.text:
            return say(f"{label} it is. A fine choice.")
    return say(f"I see: {last.text}")


def _of_picture(pictures: list[str], verb: str) -> str:
    shown = ", and ".join(map(picture_facts, pictures))
    return (
        f"{verb} {shown}. It reached me whole. I am a script, so I cannot see what is on it. "
        "A real Claude would tell you."
    )


def picture_facts(data: str) -> str:
    """Return a picture's format, size and bytes, from its data in base64."""
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return "a picture"
    size = f"{max(1, round(len(content) / 1000)):,} kB"
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return f"a PNG picture of {width:,} × {height:,} pixels ({size})"
    kinds = {b"\xff\xd8": "a JPEG picture", b"GI": "a GIF picture", b"RI": "a WebP picture"}
    return f"{kinds.get(content[:2], 'a picture')} ({size})"


def story() -> Reply:
    """Return a text that takes about a minute, so the user has time to press stop."""
    watchers = ("the old keeper", "her grandson", "the ship's cat", "a passing gull", "the moon")
    weather = ("fog", "a gale", "thin rain", "a great calm", "snow", "a warm wind")
    sights = (
        "a fishing boat with one red sail",
        "seven whales in a row",
        "a bottle with a letter for somebody else",
        "the lights of a town that is on no map",
        "nothing at all, which was also worth writing down",
        "a steamer that whistled twice and went on",
        "a raft with a piano on it",
    )
    nights = [
        f"**Night {night}.** There was {weather[night % len(weather)]} around the rock, and "
        f"{watchers[night % len(watchers)]} kept the lamp. Out at sea went "
        f"{sights[night % len(sights)]}. The light turned once more, and the log got one more line."
        for night in range(1, 31)
    ]
    text = (
        "# The lighthouse\n\n" + "\n\n".join(nights) + "\n\nAnd in the morning it was switched off."
    )
    return [{"text": text, "chunk": 12, "every": 0.12}]
