"""What works in which front end, and the table of it in `docs/front-ends.md`.

Usage: .venv/bin/python -m scripts.front_ends

Each statement names the test that shows it. `tests/test_front_ends.py` compares them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from scripts.setup import ROOT

PAGE = ROOT / "docs" / "front-ends.md"
BEGIN = "<!-- made by `python -m scripts.front_ends` -->"
END = "<!-- end -->"

Mark = Literal["✔", "partly", "—", "not tried"]


@dataclass(frozen=True)
class Claim:
    """Says how far one thing works in one front end.

    Attributes
    ----------
    mark
        "✔" works, "partly" works with limits, "—" does not work.
    test
        The test that shows this, as pytest names it, without parameters; "" if nobody tried.
    note
        A sentence: what the limit is, and what the front end says or what to do instead.
    """

    mark: Mark
    test: str = ""
    note: str = ""


NOT_TRIED = Claim("not tried")


def yes(test: str, note: str = "") -> Claim:
    return Claim("✔", test, note)


def partly(test: str, note: str) -> Claim:
    return Claim("partly", test, note)


def no(test: str, note: str) -> Claim:
    return Claim("—", test, note)


@dataclass(frozen=True)
class FrontEnd:
    """One row of the table.

    Attributes
    ----------
    name, version
        The program, and the version that the tests use.
    cell
        A `%%claude` cell shows its turn while it comes.
    request
        A permission request can be answered.
    panel
        The chat panel.
    slider
        The history slider, with Rewind.
    saved
        The saved notebook shows its turns without a kernel.
    tried_with
        What the tests use instead, if it is not the program itself.
    """

    name: str
    version: str
    cell: Claim = NOT_TRIED
    request: Claim = NOT_TRIED
    panel: Claim = NOT_TRIED
    slider: Claim = NOT_TRIED
    saved: Claim = NOT_TRIED
    tried_with: str = ""
    more: list[str] = field(default_factory=list)

    def claims(self) -> dict[str, Claim]:
        """Return the claims by the heads of their columns."""
        return {
            "cell": self.cell,
            "request": self.request,
            "panel": self.panel,
            "slider": self.slider,
            "saved output": self.saved,
        }


_CONSOLES = "tests/consoles/test_consoles.py::{}"
_TERMINAL = "test_a_session_on_a_terminal"


def _console(
    name: str,
    version: str,
    file: str,
    test: str,
    tried_with: str = "",
    more: list[str] | None = None,
) -> FrontEnd:
    """Make the row of a console; the test has all it says."""
    shows = file.format(test)
    return FrontEnd(
        name,
        version,
        cell=yes(shows, "The answer is printed as it comes."),
        request=yes(shows, "By text: `Allow Bash? y/n/a (always)/e (edit)`."),
        panel=no(shows, "`%claude panel` says that it needs a page."),
        slider=partly(
            shows, "`%claude history` prints a table; `%claude rewind NUMBER` goes back."
        ),
        saved=no(shows, "There is no notebook to save."),
        tried_with=tried_with,
        more=more or [],
    )


def _runner(name: str, version: str, test: str, panel: str) -> FrontEnd:
    """Make the row of a program that runs notebooks with nobody there."""
    shows, of_panel = (f"tests/extension/test_headless.py::{each}" for each in (test, panel))
    return FrontEnd(
        name,
        version,
        cell=yes(shows),
        request=no(shows, "Denied, since nobody can answer; the output names the rule to allow."),
        panel=no(of_panel, "`%claude panel` says why it is not shown."),
        slider=partly(of_panel, "`%claude history` makes a table."),
        saved=yes(shows),
    )


_BROWSER = "tests/browser/"
_OLDEST = "tests/labextension/test_environments.py::"
_OTHER = f"{_BROWSER}test_other_front_ends.py::"
_VS_CODE = f"{_BROWSER}test_vs_code.py::"
_PARTS = f"{_OLDEST}test_panel_slider_and_file_in_the_oldest_jupyterlab"

#: Front ends that show pages.
PAGES: list[FrontEnd] = [
    FrontEnd(
        "JupyterLab",
        "4.6",
        cell=yes(f"{_BROWSER}test_cells.py::test_text_streams_and_becomes_static"),
        request=yes(f"{_BROWSER}test_approvals.py::test_approve_deny_and_reload"),
        panel=yes(f"{_BROWSER}test_panel.py::test_asking_while_no_cell_runs"),
        slider=yes(f"{_BROWSER}test_history.py::test_look_rewind_undo_and_reload"),
        saved=yes(f"{_BROWSER}test_cells.py::test_text_streams_and_becomes_static"),
    ),
    FrontEnd(
        "JupyterLab",
        "4.2",
        cell=yes(f"{_OLDEST}test_the_oldest_jupyterlab"),
        request=yes(f"{_OLDEST}test_the_oldest_jupyterlab"),
        panel=yes(_PARTS),
        slider=yes(_PARTS),
        saved=yes(_PARTS),
    ),
    FrontEnd(
        "Jupyter Notebook",
        "7.6",
        cell=yes(f"{_BROWSER}test_approvals.py::test_approve_deny_and_reload"),
        request=yes(f"{_BROWSER}test_approvals.py::test_approve_deny_and_reload"),
        panel=yes(f"{_BROWSER}test_panel.py::test_in_notebook_7_and_over_a_restart"),
        slider=yes(f"{_BROWSER}test_history.py::test_own_changes_stay_unless_ticked"),
        saved=yes(
            "tests/labextension/test_renderer.py::test_a_reopened_notebook_shows_turns_without_a_kernel"
        ),
    ),
    FrontEnd(
        "Jupyter Notebook",
        "7.2",
        cell=yes(f"{_OLDEST}test_the_oldest_jupyterlab"),
        request=yes(f"{_OLDEST}test_the_oldest_jupyterlab"),
        panel=yes(_PARTS),
        slider=yes(_PARTS),
        saved=yes(_PARTS),
    ),
    FrontEnd(
        "nbclassic",
        "1.3",
        cell=yes(f"{_OTHER}test_nbclassic"),
        request=yes(f"{_OTHER}test_nbclassic"),
        panel=yes(
            f"{_OTHER}test_nbclassic",
            "By `%claude panel` in a cell; there is no side bar and no button below a cell.",
        ),
        slider=yes(f"{_OTHER}test_nbclassic"),
        saved=yes(f"{_OTHER}test_nbclassic"),
    ),
    FrontEnd(
        "VS Code",
        "(`@vscode/jupyter-ipywidgets8` 1.0.9)",
        cell=yes(f"{_VS_CODE}test_a_cell_its_request_and_what_is_saved"),
        request=yes(f"{_VS_CODE}test_a_cell_its_request_and_what_is_saved"),
        panel=yes(
            f"{_VS_CODE}test_the_panel_and_the_slider",
            "By `%claude panel` in a cell; there is no side bar and no button below a cell.",
        ),
        slider=yes(f"{_VS_CODE}test_the_panel_and_the_slider"),
        saved=yes(f"{_VS_CODE}test_a_cell_its_request_and_what_is_saved"),
        tried_with="VS Code's own widget manager in a page of ours, on a real kernel",
    ),
    FrontEnd(
        "Voilà",
        "0.5",
        cell=partly(
            f"{_OTHER}test_voila",
            "The notebook's cells and code behind buttons may ask; a visitor has no cell to "
            "type in.",
        ),
        request=no(
            f"{_OTHER}test_voila",
            "Visitors approve nothing: the call is denied, and the answer names the rule that "
            "would allow it.",
        ),
        panel=no(
            f"{_OTHER}test_voila",
            "Instead of the panel a line says why it is not shown; "
            '`%config ClaudeMagics.widgets = "on"` shows `claude.panel()`.',
        ),
        slider=no(
            f"{_OTHER}test_voila", "`%claude history` shows its table; visitors rewind nothing."
        ),
        saved=no(
            f"{_OTHER}test_voila",
            "Voilà shows no saved output. It runs the notebook for each visitor, and Claude "
            "answers, and costs, each time.",
        ),
    ),
]

#: Consoles, and programs that run notebooks. `docs/elsewhere.md` says more of them.
TEXTS: list[FrontEnd] = [
    _console("IPython in a terminal", "9.18", "tests/extension/test_terminal.py::{}", _TERMINAL),
    _console("jupyter console", "6.6", _CONSOLES, "test_jupyter_console"),
    _console("qtconsole", "5.7", _CONSOLES, "test_a_window"),
    _console(
        *("Spyder's kernel", "3.1", _CONSOLES, "test_a_window"),
        tried_with="spyder-kernels in qtconsole's widget, which Spyder's console is",
        more=[
            "Nobody tried Spyder's own window, its *Run cell* and its debugger.",
            "In a file that *Run file* runs, write `claude.ask_sync(…)` instead of `%%claude`.",
        ],
    ),
    _runner("nbclient", "0.11", "test_a_notebook_executed_by_nbclient", "test_a_runner"),
    _runner("jupyter execute", "0.11", "test_a_runner", "test_a_runner"),
    _runner("papermill", "2.7", "test_a_runner", "test_a_runner"),
]


def table() -> Iterator[str]:
    """Make the lines of the table and of the notes below it."""
    rows = [*PAGES, *TEXTS]
    heads = list(FrontEnd("", "").claims())
    yield f"| front end | {' | '.join(heads)} |"
    yield f"|---|{'---|' * len(heads)}"
    for row in rows:
        marks = " | ".join(claim.mark for claim in row.claims().values())
        star = r" \*" if row.tried_with else ""
        yield f"| {row.name} {row.version}{star} | {marks} |"
    yield ""
    names: dict[str, list[str]] = {}  # of the rows with the same notes
    for row in rows:
        notes = [f"Tried with {row.tried_with}."] if row.tried_with else []
        notes += [
            f"*{head.capitalize()}*: {claim.note}"
            for head, claim in row.claims().items()
            if claim.note
        ]
        names.setdefault(" ".join(notes + row.more), []).append(row.name)
    for text, same in names.items():
        if text:
            yield f"- **{', '.join(same)}**: {text}"


def page_with_table() -> str:
    """Return the page's text with the table as it is now."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, "", *table(), "", END + after])


if __name__ == "__main__":
    PAGE.write_text(page_with_table(), "utf-8")
