"""Models side by side, against values worked by hand: sums, pairs, and what only one can do."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan

from harness.analysis import comparison
from harness.analysis.comparison.differences import Difference
from harness.project import stages
from harness.records import CellOutcome, CellStatus, ModelIdentity, Run
from harness.runs import export, pipeline

BAD = CellOutcome(status=CellStatus.ERROR, error="KeyError", message="'a'")


def runs(project: Path, name: str, passing: list[bool]) -> list[Run]:
    """One run per seed; of its two cells the second fails where ``passing`` is False."""
    made = []
    for seed, passes in enumerate(passing, 1):
        identity = ModelIdentity(
            name=name, kind="script", sha256=name[0] * 64, size=1, file="m.json", n_ctx=9
        )
        plan = make_plan(project, stages.load(project, "tiny"), model=identity, seed=seed)
        model = Model(lambda turns: f"```python\nx = {len(turns)}\n```")
        outcomes = {} if passes else {"x = 4": BAD}
        folder = project / f"{name}{seed}"
        folder.mkdir()
        environment = make_environment(plan, folder, outcomes)
        made.append(
            pipeline.run_stage(begin(plan, ()), model, environment, MemoryStore(), Silent())
        )
    return made


def test_two_models_side_by_side(project: Path, two_steps: Path) -> None:
    (one,) = comparison.compare(
        [runs(project, "a", [True, False, False, True]), runs(project, "b", [True] * 4)]
    ).works
    first, second = one.models
    assert (first.runs, first.passed, second.passed) == (4, 2, 4)
    assert first.pass_at == {1: 0.5}
    assert (first.cells_ok, first.cells) == (6, 8)
    assert first.steps == {"one": (4, 4), "two": (2, 4)}
    assert first.roots == {"KeyError": 2}
    assert first.outcomes == {"raw": 2, "failed": 2}
    # Two of four pairs differ by one cell of two.
    (gap,) = one.differences
    assert (gap.pairs, gap.mean) == (4, 0.25)
    assert gap.low == 0
    assert "cannot tell them apart" in gap.message
    rows = comparison.rows([one])
    assert [(row["model"], row["pass_at_1"]) for row in rows] == [("a", 0.5), ("b", 1.0)]
    assert [(row["over"], row["difference"]) for row in rows] == [("", ""), ("a", 0.25)]


def test_any_number_of_models_is_paired_with_the_first(project: Path, two_steps: Path) -> None:
    """The third has another set of seeds, so each pair has seeds of its own."""
    a = runs(project, "a", [True, False, False, True])
    b = runs(project, "b", [True] * 4)
    c = runs(project, "c", [False, True, False])[1:]
    (one,) = comparison.compare([a, b, c]).works
    assert [side.model for side in one.models] == ["a", "b", "c"]
    pairs = [(gap.first, gap.second, gap.pairs, gap.mean) for gap in one.differences]
    assert pairs == [("a", "b", 4, 0.25), ("a", "c", 2, 0.25)]
    # All three have the seeds 2 and 3: in the third b alone passes, in the second b and c do.
    items = {item.label: (item.seeds, item.passed, item.alone) for item in one.alone}
    assert items == {
        "the whole run": (2, (0, 2, 1), (0, 1, 0)),
        "step two": (2, (0, 2, 1), (0, 1, 0)),
    }


def test_work_that_one_model_alone_did_is_no_work_in_common(project: Path, two_steps: Path) -> None:
    a, b = (runs(project, name, [True, False]) for name in "ab")
    other = [run.model_copy(update={"context": "schema"}) for run in a]
    more = [run.model_copy(update={"context": "live"}) for run in [*a, *b]]
    found = comparison.compare([[*a, *other, *more[:2]], [*b, *more[2:]], other])
    assert [(one.context, len(one.models)) for one in found.works] == [
        ("blind", 2),
        ("live", 2),
        ("schema", 2),
    ]
    assert comparison.compare([a, other]).works == ()
    assert comparison.compare([a, []]).overall == ()


def test_over_all_work_a_seed_is_one_draw(project: Path, two_steps: Path) -> None:
    a, b = runs(project, "a", [True, False, False]), runs(project, "b", [True, True, False])
    both = [[*of, *(one.model_copy(update={"context": "live"}) for one in of)] for of in (a, b)]
    found = {gap.measure: gap for gap in comparison.compare(both).overall}
    passed = found["passed"]
    assert (passed.first, passed.second) == ("a", "b")
    assert (passed.pairs, passed.clusters, passed.mean) == (6, 3, round(1 / 3, 4))
    assert (passed.low, passed.high) == (0.0, 1.0)
    assert found["cells"].mean == round(1 / 6, 4)
    assert found["tokens"].low is None  # alike in all pairs
    assert "checks" not in found  # there are none


def timed(run: Run, seconds: float, own: float | None) -> Run:
    replies = [
        one.model_copy(
            update={
                "completion": one.completion.model_copy(
                    update={"completion_tokens": 50, "seconds": seconds, "own_seconds": own}
                )
            }
        )
        for one in run.replies
    ]
    return run.model_copy(update={"replies": tuple(replies)})


def test_a_model_is_no_slower_for_being_written_beside_others(
    project: Path, two_steps: Path
) -> None:
    alone = [timed(one, 5.0, None) for one in runs(project, "a", [True])]
    beside = [timed(one, 20.0, 5.0) for one in runs(project, "b", [True])]
    (one,) = comparison.compare([alone, beside]).works
    assert [side.tokens_per_second for side in one.models] == [10.0, 10.0]


def gap_of(first: list[Run], second: list[Run]) -> Difference:
    (one,) = comparison.compare([first, second]).works
    return one.differences[0]


def test_a_difference_that_every_pair_shows_is_one(project: Path, two_steps: Path) -> None:
    found = gap_of(runs(project, "a", [False] * 5), runs(project, "b", [True] * 5))
    assert (found.mean, found.low, found.high) == (0.5, 0.5, 0.5)
    assert found.message == "b is better, by 5 pairs"


def test_one_pair_or_none_tells_nothing(project: Path, two_steps: Path) -> None:
    first, second = runs(project, "a", [False]), runs(project, "b", [True])
    one = gap_of(first, second)
    assert (one.pairs, one.low) == (1, None)
    assert "cannot tell them apart" in one.message
    none = gap_of(first, [run.model_copy(update={"seed": 9}) for run in second])
    assert (none.pairs, none.message[:16]) == (0, "there are no run")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_export_has_a_row_per_cell(
    project: Path, two_steps: Path, tmp_path: Path, kind: str
) -> None:
    import duckdb

    made = runs(project, "a", [True, False])
    path = tmp_path / f"cells.{kind}"
    assert export.write(made, path, kind) == 8  # two runs, raw and patched, two cells
    read = duckdb.read_csv(str(path)) if kind == "csv" else duckdb.read_parquet(str(path))
    assert tuple(read.columns) == export.COLUMNS
    some = read.project("form, status, seed")  # a time with its zone needs another package
    rows = [dict(zip(some.columns, row, strict=True)) for row in some.fetchall()]
    raw = [row["status"] for row in rows if row["form"] == "raw"]
    assert raw == ["ok", "ok", "ok", "error"]
    assert {row["seed"] for row in rows} == {1, 2}
