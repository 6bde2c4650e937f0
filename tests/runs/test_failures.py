"""Roots and cascades."""

from __future__ import annotations

from notebook_text import code, failed, notebook, passed

from harness.runs import failures

UNDEFINED = "name 'df' is not defined"


def classes(*results: object) -> list[str | None]:
    return [result.failure for result in results]  # type: ignore[attr-defined]


def test_a_missing_name_that_an_earlier_failed_cell_would_have_bound_is_a_cascade() -> None:
    cells = notebook(code("a", "df = load()"), code("b", "df.head()"), code("c", "other.head()"))
    results = [
        failed("a", "NameError", "name 'load' is not defined"),
        failed("b", "NameError", UNDEFINED),
        failed("c", "NameError", "name 'other' is not defined"),
    ]
    assert classes(*failures.classify(cells, results)) == ["root", "cascade", "root"]


def test_a_name_that_only_a_later_or_a_passing_cell_binds_is_a_root() -> None:
    cells = notebook(code("a", "df.head()"), code("b", "df = 1"), code("c", "del df\ndf"))
    results = [
        failed("a", "NameError", UNDEFINED),
        passed("b"),
        failed("c", "NameError", UNDEFINED),
    ]
    assert classes(*failures.classify(cells, results)) == ["root", None, "root"]


def test_a_chain_of_cascades_is_followed() -> None:
    cells = notebook(code("a", "x = broken("), code("b", "y = x"), code("c", "y + 1"))
    results = [
        failed("a", "SyntaxError"),
        failed("b", "NameError", "name 'x' is not defined"),
        failed("c", "NameError", "name 'y' is not defined"),
    ]
    # A cell that is no Python binds nothing by its AST, but for its lines that are Python.
    assert classes(*failures.classify(cells, results)) == ["root", "root", "cascade"]


def test_a_cell_that_passes_unchanged_behind_the_fixes_is_a_cascade() -> None:
    raw = notebook(code("a", "df['x'] = f()"), code("b", "df['x']"), code("c", "df['z']"))
    patched = notebook(code("a", "df['x'] = g()"), raw.cells[1], code("c", "df['x']"))
    results = [failed("a", "NameError"), failed("b", "KeyError"), failed("c", "KeyError")]
    passing = failures.passing(raw, patched, [passed("a"), passed("b"), passed("c")])
    assert passing == {"b"}
    found = failures.classify(raw, results, passing)
    assert classes(*found) == ["root", "cascade", "root"]
