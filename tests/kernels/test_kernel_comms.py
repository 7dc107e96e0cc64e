"""The comm bridge on real kernels: a click reaches Python while an async cell waits."""

from __future__ import annotations

import itertools

import pytest

from tests.kernels.conftest import Kernels
from tests.kernels.harness import VERSIONS, Comm, RealKernel

pytestmark = pytest.mark.anyio

# Front ends differ in where they send comm messages: "shell" is VS Code, Colab, older front ends,
# Lab with subshell comms off, and all of them with ipykernel 6; "subshell" is Lab's default.
WAYS = [(v, w) for v in VERSIONS for w in ("shell", "subshell") if v >= "7" or w == "shell"]

Way = tuple[RealKernel, str | None]

INSTALL = """
from jupyter_claude._kernel.comms import CommBridge
bridge = CommBridge.install(get_ipython())
print(bridge.state)
"""

# What the view side of a widget does, without a widget: a comm, and a note of each message.
WATCH = """
import asyncio, comm
clicks, errors = [], []
clicked = asyncio.Event()
loop = asyncio.get_running_loop()
def note(message):
    data = message["content"]["data"]
    clicks.append(data.get("n"))
    if data.get("print"):
        print(data["print"])
    if data.get("fail"):
        raise ValueError("from the callback")
    loop.call_soon_threadsafe(clicked.set)
watched = comm.create_comm(target_name="watched")
watched.on_msg(note)
"""

# An async cell of the user's own: it waits for a click, then prints.
WAIT = """
clicked.clear()
print("waiting")
await asyncio.wait_for(clicked.wait(), 60)
print("got", clicks)
"""


async def ready(kernel: RealKernel, *, install: str = INSTALL) -> Comm:
    """Install the bridge and open the comm, as the extension does in two cells."""
    cell = await kernel.run_ok(install)
    if install is INSTALL:
        assert cell.stdout == "bridge\n"
    await kernel.run_ok(WATCH)
    return await kernel.widget(lambda comm: comm.target == "watched")


@pytest.fixture(params=WAYS, ids=["-".join(way) for way in WAYS])
async def way(request: pytest.FixtureRequest, kernels: Kernels) -> Way:
    """Return each kernel with each way of sending comm messages, as a subshell or None."""
    version, channel = request.param
    kernel = await kernels(version)
    return kernel, await kernel.create_subshell() if channel == "subshell" else None


async def test_a_click_reaches_an_async_cell(way: Way) -> None:
    """Else nobody could approve anything: the answer would wait for the cell that waits for it.

    Also: queued cells in another order, output in the wrong cell, a widget that never sends
    again because its message never became idle.
    """
    kernel, subshell = way
    comm = await ready(kernel)
    await kernel.run_ok("order = None")
    waiting = kernel.execute(WAIT)
    queued = kernel.queue(f"order.append({n}); print(order)" for n in range(3))
    await waiting.printed("waiting")
    click = comm.send({"n": 1}, subshell=subshell)
    await waiting.done()
    assert waiting.stdout == "waiting\ngot [1]\n", waiting.story()
    await click.done()
    assert click.statuses == ["busy", "idle"], click.story()
    # `order` is no list: the first fails, the others are aborted, none is lost.
    for cell in queued:
        await cell.done()
    assert [cell.status for cell in queued] == ["error", "aborted", "aborted"]

    await kernel.run_ok("order = []")
    waiting = kernel.execute(WAIT)
    queued = kernel.queue(f"order.append({n}); print(order)" for n in range(3))
    await waiting.printed("waiting")
    comm.send({"n": 2}, subshell=subshell)
    for cell in [waiting, *queued]:
        await cell.done()
    assert queued[-1].stdout == "[0, 1, 2]\n", queued[-1].story()


async def test_many_clicks_keep_their_order(way: Way) -> None:
    """Else two quick answers could reach Claude in the wrong order, or jam the widget."""
    kernel, subshell = way
    comm = await ready(kernel)
    waiting = kernel.execute(
        "while len(clicks) < 50:\n    await asyncio.sleep(0.01)\nprint(clicks == [*range(50)])"
    )
    await waiting.until(lambda cell: cell.started)
    sent = [comm.send({"n": n}, subshell=subshell) for n in range(50)]
    await waiting.done()
    assert waiting.stdout == "True\n", waiting.story()
    for click in sent:
        await click.done()
        assert click.statuses == ["busy", "idle"], click.story()


async def test_a_click_leaves_the_cell_its_output(way: Way) -> None:
    """Else what a cell prints or displays after an approval would be gone, or elsewhere."""
    kernel, subshell = way
    comm = await ready(kernel)
    strays = len(kernel.strays)
    waiting = kernel.execute(
        "import sys, threading\n"
        "from IPython.display import display\n"
        "clicked.clear(); print('waiting')\n"
        "await clicked.wait()\n"
        "print('printed'); print('warned', file=sys.stderr); display('displayed')\n"
        "await asyncio.to_thread(print, 'in a thread')\n"
        "'the value'"
    )
    await waiting.printed("waiting")
    click = comm.send({"n": 1, "print": "said by the callback"}, subshell=subshell)
    await waiting.done()
    await click.done()
    assert waiting.stdout == "waiting\nprinted\nin a thread\n", waiting.story()
    assert waiting.stderr == "warned\n"
    assert waiting.result == {"text/plain": "'the value'"}
    shown = [o for o in waiting.outputs if o["output_type"] == "display_data"]
    assert [o["data"]["text/plain"] for o in shown] == ["'displayed'"]
    assert len(kernel.strays) == strays
    # As without a bridge: what a callback prints goes where the front end shows it.
    await click.printed("said by the callback")


async def test_a_click_while_output_is_captured(kernel: RealKernel) -> None:
    """A click arrives, and its callback's output is captured with the cell's.

    Otherwise: the widget waits for ever for its "idle", and the approval is lost.
    """
    comm = await ready(kernel)
    waiting = kernel.execute(
        "from IPython.utils.capture import capture_output\n"
        "clicked.clear(); print('waiting')\n"
        "with capture_output() as captured:\n"
        "    await asyncio.wait_for(clicked.wait(), 60)\n"
        "    display('captured')\n"
        "print(repr(captured.stdout), captured.outputs[0].data['text/plain'])\n"
        "display('shown')"
    )
    await waiting.printed("waiting")
    click = comm.send({"n": 1, "print": "said by the callback"})
    await click.done()
    await waiting.done()
    assert click.statuses == ["busy", "idle"], click.story()
    assert waiting.stdout == "waiting\n'said by the callback\\n' 'captured'\n", waiting.story()
    shown = [o for o in waiting.outputs if o["output_type"] == "display_data"]
    assert [o["data"]["text/plain"] for o in shown] == ["'shown'"]


async def test_a_background_thread_keeps_its_cell(kernel: RealKernel) -> None:
    """Else the output of a user's worker thread would jump out of the cell after a click."""
    comm = await ready(kernel)
    waiting = kernel.execute(
        "import threading\n"
        "clicked.clear(); print('waiting')\n"
        "await clicked.wait()\n"
        "thread = threading.Thread(target=print, args=('from the thread',))\n"
        "thread.start(); thread.join()"
    )
    await waiting.printed("waiting")
    await comm.send({"n": 1}).done()
    await waiting.done()
    assert waiting.stdout == "waiting\nfrom the thread\n", waiting.story()


async def test_a_click_between_a_request_and_its_cell(way: Way) -> None:
    """Else the cell never becomes idle: it shows [*] for good, and Run All waits for it.

    Between the request and the cell's first line, and between its last line and the reply, the
    kernel's loop runs once at least; here for as long as the click takes.
    """
    kernel, subshell = way
    comm = await ready(kernel)
    await kernel.run_ok(
        "kernel, at = get_ipython().kernel, ''\n"
        "native = type(kernel).do_execute\n"
        "async def when(moment):\n"
        "    global at\n"
        "    if at == moment:\n"
        "        at = ''; clicked.clear(); print(moment, flush=True)\n"
        "        await asyncio.wait_for(clicked.wait(), 60)\n"
        "async def do_execute(*values, **options):\n"
        "    await when('before')\n"
        "    reply = await native(kernel, *values, **options)\n"
        "    await when('after')\n"
        "    return reply\n"
        "kernel.do_execute = do_execute"
    )
    await kernel.run_ok("at = 'before'")
    for moment, code in (("before", "print('cell')"), ("after", "print('cell'); at = 'after'")):
        cell = kernel.execute(code)
        await cell.printed(moment)
        click = comm.send({"n": 1}, subshell=subshell)
        await click.done()
        await cell.done(timeout=60)
        assert cell.statuses == click.statuses == ["busy", "idle"], cell.story()
        assert "cell" in cell.stdout, cell.story()
    await kernel.run_ok("del kernel.do_execute")


async def test_a_reloaded_page_finds_its_widgets(kernel: RealKernel) -> None:
    """Else a page reloaded while Claude waits for an approval would show no buttons."""
    await ready(kernel)
    await kernel.run_ok(
        "opened = []\n"
        "comm.get_comm_manager().register_target("
        "'from-the-page', lambda c, message: opened.append(message['content']['data']))"
    )
    waiting = kernel.execute(WAIT)
    await waiting.printed("waiting")
    info = await kernel.comm_info("watched").done(timeout=60)
    assert info.reply is not None
    assert {c["target_name"] for c in info.reply["comms"].values()} == {"watched"}
    page, opening = kernel.open_comm("from-the-page", {"hello": "there"})
    await opening.done(timeout=60)
    await kernel.close_comm(page.id).done(timeout=60)
    assert not waiting.idle
    comm = await kernel.widget(lambda comm: comm.target == "watched")
    comm.send({"n": 1})
    await waiting.done()
    assert (await kernel.run_ok("print(opened)")).stdout == "[{'hello': 'there'}]\n"


async def test_an_empty_cell_ends(kernel: RealKernel) -> None:
    """Else it counts as running for ever: its "idle" goes to the cell before it."""
    await ready(kernel)
    before = await kernel.run_ok("print('before')")
    for code in ("", "  \n"):
        await kernel.run_ok(code)
    assert (await kernel.run_ok("print('after')")).stdout == "after\n"
    assert before.stdout == "before\n"


async def test_clicks_that_came_during_a_sync_cell(kernel: RealKernel) -> None:
    """Else a click made while pandas computed would wait for the whole next turn."""
    comm = await ready(kernel)
    await kernel.run_ok("order = []; watched.on_msg(lambda m: (order.append('click'), note(m)))")
    busy = kernel.execute("import time; print('busy'); time.sleep(1); order.append('busy')")
    await busy.until(lambda cell: cell.started)
    short = kernel.execute("order.append('short')")
    long = kernel.execute("order.append('long')\n" + WAIT)
    click = comm.send({"n": 1})
    last = kernel.execute("order.append('last'); print(order)")
    for request in (busy, short, long, click, last):
        await request.done()
    assert last.stdout == "['busy', 'short', 'long', 'click', 'last']\n", last.story()


async def test_a_failing_callback(kernel: RealKernel) -> None:
    """Else one broken widget of the user's would take the kernel, or the turn, with it."""
    comm = await ready(kernel)
    waiting = kernel.execute(WAIT)
    await waiting.printed("waiting")
    await comm.send({"n": 1, "fail": True}).done()
    comm.send({"n": 2})
    await waiting.done()
    assert waiting.stdout == "waiting\ngot [1, 2]\n"
    assert "from the callback" in kernel.log or "ValueError" in kernel.story()


async def test_the_stop_button_after_a_click(kernel: RealKernel) -> None:
    """Else an approval would disarm the stop button for the rest of the cell, or for good."""
    comm = await ready(kernel)
    ticking = kernel.execute("print('on')\nwhile True: await asyncio.sleep(0.05)")
    queued = kernel.execute("print('never')")
    await ticking.printed("on")
    await comm.send({"n": 1}).done()
    await kernel.interrupt()
    await ticking.done()
    assert ticking.error is not None
    assert ticking.error["ename"] == "CancelledError"
    assert (await queued.done()).status == "aborted"

    # An idle kernel ignores the stop button, before and after a click …
    await comm.send({"n": 2}).done()
    await kernel.interrupt()
    assert (await kernel.run_ok("print(clicks)")).stdout == "[1, 2]\n"
    # … but a callback that does not end can be stopped.
    await kernel.run_ok(
        "import time\n"
        "def endless(message):\n"
        "    print('endless', flush=True)\n"
        "    while True: time.sleep(0.01)\n"
        "watched.on_msg(endless)"
    )
    click = comm.send({"n": 3})
    await click.printed("endless")
    await kernel.interrupt()
    await click.done()
    assert (await kernel.run_ok("print('alive')")).stdout == "alive\n"


async def test_uninstall(version: str) -> None:
    """Else %unload_ext would leave a changed kernel behind."""
    async with RealKernel(version) as kernel:
        await uninstall(kernel)


async def uninstall(kernel: RealKernel) -> None:
    await kernel.run_ok(
        "from jupyter_claude._kernel import comms as _kernel_comms\n"
        "kernel = get_ipython().kernel\n"
        "def seen(): return (_kernel_comms._intake(kernel)._recv_callback, "
        "{k: list(v) for k, v in get_ipython().events.callbacks.items()})\n"
        "before = seen()"
    )
    comm = await ready(kernel)
    again = "print(CommBridge.install(get_ipython()) is bridge, seen() == before)"
    assert (await kernel.run_ok(again)).stdout == "True False\n"
    await kernel.run_ok("bridge.uninstall(); bridge.uninstall()")
    assert (await kernel.run_ok("print(seen() == before)")).stdout == "True\n"
    await comm.send({"n": 1}).done()
    codes = ["print(clicks)", "await asyncio.sleep(0)\nprint('async')", "print(3)"]
    if kernel.version.startswith("7.3"):
        # Without the bridge it may overlook a message that comes while it replies.
        cells = [await kernel.run_ok(code) for code in codes]
    else:
        cells = [await cell.done() for cell in kernel.queue(codes)]
    assert [cell.stdout for cell in cells] == ["[1]\n", "async\n", "3\n"]
    # And it can be put back.
    assert (await kernel.run_ok(INSTALL)).stdout == "bridge\n"
    waiting = kernel.execute(WAIT)
    await waiting.printed("waiting")
    comm.send({"n": 2})
    await waiting.done()


@pytest.mark.parametrize(
    ("env", "code", "state"),
    [
        ({"JUPYTER_CLAUDE_COMM_BRIDGE": "off"}, "CommBridge.install(ip)", "off: switched off by J"),
        ({}, "CommBridge.install(ip, enabled=False)", "off: switched off by the comm_bridge"),
        ({}, "del ip.kernel.shell_handlers\nCommBridge.install(ip)", "native: this kernel is b"),
        ({}, "CommBridge.install(object())", "native: this IPython is not a kernel"),
        ({}, "await asyncio.to_thread(CommBridge.install, ip)", "native: loaded outside"),
    ],
    ids=["environment", "option", "built-differently", "no-kernel", "thread"],
)
async def test_states(env: dict[str, str], code: str, state: str) -> None:
    """Else `%claude doctor` could not say why a click does not arrive."""
    async with RealKernel(env=env) as kernel:
        setup, _, last = code.rpartition("\n")
        cell = await kernel.run_ok(
            "import asyncio\n"
            "from jupyter_claude._kernel.comms import CommBridge\n"
            f"ip = get_ipython()\n{setup}\nbridge = {last}\n"
            "bridge.uninstall()\nprint(bridge.state)"
        )
        assert cell.stdout.startswith(state), cell.story()


async def test_can_be_asked(kernel: RealKernel) -> None:
    """Else a notebook run by nbclient would wait for ever for an approval."""
    await kernel.run_ok("from jupyter_claude._kernel.comms import can_be_asked")
    for allowed in (True, False, True):
        cell = await kernel.run_ok("print(can_be_asked(get_ipython()))", allow_stdin=allowed)
        assert cell.stdout == f"{allowed}\n"
        cell = await kernel.run_ok(
            "import asyncio\nawait asyncio.sleep(0)\nprint(can_be_asked(get_ipython()))",
            allow_stdin=allowed,
        )
        assert cell.stdout == f"{allowed}\n"


async def test_cell_context(kernel: RealKernel) -> None:
    """Else the end of a turn would be shown in whichever cell happens to run by then."""
    first = await kernel.run_ok(
        "import asyncio, contextvars\n"
        "from IPython.display import display, update_display\n"
        "from jupyter_claude._kernel.comms import cell_context\n"
        "in_first = cell_context(get_ipython())\n"
        "def speak():\n"
        "    print('printed')\n"
        "    display('displayed', display_id='d')\n"
        "    return 42\n"
        "def later():\n"
        "    return in_first(speak)"
    )
    second = await kernel.run_ok("print(in_first(speak)); print('second')")
    assert second.stdout == "42\nsecond\n"
    assert [o["output_type"] for o in second.outputs] == ["stream"]
    assert first.stdout == "printed\n"
    # A busy machine may bring a stream in pieces.
    kinds = [kind for kind, _ in itertools.groupby(o["output_type"] for o in first.outputs)]
    assert kinds == ["stream", "display_data"]
    # From a task without any cell's context, such as the one that owns the CLI.
    third = await kernel.run_ok(
        "loop = asyncio.get_running_loop()\n"
        "done = loop.create_future()\n"
        "contextvars.Context().run(loop.call_soon, lambda: done.set_result(later()))\n"
        "await done\n"
        "print('third'); display('3')"
    )
    assert first.stdout == "printed\nprinted\n"
    assert third.stdout == "third\n"
    assert [o["output_type"] for o in third.outputs] == ["stream", "display_data"]


# The next cell comes to the socket when a reply is about to be sent on it.
HOLD_ONE_REPLY = """
import select, zmq
kernel = get_ipython().kernel
socket, parent = kernel.shell_stream.socket, kernel.get_parent("shell")
send = socket.send_multipart
def send_when_more_has_come(parts, *args, **options):
    object.__setattr__(socket, "send_multipart", send)
    leaving = {"name": "stdout", "text": "leaving"}
    kernel.session.send(kernel.iopub_socket, "stream", leaving, parent=parent)
    assert select.select([socket.getsockopt(zmq.FD)], [], [], 20)[0]
    return send(parts, *args, **options)
object.__setattr__(socket, "send_multipart", send_when_more_has_come)
"""


async def test_a_cell_that_comes_while_a_reply_leaves(version: str) -> None:
    """Else, on ipykernel 7.0–7.3, a cell would wait unnoticed until something else is clicked."""
    async with RealKernel(version) as kernel:
        await ready(kernel)
        first = kernel.execute(HOLD_ONE_REPLY)
        await first.printed("leaving")
        second = await kernel.run_ok("print('noticed')")
        assert second.stdout == "noticed\n"
        await first.done()
