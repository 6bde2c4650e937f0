"""Files that a stage promises and that no check of it looks at: whether they are there."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from harness.records import CheckResult, CheckStatus, StageSpec


def names(stage: StageSpec) -> tuple[str, ...]:
    """The artifacts that no option of a check names."""
    looked_at = {
        value
        for check in stage.checks
        for value in check.model_dump().values()
        if isinstance(value, str)
    }
    return tuple(name for name in stage.produces if name not in looked_at)


def judge(stage: StageSpec, made: Collection[str]) -> Iterator[CheckResult]:
    """A result for each: what a run leaves out is no delivery, even where all its cells run."""
    for name in names(stage):
        status = CheckStatus.PASSED if name in made else CheckStatus.NOT_RUN
        said = "" if name in made else f"{name} is missing"
        yield CheckResult(name=name, status=status, message=said, steps=stage.steps[-1:])
