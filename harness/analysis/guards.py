"""How guards did: their counts added up, over the replies of a run or over many runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.records import GuardCount, Run, Steered


def of_run(run: Run) -> tuple[GuardCount, ...]:
    """Over all that was steered in it: versions that were not chosen and repairs included."""
    return added(count for one in _steered(run) for count in one.guards)


def added(counts: Iterable[GuardCount]) -> tuple[GuardCount, ...]:
    """One count per guard, by name."""
    sums: dict[str, GuardCount] = {}
    for one in counts:
        before = sums.get(one.guard, GuardCount(guard=one.guard))
        sums[one.guard] = GuardCount(
            guard=one.guard,
            asked=before.asked + one.asked,
            fired=before.fired + one.fired,
            false_alarms=before.false_alarms + one.false_alarms,
        )
    return tuple(sums[name] for name in sorted(sums))


def _steered(run: Run) -> Iterator[Steered]:
    for reply in run.replies:
        versions = [one.steered for one in reply.candidates] or [reply.steered]
        yield from (one for one in versions if one is not None)
    for attempt in run.repaired.attempts if run.repaired else ():
        if attempt.steered is not None:
            yield attempt.steered
