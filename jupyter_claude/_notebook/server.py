"""The MCP server `notebook`: the tools with which Claude reads, changes and runs cells."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from jupyter_claude_sdk import McpSdkServerConfig
from jupyter_claude_sdk.lowlevel import LightServer, LightTool

from .cells import CellKind, CellsRefusedError, NotebookCells
from .pages import NotebookUnavailable
from .words import cell_list, changed_text, refusal_text, run_text

NAME = "notebook"

Given = dict[str, Any]
Handler = Callable[[Given], Awaitable[dict[str, Any]]]

_TEXT = {"type": "string"}
_INDEX = {"type": "integer", "minimum": 0}
_ID = {**_TEXT, "description": "The cell's id, from read_cells."}
_HASH = {
    **_TEXT,
    "description": "The hash that read_cells gave for this cell. If the user has changed the cell "
    "since, nothing happens and you get its present text.",
}
_SOURCE = {**_TEXT, "description": "The whole new source of the cell."}
_KINDS = ("code", "markdown", "raw")
_ABOUT = (
    "It works on the notebook that the user has open in JupyterLab, not on its file. "
    "The user can undo it in one step."
)
_TYPES = {"string": str, "integer": int, "array": list}


class WrongInput(Exception):
    """A call's input does not fit the tool; the message is one line."""


def notebook_server(cells: NotebookCells) -> McpSdkServerConfig:
    """Return the server for the option ``mcp_servers``, under the name `NAME`.

    Claude sees its tools at once. None is marked as read-only, because such tools may run side by
    side.
    """
    makers = (_read, _edit, _insert, _delete, _move, _run)
    server = LightServer(NAME, "1.0.0", [make(cells) for make in makers])
    return cast(McpSdkServerConfig, server.config())


def _tool(
    name: str, description: str, properties: dict[str, Any], required: list[str], handler: Handler
) -> LightTool:
    schema = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }

    async def call(given: Given, call_id: str) -> dict[str, Any]:
        try:
            _check(given, schema)
            return await handler(given)
        except CellsRefusedError as error:
            return _said(refusal_text(error), failed=True)
        except (NotebookUnavailable, WrongInput) as error:
            return _said(str(error), failed=True)

    return LightTool(name, description, schema, call, always_load=True)


def _check(given: Given, schema: dict[str, Any]) -> None:
    """Check a call's input, as far as these tools' schemas go."""
    properties = schema["properties"]
    for name in schema["required"]:
        if name not in given:
            raise WrongInput(f"The input lacks {name}.")
    for name, value in given.items():
        if name not in properties:
            raise WrongInput(f"The tool has no input {name[:60]}.")
        kind = properties[name]["type"]
        if type(value) is not _TYPES[kind]:
            raise WrongInput(f"{name} must be of the type {kind}.")
        if isinstance(value, int) and value < 0:
            raise WrongInput(f"{name} must not be less than 0.")
        if value not in properties[name].get("enum", [value]):
            raise WrongInput(f"{name} must be one of {', '.join(_KINDS)}.")
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            raise WrongInput(f"{name} must be a list of strings.")


def _said(text: str, *, failed: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": failed}


def _read(cells: NotebookCells) -> LightTool:
    async def read_cells(given: Given) -> dict[str, Any]:
        return _said(cell_list(await cells.read_cells(given.get("start", 0), given.get("ids", ()))))

    return _tool(
        "read_cells",
        "Read the cells of the notebook that the user has open, as they are now: source, and the "
        "text of the outputs. Gives each cell's id and hash, which the other tools need.",
        {
            "start": {**_INDEX, "description": "The index of the first cell; 0 by default."},
            "ids": {"type": "array", "items": _TEXT, "description": "Read only these cells."},
        },
        [],
        read_cells,
    )


def _edit(cells: NotebookCells) -> LightTool:
    async def edit_cell(given: Given) -> dict[str, Any]:
        cell = await cells.edit_cell(given["id"], given["hash"], given["source"])
        return _said(changed_text("Changed", cell))

    return _tool(
        "edit_cell",
        f"Replace the source of a cell. {_ABOUT}",
        {"id": _ID, "hash": _HASH, "source": _SOURCE},
        ["id", "hash", "source"],
        edit_cell,
    )


def _insert(cells: NotebookCells) -> LightTool:
    async def insert_cell(given: Given) -> dict[str, Any]:
        kind = cast(CellKind, given.get("kind", "code"))
        after, index = given.get("after_id"), given.get("index")
        cell = await cells.insert_cell(kind, given["source"], after_id=after, index=index)
        return _said(changed_text("Inserted", cell))

    return _tool(
        "insert_cell",
        f"Insert a cell, at the end if neither after_id nor index is given. {_ABOUT}",
        {
            "source": _SOURCE,
            "kind": {**_TEXT, "enum": list(_KINDS)},
            "after_id": {**_TEXT, "description": "The id of the cell above it."},
            "index": {**_INDEX, "description": "Its index, if after_id is not given."},
        },
        ["source"],
        insert_cell,
    )


def _delete(cells: NotebookCells) -> LightTool:
    async def delete_cell(given: Given) -> dict[str, Any]:
        cell = await cells.delete_cell(given["id"], given["hash"])
        return _said(f"Deleted the cell that was at index {cell.index}.")

    return _tool(
        "delete_cell",
        f"Delete a cell. {_ABOUT}",
        {"id": _ID, "hash": _HASH},
        ["id", "hash"],
        delete_cell,
    )


def _move(cells: NotebookCells) -> LightTool:
    async def move_cell(given: Given) -> dict[str, Any]:
        return _said(changed_text("Moved", await cells.move_cell(given["id"], given["index"])))

    return _tool(
        "move_cell",
        f"Move a cell to another position. {_ABOUT}",
        {"id": _ID, "index": {**_INDEX, "description": "Its new index."}},
        ["id", "index"],
        move_cell,
    )


def _run(cells: NotebookCells) -> LightTool:
    async def run_cell(given: Given) -> dict[str, Any]:
        run = await cells.run_cell(given["id"], given["hash"])
        result = _said(run_text(run), failed=not run.ok)
        result["content"] += [
            {"type": "image", "data": image.data, "mimeType": image.mime} for image in run.images
        ]
        return result

    return _tool(
        "run_cell",
        "Run a cell of the notebook that the user has open, in the user's kernel, and return its "
        "outputs, plots as images. The outputs show in the cell.",
        {"id": _ID, "hash": _HASH},
        ["id", "hash"],
        run_cell,
    )
