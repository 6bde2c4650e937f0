"""A batch as it happens: a bar over all runs with the time left, a line per worker."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType

from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness import work
from harness.batch import Ended, Moment, Planned
from harness.cli import show

REFRESH_PER_SECOND = 4
BAR = 24  # columns


class BatchLive:
    """Use as a context manager around a batch, and let it ``see`` every moment."""

    def __init__(self, seen: Sequence[Planned], likely: Mapping[str, float], workers: int) -> None:
        todo = [one.plan.run_id for one in seen if one.state != "done"]
        known = [likely[run] for run in todo if run in likely]
        guess = sum(known) / len(known) if known else 0.0
        self._weights = {run: likely.get(run, guess) for run in todo}
        self._all, self._done = len(todo), 0
        self._workers = workers
        self._started = time.monotonic()
        self._lines: dict[int, str] = {}
        self._live = Live(
            get_renderable=self._shown,
            console=show.out,
            refresh_per_second=REFRESH_PER_SECOND,
            transient=True,
        )

    def __enter__(self) -> BatchLive:
        if show.out.is_terminal and self._all:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def see(self, moment: Moment) -> Moment:
        """Show what happened, and hand it on."""
        if moment.ended is not None:
            self._lines.pop(moment.worker, None)
            if moment.planned.state != "done":
                self._done += 1
                self._weights.pop(moment.planned.plan.run_id, None)
                show.out.print(_ended(moment.ended))
        elif moment.event is not None:
            self._lines[moment.worker] = _line(moment.planned, moment.event)
        return moment

    def _shown(self) -> Table:
        table = Table.grid(padding=(0, 1))
        share = self._done / self._all if self._all else 1.0
        full = round(share * BAR)
        bar = Text("━" * full, style="green") + Text("━" * (BAR - full), style="dim")
        left = sum(self._weights.values()) / max(1, min(self._workers, len(self._weights)))
        told = f" · about {show.seconds(left)} left" if left else ""
        spent = show.seconds(time.monotonic() - self._started)
        table.add_row(bar + Text(f" {self._done} of {self._all} runs · {spent}{told}"))
        for worker, line in sorted(self._lines.items()):
            table.add_row(Text(f"{worker + 1}  {show.clean(line)}", overflow="ellipsis"))
        return table


def _line(planned: Planned, event: work.Watched) -> str:
    plan = planned.plan
    head = f"{plan.model.name} · {plan.stage.name} · {plan.context.value} · seed {plan.seed} · "
    given = event.arguments
    if event.method == "step":
        return f"{head}step {given['number']} of {given['total']}, {given['name']}"
    if event.method == "progress":
        progress = given["progress"]
        if progress.tokens == 0:
            return f"{head}reading {progress.prompt_done} of {progress.prompt_total} tokens"
        return f"{head}{progress.tokens} tokens"
    if event.method == "cell":
        return f"{head}cell {given['number']} of {given['total']}"
    if event.method == "executing":
        return f"{head}running the {given['form']} notebook"
    return head.rstrip(" ·")


def _ended(ended: Ended) -> Text:
    plan = ended.planned.plan
    what = f"{plan.model.name} · {plan.stage.name} · {plan.context.value} · seed {plan.seed}"
    if ended.run is None:
        return Text.assemble(show.clean(what), ("  failed: ", "red"), show.clean(str(ended.error)))
    return Text.assemble(show.clean(what), "  ", show.status(ended.run.outcome.value))
