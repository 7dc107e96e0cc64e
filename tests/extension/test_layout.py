"""The extension's rooms: imports go down, from what users call to the data of a turn."""

from __future__ import annotations

from itertools import pairwise

import grimp
import pytest

pytestmark = pytest.mark.pure

PACKAGE = "jupyter_claude"
#: The floors, the lowest first. A room imports from those below it, as CONTRIBUTING.md draws.
FLOORS: list[tuple[str, ...]] = [
    (
        "_cell_usage",
        "_characters",
        "_names",
        "_display",
        "_tracebacks",
        "_tables",
        "_settings",
        "_tasks",
    ),
    ("_listeners",),
    ("_text", "_paths", "_screen", "_did_you_mean", "_programs", "_type_ahead"),
    ("_answers", "_policy"),
    ("_turns", "_looking"),
    ("_asking", "_kernel", "_suggestions", "_cost", "_user_tools"),
    ("_requests", "_cell_line"),
    ("_approvals",),
    ("_core",),
    ("_running",),
    ("_kernel_tools", "_notebook"),
    ("_practice",),
    ("_process",),
    ("_conversations", "_trust"),
    ("_health",),
    ("_providers",),
    ("_signin",),
    ("_replay",),
    ("_engine",),
    ("_rewind", "_batches"),
    ("_protocol",),
    ("_views",),
    ("_parts",),
    ("_lazy_parts",),
    ("_claude",),
    ("_command",),
    ("_ipython",),
    ("__init__",),
    ("__main__",),
]


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """Return which modules each module imports, in functions and for types as well."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    return {
        module: graph.find_modules_directly_imported_by(module) & graph.modules
        for module in graph.modules
    }


def room(module: str) -> str:
    """Return the folder or the file of the package in which a module is."""
    _, _, inside = module.partition(".")
    return inside.partition(".")[0] or "__init__"


def test_imports_go_down(imports: dict[str, set[str]]) -> None:
    """Else `%load_ext` brings all there is, and a change in a view breaks the session."""
    floors = {name: floor for floor, names in enumerate(FLOORS) for name in names}
    wrong = [
        f"{module} imports {other}"
        for module, others in sorted(imports.items())
        for other in sorted(others)
        if room(module) != room(other) and floors[room(other)] >= floors[room(module)]
    ]
    assert wrong == []
    assert sum(map(len, imports.values())) > 500


def test_no_module_imports_itself_over_others(imports: dict[str, set[str]]) -> None:
    """Else nobody can read, test or change one of these modules without all others."""

    def circle(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for other in sorted(imports[module]):
            if found := circle(other, [*path, module]):
                return found
        done.add(module)
        return []

    done: set[str] = set()
    for module in sorted(imports):
        found = circle(module, [])
        assert not found, " imports ".join(found)
    assert all(b in imports[a] for a, b in pairwise(["jupyter_claude", "jupyter_claude._claude"]))
