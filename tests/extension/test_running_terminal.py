"""Claude's code in IPython in a terminal."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.pure

CELLS = """
import asyncio, os, signal, threading
from IPython.terminal.interactiveshell import TerminalInteractiveShell
shell = TerminalInteractiveShell.instance(simple_prompt=True, cache_size=100)
shell.run_cell("41 + 1", store_history=True)
shell.run_cell('''
import asyncio, os, signal, threading
from jupyter_claude._running.runner import CodeRunner
runner = CodeRunner(get_ipython())
results = []
async def go(code, show=lambda output: None, timeout=None):
    keep(await runner.run(code, timeout=timeout, on_output=show))
async def call(function, **arguments):
    keep(await runner.call(function, arguments, "it", on_output=lambda output: None))
def keep(ran):
    results.append([output.get("text") or output.get("data", {}).get("text/plain")
                    or output["evalue"] for output in ran.outputs] + [ran.stopped])
def press(output):
    if output.get("text") != "on": return
    threading.Thread(target=os.kill, args=[os.getpid(), signal.SIGINT]).start()
''')
for code in ["print('one'); 2", "display(3)", "len?", "!echo four", "quit", "input()",
             "await asyncio.sleep(0); _"]:
    shell.run_cell(f"await go({code!r})")
for code in ["print('on')\\nwhile True: pass", "print('on')\\nawait asyncio.sleep(99)"]:
    shell.run_cell(f"await go({code!r}, press)")
    shell.run_cell(f"await go({code!r}, timeout=0.2)")
shell.run_cell('''
def double(x):
    print("working")
    return x * 2
async def greet(name):
    await asyncio.sleep(0)
    return "Hello " + name
def fail():
    1 / 0
await call(double, x=21)
await call(greet, name="Ada")
await call(fail)
''')
shell.run_cell("print(results)")
print(shell.keep_running, shell.user_ns["_"])
"""


def test_in_a_terminal() -> None:
    """Else Claude's code prints over the prompt, ends IPython, or cannot be stopped."""
    done = subprocess.run(
        [sys.executable, "-c", CELLS], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    first, results, *rest = done.stdout.strip().splitlines()
    assert first == "Out[1]: 42"
    made = eval(results)
    assert made[:2] == [["one\n", "2", ""], ["3", ""]]
    assert "Return the number of items" in made[2][0]
    assert made[3] == ["four\r\n", ""]
    assert made[4] == ["quit() and exit() do nothing in code that Claude runs", ""]
    assert made[5] == ["input() gets no answer in code that Claude runs", ""]
    assert made[6] == ["42", ""]
    assert [one[0].strip() for one in made[7:11]] == ["on"] * 4
    assert [one[-1] for one in made[7:11]] == ["user", "timeout"] * 2
    assert made[11] == ["working\n", "42", ""]
    assert made[12] == ["Hello Ada\n", ""]
    assert made[13] == ["division by zero", ""]
    assert rest == ["True 42"]
