"""``model``: it loads, was tuned by the trials asked for, and is good on rows nobody showed it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from harness.checks.answers import Answer, Ask, FiniteNumbers, one_line
from harness.checks.evidence import Evidence, passed
from harness.checks.judging import PredictionOptions, judge_predictions, leading_name
from harness.records import CheckResult, CheckStatus, Name

MOST_PROBABILITIES = 100_000  # of one answer
# What Optuna prints as a trial ends, unless it is told to be quiet.
FINISHED = re.compile(r"\bTrial ([0-9]{1,9}) (?:finished with value|pruned)")


class Options(PredictionOptions):
    """The model's file, and those that tell how it came about."""

    kind: Literal["model"]
    columns: Name | None = None  # the JSON list of its features
    table: Name | None = None  # the encoded table that it was trained on
    trials: Name | None = None  # the table of tuning trials
    study: Name | None = None  # Optuna's storage of them, in SQLite
    least_trials: int = Field(0, ge=0)


class Loaded(Answer):
    """Whether it loads, and what is wrong with the list of its features."""

    error: str | None
    listed: str | None


class Trials(Answer):
    """Rows of the table of trials, and trials that the study holds."""

    rows: int = Field(ge=0)
    finished: int | None = Field(ge=0)  # None: there is no study


class Predicted(Answer):
    """How many probabilities there are, or why there are none."""

    error: str | None
    count: int = Field(ge=0)


class Probabilities(Answer):
    """Some of them, in the order of the held-out rows."""

    probabilities: FiniteNumbers


def files(options: Options, blobs: Mapping[str, bytes], evidence: Evidence) -> dict[str, bytes]:
    """Model, features, trials, the encoded table, the raw one, and held-out rows without target."""
    about = {
        "target": evidence.target,
        "columns": options.columns,
        "trials": options.trials,
        "study": options.study,
        "table": options.table,
    }
    named = (options.artifact, options.columns, options.trials, options.study, options.table)
    given = {name: blobs[name] for name in named if name is not None and name in blobs}
    # XGBoost tells a model's format by its file's ending.
    model = {f"model.{options.artifact.rpartition('.')[2]}": given.pop(options.artifact)}
    about["model"] = next(iter(model))
    return {
        **given,
        **model,
        "visible.csv": evidence.visible_rows(),
        "held.csv": evidence.held_features(),
        "check.json": json.dumps(about).encode(),
    }


def judge(options: Options, ask: Ask, evidence: Evidence) -> Iterator[CheckResult]:
    """That it loads, the trials, the AUC. Raises Refused."""
    loaded = ask({"ask": "load"}, Loaded)
    error = loaded.error
    yield passed("model loads", one_line(error or "yes"), None, holds=error is None)
    if options.least_trials:
        yield _tuned(options, ask({"ask": "trials"}, Trials), evidence.printed)
    if error is not None:
        return
    if options.columns:
        message = f"{options.columns}: {loaded.listed or 'as the model has them'}"
        yield passed("features listed", one_line(message), None, holds=loaded.listed is None)
    yield from _held_out(options, ask, evidence)


def _tuned(options: Options, trials: Trials, printed: str) -> CheckResult:
    """Trials are counted in the study or in what the cells printed; a table of them is a claim."""
    least, name = options.least_trials, "tuned"
    rows = f"{trials.rows} trials in {options.trials}"
    if trials.finished is not None:
        message = f"{trials.finished} trials in {options.study}, {least} asked for"
        return passed(name, message, trials.finished, holds=trials.finished >= least)
    counted = len(set(FINISHED.findall(printed)))
    if options.trials is not None and trials.rows < least:
        return passed(name, f"{rows}, {least} asked for", trials.rows, holds=False)
    if counted >= least:
        message = f"{counted} trials in what the cells printed, {least} asked for"
        return passed(name, message, counted, holds=True)
    if options.trials is None:
        message = f"{counted} trials in what the cells printed, {least} asked for"
        return passed(name, message, counted, holds=False)
    message = f"{rows}, of which what the cells printed shows {counted or 'none'}"
    return CheckResult(name=name, status=CheckStatus.CLAIMED, figure=trials.rows, message=message)


def _held_out(options: Options, ask: Ask, evidence: Evidence) -> Iterator[CheckResult]:
    predicted = ask({"ask": "predict"}, Predicted)
    if predicted.error is not None:
        yield passed(leading_name(evidence), one_line(predicted.error), None, holds=False)
        return
    made: list[float] = []
    for first in range(0, predicted.count, MOST_PROBABILITIES):
        question = {"first": first, "count": MOST_PROBABILITIES}
        made += ask(question, Probabilities).probabilities
    yield from judge_predictions(options, [(1 - one, one) for one in made], evidence)
