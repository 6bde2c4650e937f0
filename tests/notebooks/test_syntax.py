"""Python source as text, whatever state it is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.notebooks import syntax


def texts(source: str) -> list[str]:
    return [line.text for line in syntax.logical_lines(source)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(a,b)", "f( a,\n  b )"),
        ("x = 1  # why", "x=1"),
        ("# only words\n\nx = 1\n\n", "x = 1"),
        ("if a:\n    b()", "if a:\n  b()  # two spaces"),
        ("x = (1 +\n     # a comment inside\n     2)", "x = (1 + 2)"),
        ("f('a')", "f('a') "),
    ],
)
def test_layout_and_comments_are_no_part_of_a_line(one: str, other: str) -> None:
    assert texts(one) == texts(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("f('a b')", "f('a  b')"), ("if a:\n    b()", "if a:\n    pass\nb()"), ("a", "b")],
)
def test_what_changes_the_meaning_is_part_of_a_line(one: str, other: str) -> None:
    assert texts(one) != texts(other)


def test_a_logical_line_knows_its_physical_ones() -> None:
    lines = syntax.logical_lines("# c\nx = [\n  1,\n]\ny = 2")
    assert [(line.first, line.last) for line in lines] == [(1, 3), (4, 4)]


@pytest.mark.parametrize(
    "source", ["x = (1,\ny = 2\nz = 3", "s = '''open\nx = 1", "a b c ?\nx = 1"]
)
def test_broken_code_keeps_its_lines(source: str) -> None:
    assert len(texts(source)) >= 2


@given(st.text(alphabet="ab=()[]'\"#\\\n\t :%!\x0c{}é", max_size=80))
def test_any_text_has_logical_lines_that_lie_in_it(source: str) -> None:
    count = source.count("\n") + 1
    for line in syntax.logical_lines(source):
        assert 0 <= line.first <= line.last < count
    syntax.parses(source)
    syntax.bound_names(source)


@pytest.mark.parametrize(
    ("source", "is_python"),
    [
        ('msg = (\n    "a %s"\n    % 1\n)', True),
        ("await f()", True),
        ("%%writefile app.py\nanything (", True),
        ("return 5", False),
        ("break", False),
        ("f(a=1, a=2)", False),
    ],
)
def test_python_is_what_compiles(source: str, is_python: bool) -> None:
    assert syntax.parses(source) is is_python


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b = 1\nc, (d, *e) = f", {"a", "b", "c", "d", "e"}),
        ("import numpy as np\nimport os.path\nfrom x import y as z", {"np", "os", "z"}),
        ("def f(a):\n    b = 1\nclass C:\n    d = 1", {"f", "C"}),
        ("for i in x:\n    j = i\nwith o() as k:\n    pass", {"i", "j", "k"}),
        ("[w for w in x]\nlambda q: q\nif (n := 1):\n    pass", {"n"}),
        ("df['a'] = 1\ndf.b = 2", set()),
        ("x = 1\nthis is no Python\ny = 2", {"x", "y"}),
        ("%matplotlib inline\n!ls\nx = 1", {"x"}),
        ("%%writefile app.py\nx = 1", set()),
        ("x += 1", {"x"}),
        ("sum(row for row in rows)", set()),
        ("%%time\ndf = load()", {"df"}),
        ("%time df = load()\nfiles = !ls", {"df", "files"}),
        ("x: int", set()),
        ("match a:\n    case [b, *c]:\n        pass", {"b", "c"}),
    ],
)
def test_names_that_a_cell_would_bind(source: str, names: set[str]) -> None:
    assert syntax.bound_names(source) == names


@pytest.mark.parametrize(
    ("source", "statements"),
    [
        ("a = 1\nb = 2", 2),
        ("a = 1\nb = f({\n    'c': [1,", 1),
        ("a = 1\n@decorated\ndef f(:\n    pass\nb = 2", 1),
        ("def f():\n    return (\n", None),
        ("This is no Python.\nx = 1", None),
        ("", 0),
    ],
)
def test_code_before_a_break_can_be_read(source: str, statements: int | None) -> None:
    found = syntax.tree_before_break(source)
    assert (None if found is None else len(found.body)) == statements


@given(st.text())
def test_any_text_has_a_tree_before_its_break_or_none(source: str) -> None:
    found = syntax.tree_before_break(source)
    whole = syntax.tree(source)
    assert whole is None or found is not None
