"""The preview of Claude's code: what the user reads before they approve a run."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_claude._running.preview import Preview, preview

pytestmark = pytest.mark.pure

transformers: Any = TransformerManager
transform = transformers().transform_cell


class Frame:
    """An object that no preview may touch."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"the preview touched the user's object: {name}")

    __eq__ = __len__ = __bool__ = __hash__ = __repr__ = None  # type: ignore[assignment]


def user_names() -> dict[str, Any]:
    """Return a user's namespace."""
    namespace: dict[str, Any] = {
        "df": Frame(),
        "model": Frame(),
        "items": [1],
        "x": 1,
        "count": 3,
        "url": "https://example.org/a.csv",
        "path": "a.csv",
        "np": np,
        "sys": sys,
        "_": 5,
        "In": [],
    }
    # IPython's own.
    exec("def open(): pass", {"__name__": "IPython.core.interactiveshell"}, namespace)
    exec("def bump():\n    global count\n    count += 1\ndef outer():\n    bump()", namespace)
    return namespace


def look(code: str) -> Preview:
    """Preview code in such a namespace."""
    return preview(code, transform, user_names(), lambda value: type(value).__name__)


@pytest.mark.parametrize(
    ("code", "binds"),
    [
        ("total = df.x.sum(); print(total)", "total (new)"),
        ("df = df.dropna()", "df (replaces Frame)"),
        ("x += 1", "x (replaces int)"),
        ("x: int", ""),
        ("x: int = 2", "x (replaces int)"),
        ("(a, *b), items[0] = df", "a (new), b (new), items (changes list)"),
        ("for i in range(3): pass", "i (new)"),
        ("async for i in df: pass", "i (new)"),
        ("with open('f') as f, g() as (h, k): pass", "f (new), h (new), k (new)"),
        ("import os.path, numpy as n", "os (new), n (new)"),
        ("import numpy as np, sys", ""),
        ("import json as np", "np (replaces module)"),
        ("from os import path as p, sep", "p (new), sep (new)"),
        (
            "def f(a=(y := 1)):\n    local = a\n    global new\n    new = 1",
            "y (new), f (new), new (new)",
        ),
        ("async def f(): items.append(1)", "f (new), items (changes list)"),
        ("def f(items): items.append(1)", "f (new)"),
        ("class C(df):\n    x = 1\n    items.append(x)", "C (new), items (changes list)"),
        ("[last := i for i in items]", "last (new)"),
        ("try: pass\nexcept E as e: pass", ""),
        ("try: pass\nexcept E as x: pass", "x (deletes int)"),
        (
            "match df:\n    case {'a': v, **r}: pass\n    case [w, *s] as q: pass",
            "v (new), r (new), w (new), s (new), q (new)",
        ),
        ("del x, df['a'], df.b", "x (deletes int), df (changes Frame)"),
        ("del nothing", ""),
        ("df['x'] = 1", "df (changes Frame)"),
        ("df.loc[0, 'x'] = 1", "df (changes Frame)"),
        ("df['a'][0] += 1", "df (changes Frame)"),
        ("df.x = 1", "df (changes Frame)"),
        ("items.append(1); items.sort()", "items (changes list)"),
        ("df.drop(columns='a', inplace=True)", "df (changes Frame)"),
        ("df.drop(columns='a', inplace=False)", ""),
        ("model.fit(df)", "model (changes Frame)"),
        ("model.weight.zero_()", "model (changes Frame)"),
        ("setattr(df, 'x', 1)", "df (changes Frame)"),
        (
            "np.random.shuffle(items); np.add(1, 2, out=df)",
            "items (changes list), df (changes Frame)",
        ),
        ("copy = df.copy(); copy['x'] = 1", "copy (new)"),
        ("bump()", "count (replaces int)"),
        ("outer()", "count (replaces int)"),
        ("globals()['made'] = 1", "made (new)"),
        ("%time y = 1", "y (new)"),
        ("%timeit -n 10 -r3 df['x'] = 1", "df (changes Frame)"),
        ("%%capture taken\ny = 1", "taken (new), y (new)"),
        ("%%time\n%time y = 1", "y (new)"),
        ("lines = !ls", "lines (new)"),
        ("lambda y: (items, y)", ""),
        ("await df.z()", ""),
    ],
)
def test_binds(code: str, binds: str) -> None:
    """Else the user approves code that replaces or changes a variable unasked."""
    assert ", ".join(map(str, look(code).binds)) == binds


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("y = df.x + x", "df x"),
        ("y = 1; print(y, unknown)", ""),
        ("x = 1; print(x)", ""),
        ("x = x + 1", "x"),
        ("x += 1", "x"),
        ("[items for items in df]", "df"),
        ("def f(df): return df + x", "x"),
        ("def f():\n    x = 1\n    return x", ""),
        ("lambda x: x + count", "count"),
        ("!ls {path} $x", "path x"),
        ("print(f'{x} {df!r}')", "x df"),
        ("print(_, In, get_ipython())", "_"),
        ("bump()", "bump"),
    ],
)
def test_reads(code: str, reads: str) -> None:
    """Else the user does not see which of their data the code gets."""
    assert " ".join(look(code).reads) == reads


@pytest.mark.parametrize(
    ("code", "sees"),
    [
        ("print(1)", ""),
        ("!ls", "shell"),
        ("%%bash\nls", "shell"),
        ("import subprocess as s; s.run(['ls'])", "shell"),
        ("from os import system; system('ls')", "shell"),
        ("import os; map(os.remove, items)", "files"),
        ("open('a')", "files"),
        ("from pathlib import Path; Path('a').write_text('')", "files"),
        ("import pandas as pd; pd.read_csv('a')", "files"),
        ("import pandas as pd; pd.read_csv('https://a/b')", "files network"),
        ("import pandas as pd; pd.read_csv(url)", "files network"),
        ("import pandas as pd; pd.read_csv(path)", "files"),
        ("import pandas as pd; u = 'https://a/b'; pd.read_csv(u)", "files network"),
        ("df.to_parquet('a')", "files"),
        ("np.savetxt('a', df)", "files"),
        ("import shutil; shutil.rmtree('a')", "files"),
        ("import requests; requests.get(url)", "network"),
        ("import urllib.request; urllib.request.urlopen(url)", "network"),
        ("from urllib.request import urlopen as u; u(url)", "network"),
        ("import httpx; httpx.Client()", "network"),
        ("%pip install x", "shell network"),
        ("%%writefile a\nx", "files"),
        ("def open(): pass", ""),
        ("print('https://example.org')", ""),
        ("%time open('a')", "files"),
        ("code = 'x'; code.strip(); sh = df; sh.ls; redis = 1", ""),
        ("def open(path): return path\nopen('a')", ""),
        ("def f(open, eval): return open(eval)", ""),
        ("df.socket.connect(); sh.ls", ""),
    ],
)
def test_sees(code: str, sees: str) -> None:
    """Else the user approves a download or a deletion as if it were arithmetic."""
    found = look(code)
    assert " ".join(found.sees) == sees
    assert not found.hidden


@pytest.mark.parametrize(
    "code",
    [
        "exec('x = 1')",
        "eval(text)",
        "__import__('os').system('ls')",
        "import importlib; importlib.import_module('os')",
        "import pickle; pickle.load(f)",
        "from os import *",
        "%run other.py",
        "%unknown x",
        "globals()[name] = 1",
        "globals().update(a=1)",
        "get_ipython().run_line_magic(name, '')",
        "%%unknown\nnot python",
        "import builtins; builtins.exec(x)",
    ],
)
def test_hidden_code(code: str) -> None:
    """Else the user trusts a preview that cannot know what will run."""
    assert look(code).hidden


def test_a_syntax_error() -> None:
    """Else the user approves code that cannot run."""
    assert look("x = (").problem.startswith("line 1: ")
    assert look("a = 1\nb = = 2").problem.startswith("line 2: ")
    assert look("x = 1").problem == ""
    assert look("(" * 5000 + ")" * 5000).problem != ""


def test_a_function_whose_module_lies() -> None:
    """Else a name of the user's could make harmless code look harmful, or the preview fail."""
    namespace = user_names()
    function = types.FunctionType(compile("1", "f", "eval"), {}, "f")
    function.__module__ = 5  # type: ignore[assignment]
    namespace["f"] = function
    found = preview("f(); f.x", transform, namespace, lambda value: "")
    assert found.sees == ()


def test_a_thousand_lines() -> None:
    """Else a long cell's request leaves names out. `make bench` has the time."""
    code = "\n".join(f"v{n} = df.a{n} + np.sum([i for i in items if i > {n}])" for n in range(1000))
    found = look(code)
    assert len(found.binds) == 1000
