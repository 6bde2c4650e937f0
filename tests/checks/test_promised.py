"""Files that a stage promises are looked for, whether a check reads them or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks import promised
from harness.project import stages
from harness.records import CheckStatus, DatasetSpec, Task

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("stage", "names"),
    [("eda", ()), ("modeling", ()), ("deployment", ("Dockerfile",))],
)
def test_what_no_check_names_is_only_looked_for(stage: str, names: tuple[str, ...]) -> None:
    assert promised.names(stages.load(ROOT, stage)) == names


def test_a_file_that_is_not_there_does_not_hold_and_its_last_step_is_at_fault() -> None:
    stage = stages.load(ROOT, "deployment")
    (missing,) = promised.judge(stage, {"app.py": b""})
    assert not missing.status.holds
    assert (missing.message, missing.steps) == ("Dockerfile is missing", ("image",))
    (there,) = promised.judge(stage, {"Dockerfile": b""})
    assert (there.name, there.status, there.message) == ("Dockerfile", CheckStatus.PASSED, "")


def test_another_promise_makes_verdicts_stale() -> None:
    stage = stages.load(ROOT, "deployment")
    spec = DatasetSpec(name="d", description="", task=Task.BINARY, file="d.csv", target="a")
    fewer = stage.model_copy(update={"produces": ("app.py", "requirements.txt")})
    assert stages.checks_digest(stage, spec) != stages.checks_digest(fewer, spec)
