"""What leaves the harness for a check, and how probabilities of held-out rows are judged."""

from __future__ import annotations

import pytest
from check_artifacts import MODEL, SERVICE, TABLE, evidence

from harness.checks.evidence import judge_auc
from harness.checks.kinds import KINDS
from harness.records import CheckOptions, CheckStatus


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
