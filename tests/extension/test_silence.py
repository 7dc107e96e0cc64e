"""What other packages log of our doings, for users who log at DEBUG into their notebook."""

from __future__ import annotations

import logging
from pathlib import Path

import comm
import pytest

from jupyter_claude._approvals import Approvals
from jupyter_claude._turns.items import TextItem
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views.comm_line import CommLine
from jupyter_claude._views.static import bundle
from jupyter_claude._views.terminal import TerminalView
from jupyter_claude._views.wire import ClaudeWidget

pytestmark = pytest.mark.pure


def test_the_parsers_steps_stay_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Who logs at DEBUG sees nothing of the Markdown parser's steps, unless they are asked for.

    Otherwise: hundreds of lines of somebody else's log in the cell, and saved in the notebook.
    """
    caplog.set_level(logging.DEBUG)
    writer = TurnWriter(1, "id", "prompt", folder=Path())
    writer.put(TextItem("a", "# The end\n\n- one\n- two"))
    turn = writer.turn
    bundle(turn)
    TerminalView(turn, Approvals()).finish()
    assert not caplog.records
    caplog.set_level(logging.DEBUG, logger="markdown_it")
    bundle(turn)
    assert {record.name.partition(".")[0] for record in caplog.records} == {"markdown_it"}


def test_what_is_typed_stays_out_of_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages of our views are not logged with all their text; those of others are.

    Otherwise: prompts and answers stand in the cell, and in the saved notebook.
    """
    monkeypatch.setattr(comm, "create_comm", comm.DummyComm)
    caplog.set_level(logging.DEBUG)
    data = {"method": "custom", "content": {"type": "hello"}}
    message = {"content": {"data": data}, "buffers": []}
    line = CommLine("jupyter_claude")
    line._comm.handle_msg(message)
    line._comm.handle_close(message)  # by a page that does not know it
    line._comm.handle_msg(message)
    widget = ClaudeWidget(code="x")
    widget.comm.handle_msg(message)
    assert not caplog.records
    comm.create_comm(target_name="of somebody else").handle_msg(message)
    assert len(caplog.records) == 1
    widget.close()
