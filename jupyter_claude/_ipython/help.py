"""The commands of the magics, with what each does: for ``%claude help``, as text and as a table."""

from __future__ import annotations

from .._cell_usage import CELL_USAGE
from .._tables import Column, Report, Table

_CELL = "Send the rest of the line and the lines below to Claude. `_` is then the turn."

#: The options of ``%%claude``.
OPTIONS: tuple[tuple[str, str], ...] = (
    ("--as NAME", "keep the turn in a variable"),
    ("--model M", "another model, for this turn"),
    ("--new", "start a new conversation first"),
    ("--schema NAME", "ask for a value of this type of the notebook"),
    ("--max-turns N", "stop after N model calls"),
    ("--budget USD", "stop once this turn has cost more"),
    ("--attach NAME", "attach a variable or a file; can be repeated"),
    ("--quiet", "show only permission requests and errors"),
)
#: The commands of ``%claude``. The lines of a description are those of the text.
COMMANDS: tuple[tuple[str, str], ...] = (
    ("%claude status", "what is running, and the conversation's id"),
    ("%claude panel", "the chat panel, which shares this conversation"),
    ("%claude history", "the turns so far, with a slider to rewind"),
    (
        "%claude rewind [N]",
        "show what going back to before turn N would change; --now does it;\n"
        "--files or --conversation: only that; undo: undo the last rewind",
    ),
    ("%claude cost", "show the costs, by turn and by model"),
    ("%claude budget [USD|off]", "show or change the limit of the session's cost"),
    ("%claude model [M]", "show or change the model"),
    (
        "%claude mode [MODE]",
        "show or change the permission mode, by its name here or in the panel;\n"
        "bypassPermissions asks whether you mean it; with --yes after it,\n"
        "it does not ask",
    ),
    (
        "%claude kernel [off|ask|look]",
        "show or change whether Claude can look into this kernel and run\n"
        "code in it; ask: each look and run asks you; look: only runs ask",
    ),
    (
        "%claude replay [MODE]",
        "show or choose whether this notebook's prompts are recorded, and\n"
        "answered from the recording: off, auto, only or record",
    ),
    ("%claude tools", "list the servers and tools that Claude has, with their state"),
    (
        "%claude trust [yes|no|forget]",
        "show what this folder's settings would do, and whether they count;\n"
        "yes, no (in this session) or forget (the next prompt asks)",
    ),
    ("%claude new", "start a new conversation"),
    ("%claude resume [NUMBER|ID]", "continue this notebook's last one, or another; lists them"),
    ("%claude fork [N]", "continue in a copy of the conversation, as it is or was after turn N"),
    ("%claude rename TITLE", "give the conversation a title"),
    ("%claude stop", "end the Claude Code process; the next prompt starts it again"),
    ("%claude login [key]", "sign in to Claude; key: give an API key for this kernel"),
    ("%claude install", "install Claude Code"),
    ("%claude doctor", "check the installation"),
    ("%claude help", "this text"),
)
_PYTHON = 'In Python: from jupyter_claude import claude; turn = await claude.ask("…")'
_SETTINGS = "Settings:  %config ClaudeMagics"


def _text() -> str:
    lines = [CELL_USAGE, f"    {_CELL}"]
    lines += [f"      {form:<15} {does}" for form, does in OPTIONS]
    lines.append("")
    for form, does in COMMANDS:
        first, *others = does.split("\n")
        lines += [f"{form:<29} {first}", *(f"{'':30}{line}" for line in others)]
    return "\n".join([*lines, "", _PYTHON, _SETTINGS])


#: The help as text; ``%%claude?`` shows it too.
HELP = _text()


def help_report() -> Report:
    """Return the help, which a notebook shows as tables."""
    columns = (Column("type", "command"), Column("what it does", "text"))
    cell = [(CELL_USAGE, _CELL.replace("`_`", "_")), *OPTIONS]
    commands = [(form, " ".join(does.split("\n"))) for form, does in COMMANDS]
    return Report(
        Table("A prompt in a cell", columns, cell),
        Table("Commands", columns, commands),
        _PYTHON,
        " ".join(_SETTINGS.split()),
        text=HELP,
    )
