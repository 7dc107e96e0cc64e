"""Run every ``bench_*.py`` of this folder: ``python -m benchmarks.run [NAME …]``.

A benchmark is a module with ``figures()``, which yields `Figure`s. The exit status is 1 if a figure
is over its limit or a benchmark fails.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path


def main(wanted: list[str]) -> int:
    names = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    failed = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # users have bytecode too
    for name in wanted or names:
        module = importlib.import_module(f"benchmarks.bench_{name.removeprefix('bench_')}")
        print(f"\n{(module.__doc__ or name).splitlines()[0]}", flush=True)
        try:
            for figure in module.figures():
                print(f"  {figure}", flush=True)
                failed |= not figure.passed
        except Exception:
            traceback.print_exc()
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
