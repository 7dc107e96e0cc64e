"""The form of the first line of a ``%%claude`` cell, in a module that loads quickly."""

from __future__ import annotations

CELL_USAGE = (
    "%%claude [--as NAME] [--model M] [--schema NAME] [--new] [--max-turns N] [--budget USD] "
    "[--attach NAME] [--quiet] [PROMPT]"
)
