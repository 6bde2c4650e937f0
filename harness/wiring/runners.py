"""Who does the jobs of a batch: this process, processes of its own, or a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.errors import UnknownNameError
from harness.wiring.capacity import Capacity

if TYPE_CHECKING:
    from harness.ports import Runner

Work = Callable[[Any, Callable[[Any], None]], Any]
RUNNERS = ["inline", "local", "ray"]


def runner(
    kind: str, capacity: Capacity, make: Callable[[], Work], pack: Callable[[Any], Any]
) -> Runner:
    """Who does the work of a batch. Raises UnknownNameError.

    ``make`` is called in each worker; ``pack`` makes a job fit for a machine that shares no files.
    """
    if kind == "inline":
        from harness.batch.runners.inline import InlineRunner

        return InlineRunner(make())
    if kind == "local":
        from harness.batch.runners.local import LocalRunner

        return LocalRunner(make, capacity.workers, capacity.lanes)
    if kind == "ray":
        from harness.batch.runners.ray import RayRunner

        return RayRunner(make, capacity.workers, pack)
    raise UnknownNameError("runner", kind, RUNNERS)
