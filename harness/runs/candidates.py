"""Several versions of a step, of which the best goes on.

They are written at once and run one after another, each in a kernel that holds what was accepted
before the step, so that there is one kernel at a time however many versions there are. Steered
ones are written one after another, since the kernel is needed while each is written. Checks speak
on rows that the model may see, never on those that are held out (see ``feedback``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness import files
from harness.notebooks import printed, replies
from harness.ports import Engine, Reporter
from harness.records import (
    Candidate,
    CellOutcome,
    CellStatus,
    Completion,
    Message,
    Observation,
    Progress,
    Reply,
    Sampling,
    Steered,
    SteeringKind,
)
from harness.runs import choosing, feedback
from harness.runs.asked import Asked
from harness.runs.choosing import Seen
from harness.runs.expected import Expected
from harness.runs.plans import Plan
from harness.runs.working import Working
from harness.steering import reading
from harness.steering.budget import OF_VERSION

# Of versions but the first: at 0.2 they hardly differ. Chen et al. (arXiv 2107.03374, section 3.3)
# found 0.2 best for one sample of a program, and 0.8 where any of a hundred may be right.
WARM = 0.6

Keep = Callable[[tuple[Candidate, ...]], None]
"""Called with the versions that are written, so that an interruption keeps them."""


class _Tried(NamedTuple):
    candidate: Candidate
    seen: Seen
    pieces: tuple[str, ...]  # of code that the kernel accepted


def seeds(seed: int, number: int) -> tuple[int, ...]:
    """The run's own seed, and others that are no run's: seed 2 is not a version of seed 1's."""
    more = (
        int.from_bytes(hashlib.sha256(f"{seed}/{place}".encode()).digest()[:4]) >> 1
        for place in range(1, number)
    )
    return seed, *more


class Candidates:
    """The versions of one step, from the prompt to the one that goes on."""

    def __init__(
        self, plan: Plan, step: str, engine: Engine, working: Working, reporter: Reporter
    ) -> None:
        self._plan, self._step = plan, step
        self._engine, self._working, self._reporter = engine, working, reporter
        self._kernel, self._at = working.kernel, working.at
        self._base = len(self._kernel.accepted)
        self._seeds = seeds(plan.seed, plan.help.candidates)
        self._expected = Expected(plan, step, working)

    def write(
        self, turns: Sequence[Message], kept: Sequence[Candidate], keep: Keep, *, more: bool
    ) -> Reply:
        """The reply of the best version; ``kept`` are those of an interrupted attempt.

        ``more``: another step follows, so that the kernel has to hold what the best one left.
        Passes KeyboardInterrupt on.
        """
        written = {one.completion.seed: one for one in kept if one.completion.seed in self._seeds}
        watched = self._working.watcher(self._engine.steering) is not None
        if not watched:
            self._write_all(turns, written, keep)
        tried: list[_Tried] = []
        for seed in self._seeds:
            self._kernel.back(self._base)
            outcomes = None
            if seed not in written and watched:
                written[seed] = self._steered(turns, seed)
                keep(tuple(written.values()))
            else:
                outcomes = self._run(written[seed].completion.text)
            tried.append(self._judged(written[seed], outcomes))
            if watched and tried[-1].seen.is_faultless:
                break  # the others would cost as much again, and could not be better
        place = choosing.best([one.seen for one in tried])
        chosen = tried[place]
        if more and place != len(tried) - 1:
            self._kernel.back(self._base)
            for piece in chosen.pieces:
                self._kernel.run(piece, stays=True)
        return Reply(
            step=self._step,
            completion=chosen.candidate.completion,
            steered=chosen.candidate.steered,
            candidates=tuple(one.candidate for one in tried),
        )

    def _write_all(
        self, turns: Sequence[Message], written: dict[int, Candidate], keep: Keep
    ) -> None:
        for seeds in (self._seeds[:1], self._seeds[1:]):
            missing = [seed for seed in seeds if seed not in written]
            if not missing:
                continue
            done = self._engine.complete(turns, self._sampling(missing[0]), missing, self._note)
            plain = Steered(kind=SteeringKind.NONE) if self._plan.help.steer else None
            written |= {one.seed: self._candidate(one, plain) for one in done}
            keep(tuple(written.values()))

    def _steered(self, turns: Sequence[Message], seed: int) -> Candidate:
        told = self._reporter.stepped_back
        watcher = self._working.watcher(self._engine.steering, told, self._expected, OF_VERSION)
        if watcher is None:
            raise ValueError("an engine that was steered a moment ago is not any more")
        sampling = self._sampling(seed)
        (done,) = self._engine.complete(turns, sampling, [seed], self._note, watchers=[watcher])
        watcher.settle(done.text)
        return self._candidate(done, watcher.steered)

    def _sampling(self, seed: int) -> Sampling:
        """The run's own for the first version; others are drawn from further afield."""
        own = self._plan.sampling
        if seed == self._seeds[0] or own.temperature >= WARM:
            return own
        return own.model_copy(update={"temperature": WARM})

    def _note(self, progress: Progress) -> None:
        if progress.sample == 0:  # the others are written beside it
            self._reporter.progress(progress)

    def _candidate(self, done: Completion, steered: Steered | None) -> Candidate:
        return Candidate(completion=done, steered=steered, likelihood=done.likelihood)

    def _run(self, text: str) -> list[CellOutcome]:
        """How the cells of a version end; one that fails leaves what it did, as in the notebook."""
        cells = replies.cells_of(self._step, "", text)
        return [
            self._kernel.run(cell.source, stays=True).outcome
            for cell in cells
            if cell.kind == "code"
        ]

    def _judged(self, one: Candidate, outcomes: list[CellOutcome] | None) -> _Tried:
        """``outcomes`` is None where the version ran while it was written."""
        text = one.completion.text
        sources = [
            cell.source for cell in replies.cells_of(self._step, "", text) if cell.kind == "code"
        ]
        failed = (
            _failed_cells(text, one.steered)
            if outcomes is None
            else sum(outcome.status is not CellStatus.OK for outcome in outcomes)
        )
        held = self._kernel.observe()
        lacking = self._expected.lacking(held)
        checks = self._expected.checks(outcomes or ())
        against = feedback.against(checks)
        seen = Seen(
            works=choosing.works(sources),
            lacking=len(lacking),
            held=sum(check.status.holds for check in checks),
            against=len(against),
            failed=failed,
            result=_result(self._expected.asked, held, outcomes or []),
            likelihood=one.likelihood,
        )
        update = {
            "cells": len(sources),
            "cells_ok": max(0, len(sources) - failed),
            "lacking": (*lacking, *(check.name for check in against)),
        }
        pieces = self._kernel.accepted[self._base :]
        return _Tried(one.model_copy(update=update), seen, pieces)


def _failed_cells(text: str, steered: Steered | None) -> int:
    """Cells of a steered version with a statement that still failed."""
    places = [one.at for one in steered.left] if steered else []
    cells = {
        statement.cell
        for statement in reading.statements(text, ended=True)
        if any(statement.start <= place < statement.end for place in places)
    }
    return len(cells)


def _result(wanted: Asked, held: Observation, outcomes: Sequence[CellOutcome]) -> str:
    """What a version left under the names that were asked for; what it showed where none were."""
    named = [one.model_dump(mode="json") for one in held.variables if one.name in wanted.names]
    if named:
        return files.to_json(sorted(named, key=lambda one: str(one["name"])))
    return printed.of_outputs(outcome.outputs for outcome in outcomes)
