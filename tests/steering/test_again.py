"""A cell that is written again does not go the way that failed, and may go any other."""

from __future__ import annotations

import pytest

from harness.records import StepBack
from harness.steering.again import Again, way

FAILED = "import pandas as pd\ndf = load()\nfor c in df:\n    print(c)\n    df[c].bad()\nprint(1)"


def written(*lines: str) -> str:
    return "Of course.\n```python\n" + "".join(f"{line}\n" for line in lines)


def back(text: str, number: int | None = 5) -> StepBack | None:
    found = way(FAILED, number)
    assert found is not None
    return Again([found]).look(text, ended=True)


def test_the_line_that_failed_is_stepped_back_from_however_it_is_laid_out() -> None:
    text = written("import pandas as pd", "", "df = load( )", "for c in df:  # all", "  print(c)")
    again = text + "  df[c] . bad()\n  df[c].good()\n"
    found = back(again)
    assert found is not None
    assert again[found.keep : found.reject] == "  df[c] . bad()"


@pytest.mark.parametrize(
    "lines",
    [
        (
            "import pandas as pd",
            "df = load().dropna()",
            "for c in df:",
            "  print(c)",
            "  df[c].bad()",
        ),
        ("import pandas as pd", "df = load()", "for c in df:", "  df[c].bad()"),
        ("df = load()",),
        (),
    ],
)
def test_other_code_before_the_line_may_make_it_right(lines: tuple[str, ...]) -> None:
    assert back(written(*lines)) is None


def test_where_no_line_is_known_the_whole_cell_is_the_way() -> None:
    assert back(written(*FAILED.split("\n")[:-1]), None) is None
    found = back(written(*FAILED.split("\n")), None)
    assert found is not None
    assert written(*FAILED.split("\n"))[found.keep :].startswith("print(1)")


def test_a_way_that_comes_again_and_again_is_let_go() -> None:
    found = way("x = bad()", 1)
    assert found is not None
    watcher = Again([found])
    text = written("x = bad()")
    steps = [watcher.look(text, ended=True) for _ in range(6)]
    assert [step is not None for step in steps] == [True] * 4 + [False] * 2
    assert [step.penalty for step in steps if step] == [None, 2.0, 4.0, 6.0]
    assert len(watcher.taken_back) == 4


@pytest.mark.parametrize(
    "source", ["", "# only words", "x = (", "%%writefile a.py\nx", "\x00", "?"]
)
def test_a_cell_of_any_kind_has_a_way_or_none(source: str) -> None:
    found = way(source, 1)
    if found is not None:
        Again([found]).look(written(source), ended=True)


def test_what_was_wrong_is_in_the_models_sight_and_not_in_the_reply() -> None:
    found = way("plt.show()", 1)
    assert found is not None
    told = found._replace(error="NameError", message="plt; import x as plt\n```")
    step = Again([told]).look(written("plt.show()"), ended=True)
    assert step is not None
    assert (step.insert, step.hidden) == ("# NameError: plt; import x as plt '''\n", True)


def test_code_that_a_check_speaks_against_may_be_written_again() -> None:
    found = way("df.to_csv('a')", None)
    assert found is not None
    watcher = Again([found._replace(error="no blanks", message="7 are missing", is_wrong=False)])
    step = watcher.look(written("df.to_csv('a')"), ended=True)
    assert step is not None
    assert step.reject is None
    assert watcher.look(written("df.to_csv('a')"), ended=True) is None
