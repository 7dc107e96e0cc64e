"""What a `Recorder` hears in IPython without a kernel."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CODE = """
import json, os
from IPython.core.interactiveshell import InteractiveShell
from jupyter_claude._looking.hidden import Hidden
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.recorder import Recorder

shell = InteractiveShell.instance()
recorder = Recorder(shell)
recorder.start()
for source in ("print('printed')", "display('shown')", "1 + 1", "fail()"):
    shell.run_cell(source, store_history=True)
looker = Looker(lambda: shell.user_ns, recorder, Hidden())
recorder.stop()
shell.run_cell("2 + 2", store_history=True)
told = [looker.outputs(9).text, looker.recent(9).text, len(recorder.record.cells)]
print("TOLD", json.dumps(told))
"""


def test_a_terminal(tmp_path: Path) -> None:
    """Else Claude in a terminal sees neither what was shown nor the last error."""
    ran = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        check=True,
        env={"IPYTHONDIR": str(tmp_path), "HOME": str(tmp_path), "PATH": ""},
    )
    outputs, recent, cells = json.loads(ran.stdout.partition("TOLD ")[2])
    assert "In[1] printed:\nprinted" in outputs
    assert "In[2] showed (text/plain):\n'shown'" in outputs
    assert "In[3] showed (text/plain):\n2" in outputs
    assert "In[4] failed:" in recent and "name 'fail' is not defined" in recent
    assert cells == 4
