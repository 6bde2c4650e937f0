"""Checks: acceptance tests of a stage's artifacts, run by the harness in a fresh sandbox.

Import ``run``, ``Evidence`` and ``CheckEnvironment`` from here. A kind of check is a module with
two functions, and a program that runs inside the sandbox: ``files`` says what the program is given,
``judge`` makes results of what it wrote. The program's word is never the verdict where it could be
forged: labels of held-out rows stay outside. The smallest kind to copy is ``table``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.checks import model, service, table
from harness.checks.evidence import Evidence
from harness.notebooks import artifacts
from harness.ports import Executor
from harness.records import CheckResult, CheckSpec, CheckStatus, Limits, Workspace

RESULT = "result.json"
KINDS = {"table": table, "model": model, "service": service}
PROGRAMS = Path(__file__).with_name("programs")


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
    spec: CheckSpec, blobs: Mapping[str, bytes], evidence: Evidence, environment: CheckEnvironment
) -> tuple[CheckResult, ...]:
    """All results of one ``[[checks]]`` on the artifacts in ``blobs``, by name."""
    kind = KINDS[spec.kind]
    if spec.artifact not in blobs:
        message = f"{spec.artifact} is missing"
        return (CheckResult(name=spec.artifact, status=CheckStatus.NOT_RUN, message=message),)
    folder = environment.fresh()
    program = (PROGRAMS / f"{spec.kind}.py").read_text()
    session = environment.executor.start(Workspace(folder=folder), environment.limits)
    try:
        for name, blob in kind.files(spec, blobs, evidence).items():
            (folder / name).write_bytes(blob)
        outcome = session.run(program)
    finally:
        session.close()
    result = _result(folder)
    shutil.rmtree(folder, ignore_errors=True)
    if result is None:
        why = ": ".join(filter(None, (outcome.error, outcome.message))) or "it wrote no result"
        return (CheckResult(name=spec.artifact, status=CheckStatus.FAILED, message=why[:300]),)
    try:
        return tuple(kind.judge(spec, result, evidence))
    except (KeyError, TypeError, ValueError) as error:
        message = f"what came back is no result ({type(error).__name__})"
        return (CheckResult(name=spec.artifact, status=CheckStatus.FAILED, message=message),)


def _result(folder: Path) -> dict[str, Any] | None:
    (_, blob), *_ = artifacts.collect(folder, [RESULT])
    try:
        found = json.loads(blob)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


__all__ = ["CheckEnvironment", "Evidence", "run"]
