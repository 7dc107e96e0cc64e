"""Which calls of `asyncio.run` and `anyio.run` a cell awaits, and what these calls do."""

from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from jupyter_claude._ipython.loop_errors import explain
from jupyter_claude._ipython.run_calls import RunCalls, rewrite
from jupyter_claude._kernel.awaited_run import awaited

pytestmark = [pytest.mark.pure]

AWAITED = {
    "asyncio": "import asyncio\nasyncio.run(main())",
    "anyio with arguments": "import anyio\nanyio.run(main, 1)",
    "assigned": "import asyncio\nx = asyncio.run(main())",
    "the guard": 'import asyncio\nif __name__ == "__main__":\n    asyncio.run(main())',
    "from": "from asyncio import run\nrun(main())",
    "from, renamed": "from anyio import run as go\ngo(main)",
    "a module renamed": "import asyncio as aio\naio.run(main())",
    "imported earlier": "known.run(main())",
    "a runner imported earlier": "go(main())",
    "inside an expression": "import asyncio\nprint(f'{asyncio.run(main())}')",
    "in a block": "import asyncio\ntry:\n    asyncio.run(main())\nfinally:\n    pass",
}
LEFT = {
    "in a function": "import asyncio\ndef f():\n    asyncio.run(main())\nf()",
    "in a lambda": "import asyncio\nf = lambda: asyncio.run(main())",
    "in a class": "import asyncio\nclass A:\n    x = asyncio.run(main())",
    "in a comprehension": "import asyncio\nx = [asyncio.run(main()) for _ in y]",
    "somebody else's run": "import subprocess\nsubprocess.run(['ls'])",
    "an unknown name": "asyncio.run(main())",
    "the user's function": "def run(x): pass\nrun(main())",
    "imported inside a function": "def f():\n    from asyncio import run\nrun(main())",
    "not called": "import asyncio\nx = asyncio.run",
}
NAMESPACE: dict[str, Any] = {"known": asyncio, "go": asyncio.run, "run": print}


@pytest.mark.parametrize("case", AWAITED)
def test_a_cells_own_call_is_awaited(case: str) -> None:
    """Else this way to write it fails in a notebook."""
    tree = ast.parse(AWAITED[case])
    before = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert rewrite(tree, NAMESPACE) == 1
    code = compile(tree, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert code.co_flags & 0x80  # a coroutine
    lines = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Await)}
    assert lines <= set(before)


@pytest.mark.parametrize("case", LEFT)
def test_all_other_code_is_left_alone(case: str) -> None:
    """Else a cell would do something that the user did not write."""
    tree = ast.parse(LEFT[case])
    before = ast.dump(tree, include_attributes=True)
    assert rewrite(tree, {"run": print, "y": []}) == 0
    assert ast.dump(tree, include_attributes=True) == before


def test_only_the_cells_own_tree_is_rewritten() -> None:
    """Else `%timeit` and the like would get an `await` that they cannot compile."""
    shell = SimpleNamespace(
        ast_transformers=[], autoawait=True, user_ns={}, should_run_async=lambda _, **__: False
    )
    calls = RunCalls(shell)
    calls.start()
    cell = "import asyncio\nasyncio.run(main())"
    assert shell.should_run_async(cell, transformed_cell=cell)
    inner = ast.parse("asyncio.run(main())")
    assert ast.dump(calls.visit(inner)) == ast.dump(ast.parse("asyncio.run(main())"))
    assert "Await" in ast.dump(calls.visit(ast.parse(cell)))
    assert "Await" not in ast.dump(calls.visit(ast.parse(cell)))  # once for each cell
    assert not shell.should_run_async("1", transformed_cell="1")
    assert not shell.should_run_async("1 +", transformed_cell="1 +")
    shell.autoawait = False
    assert not shell.should_run_async(cell, transformed_cell=cell)
    calls.stop()
    assert shell.ast_transformers == []


async def answer(n: int = 1) -> int:
    await asyncio.sleep(0)
    return n


async def failing() -> None:
    raise SystemExit(3)


async def cancelling() -> None:
    raise asyncio.CancelledError


def test_what_the_awaited_call_does() -> None:
    """Else a program would get another result in a notebook than as a script."""

    async def cell() -> None:
        assert await awaited(asyncio.run, answer(2)) == 2
        assert await awaited(asyncio.run, main=answer(3), debug=False) == 3
        assert await awaited(anyio.run, answer, 4) == 4
        assert await awaited(anyio.run, answer, 5, backend_options={"debug": False}) == 5
        # The names may be the user's own functions by now.
        assert await awaited(max, 1, 2) == 2
        with pytest.raises(ValueError, match="a coroutine was expected, got 1"):
            await awaited(asyncio.run, 1)
        with pytest.raises(TypeError, match="required positional argument"):
            await awaited(asyncio.run)
        with pytest.raises(SystemExit):  # and it does not end the loop
            await awaited(asyncio.run, failing())
        with pytest.raises(asyncio.CancelledError):
            await awaited(asyncio.run, cancelling())

    asyncio.run(cell())


def test_trio_keeps_its_meaning() -> None:
    """Else code for trio would run on asyncio, or not at all."""
    import trio

    async def main(n: int) -> bool:
        await trio.sleep(0)
        return n == 1

    async def cell() -> None:
        assert await awaited(anyio.run, main, 1, backend="trio")
        # It stops where it is.
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        async def endless() -> None:
            try:
                loop.call_soon_threadsafe(task.cancel)
                await trio.sleep_forever()
            finally:
                loop.call_soon_threadsafe(ended.set)

        async def run() -> None:
            with pytest.raises(KeyboardInterrupt):
                await awaited(anyio.run, endless, backend="trio")

        task = asyncio.create_task(run())
        await task
        await ended.wait()

    asyncio.run(cell())


def test_only_a_running_loop_is_explained() -> None:
    """Else the user's own RuntimeError would lose its traceback."""

    def below() -> None:
        asyncio.run(answer())

    async def cell(call: Any) -> RuntimeError:
        with pytest.raises(RuntimeError) as caught:
            call()
        return caught.value

    error = asyncio.run(cell(below))
    assert explain(error)
    assert "below" in str(error) and "ClaudeMagics.nest_asyncio = True" in str(error)
    assert "\n" not in str(error)

    def own() -> None:
        raise RuntimeError("asyncio.run() cannot be called from a running event loop")

    assert not explain(asyncio.run(cell(own)))
    assert not explain(RuntimeError("no traceback"))


NESTED = """
import asyncio
from jupyter_claude._kernel.nesting import Nesting

async def main():
    loop = asyncio.get_running_loop()
    def cell():
        Nesting().apply()
        asyncio.run(asyncio.sleep(0))
    loop.call_soon(cell)
    loop.call_soon(print, "the other")
    await asyncio.sleep(0.01)
    print("the end")

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(main())
"""


def test_the_first_nested_run_leaves_the_loop_alive() -> None:
    """Else a kernel dies, with all variables, where something else was due at that moment."""
    ran = subprocess.run([sys.executable, "-c", NESTED], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("the other\nthe end\n", "")
