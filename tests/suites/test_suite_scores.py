"""Shares, their intervals, and two runs side by side, against values known from elsewhere."""

from __future__ import annotations

import pytest

from harness.suites import scores
from harness.suites.problems import Verdict
from harness.suites.scores import Judged


def judged(*passes: str, library: str = "a") -> list[Judged]:
    """A problem for each text, a sample for each of its letters: ``y`` passed."""
    return [
        Judged(
            str(number),
            library,
            seed,
            Verdict(passed=one == "y", error=None if one == "y" else "E"),
        )
        for number, text in enumerate(passes)
        for seed, one in enumerate(text)
    ]


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (10, 2, 0.0385742), (2, 10, 0.0385742), (6, 0, 0.03125)],
)
def test_mcnemar(gained: int, lost: int, p: float) -> None:
    assert scores.mcnemar(gained, lost) == pytest.approx(p, abs=1e-6)


def test_pass_at_k_is_over_samples_and_its_interval_over_problems() -> None:
    (one,) = scores.table(judged("yynnn", "nnnnn")).scores
    assert (one.problems, one.samples, one.share) == (2, 10, 0.2)
    assert one.pass_at == {5: 0.5}
    assert one.low < 0.2 < one.high
    assert scores.table(judged("y")).scores[0].pass_at == {}


def test_libraries_stand_below_the_whole_and_failures_are_counted() -> None:
    other = [one._replace(problem="z" + one.problem) for one in judged("y", library="b")]
    table = scores.table([*judged("n", "y"), *other])
    assert [(one.group, one.problems, one.share) for one in table.scores] == [
        ("all", 3, pytest.approx(0.6667, abs=1e-4)), ("a", 2, 0.5), ("b", 1, 1.0),
    ]  # fmt: skip
    assert table.failures == {"E": 1}


def test_two_runs_are_paired_by_problem() -> None:
    first, second = judged("n", "n", "y", "y", "n"), judged("y", "y", "n", "y")
    found = scores.paired(first, second)
    assert found is not None
    assert (found.problems, found.gained, found.lost, found.difference) == (4, 2, 1, 0.25)
    assert (found.first, found.second) == (0.5, 0.75)
    assert found.low <= 0.25 <= found.high
    assert scores.paired(first, []) is None


def test_published_values_are_found_by_the_name_of_the_file() -> None:
    values = scores.published("ds1000")
    assert {one.model: one.share for one in values}["Code Llama 34B"] == 0.343
    assert scores.published("MbppPlus-v0.1.0")
    assert scores.published("mine") == ()
    assert all(0 < one.share < 1 and one.source for one in values)
