"""Reads the first line of a ``%%claude`` cell: its options, and the prompt after them.

We tried `IPython.core.magic_arguments`. It splits the line into words, so it does not say where the
options end. The prompt after them must stay as the user typed it ("What's new?"). With it in place
of `_set` this module had 168 lines, not 146. It has no "did you mean", and it accepts no value that
begins with ``-``. This module needs no IPython: `jupyter-claude replay` reads cells too.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from keyword import iskeyword

from ._cell_usage import CELL_USAGE
from ._cost.budget import checked
from ._did_you_mean import did_you_mean

_VALUED = ("--as", "--model", "--schema", "--max-turns", "--budget", "--attach")
_OPTIONS = (*_VALUED, "--new", "--quiet")
#: In how many characters at the end of a line we look for options.
_LONGEST_OPTIONS = 300
_OPTION = re.compile(r"--[^\s=]*")
# A single dash, or a long one, which some keyboards make of two. Other words after it are a prompt.
_NEARLY = re.compile(r"[-\u2013\u2014](?=[a-z])([a-z-]+)(?=[\s=]|$)")
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')*""")


class CellLineError(ValueError):
    """The line is wrong. The message is one line: what is wrong, and the usage."""


@dataclass
class CellArguments:
    """The options and the prompt of a ``%%claude`` line."""

    name: str | None = None
    model: str | None = None
    new: bool = False
    max_turns: int | None = None
    budget: float | None = None
    quiet: bool = False
    prompt: str = ""
    schema: str | None = None
    attach: list[str] = field(default_factory=list)

    def prompt_with(self, below: str) -> str:
        """Return the whole prompt: the text on the line, and the text `below` it."""
        lines = [text for text in (self.prompt, below) if text.strip()]
        return "\n".join(lines).strip("\n")


def parse_cell(line: str) -> CellArguments:
    """Read a ``%%claude`` line: options, then the prompt or its beginning.

    The prompt stays as the user typed it. The user may write ``--`` before it.

    Raises
    ------
    CellLineError
        If the line is wrong.
    """
    arguments, rest, is_ended = _options(line.strip())
    arguments.prompt = rest.strip()
    if is_ended:
        return arguments
    nearly = _NEARLY.match(rest)
    if nearly is not None and f"--{nearly[1]}" in _OPTIONS:
        raise _usage(f"{nearly[0]!r} is not an option; did you mean --{nearly[1]}?")
    _refuse_options_behind(rest)
    return arguments


def _options(rest: str) -> tuple[CellArguments, str, bool]:
    """Return a line's options, the text after them, and whether ``--`` ended them."""
    arguments = CellArguments()
    while (found := _OPTION.match(rest)) is not None:
        option, rest = found[0], rest[found.end() :]
        if option == "--":
            return arguments, rest, True
        if option not in _OPTIONS:
            raise _unknown(option)
        if option in _VALUED:
            if not rest.strip():
                raise _usage(f"{option} needs a value")
            value, rest = _first_word(rest[1:] if rest[0] == "=" else rest.lstrip())
            _set(arguments, option, value)
        elif rest[:1] == "=":
            raise _usage(f"{option} takes no value")
        elif option == "--new":
            arguments.new = True
        else:
            arguments.quiet = True
        rest = rest.lstrip()
    return arguments, rest, False


def _unknown(option: str) -> CellLineError:
    hint = did_you_mean(option, _OPTIONS)
    hint = hint or (
        "to begin the prompt with it, put -- before it, or write the prompt on the next line"
    )
    return _usage(f"{option!r} is not an option; {hint}")


def _refuse_options_behind(prompt: str) -> None:
    """Refuse options at the end of the line: they would be words of the prompt and do nothing."""
    end = prompt[-_LONGEST_OPTIONS:]
    for found in re.finditer(r"(?<=\s)--(?=\w)", end):
        options = end[found.start() :]
        try:
            _, rest, is_ended = _options(options)
        except CellLineError:
            continue
        if not rest and not is_ended:
            raise _usage(
                f"put options before the prompt (%%claude {options} …); "
                "if they are part of it, begin it with --"
            )


def _first_word(text: str) -> tuple[str, str]:
    """Return the first word, without the quotation marks of a shell, and the text after it."""
    found = _WORD.match(text)
    end = found.end() if found is not None else 0
    if text[end : end + 1].strip():
        raise _usage("No closing quotation")
    return "".join(shlex.split(text[:end])), text[end:]


def _set(arguments: CellArguments, option: str, value: str) -> None:
    if option == "--as":
        if not value.isidentifier() or iskeyword(value):
            raise _usage(f"--as needs a variable's name, not {value!r}")
        arguments.name = value
    elif option == "--model":
        if not value:
            raise _usage("--model needs a value")
        arguments.model = value
    elif option == "--schema":
        if not all(part.isidentifier() for part in value.split(".")):
            raise _usage(f"--schema needs the name of a type in your notebook, not {value!r}")
        arguments.schema = value
    elif option == "--attach":
        if not value:
            raise _usage("--attach needs the name of a variable or a file")
        arguments.attach.append(value)
    elif option == "--budget":
        try:
            arguments.budget = checked(value)
        except ValueError as error:
            raise _usage(f"--budget: {error}") from None
    elif not value.isdecimal() or int(value) < 1:
        raise _usage(f"--max-turns needs a whole number of at least 1, not {value!r}")
    else:
        arguments.max_turns = int(value)


def _usage(problem: str) -> CellLineError:
    return CellLineError(f"{problem}. Usage: {CELL_USAGE}")
