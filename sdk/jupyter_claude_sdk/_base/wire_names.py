"""Marks fields that have another name on the wire than in Python."""

from __future__ import annotations

#: The key of the wire's name in a field's metadata.
WIRE = "wire"


def on_wire(name: str) -> dict[str, str]:
    """Return the metadata of a field that has the name `name` on the wire."""
    return {WIRE: name}
