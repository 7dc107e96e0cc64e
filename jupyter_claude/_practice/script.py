"""The practice model's script: replies on a local port for the real CLI.

It knows the prompts of the example notebooks. For any other it lists those of the tour
(``notebooks/quickstart.ipynb``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.testing import (
    Reply,
    ScriptedModel,
    call_number,
    earlier_texts,
    last_prompt,
    tool_results,
)

from .._settings import PRACTICE
from . import analysis
from .replies import PACE, failed, say

LABEL = PRACTICE

KNOWN_PROMPTS = (
    "What is a Jupyter kernel?",
    "Say that again in one sentence, for a ten-year-old.",
    "Write the eight planets … to planets.csv",
    "Delete planets.csv with a shell command.",
    "Which planet in planets.csv has the most moons?",
    "Tell me a long story about a lighthouse.",
    "Ask me which colour I like.",
    "Run the command `ls -l`",
)

_PLANETS = """\
name,distance_million_km,moons
Mercury,57.9,0
Venus,108.2,0
Earth,149.6,1
Mars,228.0,2
Jupiter,778.5,97
Saturn,1432.0,274
Uranus,2867.0,29
Neptune,4515.0,16
"""

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


def start(folder: Path | None = None) -> ScriptedModel:
    """Start the practice model.

    Parameters
    ----------
    folder : Path, optional
        The CLI's working folder, for its files. Each request usually names it too.

    Returns
    -------
    ScriptedModel
        The running model. Close it at the end.
    """
    return ScriptedModel(_rules(folder)).start()


def _rules(folder: Path | None) -> list[dict[str, Any]]:
    def write(body: Mapping[str, Any]) -> Reply:
        name = re.search(r"[\w-]+\.csv", last_prompt(body))
        path = _working_folder(body, folder) / (name[0] if name else "planets.csv")
        done = _tools_called(body)
        if not done and path.exists():  # the CLI overwrites only what the model has read
            return [{"tool": "Read", "input": {"file_path": str(path)}}]
        if "Write" in done:
            return _after_write(body)
        return [
            {"thinking": "Eight planets, three columns. A small CSV file will do.", **PACE},
            *say("I'll write the file; you will be asked first."),
            {"tool": "Write", "input": {"file_path": str(path), "content": _PLANETS}},
        ]

    def read(body: Mapping[str, Any]) -> Reply:
        path = _working_folder(body, folder) / "planets.csv"
        return [{"tool": "Read", "input": {"file_path": str(path)}}]

    return [
        *analysis.rules(),
        {"when": {"regex": r"(?i)jupyter kernel"}, "replies": [say(_KERNEL)]},
        {"when": {"regex": r"(?i)ten-year-old"}, "replies": _retell},
        {"when": {"regex": r"(?i)what did I (just )?ask"}, "replies": _what_was_asked},
        {"when": {"regex": r"(?is)write\b.*\.csv"}, "replies": write},
        {
            "when": {"regex": r"(?i)delete planets\.csv"},
            "replies": [
                [
                    *say("This command would delete the file:"),
                    {"tool": "Bash", "input": {"command": "rm planets.csv"}},
                ],
                _after_delete,
            ],
        },
        {"when": {"regex": r"(?i)most moons"}, "replies": [read, _after_read]},
        {"when": {"regex": r"(?i)long story"}, "replies": [_story()]},
        {"when": {"regex": r"(?i)which colou?r"}, "replies": [_ask_colour, _after_colour]},
        {"when": {"regex": r"(?i)run (the command )?`[^`]+`"}, "replies": [_run, _after_run]},
        {"replies": [_only_practice, say("That is all that I can do here.")]},
    ]


def _working_folder(body: Mapping[str, Any], folder: Path | None) -> Path:
    """Return the working folder that the CLI names."""
    said = re.search(r"[Ww]orking directory: ([^\n]+)", "\n".join(_notes(body)))
    return Path(said[1].strip()) if said else folder or Path.cwd()


def _notes(body: Mapping[str, Any]) -> list[str]:
    """Return the CLI's own texts for the model: the system prompt and its notes."""
    contents = [body.get("system")]
    contents += [
        message.get("content")
        for message in body.get("messages", ())
        if message.get("role") == "system"
    ]
    found: list[str] = []
    for content in contents:
        if isinstance(content, str):
            found.append(content)
        elif isinstance(content, Sequence):
            found += [str(block.get("text", "")) for block in content]
    return found


def _retell(body: Mapping[str, Any]) -> Reply:
    if any("kernel" in text.lower() for text in earlier_texts(body)):
        return say(
            "You asked about the Jupyter kernel: it is the helper behind your notebook that does "
            "the sums you write down, and remembers the answers until you send it home."
        )
    return say("Say what again? This conversation has just begun. Ask the earlier question first.")


def _what_was_asked(body: Mapping[str, Any]) -> Reply:
    earlier = earlier_texts(body)
    if not earlier:
        return say("Nothing yet: this conversation has just begun.")
    return say(f"Your first prompt in this conversation was: “{earlier[0]}”")


def _after_write(body: Mapping[str, Any]) -> Reply:
    if failed(body):
        return say("I could not write the file: you said no, or there was an error.")
    return say("Done: `planets.csv` holds eight planets, with their distance and moons.")


def _after_delete(body: Mapping[str, Any]) -> Reply:
    if failed(body):
        return say("You denied the command, so I did not run it. The file is still there.")
    return say("The command ran, and `planets.csv` is gone.")


def _after_read(body: Mapping[str, Any]) -> Reply:
    if failed(body):
        return say("I could not read `planets.csv`. Run the cell that writes it first.")
    return say(json.dumps({"name": "Saturn", "moons": 274}))


def _ask_colour(body: Mapping[str, Any]) -> Reply:
    options = [{"label": label, "description": text} for label, text in _COLOURS]
    question = {
        "question": "Which colour do you like best?",
        "header": "Colour",
        "options": options,
        "multiSelect": False,
    }
    return [{"tool": "AskUserQuestion", "input": {"questions": [question]}}]


def _after_colour(body: Mapping[str, Any]) -> Reply:
    results = tool_results(body)
    if not results or results[-1].is_error or "did not answer" in results[-1].text:
        return say("You would rather not say; that is fine.")
    for label, _ in _COLOURS:
        if label in results[-1].text:
            return say(f"{label} it is. A fine choice.")
    return say(f"I see: {results[-1].text}")


def _run(body: Mapping[str, Any]) -> Reply:
    command = re.search(r"`([^`]+)`", last_prompt(body))
    return [{"tool": "Bash", "input": {"command": command[1] if command else "true"}}]


def _after_run(body: Mapping[str, Any]) -> Reply:
    results = tool_results(body)
    if not results:
        return say("Nothing was run.")
    if results[-1].is_error:
        return say("The command did not run, or it failed. The tool call above says which.")
    return say(f"It printed:\n\n```text\n{results[-1].text}\n```")


def _only_practice(body: Mapping[str, Any]) -> Reply:
    known = "\n".join(f"- {prompt}" for prompt in KNOWN_PROMPTS)
    return say(
        "I am only the practice model: my replies are scripted, and nothing leaves this machine. "
        f"The tools, the permission requests and the files are real. I know these prompts:\n\n"
        f"{known}\n\n"
        "I also know those of the notebook `analysis.ipynb`.\n\n"
        "For real answers sign in: run `%claude login`."
    )


def _tools_called(body: Mapping[str, Any]) -> list[str]:
    """Return the names of the tools called since the last prompt."""
    answers = [message for message in body["messages"] if message.get("role") == "assistant"]
    recent = answers[len(answers) - call_number(body) :]
    return [
        block["name"]
        for message in recent
        if isinstance(message["content"], list)
        for block in message["content"]
        if block.get("type") == "tool_use"
    ]


def _story() -> Reply:
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
