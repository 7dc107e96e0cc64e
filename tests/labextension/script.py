"""What the scripted model says in the tests of this folder, besides what it says in all of them."""

from __future__ import annotations

from typing import Any

from tests.browser.script import CODE
from tests.browser.script import SCRIPT as EVERYWHERE

MEAN = "def mean(rows):\n    return sum(rows) / len(rows)\n\n\nprint(mean([1, 2, 3]))"

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "tidy up",
        "replies": [
            [
                {
                    "text": "It costs $5 today and $6 tomorrow: $E=mc^2$.\n\n"
                    f"```python\n{MEAN}\n```\n\nThen\n\n```bash\nls -l\n```\n\n"
                    '```json\n{"rows": 3}\n```\n'
                }
            ]
        ],
    },
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
    {"when": "write a function", "replies": [[{"text": f"```python\n{CODE}\n```"}]]},
    *EVERYWHERE,
]
