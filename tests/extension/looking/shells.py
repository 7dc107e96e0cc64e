"""A shell with IPython's events and hooks, without IPython."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


class Events:
    """IPython's events."""

    def __init__(self) -> None:
        self.functions: dict[str, list[Callable[[Any], None]]] = {}

    def register(self, event: str, function: Callable[[Any], None]) -> None:
        self.functions.setdefault(event, []).append(function)

    def unregister(self, event: str, function: Callable[[Any], None]) -> None:
        self.functions[event].remove(function)

    def trigger(self, event: str, argument: Any) -> None:
        for function in list(self.functions.get(event, [])):
            function(argument)


class Hooked:
    """ipykernel's publisher of displays, or its hook for results."""

    def __init__(self) -> None:
        self.hooks: list[Callable[[Any], Any]] = []

    def register_hook(self, hook: Callable[[Any], Any]) -> None:
        self.hooks.append(hook)

    def unregister_hook(self, hook: Callable[[Any], Any]) -> None:
        self.hooks.remove(hook)

    def send(self, kind: str, data: dict[str, Any], id: str = "") -> Any:
        transient = {"display_id": id} if id else {}
        content = {"data": data, "transient": transient}
        message: Any = {"header": {"msg_type": kind}, "content": content}
        for hook in self.hooks:
            message = hook(message)
        return message


class Shell:
    """A shell that runs nothing: a test says what a cell showed."""

    def __init__(self) -> None:
        self.events = Events()
        self.display_pub = Hooked()
        self.displayhook = Hooked()
        self.execution_count = 1

    def run(
        self,
        source: str,
        *,
        show: Callable[[], None] = lambda: None,
        error: BaseException | None = None,
        before: BaseException | None = None,
    ) -> None:
        """Run a cell: its events, and what it shows."""
        self.events.trigger("pre_run_cell", SimpleNamespace(raw_cell=source, store_history=True))
        show()
        number = self.execution_count
        self.execution_count += 1
        result = SimpleNamespace(
            error_before_exec=before, error_in_exec=error, execution_count=number
        )
        self.events.trigger("post_run_cell", result)

    def display(self, data: dict[str, Any], id: str = "") -> Any:
        return self.display_pub.send("display_data", data, id)

    def result(self, data: dict[str, Any]) -> Any:
        return self.displayhook.send("execute_result", data)
