"""Check the links of the documentation as GitHub and a reader's editor show it.

Usage: .venv/bin/python -m scripts.links

A link to a file leads to one. Links from page to page, with their headings, are Sphinx's work:
`make docs`. Links to other sites are listed only, because CI has no network; `make docs ARGS=links`
follows them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt

from scripts.prose import files
from scripts.setup import ROOT

_OUTSIDE = re.compile(r"^(https?:|mailto:)")


def links_of(page: Path) -> Iterator[str]:
    """Yield what a page's Markdown links to."""
    reader = MarkdownIt("commonmark").enable("table")
    for token in reader.parse(page.read_text("utf-8")):
        for part in token.children or ():
            target = part.attrs.get("href" if part.type == "link_open" else "src")
            if target and part.type in {"link_open", "image"}:
                yield unquote(str(target))


def pages() -> list[Path]:
    """Return the pages that are Markdown."""
    return [file for file in files() if file.suffix == ".md"]


def broken() -> list[str]:
    """Return the links that lead to no file, each with its page."""
    found = []
    for page in pages():
        for target in links_of(page):
            path = target.partition("#")[0]
            if path and not _OUTSIDE.match(target) and not (page.parent / path).exists():
                found.append(f"{page.relative_to(ROOT)}: {target}")
    return found


def outside() -> list[str]:
    """Return the links to other sites."""
    return sorted({target for page in pages() for target in links_of(page) if "://" in target})


def main() -> int:
    """Print the broken links; return 1 if there are any."""
    found = broken()
    print("\n".join(f"{link}: there is no such file" for link in found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
