"""Checks from artifacts to results, in the real sandbox."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from check_artifacts import MODEL, SERVICE, TABLE, evidence, failed, good, run

from harness import checks, wiring
from harness.checks import CheckEnvironment
from harness.records import CheckOptions, CheckStatus, Limits


@pytest.mark.parametrize("options", [TABLE, MODEL, SERVICE], ids=lambda one: one.kind)
def test_a_good_line_passes_every_check(tmp_path: Path, options: CheckOptions) -> None:
    found = run(options, good(), tmp_path)
    assert failed(found) == {}
    if options is not TABLE:
        auc = found["held-out ROC AUC"].figure
        assert auc is not None
        assert 0.8 < auc < 0.9


@pytest.mark.parametrize("options", [TABLE, MODEL, SERVICE], ids=lambda one: one.kind)
def test_what_is_missing_is_not_run(tmp_path: Path, options: CheckOptions) -> None:
    (result,) = run(options, {}, tmp_path).values()
    assert result.status is CheckStatus.NOT_RUN
    assert result.message == f"{options.artifact} is missing"


def test_a_kernel_in_reserve_serves_a_check(tmp_path: Path) -> None:
    def fresh() -> Path:
        folder = tmp_path / "check"
        folder.mkdir()
        return folder

    with contextlib.closing(wiring.executor(unsafe=False)) as executor:
        environment = CheckEnvironment(executor, fresh, Limits(cell_seconds=90))
        environment.prepare()
        assert not (tmp_path / "check").exists()
        (reserve,) = executor._reserves
        assert reserve.session.result() is not None
        found = checks.run(TABLE, good(), evidence(), environment)
    assert {one.status for one in found} == {CheckStatus.PASSED}
    assert not executor._reserves
    assert not list(tmp_path.iterdir())
