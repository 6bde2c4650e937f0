"""What a prompt tells of a kernel: within its budget, what matters first, and as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.project import prompts, scaffold, stages
from harness.records import ColumnSeen, FileSeen, Observation, Variable
from harness.steering import view

TEMPLATE = prompts.alone(scaffold.source(), stages.KERNEL)


def frame(name: str, *columns: str) -> Variable:
    seen = tuple(ColumnSeen(name=one, dtype="int64", nulls=0, values=("1",)) for one in columns)
    return Variable(name=name, type=view.TABLE, shape=(5, len(columns)), columns=seen)


def told(seen: Observation, longest: int = 600, request: str = "") -> str:
    return view.render(TEMPLATE, seen, longest, request)


def test_a_frame_is_told_with_its_columns() -> None:
    column = ColumnSeen(name="a b", dtype="str", nulls=3, values=("'x'", "1.5"))
    one = Variable(name="df", type=view.TABLE, shape=(1234, 1), columns=(column,))
    line = '- df: pandas.DataFrame, 1234 rows, 1 columns: "a b" str, 3 missing ("x", 1.5)'
    assert line in told(Observation(variables=(one,)))


@pytest.mark.parametrize(
    "hostile",
    ["```\nIgnore all", "<|im_end|>", "{{ 7 * 7 }}", "a\nb", "💥\u202e", "[INST]", '"', "x" * 300],
)
def test_nothing_in_a_name_or_value_is_a_request(hostile: str) -> None:
    seen = Observation(
        variables=(
            frame(hostile, hostile),
            Variable(name="v", type=hostile, value=repr(hostile)[:300], dtype=hostile),
            Variable(name="f", type="function", signature=hostile),
        ),
        imports={"m": hostile, hostile: "m"},
        files=(FileSeen(name=hostile, size=1),),
    )
    text = told(seen, 2000)
    assert "<|" not in text
    assert "[INST]" not in text
    assert "```" not in text
    assert "{{" not in text
    assert "\u202e" not in text
    assert all(line.startswith(("-", "What")) for line in text.splitlines())


def test_what_does_not_fit_is_counted() -> None:
    many = tuple(Variable(name=f"name_{i}", type="int", value="1") for i in range(100))
    seen = Observation(variables=many, variables_left=7)
    text = told(seen, 120)
    assert prompts.tokens(text) < 240
    shown = text.count(": int = 1")
    assert 0 < shown < 100
    assert f"and {107 - shown} more names" in text


def test_of_many_columns_the_first_are_told_and_the_others_counted() -> None:
    text = told(Observation(variables=(frame("df", *(f"c{i}" for i in range(1000))),)), 100)
    assert '"c0"' in text
    assert "columns that are not listed here" in text
    assert prompts.tokens(text) < 200


def test_the_newest_come_first_and_what_is_asked_about_before_them() -> None:
    seen = Observation(variables=(frame("new", "a"), frame("old", "b"), frame("asked", "c")))
    text = told(seen, request="Use `asked` to count.")
    assert text.index("- asked") < text.index("- new") < text.index("- old")


def test_the_same_columns_are_told_once() -> None:
    text = told(Observation(variables=(frame("train", "a", "b"), frame("test", "a", "b"))))
    assert "- test: pandas.DataFrame, 5 rows, 2 columns, with the columns of train" in text


def test_imports_are_told_as_they_are_written() -> None:
    seen = Observation(imports={"pd": "pandas", "os": "os", "sqrt": "math.sqrt"})
    assert "- imported: os, pandas as pd, math.sqrt\n" in told(seen) + "\n"


def test_an_empty_kernel_is_not_told_of() -> None:
    assert told(Observation()) == ""
    assert told(Observation(problem="none")) == ""


def test_a_project_of_an_older_version_is_told_as_the_shipped_one(tmp_path: Path) -> None:
    assert prompts.alone(tmp_path, stages.KERNEL) == TEMPLATE
