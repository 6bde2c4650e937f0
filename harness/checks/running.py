"""A check, from the artifacts to its results: its program in a fresh kernel, then its judge."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.checks.evidence import Evidence
from harness.checks.kinds import KINDS
from harness.notebooks import artifacts
from harness.ports import Executor
from harness.records import CheckOptions, CheckResult, CheckStatus, Limits, Workspace

RESULT = "result.json"
LONGEST_MESSAGE = 300  # characters


class CheckEnvironment(NamedTuple):
    """Where checks run. ``fresh`` makes an empty folder."""

    executor: Executor
    fresh: Callable[[], Path]
    limits: Limits

    def prepare(self) -> None:
        """A check will be run before long: its kernel can start."""
        folder = self.fresh()
        folder.rmdir()  # only its name is wanted
        self.executor.prepare(Workspace(folder=folder), self.limits)


def run(
    options: CheckOptions,
    blobs: Mapping[str, bytes],
    evidence: Evidence,
    environment: CheckEnvironment,
) -> tuple[CheckResult, ...]:
    """All results of one ``[[checks]]`` on the artifacts in ``blobs``, by name."""
    kind = KINDS[options.kind]
    name = options.artifact
    if name not in blobs:
        message = f"{name} is missing"
        return (CheckResult(name=name, status=CheckStatus.NOT_RUN, message=message),)
    folder = environment.fresh()
    session = environment.executor.start(Workspace(folder=folder), environment.limits)
    try:
        for file, blob in kind.files(options, blobs, evidence).items():
            (folder / file).write_bytes(blob)
        outcome = session.run(kind.program.read_text())
    finally:
        session.close()
    result = _result(folder)
    shutil.rmtree(folder, ignore_errors=True)
    if result is None:
        why = ": ".join(filter(None, (outcome.error, outcome.message))) or "it wrote no result"
        message = why[:LONGEST_MESSAGE]
        return (CheckResult(name=name, status=CheckStatus.FAILED, message=message),)
    try:
        return tuple(kind.judge(options, result, evidence))
    except (KeyError, TypeError, ValueError) as error:
        message = f"what came back is no result ({type(error).__name__})"
        return (CheckResult(name=name, status=CheckStatus.FAILED, message=message),)


def _result(folder: Path) -> dict[str, Any] | None:
    (_, blob), *_ = artifacts.collect(folder, [RESULT])
    try:
        found = json.loads(blob)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
