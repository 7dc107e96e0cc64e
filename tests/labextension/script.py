"""What the scripted model says in the tests of this folder, besides what it says in all of them."""

from __future__ import annotations

from typing import Any

from tests.browser.script import CODE, bash, write
from tests.browser.script import SCRIPT as EVERYWHERE

MEAN = "def mean(rows):\n    return sum(rows) / len(rows)\n\n\nprint(mean([1, 2, 3]))"

# What is said in the pictures of docs/jupyterlab.md.
WETTEST = (
    "**December**, with 71 mm; that is 29 % of the year's 248 mm:\n\n"
    '```python\nwettest = max(rain, key=rain.get)\nprint(f"{wettest}: {rain[wettest]} mm")\n```\n'
)
FAULTY = """\
def mean(values):
    total = 0
    for value in values:
        total += value
    return total / len(values)

print(mean([rain[month] for month in rain if month == "June"]))"""
FIXED = (
    "`rain` has no June, so `values` is empty and its length 0. "
    "With this, no mean is `nan`:\n\n```python\n"
    + FAULTY.replace(
        """\
    total = 0
    for value in values:
        total += value
    return total / len(values)
""",
        """\
    if not values:
        return float("nan")
    return sum(values) / len(values)
""",
    )
    + "\n```\n"
)

# What the pictures of the panel and of a rewind show.
PRICES = 'import csv\n\n\ndef total(rows):\n    return sum(row["price"] for row in rows)\n'
TYPED = (
    "def total(rows: list[dict[str, str]]) -> float:\n"
    '    """Return the sum of all prices."""\n'
    '    return sum(float(row["price"]) for row in rows)\n'
)
TESTED = (
    "from prices import total\n\n\ndef test_total():\n"
    '    assert total([{"price": "2"}, {"price": "3"}]) == 5\n'
)
TYPE_IT = {
    "file_path": "prices.py",
    "old_string": PRICES.partition("\n\n\n")[2],
    "new_string": TYPED,
}

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "write prices.py",
        "replies": [write("prices.py", PRICES), [{"text": "`prices.py` sums up the prices."}]],
    },
    {
        "when": "Add types to it",
        "replies": [
            [{"text": "I'll add the types."}, {"tool": "Edit", "input": TYPE_IT}],
            write("test_prices.py", TESTED),
            bash("python -m compileall -q . && echo ok > results.txt", ""),
            [{"text": "The types are there, and a test."}],
        ],
    },
    {"when": 'if month == "June"', "replies": [[{"text": FIXED}]]},
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
    {"when": "wettest", "replies": [[{"text": WETTEST}]]},
    {
        "when": "Check the sum",
        "replies": [
            bash('python3 -c "print(48 + 52 + 39 + 38 + 71)"', ""),
            [{"text": "It is 248."}],
        ],
    },
    {"when": "write a function", "replies": [[{"text": f"```python\n{CODE}\n```"}]]},
    *EVERYWHERE,
]
