"""The rooms of the SDK: imports point one way, and no two modules need each other."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import grimp
import jupyter_claude_sdk
import pytest

import jupyter_claude

pytestmark = pytest.mark.pure

ROOT = "jupyter_claude_sdk"
#: From the top floor to the ground. Rooms on one floor do not know each other.
FLOORS = [
    ("__main__", "lowlevel", "testing"),
    ("compat",),
    ("_names",),
    ("_map", "_query"),
    ("_client",),
    ("_connection",),
    ("_stores",),
    ("_transport", "_tracing"),
    ("_mcp", "_options", "_recording", "_sessions", "_values"),
    ("_wire",),
    ("_types",),
    ("_base", "_errors", "_version"),
]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Return who imports whom, also for types only and inside of functions."""
    return grimp.build_graph(ROOT, cache_dir=None)


def test_the_graph_counts_each_kind_of_import(graph: grimp.ImportGraph) -> None:
    """Else a circle of lazy or type-only imports would pass the other tests of this file."""
    restore = f"{ROOT}._stores.restore"  # lazy: in a function
    assert graph.direct_import_exists(importer=f"{ROOT}._client", imported=restore)
    host = f"{ROOT}._mcp.host"  # first for types
    assert graph.direct_import_exists(importer=f"{ROOT}._connection.mcp_servers", imported=host)
    annotations = f"{ROOT}._types.tool_annotations"  # for types alone
    assert graph.direct_import_exists(importer=f"{ROOT}._types.mcp", imported=annotations)


def test_no_module_imports_itself_by_way_of_others(graph: grimp.ImportGraph) -> None:
    """A circle is read, changed and tested only as a whole."""
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert list(graphlib.TopologicalSorter(imports).static_order())  # else a CycleError names it


def test_imports_go_down_the_floors(graph: grimp.ImportGraph) -> None:
    """A protocol that knows the client cannot be understood without it."""
    illegal = graph.find_illegal_dependencies_for_layers(
        layers=[grimp.Layer(*floor, independent=True) for floor in FLOORS], containers={ROOT}
    )
    assert [f"{one.importer} imports {one.imported}" for one in illegal] == []


def test_each_room_has_a_floor() -> None:
    """A new room would be outside of what the test above looks at."""
    package = Path(jupyter_claude_sdk.__file__).parent
    rooms = {path.stem for path in package.iterdir() if path.suffix == ".py" or path.is_dir()}
    named = {room for floor in FLOORS for room in floor}
    assert rooms - {"__init__", "__pycache__"} == named


def test_only_the_sessions_room_knows_the_format_of_transcripts() -> None:
    """When the CLI changes a field, each other place that reads it would break unseen."""
    fields = {
        *("parentUuid", "logicalParentUuid", "leafUuid", "forkedFrom", "compactMetadata"),
        *("isSidechain", "isMeta", "isCompactSummary", "isApiErrorMessage", "customTitle"),
        *("toolUseResult", "toolDenialKind", "trackedFileBackups", "snapshotMessageId"),
    }
    readers = set()
    for package in (Path(jupyter_claude_sdk.__file__).parent, Path(jupyter_claude.__file__).parent):
        for path in package.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and str(node.value).strip('"') in fields:
                    readers.add(path.relative_to(package).parts[0])
    assert readers == {"_sessions"}
