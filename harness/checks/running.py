"""A check, from the artifacts to its results: a program answers in a kernel, a judge asks here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness import files
from harness.checks import answers
from harness.checks.answers import A, Refused
from harness.checks.evidence import Evidence
from harness.checks.kinds import KINDS
from harness.ports import Executor, Session
from harness.records import (
    CellOutcome,
    CellStatus,
    CheckOptions,
    CheckResult,
    CheckStatus,
    Limits,
    Workspace,
)

# Of how verdicts are reached. Those of another version are stale, and made anew.
JUDGING = "3"
# The answer is a display of its own kind, so that whatever else is printed is no part of it.
ANSWER = "application/vnd.harness.answer"
ASK = (
    "__import__('IPython.display', fromlist=['display']).display("
    "{{{kind!r}: __import__('json').dumps(answer(__import__('json').loads({question!r})))}}, "
    "raw=True)"
)


class CheckEnvironment(NamedTuple):
    """Where checks run. ``fresh`` makes an empty folder."""

    executor: Executor
    fresh: Callable[[], Path]
    limits: Limits

    def prepare(self) -> None:
        """A check will be run before long: its kernel can start."""
        folder = self.fresh()
        folder.rmdir()  # only its name is wanted
        self.executor.prepare(Workspace(folder=folder), self.answering)

    def start(self, folder: Path) -> Session:
        """A fresh kernel in ``folder``. Raises SandboxError."""
        return self.executor.start(Workspace(folder=folder), self.answering)

    @property
    def answering(self) -> Limits:
        """The limits of a program: the stage's, with room for one answer."""
        return self.limits.model_copy(update={"output_mb": answers.LONGEST / (1 << 20)})


class Program:
    """A check's program in its kernel; ``ask`` is how a judge hears of it.

    Raises Refused where the program does not come up.
    """

    def __init__(self, session: Session, source: str) -> None:
        self._session = session
        self._run(source)

    def ask(self, question: Mapping[str, Any], kind: type[A]) -> A:
        """See ``Ask``."""
        asked = json.dumps(question, allow_nan=False)
        done = self._run(ASK.format(kind=ANSWER, question=asked))
        shown = [one["data"] for one in done.outputs if one["output_type"] == "display_data"]
        texts = [data[ANSWER] for data in shown if isinstance(data.get(ANSWER), str)]
        if not texts:
            raise Refused("it gave no answer")
        return answers.read(texts[-1], kind)

    def _run(self, source: str) -> CellOutcome:
        done = self._session.run(source)
        if done.status in (CellStatus.KILLED, CellStatus.NOT_RUN):
            raise Refused(f"its process ended ({done.reason})")
        if done.status is not CellStatus.OK:
            why = ": ".join(filter(None, (done.error, done.message)))
            raise Refused(why or done.status.value)
        return done


def run(
    options: CheckOptions,
    blobs: Mapping[str, bytes],
    evidence: Evidence,
    environment: CheckEnvironment,
) -> tuple[CheckResult, ...]:
    """All results of one ``[[checks]]`` on the artifacts in ``blobs``, by name.

    Where the program ends or answers nothing that can be read, the results until then, and one
    under the artifact's name that failed and says so.
    """
    name = options.artifact
    if name not in blobs:
        message = f"{name} is missing"
        return (CheckResult(name=name, status=CheckStatus.NOT_RUN, message=message),)
    kind = KINDS[options.kind]
    results: list[CheckResult] = []
    folder = environment.fresh()
    session = environment.start(folder)
    try:
        for file, blob in kind.files(options, blobs, evidence).items():
            path = folder / file
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(blob)
        ask = Program(session, kind.program.read_text()).ask
        results.extend(kind.judge(options, ask, evidence))
    except Refused as refused:
        results.append(CheckResult(name=name, status=CheckStatus.FAILED, message=str(refused)))
    finally:
        session.close()
        files.clear(folder)
    return tuple(results)
