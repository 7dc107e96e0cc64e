"""The first line of a ``%%claude`` cell: options, a prompt, and slips of the keyboard."""

from __future__ import annotations

import re

import pytest
from IPython.core.error import UsageError

from jupyter_claude._cell_line import CellArguments, CellLineError, parse_cell
from jupyter_claude._cell_usage import CELL_USAGE
from jupyter_claude._did_you_mean import did_you_mean
from jupyter_claude._ipython.help import HELP
from jupyter_claude._ipython.magics import ClaudeMagics
from jupyter_claude._ipython.rewind_magic import USAGE as REWIND_USAGE
from jupyter_claude._ipython.rewind_magic import parse as parse_rewind

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("line", "below", "prompt"),
    [
        ("What's in this folder?", "", "What's in this folder?"),
        ("Explain:", "\n  x = 1\n", "Explain:\n\n  x = 1"),
        ('  "quoted" and \\n and {braces}  ', "", '"quoted" and \\n and {braces}'),
        ("- a list --new of things", "", "- a list --new of things"),
        ("-- --verbose does what?", "", "--verbose does what?"),
        ("", "below\n", "below"),
        ("", " \n", ""),
    ],
)
def test_a_prompt_on_the_first_line(line: str, below: str, prompt: str) -> None:
    """Otherwise what everybody types first is refused, or reaches Claude changed."""
    arguments = parse_cell(line)
    assert arguments.prompt_with(below) == prompt
    arguments.prompt = ""
    assert arguments == CellArguments()


def test_options_stand_before_the_prompt() -> None:
    """Otherwise an option is asked of Claude, or a word of the prompt changes what runs."""
    arguments = parse_cell("--as plan --model='my m' --budget 0.5 --new --quiet Why --so ? ")
    assert arguments == CellArguments("plan", "my m", True, None, 0.5, True, "Why --so ?")
    for line in ("Why? --model opus", "Why? --quiet --new"):
        with pytest.raises(CellLineError, match=r"put options before the prompt \(%%claude --"):
            parse_cell(line)
    flags = (
        "What do these do: " + "--new and " * 5_000
    )  # would never end if each tried all behind it
    assert parse_cell(flags).prompt == flags.strip()
    assert parse_cell("-- What does git do with --quiet").prompt == "What does git do with --quiet"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--modle opus Hi", "'--modle' is not an option; did you mean --model?"),
        ("--Quite", "'--Quite' is not an option; did you mean --quiet?"),
        ("—new Hi", "'—new' is not an option; did you mean --new?"),
        ("-model opus", "'-model' is not an option; did you mean --model?"),
        (
            "--verbose",
            "'--verbose' is not an option; to begin the prompt with it, put -- before it",
        ),
        ("--new=1", "--new takes no value"),
        ("--model", "--model needs a value"),
        ("--model '' Hi", "--model needs a value"),
        ("--as 1x Hi", "--as needs a variable's name, not '1x'"),
        ("--as --new", "--as needs a variable's name, not '--new'"),
        ("--as lambda", "--as needs a variable's name, not 'lambda'"),
        ("--max-turns 0", "--max-turns needs a whole number of at least 1, not '0'"),
        ("--max-turns=1.5", "--max-turns needs a whole number of at least 1, not '1.5'"),
        ("--budget -1", "--budget: a budget is an amount of US dollars such as 0.50, not '-1'"),
        ("--model 'opus Hi", "No closing quotation"),
    ],
)
def test_a_slip_of_the_keyboard(line: str, words: str) -> None:
    """Otherwise one has to look up what the option was called."""
    with pytest.raises(CellLineError) as caught:
        parse_cell(line)
    said = str(caught.value)
    assert said.startswith(words)
    assert said.endswith(f". Usage: {CELL_USAGE}")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("--max-turns=3 Hi", CellArguments(max_turns=3, prompt="Hi")),
        ("--max-turns 3", CellArguments(max_turns=3)),
        ("--model opus\tHi", CellArguments(model="opus", prompt="Hi")),
        ("--model=a'b c'd Hi", CellArguments(model="ab cd", prompt="Hi")),
        ("--model -x What's --new?", CellArguments(model="-x", prompt="What's --new?")),
        ("--new --quiet -- --as it is", CellArguments(new=True, quiet=True, prompt="--as it is")),
        ("--as a --as b", CellArguments(name="b")),
    ],
)
def test_what_a_line_says(line: str, arguments: CellArguments) -> None:
    """Otherwise what users type day by day is refused, or means something else."""
    assert parse_cell(line) == arguments


def test_help_has_each_option() -> None:
    """Otherwise `%%claude?` keeps an option to itself."""
    assert ClaudeMagics.claude.__doc__ == HELP
    cell, _, lines = HELP.partition("\n\n")
    shown = re.findall(r"^ +(--[a-z-]+(?: [A-Z]+)?) ", cell, re.MULTILINE)
    usage = re.findall(r"\[(--[^]]*)\]", CELL_USAGE)
    assert sorted(shown) == sorted(usage)
    for option in shown:
        name, _, value = option.partition(" ")
        example = {"NAME": "x", "M": "x", "N": "1", "USD": "1"}.get(value, "")
        assert parse_cell(f"{name} {example}") != CellArguments()
    for word in ("--files", "--conversation", "--now", "undo"):
        assert word in REWIND_USAGE
        assert word in lines.partition("%claude rewind")[2].partition("%claude cost")[0]


def test_did_you_mean() -> None:
    """Otherwise a guess is far off, or there is none where one letter is wrong."""
    assert did_you_mean("modle", ["mode", "model", "new"]) == "did you mean model?"
    assert did_you_mean("Acceptedits", ["plan", "acceptEdits"]) == "did you mean acceptEdits?"
    assert did_you_mean("xyz", ["plan", "acceptEdits"]) == ""
    with pytest.raises(UsageError, match="did you mean --now"):
        parse_rewind("2 --nwo")
