"""Build the site: `docs/` and the API reference, as HTML in `build/docs`.

Usage: .venv/bin/python -m scripts.docs [links]

A link within the site that leads nowhere, a misspelt word and a rule of style that is broken are
errors. Links to other sites are listed in `build/docs-links.txt`, and not followed, because CI has
no network; with `links` they are followed.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from scripts.check import of_words
from scripts.commands import report, run
from scripts.links import outside
from scripts.setup import BUILD, VENV_PYTHON

#: Sphinx, without looking for garbage: that is a third of its work, and it ends soon.
_UNCOLLECTED = (
    "import gc, sys; gc.disable(); from sphinx.cmd.build import main; sys.exit(main(sys.argv[1:]))"
)
SPHINX = [str(VENV_PYTHON), "-c", _UNCOLLECTED, "-q", "-W", "--keep-going"]


def main(arguments: list[str]) -> int:
    """Build the site and check its words, at the same time."""
    checks = {"Site": [*SPHINX, "docs", str(BUILD / "docs")], **of_words()}
    if "links" in arguments:
        checks["Links to other sites"] = [*SPHINX, "-b", "linkcheck", "docs", str(BUILD / "links")]
    with ThreadPoolExecutor(2) as pool:
        started = [pool.submit(run, name, *command, quiet=True) for name, command in checks.items()]
        status = report([each.result() for each in started])
    listed = BUILD / "docs-links.txt"
    listed.write_text("\n".join([*outside(), ""]), "utf-8")
    if "links" not in arguments:
        print(
            f"{len(outside())} links to other sites are in {listed}; ARGS=links follows them, "
            "which needs the network."
        )
    print(f"docs: {BUILD / 'docs' / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
