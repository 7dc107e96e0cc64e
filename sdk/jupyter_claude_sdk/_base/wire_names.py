"""Fields that the wire spells in another way than Python does."""

from __future__ import annotations

#: Where a field's metadata has its name on the wire.
WIRE = "wire"


def on_wire(name: str) -> dict[str, str]:
    """Return the metadata of a dataclass's field that has another name on the wire."""
    return {WIRE: name}
