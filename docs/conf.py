"""Sphinx configuration: `make docs` builds the pages of this folder and the reference."""

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


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-docstring", _alias_without_its_class_docstring)
