"""Which fixes a patched notebook needs: each is left out once, and the rest is run again.

A fix is needed where without it a cell ends worse, a check or a file is another, or a cell shows
something else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from harness import fixes
from harness.errors import EditedError
from harness.fixes import Applied
from harness.notebooks import output_digests
from harness.notebooks.output_digests import Shown
from harness.ports import RunStore
from harness.records import (
    CellStatus,
    Execution,
    Fix,
    FixVerdict,
    Patching,
    Run,
    RunKey,
    Verdict,
)
from harness.runs import execution, patching
from harness.runs.execution import NotebookEnvironment, Outcomes
from harness.runs.store import save_record

SAME = "every cell ends as it does with it, every output and every file is the same"

_Shown = dict[str, tuple[Shown, ...]]  # of each code cell

OnFix = Callable[[int, int, FixVerdict], None]
"""Called with (number, how many in all, verdict) once a fix is judged."""


def minimise(
    key: RunKey,
    run: Run,
    series: Sequence[Fix],
    at: NotebookEnvironment,
    store: RunStore,
    on_fix: OnFix,
) -> Run:
    """Mark each applied fix ``necessary`` or ``redundant``; stored after each.

    Fixes that were judged since the last patching are not judged again. Raises EditedError where
    the patched notebook is not what the fixes make of the raw one now.
    """
    if run.raw is None or run.patched is None or not patching.is_current(run, series):
        raise EditedError(
            f"the patched notebook of run {key.run_id} is not up to date",
            f"harness patch {key.run_id}",
        )
    applied = [one.fix for one in run.patched.verdicts if one.verdict is Verdict.APPLIED]
    whole = run.patched
    outputs = _Outputs(run, series, at)
    with contextlib.closing(at.executor):
        for number, name in enumerate(applied, 1):
            verdict = next(one for one in whole.verdicts if one.fix == name)
            if verdict.need is None:
                less = fixes.apply_to_run(run, series, {name})
                form = f"{number} of {len(applied)}, without {name}"
                reason = _missed(form, run, less, at, outputs, more=number < len(applied))
                need = "necessary" if reason else "redundant"
                update = {"need": need, "need_reason": reason or SAME}
                verdict = verdict.model_copy(update=update)
                whole = _with(whole, verdict)
                run = run.model_copy(update={"patched": whole})
                run = save_record(store, key, run)
            on_fix(number, len(applied), verdict)
    return run


def _missed(
    form: str,
    run: Run,
    less: Applied,
    at: NotebookEnvironment,
    outputs: _Outputs,
    *,
    more: bool,
) -> str | None:
    """What goes wrong without the fix; None where nothing does."""
    if run.patched is None:
        return None
    if less.notebook.digest == run.patched.cells_sha256:
        return None
    done = execution.execute(form, less.notebook, at, {}, more=more)
    worse = _worse(run.patched.execution, done.execution) or outputs.missed(done.outcomes)
    stored = {one.fix: one.verdict for one in run.patched.verdicts}
    leaning = [
        one.fix
        for one in less.verdicts
        if one.verdict is Verdict.CONFLICT and stored.get(one.fix) is not Verdict.CONFLICT
    ]
    return (
        f"{worse}; without it {', '.join(leaning)} finds no place" if worse and leaning else worse
    )


class _Outputs:
    """What the cells show with all fixes, found out where it is asked for, by running them.

    Not read from the stored notebook, which a person may have run elsewhere. What is not the same
    when the same notebook runs twice tells nothing.
    """

    def __init__(self, run: Run, series: Sequence[Fix], at: NotebookEnvironment) -> None:
        self._run, self._series, self._at = run, series, at
        self._passes: list[_Shown] = []

    def missed(self, less: Outcomes) -> str | None:
        """The first cell that shows something else without a fix; None where none does."""
        found = _differing(self._pass(0), _shown(less))
        unsteady = _differing(self._pass(0), self._pass(1)) if found else {}
        return next((told for cell, told in found.items() if cell not in unsteady), None)

    def _pass(self, number: int) -> _Shown:
        while len(self._passes) <= number:
            whole = fixes.apply_to_run(self._run, self._series).notebook
            form = f"with all fixes, {'again, ' if number else ''}to compare what it shows"
            self._passes.append(_shown(execution.execute(form, whole, self._at, {}).outcomes))
        return self._passes[number]


def _shown(outcomes: Outcomes) -> _Shown:
    return {cell: output_digests.of(outcome.outputs) for cell, outcome in outcomes.items()}


def _differing(whole: _Shown, less: _Shown) -> dict[str, str]:
    """What differs of each cell that shows something else, or is not in both."""
    found = {}
    for cell in dict.fromkeys([*whole, *less]):
        kind = output_digests.difference(whole.get(cell, ()), less.get(cell, ()))
        if kind is not None:
            found[cell] = f"{cell}: {kind} is another"
    return found


def _worse(whole: Execution, less: Execution) -> str | None:
    ended = {cell.cell: cell for cell in less.cells}
    for cell in whole.cells:
        there = ended.get(cell.cell)
        if cell.status is CellStatus.OK and there is not None and there.status is not cell.status:
            return f"{cell.cell}: {there.verdict}"
    held = {one.name: one for one in less.checks}
    for check in whole.checks:
        other_check = held.get(check.name)
        if check.status.holds and (other_check is None or other_check.status is not check.status):
            return f"{check.name}: {other_check.message if other_check else 'not run'}"
    files = {one.name: one for one in less.artifacts}
    for one in whole.artifacts:
        other = files[one.name]
        if other.status != one.status:
            return f"{one.name}: {other.status}"
        if other.sha256 != one.sha256:
            return f"{one.name} is another"
    return None


def _with(patched: Patching, verdict: FixVerdict) -> Patching:
    verdicts = tuple(verdict if one.fix == verdict.fix else one for one in patched.verdicts)
    return patched.model_copy(update={"verdicts": verdicts})
