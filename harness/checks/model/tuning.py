"""Whether a model was tuned by the trials asked for, counted where they can be."""

from __future__ import annotations

import re

from pydantic import Field

from harness.checks.answers import Answer
from harness.checks.evidence import passed
from harness.records import CheckResult, CheckStatus, Name

NAME = "tuned"
# What Optuna prints as a trial ends, unless it is told to be quiet.
FINISHED = re.compile(r"\bTrial ([0-9]{1,9}) (?:finished with value|pruned)")


class Trials(Answer):
    """Rows of the table of trials, and trials that the study holds."""

    rows: int = Field(ge=0)
    finished: int | None = Field(ge=0)  # None: there is no study


def judge(
    least: int, table: Name | None, study: Name | None, trials: Trials, printed: str
) -> CheckResult:
    """Trials are counted in the study or in what the cells printed; a table of them is a claim."""
    rows = f"{trials.rows} trials in {table}"
    if trials.finished is not None:
        message = f"{trials.finished} trials in {study}, {least} asked for"
        return passed(NAME, message, trials.finished, holds=trials.finished >= least)
    counted = len(set(FINISHED.findall(printed)))
    if table is not None and trials.rows < least:
        return passed(NAME, f"{rows}, {least} asked for", trials.rows, holds=False)
    if counted >= least or table is None:
        message = f"{counted} trials in what the cells printed, {least} asked for"
        return passed(NAME, message, counted, holds=counted >= least)
    message = f"{rows}, of which what the cells printed shows {counted or 'none'}"
    return CheckResult(name=NAME, status=CheckStatus.CLAIMED, figure=trials.rows, message=message)
