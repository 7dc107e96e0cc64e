"""Finds the code in magics, as IPython's transformer writes them: ``run_cell_magic(…)``."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CALLS = frozenset({"run_line_magic", "run_cell_magic", "system", "getoutput", "run_cell"})
#: Magics whose rest of the line, or whose cell, is code of this namespace.
_CODE = frozenset({"time", "timeit", "prun", "capture", "memit", "mprun", "lprun", "debug"})
_SHELL = _words(
    "! sx system bash sh script perl ruby pypy python python2 python3 node js_node cmd powershell"
    " pip conda mamba micromamba uv"
)
_NETWORK = _words("pip conda mamba micromamba uv")
_FILES = _words(
    "writefile file save load loadpy store cd pushd popd logstart notebook macro edit pycat pfile"
    " ls ll mkdir rm rmdir mv cp cat"
)
#: Magics that run no code, and use neither a shell nor files.
_HARMLESS = _words(
    "matplotlib pylab config precision who whos who_ls pinfo pinfo2 pdoc pdef psource psearch pwd"
    " html HTML markdown latex svg SVG env set_env colors xmode pprint page history lsmagic"
    " quickref autocall automagic autoawait alias_magic gui bookmark dhist doctest_mode"
)
#: Options at the beginning of a line, with or without a value.
_OPTIONS = re.compile(r"(?:\s*-(?:[nrTslD]\s*\S+|[a-zA-Z]+)(?=\s|$))*\s*")
_EXPANDED = re.compile(r"\{([^{}]+)\}|\$\{?([A-Za-z_]\w*)")


@dataclass
class Magic:
    """A magic or a command of a shell.

    Attributes
    ----------
    code : str
        Code in it, as in a cell.
    binds : tuple of str
        Names that it binds.
    reads : str
        Python of the names that its text is made with.
    shell, files, network, hidden : bool
        What it uses.
    """

    code: str = ""
    binds: tuple[str, ...] = ()
    reads: str = ""
    shell: bool = False
    files: bool = False
    network: bool = False
    hidden: bool = False


def magic_of(call: ast.Call) -> Magic | None:
    """Return the magic that a call runs; None if it runs none."""
    function = call.func
    if not (
        isinstance(function, ast.Attribute)
        and function.attr in _CALLS
        and isinstance(function.value, ast.Call)
        and isinstance(function.value.func, ast.Name)
        and function.value.func.id == "get_ipython"
    ):
        return None
    texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    if len(texts) != len(call.args) or not all(isinstance(text, str) for text in texts):
        return Magic(hidden=True)
    if function.attr in ("system", "getoutput"):
        return Magic(shell=True, reads=_reads(str(texts[0]) if texts else ""))
    if function.attr == "run_cell":
        return Magic(code=str(texts[0])) if len(texts) == 1 else Magic(hidden=True)
    name, line, cell = (*map(str, texts), "", "", "")[:3]
    return _magic(name, line, cell)


def _magic(name: str, line: str, cell: str) -> Magic:
    if name in _CODE:
        options = _OPTIONS.match(line)
        rest = line[options.end() :] if options else line
        if name == "capture":
            names = [word for word in line.split() if not word.startswith("-")]
            return Magic(code=cell, binds=tuple(name for name in names if name.isidentifier()))
        return Magic(code=f"{rest}\n{cell}" if rest else cell)
    known = name in _HARMLESS or name in _FILES or name in _SHELL
    return Magic(
        reads=_reads(line),
        shell=name in _SHELL,
        files=name in _FILES,
        network=name in _NETWORK,
        hidden=not known,
    )


def _reads(text: str) -> str:
    """Return Python of what IPython puts into a command: ``{name}`` and ``$name``."""
    return "\n".join(f"({braces or name})" for braces, name in _EXPANDED.findall(text))
