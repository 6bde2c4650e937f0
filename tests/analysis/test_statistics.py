"""pass@k, the bootstrap and the honest sentence, against values worked by hand."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan

from harness.analysis import statistics
from harness.project import stages
from harness.records import CellOutcome, CellStatus, ModelIdentity, Run
from harness.runs import export, pipeline

BAD = CellOutcome(status=CellStatus.ERROR, error="KeyError", message="'a'")


@pytest.mark.parametrize(
    ("n", "c", "k", "value"),
    [
        (1, 0, 1, 0.0),
        (1, 1, 1, 1.0),
        (5, 2, 1, 0.4),  # 2/5
        (5, 2, 2, 0.7),  # 1 - C(3,2)/C(5,2) = 1 - 3/10
        (5, 2, 4, 1.0),  # at most three fail
        (10, 3, 5, 0.9166666666666667),  # 1 - C(7,5)/C(10,5) = 1 - 21/252
    ],
)
def test_pass_at_k_by_hand(n: int, c: int, k: int, value: float) -> None:
    assert statistics.pass_at_k(n, c, k) == pytest.approx(value)


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    # R: prop.test(x, n, correct = FALSE)
    [
        (0.2, 110, 0.1359, 0.2842),
        (0.0, 10, 0.0, 0.2775),
        (1.0, 10, 0.7225, 1.0),
        (0.39, 800, 0.3568, 0.4242),
    ],
)
def test_wilson(share: float, n: int, low: float, high: float) -> None:
    assert statistics.wilson(share, n) == pytest.approx((low, high), abs=2e-4)


def test_pass_at_k_is_the_share_of_draws_with_a_pass() -> None:
    for n in range(1, 8):
        for c in range(n + 1):
            for k in range(1, n + 1):
                draws = list(combinations(range(n), k))
                share = sum(any(i < c for i in draw) for draw in draws) / len(draws)
                assert statistics.pass_at_k(n, c, k) == pytest.approx(share)


@pytest.mark.parametrize(("n", "c", "k"), [(0, 0, 1), (2, 3, 1), (2, 1, 0), (2, 1, 3), (2, -1, 1)])
def test_pass_at_k_of_nonsense(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        statistics.pass_at_k(n, c, k)


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
    (one,) = statistics.compare(
        runs(project, "a", [True, False, False, True]), runs(project, "b", [True] * 4)
    )
    assert (one.first.runs, one.first.passed, one.second.passed) == (4, 2, 4)
    assert one.first.pass_at == {1: 0.5}
    assert (one.first.cells_ok, one.first.cells) == (6, 8)
    assert one.first.steps == {"one": (4, 4), "two": (2, 4)}
    assert one.first.roots == {"KeyError": 2}
    assert one.first.outcomes == {"raw": 2, "failed": 2}
    # Two of four pairs differ by one cell of two.
    assert (one.difference.pairs, one.difference.mean) == (4, 0.25)
    assert one.difference.low == 0
    assert "cannot tell them apart" in one.difference.message
    rows = statistics.rows([one])
    assert [(row["model"], row["pass_at_1"]) for row in rows] == [("a", 0.5), ("b", 1.0)]


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
    (one,) = statistics.compare(alone, beside)
    assert one.first.tokens_per_second == one.second.tokens_per_second == 10.0


def test_a_difference_that_every_pair_shows_is_one(project: Path, two_steps: Path) -> None:
    found = statistics.difference(runs(project, "a", [False] * 5), runs(project, "b", [True] * 5))
    assert (found.mean, found.low, found.high) == (0.5, 0.5, 0.5)
    assert found.message == "second is better, by 5 pairs"


def test_one_pair_or_none_tells_nothing(project: Path, two_steps: Path) -> None:
    first = runs(project, "a", [False])
    one = statistics.difference(first, runs(project, "b", [True]))
    assert (one.pairs, one.low) == (1, None)
    assert "cannot tell them apart" in one.message
    none = statistics.difference(first, [])
    assert (none.pairs, none.message[:16]) == (0, "there are no run")


def test_the_interval_is_the_same_for_the_same_numbers() -> None:
    deltas = [0.1, -0.2, 0.4, 0.0, 0.3]
    assert statistics.interval(deltas) == statistics.interval(deltas)
    low, high = statistics.interval(deltas)
    assert -0.2 <= low < 0.12 < high <= 0.4


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
