"""Distributes tests over workers. It is a plugin for pytest-xdist.

All tests of a file go to one worker. All tests of a folder that uses browsers do too, because they
share a server. The longest begin first. A test that ends its worker does not run again.
"""

from __future__ import annotations

from typing import Any, cast

import pytest
from xdist.scheduler import LoadFileScheduling

IN_BROWSERS = ("tests/browser", "tests/labextension", "tests/hub")
#: They begin first, so that all workers end at about the same time. Two browsers at a time take
#: longer than one after the other, because their pages redraw all the time.
LONG = ("tests/browser/", "tests/test_", "tests/extension/", "tests/labextension/", "tests/hub/")


class Spread(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Schedules as pytest-xdist does, but does not run a test again that hung."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = file.rpartition("/")[0]
        return folder if folder in IN_BROWSERS else file

    def remove_node(self, node: Any) -> str | None:
        """Give the other tests of an ended worker to the rest; return the test that ended it."""
        for tests in self.assigned_work[node].values():
            for test, has_run in tests.items():
                if not has_run:
                    tests[test] = True
                    super().remove_node(node)
                    return cast(str, test)
        return cast("str | None", super().remove_node(node))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first."""

    def rank(item: pytest.Item) -> int:
        return next((i for i, start in enumerate(LONG) if item.nodeid.startswith(start)), len(LONG))

    items.sort(key=rank)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Return our scheduler."""
    return Spread(config, log)
