"""What leaves the harness for a check, and how probabilities of held-out rows are judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_artifacts import MODEL, SERVICE, TABLE, evidence

from harness.checks.evidence import Evidence, judge_auc
from harness.checks.kinds import KINDS
from harness.records import CheckOptions, CheckStatus, DatasetSpec


@pytest.mark.parametrize("options", [TABLE, MODEL, SERVICE], ids=lambda one: one.kind)
def test_labels_never_reach_the_sandbox(options: CheckOptions) -> None:
    seen = evidence()
    header = seen.held_features().decode().split("\n")[0].rstrip("\r")
    assert "Churn" not in header.split(",")
    assert len(seen.held_labels()) == seen.held_features().decode().count("\n") - 1
    given = KINDS[options.kind].files(options, {options.artifact: b""}, seen)
    assert b"Churn" not in given.get("held.csv", b"").split(b"\n")[0]


def test_too_good_is_suspect_and_too_few_is_failed() -> None:
    seen = evidence()
    labels = seen.held_labels()
    perfect = judge_auc("auc", MODEL, [float(one) for one in labels], seen)
    assert (perfect.status, perfect.figure) == (CheckStatus.SUSPECT, 1.0)
    guess = judge_auc("auc", MODEL, [0.5] * len(labels), seen)
    assert (guess.status, guess.figure) == (CheckStatus.FAILED, 0.5)
    for odd in ([], [0.5], [2.0] * len(labels), ["x"] * len(labels), [True] * 3):
        assert judge_auc("auc", MODEL, odd, seen).status is CheckStatus.FAILED


def leaking(tmp_path: Path, held: str) -> Evidence:
    """A table whose column ``left`` gives the target away, under other words."""
    rows = (f"{i},{'ny'[i % 2]},{('No', 'Yes')[i % 2]}\n" for i in range(8))
    (tmp_path / "visible.csv").write_text("age,left,Churn\n" + "".join(rows))
    (tmp_path / "held.csv").write_text(held)
    return Evidence(
        visible=tmp_path / "visible.csv",
        held=tmp_path / "held.csv",
        rows=8,
        dataset=DatasetSpec(
            name="d", description="D", target="Churn", positive="Yes", file="d.csv"
        ),
    )


def test_a_leak_is_a_suspicion_with_its_evidence(tmp_path: Path) -> None:
    seen = leaking(tmp_path, "age,left,Churn\n1,y,Yes\n5,n,No\n3,y,Yes\n,n,No\n")
    found = judge_auc("auc", MODEL, [0.9, 0.2, 0.8, 0.1], seen)
    assert (found.status, found.figure) == (CheckStatus.SUSPECT, 1.0)
    assert found.message == (
        "above 0.95: the target may have leaked into the features; "
        "of single columns, left tells most, with 1.0000"
    )


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ("age,left,Churn\n1,y,Yes\n5,y,Yes\n", "all held-out rows have one class"),
        ("age,left,Churn\n1,y,No\n5,y,No\n", "all held-out rows have one class"),
        ("age,left,Churn\n", "no rows are held out"),
    ],
)
def test_a_figure_that_is_not_defined_is_none_with_the_reason(
    tmp_path: Path, held: str, why: str
) -> None:
    seen = leaking(tmp_path, held)
    found = judge_auc("auc", MODEL, [0.5] * len(seen.held_labels()), seen)
    assert (found.status, found.figure) == (CheckStatus.NOT_RUN, None)
    assert found.message == f"{why}, so there is no ROC AUC"


def test_records_are_what_a_client_would_send(tmp_path: Path) -> None:
    seen = leaking(tmp_path, "age,left,Churn\n1,y,Yes\n,n,No\n")
    assert seen.held_records() == [{"age": 1.0, "left": "y"}, {"age": None, "left": "n"}]
    assert seen.model_copy(update={"held": None}).held_records() == []
