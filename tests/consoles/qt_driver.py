"""Runs qtconsole in a process of its own, for tests: presses its keys, and tells what it shows.

It runs in the environment `build/consoles`, so it imports only what is there. Each line of its
standard input is a JSON object: ``{"type": TEXT}`` or ``{"press": KEYS}``, such as "Ctrl+C". Each
line of its standard output is the text that the console shows by then, as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from qtconsole.qtconsoleapp import JupyterQtConsoleApp
from qtpy.QtCore import QObject, Qt, QTimer, Signal
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest


class Commands(QObject):  # type: ignore[misc]
    """Brings the lines of standard input from a thread to the thread of the windows."""

    came = Signal(str)
    ended = Signal()

    def read(self) -> None:
        """Read to the end."""
        for line in sys.stdin:
            self.came.emit(line)
        self.ended.emit()


class Driver:
    """A user at the console's widget."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._control = app.widget._control
        self._told = ""
        self._commands = Commands()
        self._commands.came.connect(self._do)
        self._commands.ended.connect(app.window.close)
        threading.Thread(target=self._commands.read, daemon=True).start()
        self._timer = QTimer()  # cursor and layout change without a signal
        self._timer.timeout.connect(self._tell)
        self._timer.start(50)

    def _do(self, line: str) -> None:
        command = json.loads(line)
        if "type" in command:
            QTest.keyClicks(self._control, command["type"])
        if "press" in command:
            keys = QKeySequence(command["press"])[0]
            modifiers = int(keys) & int(Qt.KeyboardModifierMask)
            QTest.keyClick(
                self._control, Qt.Key(int(keys) & ~modifiers), Qt.KeyboardModifiers(modifiers)
            )

    def _tell(self) -> None:
        text = self._control.toPlainText()
        if text != self._told:
            self._told = text
            print(json.dumps(text), flush=True)


def main() -> None:
    """Run the console until its window or standard input is closed."""
    app = JupyterQtConsoleApp()
    app.initialize(sys.argv[1:])
    driver = Driver(app)
    app.start()
    del driver


if __name__ == "__main__":
    main()
