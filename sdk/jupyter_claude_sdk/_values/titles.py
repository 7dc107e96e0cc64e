"""Makes JSON Schemas shorter."""

from __future__ import annotations

from typing import Any


def untitle(schema: Any) -> None:
    """Remove pydantic's titles, which repeat the names and cost tokens."""
    if isinstance(schema, list):
        for inner in schema:
            untitle(inner)
    elif isinstance(schema, dict):
        if isinstance(schema.get("title"), str):
            del schema["title"]
        for inner in schema.values():
            untitle(inner)
