"""What checks may tell a model that repairs its cells: judged on rows that it has seen anyway.

The rows that are held out judge a run at its end, and never choose anything: not what a prompt
says, not whether there is one, not which of two cells is kept. So the checks of a stage are made
here with a part of the visible rows in the place of the held-out ones. It is chosen by the same
rule with another salt; programs are given its features alone, as they are of held-out rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.errors import DataError, UnknownNameError
from harness.project import holdouts
from harness.project.datasets import Dataset
from harness.records import CheckResult, CheckStatus

SALT = "validation"


def part(data: Dataset) -> Dataset:
    """The dataset with a part of its visible rows in the place of those held out.

    None stand there where none are held out, or where the visible ones are too few for a part.
    """
    table, spec = data.table, data.spec
    held = None
    if table.held is not None:
        try:
            found = holdouts.split(
                table.visible, spec.holdout, spec.target, sheet=spec.sheet, salt=SALT
            )
            held = found.held
        except (DataError, UnknownNameError):
            held = None
    # ``path`` is the whole table, so nothing that judges here is given it.
    update = {"path": table.visible, "held": held, "counts": None}
    return data.model_copy(update={"table": table.model_copy(update=update)})


def against(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Those that may speak into a repair: what is wrong beyond doubt.

    A figure of rows that a model has learned from may be too good to be true and right all the
    same.
    """
    return tuple(one for one in results if one.status in (CheckStatus.FAILED, CheckStatus.NOT_RUN))


def lost(before: Sequence[CheckResult], after: Sequence[CheckResult]) -> CheckResult | None:
    """The first check that held and does not any more."""
    holds = {one.name for one in after if one.status.holds}
    return next((one for one in before if one.status.holds and one.name not in holds), None)


def gained(before: Sequence[CheckResult], after: Sequence[CheckResult]) -> bool:
    """Whether something that spoke does not any more, and no more speaks than before."""
    return len(against(after)) < len(against(before))
