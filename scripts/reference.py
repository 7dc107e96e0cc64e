"""The tables of the reference that are made of the code, as Markdown.

A page of `docs/` has one where it says so::

    ```{from-code} settings
    ```

`PARTS` has all of them. What a part describes, it takes from where the program itself takes it.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import Any as AnyTrait
from traitlets import Bool, Dict, Enum, Float, Int, List, TraitType, Unicode

from jupyter_claude._cell_usage import CELL_USAGE
from jupyter_claude._command.main import _parser
from jupyter_claude._ipython.help import COMMANDS, OPTIONS
from jupyter_claude._settings import Settings

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "labextension/plugin"

#: What a setting may be, in words.
_KINDS: tuple[tuple[type[TraitType[Any, Any]], str], ...] = (
    (Bool, "`True` or `False`"),
    (Float, "a number"),
    (Int, "a whole number, or `None`"),
    (List, "a list"),
    (Dict, "a dict"),
    (Unicode, "a text"),
    (AnyTrait, "an object, or `None`"),
)


def settings() -> str:
    """Return the settings of a session: name, type, default, help."""
    rows = [
        (_code(name), _kind(trait), _default(trait), _text(trait.help or ""))
        for name, trait in sorted(Settings.class_traits(config=True).items())
    ]
    return _table(("setting", "type", "default", "what it does"), rows)


def _kind(trait: TraitType[Any, Any]) -> str:
    if isinstance(trait, Enum):
        return " or ".join(_code(json.dumps(value)) for value in trait.values or ())
    return next(words for kind, words in _KINDS if isinstance(trait, kind))


def _default(trait: TraitType[Any, Any]) -> str:
    value = trait.default()
    return _code(json.dumps(value) if isinstance(value, (str, list)) else repr(value))


def lab_settings() -> str:
    """Return the settings of JupyterLab's extension."""
    rows = [
        (one["title"], "on" if one["default"] else "off", _text(one["description"]))
        for one in _schema()["properties"].values()
    ]
    return _table(("setting", "default", "what it does"), rows)


def cell_usage() -> str:
    """Return the form of a cell's first line."""
    return f"```text\n{CELL_USAGE}\n```"


def cell_options() -> str:
    """Return the options of ``%%claude``."""
    return _table(
        ("option", "what it does"), [(_code(form), _text(does)) for form, does in OPTIONS]
    )


def magics() -> str:
    """Return the commands of ``%claude``."""
    rows = [(_code(form), _text(" ".join(does.split("\n")))) for form, does in COMMANDS]
    return _table(("command", "what it does"), rows)


def shortcuts() -> str:
    """Return JupyterLab's shortcuts for Claude, with the names of their commands."""
    labels = _labels()
    found: dict[str, str] = {}
    for one in _schema()["jupyter.lab.shortcuts"]:
        found.setdefault(one["command"], _keys(one["keys"]))
    rows = [(keys, labels[command], _code(command)) for command, keys in found.items()]
    return _table(("keys", "command", "its id, for your own shortcuts"), rows)


def panel_keys() -> str:
    """Return the keys of the panel's text field, as its list of keys has them."""
    source = (ROOT / "labextension/src/panel/composer.ts").read_text("utf-8")
    listed = source[source.index("const own = [") : source.index("] as const")]
    rows = [
        (f"**{_text(json.loads(keys))}**", _text(json.loads(does)))
        for keys, does in re.findall(r'\[("[^"]+"), trans\.__\(("[^"]+")\)\]', listed)
    ]
    assert len(rows) == listed.count("trans.__")
    return _table(("keys", "what they do"), rows)


def _labels() -> dict[str, str]:
    """Return the labels of the plugin's commands, by their ids."""
    source = (PLUGIN / "commands/index.ts").read_text("utf-8")
    ids = dict(re.findall(r'^  (\w+): "(jupyter-claude:[\w-]+)",$', source, re.MULTILINE))
    text = r'trans\.__\("([^"]+)"(?:, "([^"]+)")?\)'
    added = re.findall(rf"COMMANDS\.(\w+),\s+\(\) => {text}", source)
    answers = re.findall(rf"^  (\w+): \{{\n    label: \(\) => {text}", source, re.MULTILINE)
    return {ids[name]: label.replace("%1", value) for name, label, value in (*added, *answers)}


def _keys(keys: list[str]) -> str:
    return ", then ".join(f"**{key.replace('Accel ', 'Ctrl+')}**" for key in keys)


def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((PLUGIN / "schema/commands.json").read_text("utf-8"))
    return schema


def command() -> str:
    """Return the command ``jupyter-claude`` with all that belongs to it."""
    parser = _parser()
    parts = [_text(parser.description or ""), "", _usage(parser), "", *_arguments(parser), ""]
    for words, one in _below(parser, ()):
        parts += [f"## `jupyter-claude {' '.join(words)}`", "", _text(one.description or ""), ""]
        parts += [_usage(one), "", *_arguments(one), "", _text(one.epilog or ""), ""]
    return "\n".join(parts)


def _below(
    parser: argparse.ArgumentParser, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, one in action.choices.items():
                yield (*words, name), one
                yield from _below(one, (*words, name))


def _usage(parser: argparse.ArgumentParser) -> str:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    return f"```text\n{usage}\n```"


def _arguments(parser: argparse.ArgumentParser) -> list[str]:
    rows = [
        (
            ", ".join(map(_code, action.option_strings)) or _code(str(action.metavar)),
            _text(action.help or ""),
        )
        for action in parser._actions
        if not isinstance(action, (argparse._SubParsersAction, argparse._HelpAction))
    ]
    return [_table(("argument", "what it does"), rows)] if rows else []


#: What a page may name.
PARTS: dict[str, Callable[[], str]] = {
    "settings": settings,
    "lab-settings": lab_settings,
    "cell-usage": cell_usage,
    "cell-options": cell_options,
    "magics": magics,
    "shortcuts": shortcuts,
    "panel-keys": panel_keys,
    "command": command,
}


def _code(text: str) -> str:
    return f"`{text}`".replace("|", r"\|")


def _text(text: str) -> str:
    """Return `text` as Markdown: its words stay as they are, and code stays code."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([\\*_<>\[\]{}|$])", r"\\\1", piece)
        for piece in pieces
    )


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Give Sphinx the directive ``from-code``."""
    from docutils import nodes
    from sphinx.util.docutils import SphinxDirective

    class FromCode(SphinxDirective):
        """What the code says of one thing."""

        required_arguments = 1

        def run(self) -> list[nodes.Node]:
            text = PARTS[self.arguments[0]]()
            return self.parse_text_to_nodes(text, allow_section_headings=True)

    app.add_directive("from-code", FromCode)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
