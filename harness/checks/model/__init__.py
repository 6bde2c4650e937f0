"""``model``: it loads, was tuned by the trials asked for, and is good on rows nobody showed it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from harness.checks.answers import Answer, Ask, one_line
from harness.checks.evidence import Evidence, passed, unjudged
from harness.checks.judging import PredictionOptions, judge_predictions, leading_name
from harness.checks.labels import Unreadable
from harness.checks.model import behind, fitting, held_out, tuning
from harness.errors import DataError
from harness.notebooks import installs
from harness.records import CheckResult, Name

# Of the program; they lie beside it in the sandbox.
MODULES = tuple(f"program_{name}.py" for name in ("features", "fitted", "prepare", "trials"))


class Options(PredictionOptions):
    """The model's file, and those that tell how it came about."""

    kind: Literal["model"]
    columns: Name | None = None  # the JSON list of its features
    table: Name | None = None  # the encoded table that it was trained on
    trials: Name | None = None  # the table of tuning trials
    study: Name | None = None  # Optuna's storage of them, in SQLite
    least_trials: int = Field(0, ge=0)
    test_share: float = Field(0, ge=0, lt=1)  # of the visible rows, left out of fitting to test it


class Loaded(Answer):
    """Whether it loads, and what is wrong with the list of its features."""

    error: str | None
    listed: str | None


def files(options: Options, blobs: Mapping[str, bytes], evidence: Evidence) -> dict[str, bytes]:
    """Model, features, trials, the prepared table, the raw one, and held-out rows without target.

    Where the notebook's preparation may be run: its cells, and the table to run it on.
    """
    named = (options.artifact, options.columns, options.trials, options.study, options.table)
    given = {name: blobs[name] for name in named if name is not None and name in blobs}
    # XGBoost tells a model's format by its file's ending.
    model = f"model.{options.artifact.rpartition('.')[2]}"
    given[model] = given.pop(options.artifact)
    about: dict[str, Any] = {
        **options.model_dump(include={"columns", "trials", "study", "table"}),
        "model": model,
        "target": evidence.target,
        "task": evidence.task.value,
        "classes": list(evidence.ordered_classes) if evidence.task.has_classes else [],
        "file": evidence.dataset.file,
    }
    rows, known = _rows(evidence)
    program = {name: (Path(__file__).parent / name).read_bytes() for name in MODULES}
    return {**given, **rows, **program, "check.json": json.dumps({**about, **known}).encode()}


def judge(options: Options, ask: Ask, evidence: Evidence) -> Iterator[CheckResult]:
    """That it loads, the trials, what it was fitted on, held-out rows. Raises Refused."""
    loaded = ask({"ask": "load"}, Loaded)
    error = loaded.error
    yield passed("model loads", one_line(error or "yes"), None, holds=error is None)
    if options.least_trials:
        trials = ask({"ask": "trials"}, tuning.Trials)
        least, printed = options.least_trials, evidence.printed
        yield tuning.judge(least, options.trials, options.study, trials, printed)
    if error is not None:
        return
    if options.columns:
        message = f"{options.columns}: {loaded.listed or 'as the model has them'}"
        yield passed("features listed", one_line(message), None, holds=loaded.listed is None)
    if not _has_labels(evidence):
        yield from judge_predictions(options, (), evidence)
        return
    if _is_large(evidence):
        message = f"the table is larger than {behind.LARGEST >> 20} MB, too large for a check"
        yield unjudged(leading_name(evidence), message)
        return
    leaked = ask({"ask": "leaked"}, fitting.Leaked)
    if leaked.unknown is None:
        source = evidence.source_of_target() if leaked.feature else None
        yield fitting.judge_features(leaked.feature, source)
    if options.test_share:
        fitted = ask({"ask": "fitted"}, fitting.Fitted)
        yield fitting.judge(options.test_share, fitted, evidence.dataset.plural)
    if evidence.held is None:
        yield from judge_predictions(options, (), evidence)
        return
    yield from held_out.judge(options, ask, evidence)


def _is_large(evidence: Evidence) -> bool:
    return evidence.visible.stat().st_size > behind.LARGEST


def _has_labels(evidence: Evidence) -> bool:
    if evidence.target is None:
        return False
    try:
        evidence.reading()
    except Unreadable:
        return False
    return True


def _rows(evidence: Evidence) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The rows as files, and what the program has to know of them."""
    if not _has_labels(evidence) or _is_large(evidence):
        return {}, {}
    rows = {"visible.csv": evidence.visible_rows(), "held.csv": evidence.held_features()}
    lacking = "the cells that made the prepared table are not known"
    if evidence.reference_held is not None:
        rows["reference.csv"] = evidence.reference_held.read_bytes()
    elif evidence.preparation and evidence.held is not None:
        try:
            rows["behind"] = behind.table(evidence)
            cells = [installs.runnable(cell) for cell in evidence.preparation]
            rows["cells.json"] = json.dumps(cells).encode()
            lacking = ""
        except DataError as error:
            lacking = error.message
    count = evidence.held_count() if evidence.held is not None else 0
    again = [number for number, is_again in enumerate(evidence.repeats()) if is_again]
    labels = evidence.visible_labels()
    return rows, {"labels": labels, "again": again, "held": count, "lacking": lacking}
