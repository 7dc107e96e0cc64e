"""What the scripted model says in the tests of this folder, besides what it says in all of them."""

from __future__ import annotations

from typing import Any

from tests.browser.script import SCRIPT as EVERYWHERE

SCRIPT: list[dict[str, Any]] = [*EVERYWHERE]
