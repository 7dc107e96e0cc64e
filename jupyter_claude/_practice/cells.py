"""What the practice model answers about a cell: explain its error, fix it, or describe it.

JupyterLab's commands write these prompts (`labextension/plugin/commands/prompts.ts`). All that it
says comes from the cell and its error. It can only repair a misspelt name.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_claude_sdk.testing import Reply

from .asked import Asked
from .replies import Play, fenced, quoted, say

_BLOCK = re.compile(r"(?ms)^(`{3,})([\w+#.-]*)\n(.*?)\n\1\s*$")
_ERROR_LINE = re.compile(
    r"(?m)^((?:\w+\.)*\w*(?:Error|Exception|Interrupt|Exit|Warning))\b:? ?(.*)$"
)
_ARROW = re.compile(r"(?m)^-+> *\d+ ?(.*)$")
_NAMES = 6  # of a kind in a description

#: Columns of the example notebooks, known without having seen the frame.
_COLUMNS = ("cyclists", "temperature", "rain", "scoops", "day")

_MEANS = {
    "KeyError": (
        "The code looks up a key, or a column, that does not exist.",
        "Compare the name with the frame's `.columns`, or with the dictionary's `.keys()`.",
    ),
    "NameError": (
        "The code uses a name that has no value.",
        "Correct its spelling, or first run the cell that sets it.",
    ),
    "AttributeError": (
        "The object has no attribute or method of this name.",
        "Correct its spelling, and look whether the object has the type that you expect.",
    ),
    "TypeError": (
        "A value has a type with which this cannot be done.",
        "Look at the types on that line, and convert one of the values.",
    ),
    "ValueError": (
        "The type is right, but the value is not.",
        "Look at the value just before that line.",
    ),
    "ZeroDivisionError": (
        "Something is divided by zero.",
        "Handle an empty or zero divisor first.",
    ),
    "IndexError": ("The position is beyond the end.", "Compare it with the length."),
    "FileNotFoundError": (
        "There is no file with this path.",
        "Compare the path with the folder in which the kernel works.",
    ),
    "ModuleNotFoundError": (
        "This kernel's environment does not have the package.",
        "If you know the package, install it with `%pip install`, then run the cell again.",
    ),
    "SyntaxError": (
        "Python cannot read the code, so none of it ran.",
        "Look at the marked place, and at the end of the line before it.",
    ),
}
_UNKNOWN = (
    "Python stopped at this line.",
    "Look at the values on that line, just before it runs.",
)


@dataclass(frozen=True)
class Cell:
    """A cell, as a prompt of JupyterLab's commands shows it."""

    label: str
    source: str
    output: str
    error: str

    @property
    def kind(self) -> str:
        found = _ERROR_LINE.findall(self.error)
        return str(found[-1][0]).rpartition(".")[2] if found else ""

    @property
    def message(self) -> str:
        found = _ERROR_LINE.findall(self.error)
        return str(found[-1][1]).strip() if found else ""

    @property
    def line(self) -> str:
        """The line of the cell at which it failed."""
        sources = [line.strip() for line in self.source.split("\n")]
        marked = [line.strip() for line in _ARROW.findall(self.error)]
        return next((line for line in marked if line and line in sources), "")


def rules() -> list[tuple[str, Play]]:
    """Return the rules for prompts about a cell."""
    return [
        (r"(?s)^Fix the error of ", _fix),
        (r"(?s)^Explain the error of ", _explain),
        (r"(?sm)^This is about .+:$\s+^```", _describe),
        (r"(?i)^explain @error\b", explain_named),
    ]


def _fix(asked: Asked) -> Reply:
    cell = read_cell(asked.prompt)
    found = misspelt(cell.kind, cell.message, asked)
    if found:
        wrong, right = found
        fixed = re.sub(rf"\b{re.escape(wrong)}\b", lambda _: right, cell.source)
        if fixed != cell.source:
            text = f"{quoted(wrong)} is misspelt: the name is {quoted(right)}.\n\n"
            return say(text + fenced(fixed, "python", most=100_000))
    means, _ = _MEANS.get(cell.kind, _UNKNOWN)
    return say(
        f"{means} I am only the practice model: I can repair a misspelt name, and this is another "
        "kind of mistake. A real Claude would give you the corrected cell here."
    )


def _explain(asked: Asked) -> Reply:
    cell = read_cell(asked.prompt)
    return say(_explained(cell.kind, cell.message, cell.line, asked))


def explain_named(asked: Asked) -> Reply:
    """Explain the error that the prompt names with @error; the CLI's request has it."""
    text = asked.newest_text(_ERROR_LINE.pattern)
    found = _ERROR_LINE.findall(text)
    if not found:
        return say("There is no error yet. Run the cell that fails, then ask again.")
    kind, message = found[-1]
    marked = _ARROW.search(text)  # the first frame is the cell's
    line = marked[1].strip() if marked else ""
    return say(_explained(kind.rpartition(".")[2], message.strip(), line, asked))


def _explained(kind: str, message: str, line: str, asked: Asked) -> str:
    if not kind:
        return "I see no error in this cell. Run it again, then ask."
    means, remedy = _MEANS.get(kind, _UNKNOWN)
    says = quoted(f"{kind}: {message}" if message else kind)
    parts = [f"**What went wrong.** The error is {says}. {means}"]
    if line:
        parts.append(f"**Where.** At this line:\n\n{fenced(line, 'python')}")
    found = misspelt(kind, message, asked)
    if found:
        remedy = f"{quoted(found[0])} is misspelt: write {quoted(found[1])}."
    parts.append(f"**How to fix it.** {remedy}")
    return "\n\n".join(parts)


def misspelt(kind: str, message: str, asked: Asked) -> tuple[str, str] | None:
    """Return a misspelt name of an error's message, and the right one, if there is one.

    The right one is Python's own suggestion, or a similar name that this conversation has.
    """
    name = re.search(
        r"name '(\w+)' is not defined|has no attribute '(\w+)'|Column not found: (\w+)"
        r"|^'(\w+)'$|No module named '(\w+)'",
        message,
    )
    wrong = next(filter(None, name.groups()), "") if name else ""
    if not wrong or kind == "ModuleNotFoundError":
        return None
    suggested = re.search(r"Did you mean: '(\w+)'", message)
    if suggested:
        return wrong, suggested[1]
    known = {word for word in asked.words() | set(_COLUMNS) if word != wrong}
    close = difflib.get_close_matches(wrong, sorted(known), n=1, cutoff=0.8)
    return (wrong, close[0]) if close else None


def _describe(asked: Asked) -> Reply:
    cell = read_cell(asked.prompt)
    lines = len(cell.source.split("\n")) if cell.source else 0
    parts = [f"{cell.label} has {lines} {'line' if lines == 1 else 'lines'}."]
    if lines:
        parts += _described(cell.source)
    if cell.error:
        parts.append(f"It failed with {quoted(f'{cell.kind}: {cell.message}')}.")
    elif cell.output:
        parts.append(f"Its output begins with {quoted(cell.output[:60].splitlines()[0])}.")
    parts.append("I read this from the code; for more than that, sign in and ask a real Claude.")
    return say(" ".join(parts))


def _described(source: str) -> list[str]:
    if source.startswith("%%"):
        return [f"It begins with the magic {quoted(source.split()[0])}."]
    code = re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return ["Python cannot read it, so I cannot say what it does."]
    kinds = (
        ("It imports", _imports(tree)),
        ("It defines", _definitions(tree)),
        ("It sets", _names_set(tree)),
        ("It calls", _calls(tree)),
    )
    return [f"{verb} {_listed(list(dict.fromkeys(names)))}." for verb, names in kinds if names]


def _imports(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or ".")
    return found


def _definitions(tree: ast.Module) -> list[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in tree.body if isinstance(node, kinds)]


def _names_set(tree: ast.Module) -> list[str]:
    found: list[str] = []
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (name for target in targets for name in ast.walk(target))
            found += [name.id for name in names if isinstance(name, ast.Name)]
    return found


def _calls(tree: ast.Module) -> list[str]:
    def dotted(node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute):
            before = dotted(node.value)
            return f"{before}.{node.attr}" if before else ""
        return ""

    return [
        name for node in ast.walk(tree) if isinstance(node, ast.Call) if (name := dotted(node.func))
    ]


def _listed(names: list[str]) -> str:
    shown = [quoted(name) for name in names[:_NAMES]]
    if len(names) > _NAMES:
        shown.append("more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def read_cell(prompt: str) -> Cell:
    """Return the cell of a prompt."""
    label = re.search(r"(?m)^(?:\w+ the error of|This is about) (.+?)[.:]$", prompt)
    source, output, error = "", "", ""
    for title, text in _titled_blocks(prompt):
        if title.startswith("Its error"):
            error = text
        elif title.startswith("Its output"):
            output = text
        else:
            source = source or text
    return Cell(label[1] if label else "The cell", source, output, error)


def _titled_blocks(prompt: str) -> Iterator[tuple[str, str]]:
    """Yield each block between fences, with the line before it."""
    end = 0
    for block in _BLOCK.finditer(prompt):
        before = prompt[end : block.start()].strip()
        yield before.rpartition("\n")[2], block[3]
        end = block.end()
