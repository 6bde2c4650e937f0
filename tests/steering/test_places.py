"""Where code could have gone another way: the most specific place comes first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records import Level
from harness.steering import places


def at(source: str, part: str) -> places.At:
    """Where ``part`` stands in ``source``, as CPython says it."""
    start = source.index(part)
    before, whole = source[:start], source[: start + len(part)]

    def column(text: str) -> int:
        return len(text.rpartition("\n")[2].encode())

    return before.count("\n") + 1, column(before), whole.count("\n") + 1, column(whole)


@pytest.mark.parametrize(
    ("source", "failed", "message", "expected"),
    [
        ("study.best_params_", "study.best_params_", "'Study' has no attribute 'best_params_'",
         ["best_params_"]),
        ("sns.heatmap(df, annot=1, title='x')", "sns.heatmap(df, annot=1, title='x')",
         "set() got an unexpected keyword argument 'title'",
         ["title", "df, annot=1, title='x')", "heatmap(df, annot=1, title='x')"]),
        ("y = df['a']['Churn']", "df['a']['Churn']", "'Churn'", ["'Churn'", "df['a']['Churn']"]),
        ("y = df[['a', 'Churn']]", "df[['a', 'Churn']]", "\"['Churn'] not in index\"",
         ["'Churn'", "['a', 'Churn']", "df[['a', 'Churn']]"]),
        ("plt.show()", "plt", "name 'plt' is not defined", ["plt"]),
        ("from a.b import c, dd as d", "from a.b import c, dd as d",
         "cannot import name 'dd' from 'a.b' (/x.py)", ["dd", "a.b"]),
        ("import aa.b as c", "import aa.b as c", "No module named 'aa.b'", ["aa.b"]),
        ("c = df.corr()", "df.corr()", "could not convert string to float: 'No'",
         [")", "corr()", "df.corr()"]),
        ("a + df.b", "a + df.b", "unsupported operand", ["df.b"]),
        ("x = d[3]", "d[3]", "3", ["3", "d[3]"]),
        ("ü = f('ä', *b)\nz", "f('ä', *b)", "no", ["'ä', *b)", "f('ä', *b)"]),
    ],
)  # fmt: skip
def test_the_most_specific_place_comes_first(
    source: str, failed: str, message: str, expected: list[str]
) -> None:
    found = places.of_error(source, at(source, failed), message)
    assert [source[one.start : one.end] for one in found] == [*expected, source]
    assert found[-1].level is Level.STATEMENT


def test_without_a_place_the_statement_is_all_there_is() -> None:
    assert places.of_error(" x = f()", None, "no") == (places.Place(Level.STATEMENT, 1, 8),)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("This is the data", []),
        ("if x:\n    y = (1\nz", ["y = (1"]),
        ("f(a,\n  b c,\n  d)", ["b c,"]),
    ],
)
def test_where_text_is_no_python(source: str, expected: list[str]) -> None:
    found = [source[one.start : one.end] for one in places.of_syntax(source)]
    assert found == [*expected, source]


@settings(deadline=None)
@given(st.text(max_size=60), st.tuples(*[st.integers(-2, 50)] * 4), st.text(max_size=20))
def test_any_text_and_any_place_give_places_within_it(
    source: str, where: tuple[int, int, int, int], message: str
) -> None:
    for found in (places.of_error(source, where, message), places.of_syntax(source)):
        assert all(0 <= one.start <= one.end <= len(source) for one in found)
        assert found[-1].level is Level.STATEMENT


@pytest.mark.parametrize(
    ("source", "part", "later"),
    [
        ("a.b", "b", False),
        ("def f(x=a.b):\n    return c.d", "a.b", False),
        ("def f(x=a.b):\n    return c.d", "c.d", True),
        ("f(lambda x: x.y)", "x.y", True),
        ("class A:\n    b = c", "c", False),
    ],
)
def test_what_runs_only_later_is_told_apart(source: str, part: str, later: bool) -> None:
    assert places.runs_later(source, source.rindex(part)) is later
