"""The messages that users see when something is wrong, as they stand in the code.

What a message fills in is ``…``: ``The MCP server … needs you to sign in``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
#: What a message fills in.
GAP = "…"
#: The errors whose message a user reads: in a cell as one line, or of the SDK's connection.
_ERRORS = (
    "APIError AnswerInvalid BatchError BudgetExceeded CLIConnectionError CLINotFoundError "
    "CLIVersionError CacheError ClaudeError InstallError Lost NotSignedIn RecordingError Refused "
    "ReplayMissing RewindRefused SpendUnreadable StreamStalled TurnFailed TurnInterrupted "
    "TurnLimitReached UsageError VisitError _RunError"
)
#: The calls that make a message, and which of their arguments it is.
MAKERS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(_ERRORS.split(), (0,)),
    "_Problem": (0,),  # an error of the API
    "Said": (0,),  # an error of Bedrock and others
    "_problem": (0,),  # with their variables
    "_refuse": (0,),  # `ask_sync`
    "_fail": (0,),  # a command
    "warn": (0,),
    "deny": (1,),  # by no user
    "notice": (1,),  # in a turn
    "Problem": (1,),  # in a turn, and by `doctor`
    "Finding": (2, 3),  # by `doctor`: what is wrong, and what to do
}
#: Modules whose functions return what they refuse, in words.
_REFUSING = ("_policy/rules.py", "_policy/options.py", "_policy/spending.py", "_policy/policy.py")
#: Rooms whose texts Claude reads, or which play a model.
_OTHERS = ("_practice", "_notebook", "compat", "testing")
#: Of the texts that a page shows, those that say that something is wrong.
_WRONG = re.compile(
    r"\b(not|cannot|no|failed|lost|nobody|nothing|too|ended|never|could|wrong|missing|again)\b",
    re.IGNORECASE,
)
#: Such texts say that nothing is wrong, as notes, prompts and explanations do.
_FINE = (
    "Checking what would change",
    "Choose an answer",
    "Everything runs without",
    "Find out why",
    "No conversation",
    "Nothing is known yet",
    "Only this kernel's memory",
    "Start a conversation",
    "installed by jupyter-claude)",
    "they reach Python at once",
    "unknown, because it is Claude Code",
    "There is no text to compare",
)
#: So many texts one place may make; more come of a chain of names that means nothing.
_MOST = 40


class Message(NamedTuple):
    """A message, and where it stands."""

    text: str
    place: str

    @property
    def is_stable(self) -> bool:
        """Whether it has words enough of its own, by which a user can search it."""
        return _words(self.text) > 2


def of_python() -> list[Message]:
    """Return the messages of the two packages."""
    return made_in(
        {
            str(path.relative_to(ROOT)): path.read_text("utf-8")
            for package in ("jupyter_claude", "sdk/jupyter_claude_sdk")
            for path in sorted((ROOT / package).rglob("*.py"))
            if not set(_OTHERS) & {*path.parts, path.stem}
        }
    )


def made_in(sources: Mapping[str, str]) -> list[Message]:
    """Return the messages that modules make.

    Parameters
    ----------
    sources : mapping of str to str
        The modules' sources, by their places.
    """
    modules = {place: ast.parse(source) for place, source in sources.items()}
    known: list[_Names] = []
    for tree in modules.values():
        known.append(_Names(others=known))
        known[-1].read(tree.body)
    found = []
    for (place, tree), own in zip(modules.items(), known, strict=True):
        for text, line in _made_in(tree, own, returned=place.endswith(_REFUSING)):
            if not any(fine in text for fine in _FINE):
                found.append(Message(_tidy(text), f"{place}:{line}"))
    return _each_once(found)


def of_pages() -> list[Message]:
    """Return the messages of the views, from the catalogue, which has each text of a page."""
    catalogue = ROOT / "jupyter_claude/locale/jupyter_claude.pot"
    found = []
    for entry in catalogue.read_text("utf-8").split("\n\n")[1:]:
        lines = re.search(r"^msgid ((?:\".*\"\n?)+)", entry, re.MULTILINE)
        place = re.search(r"^#: (\S+)", entry, re.MULTILINE)
        if lines is None or place is None or place[1].startswith("plugin/schema/"):
            continue
        text = "".join(ast.literal_eval(line) for line in lines[1].splitlines())
        if text.endswith(".") and _WRONG.search(text) and not any(fine in text for fine in _FINE):
            found.append(Message(_tidy(re.sub(r"%\d", GAP, text)), f"labextension/{place[1]}"))
    return _each_once(found)


def _each_once(found: Iterable[Message]) -> list[Message]:
    return list({message.text: message for message in found if message.is_stable}.values())


def _words(text: str) -> int:
    return len(re.findall(r"[^\W\d_]{2,}", text))


def fits(entry: str, message: str) -> bool:
    """Whether the words of `entry` stand in `message`, in their order."""
    at = 0
    for piece in entry.split(GAP):
        at = message.find(piece.strip(), at)
        if at < 0:
            return False
        at += len(piece.strip())
    return True


def _tidy(text: str) -> str:
    text = re.sub(r"\{\w*\}", GAP, text)  # a field of `str.format`
    return re.sub(rf"(?:{GAP}\s*)+", lambda gap: GAP + " " * gap[0].endswith(" "), text).strip()


def _made_in(tree: ast.AST, names: _Names, returned: bool = False) -> Iterator[tuple[str, int]]:
    """Yield the texts that calls in `tree` make, and what functions return, with the lines."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _made_in(node, _Names(names, node), returned)
            continue
        if isinstance(node, ast.Call):
            for text in _messages_of(node):
                yield from ((found, node.lineno) for found in names.texts(text))
        elif returned and isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
            yield from ((found, node.lineno) for found in names.texts(node.value))
        yield from _made_in(node, names, returned)


def _messages_of(call: ast.Call) -> list[ast.expr]:
    """Return the arguments of `call` that users read."""
    called = call.func
    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
    if name == "print":
        to_stderr = any(ast.unparse(word.value) == "sys.stderr" for word in call.keywords)
        return call.args[:1] if to_stderr else []
    if name == "Finding" and "True" in map(ast.unparse, call.args[1:2]):
        return []  # all is well
    return [call.args[place] for place in MAKERS.get(name, ()) if place < len(call.args)]


class _Names:
    """What names and functions may stand for, as texts.

    Parameters
    ----------
    around : _Names, optional
        The names of the scope around.
    function : ast.AST, optional
        The function whose names these are. It is read when one is asked for.
    others : sequence of _Names
        Those of all modules, for what a module imports.
    """

    def __init__(
        self,
        around: _Names | None = None,
        function: ast.AST | None = None,
        others: Sequence[_Names] = (),
    ) -> None:
        self._around = around
        self._others = others
        self._unread = function
        self._values: dict[str, list[ast.expr]] = {}
        self._functions: dict[str, list[ast.AST]] = {}
        self._open: set[str] = set()
        self._known: dict[str, list[str]] = {}

    def read(self, nodes: Iterable[ast.AST]) -> None:
        """Take the assignments and the functions of a scope."""
        for node in nodes:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._bind(target, node.value)
            elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
                self._bind(node.target, node.value)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._functions.setdefault(f"{node.name}()", []).append(node)
            elif isinstance(node, ast.arg):
                self._values.setdefault(node.arg, [])  # nobody knows what
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._values.setdefault(node.id, [])
            elif isinstance(node, ast.ClassDef):
                self.read(item for item in node.body if not isinstance(item, ast.Assign))

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._values.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple):
            for number, part in enumerate(target.elts):
                for given in _branches(value):
                    if isinstance(given, ast.Tuple) and len(given.elts) == len(target.elts):
                        self._bind(part, given.elts[number])

    def has(self, name: str) -> bool:
        """Whether a name is one of these."""
        return name in self._values or name in self._functions

    def _found(self, name: str) -> list[str]:
        if name in self._open:
            return [GAP]
        if self._unread is not None:
            self.read(ast.walk(self._unread))
            self._unread = None
        for function in self._functions.pop(name, ()):
            returns = (node for node in ast.walk(function) if isinstance(node, ast.Return))
            values = [node.value for node in returns if node.value is not None]
            self._values.setdefault(name, []).extend(values)
        if name not in self._values:
            if self._around is not None:
                return self._around._found(name)
            # What a module imports; private names are each module's own.
            homes = [one for one in self._others if not name.startswith("_") and one.has(name)]
            return [text for home in homes for text in home._found(name)] or [GAP]
        if name not in self._known:
            self._open.add(name)
            found = [text for value in self._values[name] for text in self.texts(value)]
            self._open.remove(name)
            self._known[name] = list(dict.fromkeys(found))[:_MOST] or [GAP]
        return self._known[name]

    def texts(self, node: ast.expr) -> list[str]:
        """Return the texts that an expression may be; ``…`` where it is not known."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else [GAP]
        if isinstance(node, ast.JoinedStr):
            return self._joined(node.values)
        if isinstance(node, ast.FormattedValue):
            plain = node.format_spec is None and node.conversion == -1
            filled = self.texts(node.value) if plain else []
            said = filter(None, filled)  # "" says that nothing is wrong
            return sorted({text if _words(text) > 2 else GAP for text in said}) or [GAP]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._joined([node.left, node.right])
        if isinstance(node, (ast.IfExp, ast.BoolOp)):
            return [text for part in _branches(node) for text in self.texts(part)]
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Dict):
            return [text for value in node.value.values for text in self.texts(value)]
        if isinstance(node, ast.Await):
            return self.texts(node.value)
        if isinstance(node, ast.Call):
            return self._called(node)
        if isinstance(node, ast.Name):
            return self._found(node.id)
        if isinstance(node, ast.Attribute):
            return self._property(node.attr)
        return [GAP]

    def _property(self, name: str) -> list[str]:
        """Return what a property of this module's classes may be."""
        if self._around is not None:
            return self._around._property(name)
        return self._found(f"{name}()") if self.has(f"{name}()") else [GAP]

    def _called(self, call: ast.Call) -> list[str]:
        called = call.func
        if isinstance(called, ast.Name):
            if called.id in {"one_line", "str", "exact", "to_show"} and call.args:
                return self.texts(call.args[0])
            return self._found(f"{called.id}()")
        if isinstance(called, ast.Attribute) and called.attr in {"strip", "rstrip", "format"}:
            return self.texts(called.value)
        if isinstance(called, ast.Attribute) and called.attr.startswith("_"):
            return self._found(f"{called.attr}()")
        return [GAP]

    def _joined(self, parts: Sequence[ast.expr]) -> list[str]:
        return ["".join(texts) for texts in _first(product(*map(self.texts, parts)))]


def _first(choices: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    for number, choice in enumerate(choices):
        if number >= _MOST:
            return
        yield choice


def _branches(node: ast.expr) -> list[ast.expr]:
    """Return what an expression with `if`, `and` or `or` may be."""
    if isinstance(node, ast.IfExp):
        return _branches(node.body) + _branches(node.orelse)
    if isinstance(node, ast.BoolOp):
        return [branch for value in node.values for branch in _branches(value)]
    return [node]


@cache
def all_messages() -> tuple[Message, ...]:
    """Return the messages of kernel, command and page."""
    return (*of_python(), *of_pages())
