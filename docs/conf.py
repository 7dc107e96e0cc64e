"""Sphinx configuration: `make docs` builds the pages of this folder and the reference."""

import re
import sys
from pathlib import Path

import jupyter_claude_sdk
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parents[1]))  # for scripts.reference

project = "jupyter_claude"
author = "jupyter_claude contributors"
release = jupyter_claude_sdk.__version__

extensions = [
    "myst_parser",  # the pages are Markdown, as GitHub shows them
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",  # the docstrings are NumPy style
    "sphinx.ext.viewcode",
    "sphinx_design",  # cards and tabs
    "sphinx_copybutton",  # a button on each block of code
    "scripts.reference",  # tables made of the code
    "scripts.gallery",  # executed notebooks
]
napoleon_google_docstring = False
napoleon_use_ivar = True
default_role = "code"  # `name` in a docstring is code, whether it links or not
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": True}
myst_heading_anchors = 3
smartquotes_action = "qe"  # leave the dashes of options such as --now
# TypedDicts share key names such as "type", which a parameter's name may seem to refer to.
suppress_warnings = ["ref.python"]
html_theme = "furo"
html_title = "jupyter_claude"
html_static_path = ["_static"]
html_search_scorer = str(Path(__file__).parent / "_static" / "scorer.js")
html_show_copyright = False
highlight_language = "none"  # a block that names no language is a prompt or a console's output
html_css_files = ["site.css"]
html_logo = "_static/logo.svg"
html_favicon = "_static/favicon.svg"
_LIGHT = {"color-brand-primary": "#0f766e", "color-brand-content": "#0b6b63"}
_DARK = {"color-brand-primary": "#5eead4", "color-brand-content": "#5eead4"}
_SD = {"sd-color-card-border-hover": "var(--color-brand-primary)"}
html_theme_options = {
    "light_css_variables": {**_LIGHT, **_SD},
    "dark_css_variables": {**_DARK, **_SD},
}
copybutton_exclude = ".linenos, .gp, .go"
myst_enable_extensions = ["colon_fence"]
exclude_patterns = ["_build"]
# `make docs ARGS=links`, where there is a network.
linkcheck_timeout = 15
linkcheck_anchors = False
linkcheck_ignore = [r"http://(127\.0\.0\.1|localhost)"]


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


#: Where the site has the pages that lie in the repository's root.
ROOT_PAGES = {
    "README.md": "index.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing/index.md",
}


def _links_of_a_root_page(app: object, path: Path, page: str, content: list[str]) -> None:
    """Let links of README and the like lead to pages of the site, as they do on GitHub."""

    def moved(link: re.Match[str]) -> str:
        target = link["target"].removeprefix("docs/")
        return f"](/{ROOT_PAGES.get(target, target)}"

    if path.parent == Path("..") or path.parent == Path("../.."):
        content[0] = re.sub(r"\]\((?!https?:|#)(?P<target>[^)#]+)", moved, content[0])


def setup(app: Sphinx) -> None:
    app.connect("include-read", _links_of_a_root_page)
    app.connect("viewcode-follow-imported", _followed)
    app.connect("autodoc-process-docstring", _module_source)
    app.connect("autodoc-process-docstring", _alias_without_its_class_docstring)
