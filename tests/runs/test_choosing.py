"""Which version is the best: what was asked for comes before whether it runs."""

from __future__ import annotations

import pytest

from harness.records import ColumnSeen, FileSeen, Observation, Variable
from harness.runs import asked, candidates, choosing
from harness.runs.choosing import Seen


def seen(**changes: object) -> Seen:
    """A version that does all it should."""
    made = {
        "works": True, "lacking": 0, "held": 3, "against": 0, "failed": 0, "result": "1",
        "likelihood": -0.5,
    }  # fmt: skip
    return Seen(**(made | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "worse",
    [
        {"works": False, "likelihood": 0.0},
        {"lacking": 1, "held": 9, "likelihood": 0.0},
        {"held": 2, "likelihood": 0.0},
        {"against": 1, "likelihood": 0.0},
        {"failed": 1, "likelihood": 0.0},
        {"likelihood": -0.6},
        {"likelihood": None},
    ],
)
def test_one_fault_is_enough(worse: dict[str, object]) -> None:
    assert choosing.best([seen(**worse), seen()]) == 1
    assert choosing.best([seen(), seen(**worse)]) == 0


def test_an_empty_version_never_wins_over_one_that_does_the_work() -> None:
    empty = seen(works=False, lacking=0, held=0, failed=0, likelihood=0.0)
    worker = seen(lacking=5, held=0, against=9, failed=9, likelihood=-9.0)
    assert choosing.best([empty, worker]) == 1


def test_code_that_runs_and_lacks_what_was_asked_loses_to_code_that_fails_behind_it() -> None:
    idle, worker = seen(lacking=2, failed=0), seen(lacking=0, failed=1, likelihood=-9.0)
    assert choosing.best([idle, worker]) == 1


def test_the_majority_decides_before_likelihood_does() -> None:
    odd, one, other = (
        seen(result="2", likelihood=0.0),
        seen(result="1", likelihood=-0.9),
        seen(result="1", likelihood=-0.8),
    )
    assert choosing.best([odd, one, other]) == 2
    worse = seen(result="2", failed=1)  # which has no vote
    assert choosing.best([odd, one, worse, worse]) == 0


@pytest.mark.parametrize(
    "source",
    ["", "pass", "import pandas as pd", "print('done')", '"""All is done."""', "# nothing", "..."],
)
def test_nothing_is_no_work(source: str) -> None:
    assert not choosing.works([source, "import os\nfrom os import path\npass"])


@pytest.mark.parametrize("source", ["x = 1", "df.head()", "broken(", "%%writefile a.py\nx = 1"])
def test_anything_else_is(source: str) -> None:
    assert choosing.works(["pass", source])


# What a prompt asks for


def test_names_and_files_are_found_in_a_prompt() -> None:
    prompt = (
        "Load `table.csv` into `df`, write `objective(trial)`, keep `study.best_params`, `None`, "
        'save it as "out.parquet" and model.json; `len` it, not `two words`, by `fit(X, y=1)`.'
    )
    found = asked.of(prompt, ["model.json", "other.parquet"])
    assert found.names == ("df", "objective", "fit")
    assert set(found.files) == {"model.json", "table.csv", "out.parquet"}


def test_a_package_is_no_variable() -> None:
    prompt = (
        "`requirements.txt` has the lines `pandas==3.0`, `pydantic`, `uvicorn`; `data`, `tests`"
    )
    assert asked.of(prompt).names == ("data", "tests")  # folders here, and no packages


@pytest.mark.parametrize("prompt", ["", "`", "``", "`" * 1000, "`é`", "'" * 999, '"a"' * 9999])
def test_odd_prompts_ask_for_little(prompt: str) -> None:
    assert len(asked.of(prompt).names) <= 1


def test_what_is_there_is_not_lacking() -> None:
    wanted = asked.Asked(("df", "age", "np", "gone"), ("a.csv", "b.csv"))
    age = ColumnSeen(name="age", dtype="i")
    held = Observation(
        variables=(Variable(name="df", type="frame", columns=(age,)),),
        imports={"np": "numpy"},
        files=(FileSeen(name="a.csv", size=1),),
    )  # fmt: skip
    assert asked.lacking(wanted, held) == ("gone", "b.csv")
    assert asked.without(wanted, ["gone", "b.csv"]) == (("df", "age", "np"), ("a.csv",))


# Seeds


def test_no_version_is_a_run_of_another_seed() -> None:
    first, second = candidates.seeds(1, 8), candidates.seeds(2, 8)
    assert (first[0], second[0]) == (1, 2)
    assert first == candidates.seeds(1, 9)[:8]
    assert len({*first, *second}) == 16
    assert all(seed > 1000 for seed in (*first[1:], *second[1:]))


def test_a_name_that_a_function_has_for_itself_is_held_by_no_kernel() -> None:
    code = "def objective(trial):\n    params = {'a': 1}\n    return params"
    assert asked.inside(["x = 1", code, "def broken(", "!ls"]) == {"params"}
    assert asked.inside(["params = {}\nasync def f():\n    with a as b:\n        b.c = 1"]) == {"b"}
