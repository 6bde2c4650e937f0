"""Whether a model was fitted without the rows that are left out to test it, and without the target.

Where the notebook splits its table cannot be seen from outside. A saved model of boosted trees
says by its cover on how many rows each tree was grown; see ``program_fitted``. Where that cannot be
told, the property holds by the workflow's word.
"""

from __future__ import annotations

from pydantic import Field

from harness.checks.answers import Answer, FiniteNumbers, one_line
from harness.records import CheckResult, CheckStatus

NAME = "test rows left out"
LEAKED = "no feature made of the target"
EXACT = 0.002  # of a share: a sum in single precision
LEAST_TREES = 20  # for what is drawn for each tree to show
ERRORS = 3  # standard errors that are left to chance
UNEVEN = 0.1  # of the variance: XGBoost's draws differ somewhat less than chance would have it
Verdict = tuple[CheckStatus, float | None, str]  # with the share it was fitted on, if it is known


class Fitted(Answer):
    """Shares of the visible rows that trees were grown on; ``unknown`` says why there are none."""

    unknown: str | None
    rows: int = Field(ge=0)
    share: float  # the mean of the first trees
    least: float
    most: float
    drawn_away: float | None = None  # the part that ``subsample`` leaves out, as far as it shows
    trees: int = 0  # that tell it
    tried: FiniteNumbers = ()  # what trials drew that may be the best ones


class Leaked(Answer):
    """A feature that the target alone explains; ``unknown`` says why none was looked for."""

    unknown: str | None
    feature: str | None


def judge(test_share: float, found: Fitted, rows_are: str) -> CheckResult:
    """``test_share`` of the visible rows was to be left out; ``rows_are`` is what they are."""
    if found.unknown is not None:
        message = f"the model does not tell on which {rows_are} it was fitted: {found.unknown}"
        return _result(CheckStatus.CLAIMED, None, message)
    most = 1 - test_share / 2
    of_all = f"of {found.rows:,} visible {rows_are}"
    status, share, message = _counted(found, most, of_all) or _drawn(found, most, of_all)
    if status is not CheckStatus.CLAIMED:
        message += f"; {test_share:.0%} were to be left out for testing"
    return _result(status, share, message)


def _counted(found: Fitted, most: float, of_all: str) -> Verdict | None:
    """What the trees say by themselves, whatever was drawn for each."""
    if found.most > 1 + EXACT:
        message = f"its trees count more than 100% {of_all}: they were weighed, or are others"
        return CheckStatus.CLAIMED, None, message
    if found.least >= 1 - EXACT:
        return CheckStatus.FAILED, 1.0, f"every tree was grown on 100% {of_all}"
    if found.share > most:
        return CheckStatus.FAILED, found.share, f"trees were grown on {found.share:.1%} {of_all}"
    return None


def _drawn(found: Fitted, most: float, of_all: str) -> Verdict:
    """What they say once it is known which part was drawn for each."""
    if found.drawn_away is None or found.trees < LEAST_TREES:
        message = f"trees were grown on {found.share:.1%} {of_all}, or of a part that was drawn"
        return CheckStatus.CLAIMED, None, message
    away = min(max(found.drawn_away, 0.0), 0.95)
    unsure = away * (ERRORS * (2 / found.trees) ** 0.5 + UNEVEN) + EXACT
    # What the best trial drew is the model's word, which has to agree with what shows.
    words = [
        one for one in found.tried if abs(1 - one - away) <= unsure and found.share <= 1.02 * one
    ]
    if words:
        fitted, error = max(found.share / one for one in words), 0.0
        if min(found.share / one for one in words) <= most < fitted:
            words = []
    if not words:
        fitted, error = found.share / (1 - away), found.share * unsure / (1 - away) ** 2
    message = f"it was fitted on about {min(fitted, 1):.0%} {of_all}"
    if away > EXACT:
        drawn = min(1.0, found.share / fitted)
        message += f", of which about {drawn:.0%} were drawn for each tree"
    if fitted - error > most:
        return CheckStatus.SUSPECT, min(fitted, 1.0), message
    if fitted + error <= most:
        return CheckStatus.PASSED, fitted, message
    return CheckStatus.CLAIMED, None, f"{message}, too few to be sure"


def judge_features(feature: str | None, source: str | None) -> CheckResult:
    """``feature`` is told by the target; ``source`` are raw columns that tell the target."""
    if feature is None:
        return CheckResult(name=LEAKED, status=CheckStatus.PASSED, message="none is")
    if source is not None:
        message = f"feature {feature!r} is told by the target, and so is {source} of the table"
        return CheckResult(name=LEAKED, status=CheckStatus.PASSED, message=one_line(message))
    message = (
        f"feature {feature!r} is told by the target and by no column of the table: the target may"
        " have leaked into the features"
    )
    return CheckResult(name=LEAKED, status=CheckStatus.SUSPECT, message=one_line(message))


def _result(status: CheckStatus, share: float | None, message: str) -> CheckResult:
    figure = None if share is None else round(share, 4)
    return CheckResult(name=NAME, status=status, figure=figure, message=one_line(message))
