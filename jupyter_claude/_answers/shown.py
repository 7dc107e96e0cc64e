"""How views show a value: as JSON in a code block."""

from __future__ import annotations

import json
from typing import Any

_LONGEST = 4_000  # characters


def json_block(given: Any) -> str:
    """Return an answer as a Markdown code block; of a long one only the beginning.

    Parameters
    ----------
    given : object
        What Claude gave, as JSON's Python value.
    """
    text = json.dumps(given, indent=2, ensure_ascii=False)
    more = ""
    if len(text) > _LONGEST:
        end = text.rfind("\n", 0, _LONGEST)
        left_out = len(text) - max(end, 0)
        text = text[: max(end, 0)]
        more = f"\n\n… {left_out:,} more characters; `turn.value` has all."
    return f"```json\n{text}\n```{more}"
