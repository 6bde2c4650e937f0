"""Public problem files are read by their content, and what judges is apart from what is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from suites.invented import bigcodebench_row, ds1000_row, evalplus_row, write

from harness.errors import ConfigError, HarnessError, UnknownNameError
from harness.suites import reading
from harness.suites.formats import finder
from harness.suites.problems import Problem

FILES = {
    "ds1000": ("d.jsonl.gz", ds1000_row),
    "evalplus": ("m.jsonl", evalplus_row),
    "bigcodebench": ("b.json", bigcodebench_row),
}


def problem(tmp_path: Path, row: dict[str, Any]) -> Problem:
    return reading.read(write(tmp_path / "one.jsonl", row)).problems[0]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_known_by_what_it_holds(tmp_path: Path, name: str) -> None:
    file, row = FILES[name]
    suite = reading.read(write(tmp_path / file, row()))
    assert (suite.format, len(suite.entries), suite.name) == (name, 1, file[0])
    assert set(FILES) == set(finder.formats())


@pytest.mark.parametrize("row", [ds1000_row, evalplus_row, bigcodebench_row])
def test_nothing_that_judges_is_in_what_may_be_shown(
    tmp_path: Path, row: Callable[..., dict[str, Any]]
) -> None:
    given = row()
    shown = problem(tmp_path, given).model_dump_json()
    secret = {"ds1000": "exec_test", "evalplus": "-1", "bigcodebench": "assertEqual"}
    assert not [
        word for word in (*secret.values(), "return 2 * x", "sum(numbers)") if word in shown
    ]


def test_only_what_the_prompt_itself_tells_is_set_up(tmp_path: Path) -> None:
    assert problem(tmp_path, ds1000_row()).setup == "numbers = [1, 2]\n"
    plotted = "import numpy as np\nx = 1\n# plot x\n# SOLUTION START\n"
    assert (
        problem(tmp_path, ds1000_row(prompt=plotted)).setup
        == "import numpy as np\nx = 1\n# plot x\n"
    )
    inside = "A:\n<code>\nimport re\nx = 1\ndef f(x=x):\n    ### BEGIN SOLUTION"
    assert problem(tmp_path, ds1000_row(prompt=inside)).setup == "import re\nx = 1\n"
    assert problem(tmp_path, bigcodebench_row()).setup == "import math\n"


def code(row: dict[str, Any], tmp_path: Path, reply: str, style: str) -> str:
    suite = reading.read(write(tmp_path / "one.jsonl", row))
    return finder.formats()[suite.format].code(suite.problems[0], reply, style)  # type: ignore[arg-type]


def test_a_completion_ends_where_its_format_says(tmp_path: Path) -> None:
    reply = "result = 1\n</code>\nThat is all."
    assert code(ds1000_row(), tmp_path, reply, "completion") == "result = 1\n"
    reply = "def double(x):\n    return 2 * x\nassert double(1) == 3\n"
    assert code(evalplus_row(), tmp_path, reply, "completion").endswith("return 2 * x")
    reply = "    return 2 * x\nprint(task_func(1))"
    whole = code(bigcodebench_row(), tmp_path, reply, "completion")
    assert whole.startswith("import math")
    assert whole.endswith("return 2 * x")


def test_a_chat_is_read_as_a_notebook_would(tmp_path: Path) -> None:
    reply = "Here:\n```python\nresult = 1\n```\nDone.\n```bash\nls\n```\n"
    for row in (ds1000_row(), evalplus_row(), bigcodebench_row()):
        assert code(row, tmp_path, reply, "chat").strip() == "result = 1"


def test_inputs_that_json_has_no_types_for_are_said_to_be_such(tmp_path: Path) -> None:
    plain, tuples = (
        reading.read(write(tmp_path / f"{name.replace('/', '')}.jsonl", evalplus_row(task_id=name)))
        for name in ("Mbpp/9001", "Mbpp/2")
    )
    assert "arguments are tuples" in tuples.entries[0].judged.test.rpartition("_about")[0]
    assert '"kind": null' in plain.entries[0].judged.test


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("", 1, "no known format"),
        ("{}\n", 1, "no known format"),
        ('{"a": 1}\n', 1, "no known format"),
        ("[1]", 1, "an object for each problem"),
        ("{\n", 1, "not valid JSON"),
        ("[" * 100_000, 1, "not valid JSON"),
    ],
)
def test_what_is_no_suite_is_told_with_its_line(
    tmp_path: Path, content: str, line: int, said: str
) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(content)
    with pytest.raises(ConfigError, match=said) as caught:
        reading.read(path)
    assert (caught.value.path, caught.value.line) == (path, line)


def test_a_row_that_lacks_something_is_told_with_its_line(tmp_path: Path) -> None:
    bad = ds1000_row(1, metadata={"problem_id": 1})
    with pytest.raises(ConfigError, match=r"lacks 'library'") as caught:
        reading.read(write(tmp_path / "d.jsonl", ds1000_row(), bad))
    assert caught.value.line == 2
    with pytest.raises(ConfigError, match="twice"):
        reading.read(write(tmp_path / "d.jsonl", ds1000_row(), ds1000_row()))


def test_a_file_that_is_cut_short_or_missing_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "d.jsonl.gz", ds1000_row())
    path.write_bytes(path.read_bytes()[:-9])
    for one in (path, tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            reading.read(one)


def test_a_larger_sample_holds_the_smaller_one(tmp_path: Path) -> None:
    suite = reading.read(write(tmp_path / "d.jsonl", *(ds1000_row(n) for n in range(20))))
    few, more = (
        [one.problem.id for one in reading.chosen(suite, None, limit, 1)] for limit in (5, 9)
    )
    assert set(few) < set(more)
    assert few == sorted(few, key=int)
    assert few != [one.problem.id for one in reading.chosen(suite, None, 5, 2)]


def test_ids_may_be_numbers_and_must_be_there(tmp_path: Path) -> None:
    suite = reading.read(write(tmp_path / "d.jsonl", *(ds1000_row(n) for n in range(3))))
    path = tmp_path / "ids.json"
    path.write_text("[0, 2]")
    assert [one.problem.id for one in reading.chosen(suite, reading.ids(path), None, 1)] == [
        "0",
        "2",
    ]
    with pytest.raises(UnknownNameError, match="'7'"):
        reading.chosen(suite, ["7"], None, 1)
    with pytest.raises(HarnessError, match="no problem is left"):
        reading.chosen(suite, [], None, 1)
    path.write_text('{"a": 1}')
    with pytest.raises(ConfigError, match="a JSON list of ids"):
        reading.ids(path)


def test_modules_are_imported_ahead_only_where_the_test_does_so_itself(tmp_path: Path) -> None:
    context = """import pandas as pd
if True:
    import seaborn
exec_context = r\"\"\"
import numpy.random, json
def f(x):
[insert]
import scipy
\"\"\"
"""
    (one,) = reading.read(write(tmp_path / "d.jsonl", ds1000_row(code_context=context))).entries
    assert one.judged.ahead == ("numpy.random", "pandas")
