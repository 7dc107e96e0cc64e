"""The small project in the practice model's folder, so that there is something to work on."""

from __future__ import annotations

from pathlib import Path

#: Its files. The mean has a mistake, which the last test finds.
FILES = {
    "README.md": """\
# A counter on a bridge

A counter on a bridge counts the cyclists of each day. This folder is for practice: change and
delete what you like.

- `bridge.py` says which days were busy.
- `test_bridge.py` tests it. One test fails.
""",
    "bridge.py": '''\
"""What the counter on the bridge says."""

BUSY_DAY = 3000  # cyclists


def is_busy(cyclists):
    """Whether a day was busy."""
    return cyclists >= BUSY_DAY


def mean(counts):
    """The mean of the counts."""
    return sum(counts) // len(counts)
''',
    "test_bridge.py": """\
import unittest

from bridge import BUSY_DAY, is_busy, mean


class BridgeTest(unittest.TestCase):
    def test_a_busy_day(self):
        self.assertTrue(is_busy(BUSY_DAY))

    def test_a_quiet_day(self):
        self.assertFalse(is_busy(10))

    def test_the_mean_has_decimals(self):
        self.assertEqual(mean([2, 3]), 2.5)


if __name__ == "__main__":
    unittest.main()
""",
}


def lay_out(folder: Path) -> None:
    """Write the project into an empty folder. A folder with files stays as it is."""
    if any(folder.iterdir()):
        return
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8", newline="\n")
