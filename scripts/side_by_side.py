"""How tests are spread over workers, a plugin for pytest-xdist.

Each file goes to one worker, and each folder with tests in browsers, whose tests share a server.
What takes long begins first. A test that ends its worker runs once.
"""

from __future__ import annotations

from typing import Any, cast

import pytest
from xdist.scheduler import LoadFileScheduling

IN_BROWSERS = ("tests/browser", "tests/labextension")
#: They begin first, so that no worker has much to do when the others are done. Two browsers at a
#: time take longer than one after the other, for what they show moves.
LONG = ("tests/browser/", "tests/test_", "tests/extension/", "tests/labextension/")


class Spread(LoadFileScheduling):  # type: ignore[misc]  # xdist says nothing of its types
    """pytest-xdist's own; but that runs a test which hangs again, in worker after worker."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = file.rpartition("/")[0]
        return folder if folder in IN_BROWSERS else file

    def remove_node(self, node: Any) -> str | None:
        """Give the other tests of a worker that has ended to the rest; return what ended it."""
        for tests in self.assigned_work[node].values():
            for test, has_run in tests.items():
                if not has_run:
                    tests[test] = True
                    super().remove_node(node)
                    return cast(str, test)
        return cast("str | None", super().remove_node(node))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first."""

    def rank(item: pytest.Item) -> int:
        return next((i for i, start in enumerate(LONG) if item.nodeid.startswith(start)), len(LONG))

    items.sort(key=rank)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Choose it."""
    return Spread(config, log)
