"""What a step is to leave, and what of it is not there or not right: what may be told to a model.

Names and files are those that its prompt asks for. Checks speak on rows that the model may see,
never on those that are held out (see ``feedback``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.notebooks import printed
from harness.project import told
from harness.records import CellOutcome, CheckResult, CheckStatus, Leaves, Observation, Variable
from harness.runs import asked, feedback
from harness.runs.plans import Plan
from harness.runs.working import Working
from harness.steering.correcting import Wrong

NUMBER = re.compile(r"u?int|float|bool|complex", re.IGNORECASE)


class Expected:
    """Of one step, before which the kernel of ``working`` is as it is now."""

    def __init__(self, plan: Plan, step: str, working: Working) -> None:
        self._step, self._working, self._at = step, working, working.at
        known = [column.name for column in plan.profile.columns]
        prompt = plan.prompts[1 + plan.stage.steps.index(step)].content
        wanted = asked.of(prompt, plan.stage.produces)
        self.asked = asked.without(wanted, [*known, *self._at.inputs])
        self._leaves = [one for one in plan.stage.leaves if one.step == step]
        self._texts = told.stored_as_text(plan.profile)
        self._rows = told.row_counts(plan.profile)
        self._before = working.made() if working.kernel.accepted else {}
        # What the checks said last, and of what: they may take seconds.
        self._judged: tuple[object, tuple[CheckResult, ...]] = (None, ())

    @property
    def watches(self) -> bool:
        """Whether the stage says what its frames are to be like after the step."""
        return bool(self._leaves)

    def held(self) -> tuple[Wrong, ...]:
        """What is wrong with the frames that the kernel holds."""
        return self._short_of(self._working.kernel.observe())

    def lacking(self, held: Observation) -> tuple[str, ...]:
        """What a kernel does not hold: names and files that are asked for, and what is in them."""
        short = (one.message for one in self._short_of(held))
        return (*self._not_there(held), *short)

    def checks(self, outcomes: Sequence[CellOutcome] = ()) -> tuple[CheckResult, ...]:
        """What the checks say of files that this step made or changed.

        Of files that are not there they say nothing here: a later step may write them.
        """
        made = self._working.made()
        if not made or made == self._before or not self._at.stage.checks:
            return ()
        shown = printed.of_outputs(outcome.outputs for outcome in outcomes)
        if self._judged[0] != (made, shown):
            self._judged = (made, shown), self._at.feedback(made, shown)
        return tuple(
            one
            for one in self._judged[1]
            if self._step in (one.steps or (self._step,)) and one.status is not CheckStatus.NOT_RUN
        )

    def wrong(self, *, ended: bool) -> tuple[Wrong, ...]:
        """What is wrong now; of what is not there only where the reply has ended."""
        held = self._working.kernel.observe()  # what failed half-way is undone by that
        wrong = [*self._short_of(held)] if ended else []
        wrong += [Wrong(one.message) for one in feedback.against(self.checks())]
        if ended:
            wrong += [Wrong(f"{one} is not there yet") for one in self._not_there(held)]
        return tuple(wrong)

    def _not_there(self, held: Observation) -> tuple[str, ...]:
        """What is asked for and not held; a name may be one that a function has for itself."""
        inside = asked.inside(self._working.kernel.accepted)
        return asked.lacking(asked.without(self.asked, inside), held)

    def _short_of(self, held: Observation) -> tuple[Wrong, ...]:
        seen = {one.name: one for one in held.variables}
        return tuple(
            Wrong(message)
            for one in self._leaves
            if one.name in seen
            for message in _short_of(one, seen[one.name], self._rows, self._texts)
        )


def _short_of(
    wanted: Leaves, seen: Variable, counts: tuple[int, int], texts: Sequence[str]
) -> Iterator[str]:
    rows, labelled = counts
    if wanted.rows and seen.columns and seen.shape and seen.shape[0] not in counts:
        keep = f"{rows:,}" if rows == labelled else f"{labelled:,} to {rows:,}"
        yield f"{wanted.name} has {seen.shape[0]:,} rows, and should keep {keep}"
    for column in seen.columns:
        if wanted.numbers and column.name in texts and not NUMBER.match(column.dtype):
            yield f"column '{column.name}' of {wanted.name} holds text, no numbers"
        elif wanted.whole and column.nulls:
            yield f"{column.nulls} values of column '{column.name}' of {wanted.name} are missing"
