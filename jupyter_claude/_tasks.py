"""`TaskSet`: keeps tasks that no code awaits. An event loop holds its tasks only weakly."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

F = TypeVar("F", bound="asyncio.Future[Any]")


class TaskSet(set["asyncio.Future[Any]"]):
    """Tasks that have not ended."""

    def keep(self, task: F) -> F:
        """Hold a task until it has ended; return it."""
        self.add(task)
        task.add_done_callback(self.discard)
        return task
