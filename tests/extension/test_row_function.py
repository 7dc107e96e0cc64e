"""`jupyter_claude.rows`, called as Ray Data and Spark call it: in processes of theirs."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import cloudpickle
import pytest
from jupyter_claude_sdk.testing import ScriptedModel, last_prompt

from jupyter_claude import rows

#: What a worker of an engine does, in another process and in threads without a loop.
WORKER = """
import os, pickle, sys, threading
import numpy, pandas, psutil

def clis():
    children = psutil.Process().children(recursive=True)
    return {one.pid for one in children if "stream-json" in " ".join(one.cmdline())}

classify = pickle.loads(open(sys.argv[1], "rb").read())
# Spark: an iterator of frames.
parts = [pandas.DataFrame({"text": texts, "n": [1, 2]}, index=[7, 7]) for texts in
         (["apple", "plum"], ["fig", "stone"])]
for part in classify(iter(parts)):
    lengths = list(map(str, part.length))
    print(list(part.columns), list(part.index), list(part.mood), lengths, list(part.n))
    print(part.mood.dtype, part.length.dtype)
first = clis()
print(1 <= len(first) <= 2)
# Ray: a dict of arrays, in some thread.
def ray():
    batch = {"text": numpy.array(["banana", "kiwi"]), "n": numpy.array([1.5, 2.5])}
    made = pickle.loads(open(sys.argv[1], "rb").read())(batch)
    print({name: cells.tolist() for name, cells in made.items() if name != "cost_usd"})
    print(made["n"] is batch["n"], made["length"].dtype)
thread = threading.Thread(target=ray)
thread.start()
thread.join()
print(first <= clis(), len(clis()) <= 2)
open(sys.argv[2], "w").write(" ".join(map(str, clis())))
"""


#: As a notebook's cell defines it: no worker can import it.
Label = dataclasses.make_dataclass("Label", [("mood", Literal["good", "bad"]), ("length", int)])
Label.__module__ = "__main__"


def labels(body: Mapping[str, Any]) -> Any:
    text = last_prompt(body).removeprefix("Label: ")
    mood = "grey" if text == "stone" else "good" if "a" in text else "bad"
    return [{"tool": "StructuredOutput", "input": {"mood": mood, "length": len(text)}}]


@pytest.mark.cli
def test_workers_of_other_engines(
    cli: Path,
    scripted: Callable[[Any], ScriptedModel],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ray and Spark cannot ask rows, start a CLI for each call, or leave CLIs."""
    import psutil

    key = "sk-ant-api03-this-key-stays-here"
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    classify = rows("Label: {text}", schema=Label, concurrency=2, retries=0)
    pickled = cloudpickle.dumps(classify)
    assert key.encode() not in pickled
    (tmp_path / "function").write_bytes(pickled)
    env = {**os.environ, **scripted(labels).env, "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", WORKER, tmp_path / "function", tmp_path / "pids"],
        env={**env, "JUPYTER_CLAUDE_CLI": str(cli)},
        capture_output=True,
        text=True,
    )
    columns = ["text", "n", "mood", "length", "error", "cost_usd", "attempts"]
    assert done.stdout.splitlines() == [
        f"{columns} [7, 7] ['good', 'bad'] ['5', '4'] [1, 2]",
        "object Int64",
        f"{columns} [7, 7] ['bad', None] ['3', '<NA>'] [1, 2]",
        "object Int64",
        "True",
        "{'text': ['banana', 'kiwi'], 'n': [1.5, 2.5], 'mood': ['good', 'bad'], "
        "'length': [6, 4], 'error': [None, None], 'attempts': [1, 1]}",
        "True int64",
        "True True",
    ], done.stderr
    assert not any(psutil.pid_exists(int(pid)) for pid in (tmp_path / "pids").read_text().split())


@pytest.mark.pure
def test_mistakes_are_said_at_once() -> None:
    """A mistake shows only when a cluster has started, in the log of some worker."""
    with pytest.raises(ValueError, match="no field"):
        rows("Label them")
    with pytest.raises(ValueError, match="MCP server"):
        rows("Label: {text}", tools=["mcp__files__read"])
    with pytest.raises(TypeError, match="a DataFrame of pandas, a dict of columns"):
        rows("Label: {text}")(3)
