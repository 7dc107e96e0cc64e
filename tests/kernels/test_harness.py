"""The harness itself: what it tells of a kernel is what the kernel said."""

from __future__ import annotations

import pytest

from tests.kernels.harness import KernelTimeout, RealKernel

pytestmark = pytest.mark.anyio


async def test_outputs_in_order(kernel: RealKernel) -> None:
    """Without it every other kernel test could pass on a wrong picture of the outputs."""
    version = await kernel.run_ok("import ipykernel; ipykernel.__version__")
    assert version.result is not None
    assert version.result["text/plain"] == repr(kernel.version)

    cell = await kernel.run_ok(
        "from IPython.display import display, update_display\n"
        "print('one')\n"
        "handle = display('first', display_id=True)\n"
        "handle.update('second')\n"
        "print('two')\n"
        "3"
    )
    kinds = [output["output_type"] for output in cell.outputs]
    assert kinds == ["stream", "display_data", "update_display_data", "stream", "execute_result"]
    assert cell.stdout == "one\ntwo\n"
    assert cell.shown[1]["data"]["text/plain"] == "'second'"

    failed, aborted = kernel.queue(["1 / 0", "print('never')"])
    await aborted.done()
    assert failed.error is not None
    assert failed.error["ename"] == "ZeroDivisionError"
    assert aborted.status == "aborted"


async def test_life(version: str) -> None:
    """Without it tests of restart, interrupt, stdin and stray processes would prove nothing."""
    async with RealKernel(version) as kernel:
        asking = kernel.execute("name = input('Name? ')")
        await asking.until(lambda cell: cell.input_requests)
        kernel.answer_input("Ada")
        await asking.done()
        assert (await kernel.run_ok("print(name)")).stdout == "Ada\n"

        # ipykernel's own SIGINT handler does not wake a sleeping loop: let it tick.
        waiting = kernel.execute(
            "import asyncio; print('on')\nwhile True: await asyncio.sleep(0.05)"
        )
        await waiting.printed("on")
        await kernel.interrupt()
        await waiting.done()
        assert waiting.status == "error"
        with pytest.raises(KernelTimeout, match="on"):
            await waiting.until(lambda cell: False, timeout=0.01)

        await kernel.run_ok("import subprocess; p = subprocess.Popen(['sleep', '60'])")
        assert [child.name() for child in kernel.children()] == ["sleep"]
        await kernel.run_ok("p.kill(); p.wait()")
        await kernel.children_gone()

        await kernel.restart()
        assert (await kernel.run("name")).status == "error"
        if version.startswith("7"):
            subshell = await kernel.create_subshell()
            cell = await kernel.run_ok("print('there')", subshell=subshell)
            assert cell.stdout == "there\n"
