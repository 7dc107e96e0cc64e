"""Claude's to-do list: the first call of a turn that changes the list shows all of it.

If all of a list is done and Claude begins another one, the call that begins it shows only that.
`TodoWrite` writes the whole list; `TaskCreate` and `TaskUpdate` change one line of it.
"""

from __future__ import annotations

from typing import Any

from .items import Todo, TodoStatus, ToolCall

TOOLS = frozenset({"TodoWrite", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet"})

_WORDS: dict[str, TodoStatus] = {
    "pending": "to do",
    "in_progress": "in progress",
    "completed": "done",
}


class Checklist:
    """A to-do list, and the calls of a turn that read or change it.

    Parameters
    ----------
    todos : dict
        The list. Turns share it, since Claude may finish a task many turns after it noted it.
    """

    def __init__(self, todos: dict[str, Todo]) -> None:
        self._todos = todos
        self._calls: list[ToolCall] = []
        self._finished: dict[str, Todo] = {}  # what lists before this one had

    def update(self, call: ToolCall, result: Any = None) -> list[ToolCall]:
        """Read a call that began, got its input or ended; return the calls to show again.

        Parameters
        ----------
        call : ToolCall
            One of `TOOLS`.
        result : dict, optional
            The ``tool_use_result`` of the message with its result.
        """
        if self._begins_another(call):
            self._finished.update(self._todos)
            self._todos.clear()
            self._calls.clear()  # they keep what they show
        if call not in self._calls:
            self._calls.append(call)
        self._change(call, result if isinstance(result, dict) else {})
        working = [other for other in self._calls if other.is_open or other.state == "done"]
        for other in self._calls:
            other.hidden = other in working[1:]
            other.todos = list(self._todos.values()) if other in working[:1] else []
        return working[:1] if call in working else [call, *working[:1]]

    def _begins_another(self, call: ToolCall) -> bool:
        """Return whether all of the list is done, and a new call adds to none of it."""
        if not self._todos or not all(todo["status"] == "done" for todo in self._todos.values()):
            return False
        if call.name == "TaskCreate":
            return call.is_open
        given = call.input.get("todos")
        if call.name != "TodoWrite" or not isinstance(given, list) or not given:
            return False
        known = {todo["content"] for todo in self._todos.values()}
        return not any(isinstance(one, dict) and one.get("content") in known for one in given)

    def _change(self, call: ToolCall, result: dict[str, Any]) -> None:
        given = call.input
        if call.state in ("failed", "denied", "stopped"):
            self._todos.pop(call.id, None)
        elif call.name == "TodoWrite" and isinstance(given.get("todos"), list):
            self._replace(given["todos"], "content")
        elif call.name == "TaskCreate":
            self._create(call, result)
        elif call.name == "TaskUpdate" and call.state == "done":
            self._update(str(given.get("taskId", "")), given)
        elif call.name == "TaskList" and isinstance(result.get("tasks"), list):
            self._replace([*filter(self._belongs, result["tasks"])], "subject")

    def _belongs(self, task: Any) -> bool:
        """Return whether a task is of this list: Claude Code also lists those of finished ones."""
        if not self._todos or not isinstance(task, dict):
            return True
        return str(task.get("id")) in self._todos or task.get("status") != "completed"

    def _replace(self, entries: list[Any], name: str) -> None:
        self._todos.clear()
        for number, entry in enumerate(entries):
            if isinstance(entry, dict):
                self._todos[str(entry.get("id", number))] = Todo(
                    content=str(entry.get(name, "")),
                    status=_WORDS.get(str(entry.get("status")), "to do"),
                )

    def _create(self, call: ToolCall, result: dict[str, Any]) -> None:
        """Add the line at once, under the call's id until the result gives the task's id."""
        task = result.get("task")
        id = str(task.get("id", "")) if isinstance(task, dict) else ""
        subject = str(call.input.get("subject", ""))
        if call.is_open and subject:
            self._todos[call.id] = Todo(content=subject, status="to do")
        elif id and call.id in self._todos:
            if id == "1":  # a conversation's first task: those with numbers are from an earlier one
                for key in filter(str.isdecimal, list(self._todos)):
                    del self._todos[key]
            renamed = {id if key == call.id else key: todo for key, todo in self._todos.items()}
            self._todos.clear()
            self._todos.update(renamed)

    def _update(self, id: str, given: dict[str, Any]) -> None:
        if given.get("status") == "deleted":
            self._todos.pop(id, None)
            return
        before = self._todos.get(id) or self._finished.get(id)
        before = before or Todo(content=f"Task {id}", status="to do")
        subject = given.get("subject")
        self._todos[id] = Todo(
            content=subject if isinstance(subject, str) else before["content"],
            status=_WORDS.get(str(given.get("status")), before["status"]),
        )
