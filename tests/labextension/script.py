"""What the scripted model says in the tests of this folder, besides what it says in all of them."""

from __future__ import annotations

from typing import Any

from tests.browser.script import SCRIPT as EVERYWHERE

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "Fix the error of",
        "replies": [
            [
                {
                    "text": "Dividing by zero cannot work.\n\n"
                    "```python\ndef half(x):\n    return x / 2\nhalf(4)\n```\n"
                }
            ]
        ],
    },
    {"when": "Explain the error of", "replies": [[{"text": "Nothing can be divided by zero."}]]},
    *EVERYWHERE,
]
