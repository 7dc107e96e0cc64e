"""Sphinx configuration: `make docs` builds the pages of this folder and the reference."""

import re
import sys

import jupyter_claude_sdk
from sphinx.application import Sphinx

project = "jupyter_claude"
author = "jupyter_claude contributors"
release = jupyter_claude_sdk.__version__

extensions = [
    "myst_parser",  # the pages are Markdown, as GitHub shows them
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",  # the docstrings are NumPy style
    "sphinx.ext.viewcode",
]
napoleon_google_docstring = False
napoleon_use_ivar = True
default_role = "code"  # `name` in a docstring is code, whether it links or not
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": True}
myst_heading_anchors = 3
# TypedDicts share key names such as "type", which a parameter's name may seem to refer to.
suppress_warnings = ["ref.python"]
html_theme = "furo"
html_title = "jupyter_claude"
html_static_path: list[str] = []
exclude_patterns = ["_build"]


def _alias_without_its_class_docstring(
    app: object, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """An alias such as ``dict[str, Any]`` has no docstring; autodoc would show ``dict``'s."""
    if what == "data":
        lines.clear()


def _home(name: str) -> str | None:
    """Return the module that has a public name of a package, which bears the package's own name."""
    package, _, public = name.rpartition(".")
    getattr(sys.modules.get(package), public, None)  # what is lazy is loaded now
    for module, found in list(sys.modules.items()):
        if module.startswith(f"{package}._") and public in getattr(found, "__all__", ()):
            return module
    return None


def _followed(app: object, package: str, name: str) -> str | None:
    """Tell the links to the source in which module a public name is."""
    return _home(f"{package}.{name.partition('.')[0]}")


def _module_source(
    app: object, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """Say where a class or function comes from, as its module does for all that is in it."""
    if what in {"class", "exception", "function"} and not any("Source:" in line for line in lines):
        module = sys.modules.get(_home(name) or "")
        found = re.search(
            r"^Source: (.|\n)+?(?=\n\n|\Z)", getattr(module, "__doc__", None) or "", re.M
        )
        if found:
            lines += ["", *found[0].strip().splitlines()]


def setup(app: Sphinx) -> None:
    app.connect("viewcode-follow-imported", _followed)
    app.connect("autodoc-process-docstring", _module_source)
    app.connect("autodoc-process-docstring", _alias_without_its_class_docstring)
