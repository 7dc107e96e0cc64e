"""Which file a call of Claude's file tools writes."""

from __future__ import annotations

import os

from .._names import to_system
from .items import ToolCall

#: Tools that write one file, and the input that names it.
FILE_TOOLS = {
    "Write": "file_path",
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "NotebookEdit": "notebook_path",
}


def canonical_path(path: str, folder: str) -> str:
    """Return the unique path of a file: its real folder, and its name there."""
    path = os.path.normpath(os.path.join(folder, path))
    if "\0" in path:  # the model may write an impossible name
        return path
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def file_of(call: ToolCall, folder: str) -> str | None:
    """Return the file that a call writes, or None."""
    name = call.input.get(FILE_TOOLS.get(call.name, ""))
    return canonical_path(to_system(name), folder) if isinstance(name, str) and name else None
