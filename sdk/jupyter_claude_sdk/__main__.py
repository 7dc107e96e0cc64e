"""``python -m jupyter_claude_sdk script.py``: run a program written for ``claude_agent_sdk``.

The program runs as ``python`` would run it, but with `jupyter_claude_sdk.compat`: it is
``__main__``, and has its own ``sys.argv`` and ``sys.path``, exit status and traceback.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from types import CodeType, ModuleType, TracebackType

from . import __version__, compat

USAGE = """usage: python -m jupyter_claude_sdk PROGRAM [ARGUMENT ...]

Runs PROGRAM. jupyter_claude_sdk provides claude_agent_sdk and claude_code_sdk, unless the real
packages are installed. PROGRAM is one of

  FILE        a script, or a folder or zip file with a __main__.py
  -m MODULE   a module, as with python -m
  -c CODE     program text
  -           a script from standard input

  -h, --help     this text
  -V, --version  the version"""


class _Unusable(Exception):
    """The program cannot be run. One line says why."""


def _trim(error: BaseException) -> TracebackType | None:
    """Return the traceback of `error`, without the frames above the program's first frame."""
    here = __file__
    rest = trace = error.__traceback__
    while rest is not None and rest.tb_frame.f_code.co_filename != here:
        rest = rest.tb_next  # Python's own frames of ``-m``
    while rest is not None and rest.tb_frame.f_code.co_filename == here:
        rest = rest.tb_next
    return rest if isinstance(error, SyntaxError) else rest or trace


def _report(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """Print an uncaught error as if Python had started the program directly."""
    sys.__excepthook__(kind, error.with_traceback(_trim(error)), error.__traceback__)


def _program(arguments: list[str]) -> tuple[CodeType | None, str | None, ModuleSpec | None]:
    """Set ``sys.argv`` and ``sys.path`` for the program; return its code, file and spec."""
    first, *rest = arguments
    if first in ("-c", "-m"):
        if not rest:
            raise _Unusable(f"argument expected for the {first} option")
        sys.argv = [first, *rest[1:]]
        sys.path[0] = "" if first == "-c" else os.getcwd()
        if first == "-c":
            return compile(rest[0] + "\n", "<string>", "exec", dont_inherit=True), None, None
        return _module(rest[0])
    sys.argv = arguments
    if first == "-":
        sys.path[0] = ""
        source = sys.stdin.buffer.read()
        return compile(source, "<stdin>", "exec", dont_inherit=True), None, None
    main = PathFinder.find_spec("__main__", [first])  # of a folder or a zip file
    if main is not None and main.loader is not None:
        sys.path[0] = first
        return _code(main), main.origin, main
    try:
        with open(first, "rb") as file:
            source = file.read()
    except OSError as error:
        raise _Unusable(f"can't open file {first!r}: {error.strerror}") from None
    sys.path[0] = os.path.dirname(os.path.realpath(first))
    path = os.path.abspath(first)
    return compile(source, path, "exec", dont_inherit=True), path, None


def _module(name: str) -> tuple[CodeType | None, str | None, ModuleSpec | None]:
    try:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = find_spec(f"{name}.__main__")
            name = f"{name}.__main__"
    except (ImportError, ValueError) as error:
        raise _Unusable(f"Error while finding {name!r}: {error}") from None
    code = None if spec is None else _code(spec)
    if spec is None or code is None:
        raise _Unusable(f"No module named {name}")
    sys.argv[0] = spec.origin or name
    return code, spec.origin, spec


def _code(spec: ModuleSpec) -> CodeType | None:
    get_code = getattr(spec.loader, "get_code", None)
    code: CodeType | None = get_code(spec.name) if get_code is not None else None
    return code


def main() -> None:
    """Run the program that ``sys.argv`` names."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, file=sys.stdout if arguments else sys.stderr)
        sys.exit(0 if arguments else 2)
    if arguments[0] in ("-V", "--version"):
        print(f"jupyter_claude_sdk {__version__}")
        return
    compat.register()
    sys.excepthook = _report
    try:
        code, file, spec = _program(arguments)
    except _Unusable as problem:
        print(f"{sys.executable}: {problem}", file=sys.stderr)
        sys.exit(2)
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=__builtins__, __spec__=spec)
    if spec is not None:
        module.__dict__.update(__loader__=spec.loader, __package__=spec.parent)
    if file is not None:
        module.__file__ = file
        if spec is None:
            module.__loader__ = SourceFileLoader("__main__", file)
    # The program stays `__main__` to the end, for threads, exit functions and pickle.
    sys.modules["__main__"] = module
    assert code is not None
    exec(code, module.__dict__)


if __name__ == "__main__":
    main()
