"""A batch as it happens: a bar over all runs with the time left, a line per worker."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from harness.batch import worker
from harness.batch.matrix import Planned
from harness.batch.outcomes import BatchEvent, Ended
from harness.cli import show
from harness.cli.live_display import LiveDisplay
from harness.records import Progress
from harness.runs.remaining import Remaining

REFRESH_PER_SECOND = 4
BAR = 24  # columns
TAIL = 200  # characters of a reply that a line may show
RATE_SECONDS = 10
LEAST_SHARE = 0.05  # of the work, before the time left is told by it


class BatchLive(LiveDisplay):
    """Use as a context manager around a batch, and let it ``see`` every event."""

    def __init__(
        self, planned: Sequence[Planned], expected: Mapping[str, float], workers: int
    ) -> None:
        todo = [one.plan.run_id for one in planned if not one.done]
        self._kept = {one.plan.run_id: one.replies for one in planned}
        self._shares: dict[str, float] = {}  # of what is left of a run
        known = [expected[run] for run in todo if run in expected]
        guess = sum(known) / len(known) if known else 1.0
        self._weights = {run: expected.get(run, guess) for run in todo}
        self._work = sum(self._weights.values())
        self._expected = self._work / max(1, min(workers, len(todo))) if known else None
        self._all, self._done = len(todo), 0
        self._written = sum(one.left not in (Remaining.WRITE, Remaining.NOTHING) for one in planned)
        self._writes = False  # all runs first, before any is executed
        self._started = time.monotonic()
        self._tokens = 0  # of streams that ended
        self._marks: list[tuple[float, int]] = []
        self._streams: dict[int, _Stream] = {}
        self._told: set[str] = set()
        super().__init__(self._shown, REFRESH_PER_SECOND)

    def see(self, event: BatchEvent) -> None:
        """Show what happened."""
        run = event.planned.plan.run_id
        if event.ended is not None or event.written:
            ended = self._streams.pop(event.worker, None)
            self._tokens += ended.tokens if ended is not None else 0
        if event.written:
            self._written, self._writes = self._written + 1, True
        elif event.ended is not None:
            if self._weights.pop(run, None) is not None:
                self._done += 1
                show.out.print(_ended(event.ended), no_wrap=True, overflow="ellipsis")
        elif event.lost is not None:
            self._streams.pop(event.worker, None)
            if event.lost not in self._told:  # one engine has many runs
                self._told.add(event.lost)
                show.out.print(show.clean(event.lost), style="yellow")
        elif event.left is not None:
            show.out.print(show.clean(event.left), style="yellow")
        elif event.call is not None:
            kept = self._kept.get(run, 0)
            stream = self._streams.setdefault(event.worker, _Stream(event.planned, kept))
            stream.hear(event.call)
            self._writes = self._writes and event.call.method != "executing"
            self._shares[run] = stream.share

    def _shown(self) -> Table:
        table = Table.grid(padding=(0, 1))
        share = self._share()
        full = int(share * BAR)
        bar = Text("━" * full, style="green") + Text("━" * (BAR - full), style="dim")
        spent = time.monotonic() - self._started
        left = spent * (1 - share) / share if share > LEAST_SHARE else self._expected
        text = f" · about {show.seconds(left)} left" if left else ""
        rate = self._rate()
        speed = f" · {rate:.1f} tokens/s" if rate else ""
        what = f"{self._done} of {self._all} runs"
        if self._writes:
            what = f"{self._written} of {self._all} written"
        runs = f" {what} · {show.seconds(spent)}{text}{speed}"
        table.add_row(bar + Text(runs))
        for _, stream in sorted(self._streams.items()):
            table.add_row(stream.shown(show.out.width))
        return table

    def _share(self) -> float:
        """How much of the work is done, 0 to 1, runs weighed by their likely time."""
        if not self._work:
            return 1.0
        left = sum(
            weight * (1 - self._shares.get(run, 0.0)) for run, weight in self._weights.items()
        )
        return 1 - left / self._work

    def _rate(self) -> float:
        """Tokens per second of all streams together, lately."""
        now = time.monotonic()
        total = sum(stream.tokens for stream in self._streams.values()) + self._tokens
        self._marks = [mark for mark in self._marks if now - mark[0] <= RATE_SECONDS]
        self._marks.append((now, total))
        (then, before), spent = self._marks[0], now - self._marks[0][0]
        return max(0, total - before) / spent if spent > 1 and then < now else 0.0


class _Stream:
    """One run as it goes: whose it is, where it is, and the end of what it wrote."""

    def __init__(self, planned: Planned, kept: int) -> None:
        plan = planned.plan
        self._whose = f"{plan.stage.name} {plan.context.name} {plan.seed}"
        # Of what is left of the run: what was kept is done, executing it counts as one more step.
        self.share = 0.0
        self._kept, self._steps_all = kept, len(plan.stage.steps)
        self._where, self._tail = "begins", ""
        self._steps, self._number = "", 0
        self.tokens = 0  # of all its replies
        self._before = 0
        self._length = self._back = 0  # characters of this reply, and how often it was stepped back

    def hear(self, event: worker.ReporterCall) -> None:
        """Something happened to it."""
        given = event.arguments
        if event.method == "step":
            self._number = given["number"]
            self._is_at(self._number - 1)
            self._steps, self._tail = f"{given['number']}/{given['total']} {given['name']}", ""
            self._before = self.tokens
            self._length = self._back = 0
            self._where = f"{self._steps} waits"
        elif event.method == "progress":
            progress = given["progress"]
            self.tokens = self._before + progress.tokens
            self._tail = self._grown(progress)
            back = f" ↶{self._back}" if self._back else ""
            self._where = f"{self._steps} {progress.tokens:>4} tokens{back}"
            if progress.tokens == 0:
                share = progress.prompt_done / max(progress.prompt_total, 1)
                self._where = f"{self._steps} reads {share:.0%}"
        elif event.method == "stepped_back":
            self._back += 1
        elif event.method == "replied":
            self._is_at(self._number)
        elif event.method == "repairing":
            self._steps = f"repairs {given['cell'].id} ({given['number']}/{given['most']})"
            self._before, self._where, self._tail = self.tokens, self._steps, given["why"]
        elif event.method == "executing":
            self._is_at(self._steps_all)
            self._where, self._tail = f"runs the {given['form']} notebook", ""
        elif event.method == "cell":
            self._tail = f"cell {given['number']} of {given['total']}"

    def _grown(self, progress: Progress) -> str:
        """The end of the reply, of which something may have been taken back."""
        kept = self._length if progress.kept is None else min(progress.kept, self._length)
        lost, self._length = self._length - kept, kept + len(progress.text)
        return (self._tail[: max(0, len(self._tail) - lost)] + progress.text)[-TAIL:]

    def _is_at(self, steps: int) -> None:
        self.share = max(0, steps - self._kept) / (self._steps_all + 1 - self._kept)

    def shown(self, width: int) -> Text:
        """One line of the width."""
        head = show.clean_line(f"{self._whose:<18} {self._where:<24} ")
        left = max(0, width - len(head) - 1)
        tail = " ".join(show.clean(self._tail).split())[-left:] if left else ""
        return Text.assemble(head, (tail, "dim"), no_wrap=True, overflow="ellipsis")


def _ended(ended: Ended) -> Text:
    plan = ended.planned.plan
    what = f"{plan.model.name} · {plan.stage.name} · {plan.context.name} · seed {plan.seed}"
    if ended.run is None:
        # In one line: the whole reason is told at the end.
        text = f"{what}  failed: {ended.error}"
        return Text(show.clean_line(text), style="red")
    return Text.assemble(show.clean(what), "  ", show.status(ended.run.outcome.value))
