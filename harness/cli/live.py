"""A run as it happens: one moving line in a terminal, plain lines in a pipe."""

from __future__ import annotations

import time

from rich.console import Group
from rich.text import Text

from harness.cli import show, steered
from harness.cli.live_display import LiveDisplay
from harness.records import Cell, CellResult, CellStatus, Progress, RepairAttempt, Reply, TakenBack

REFRESH_PER_SECOND = 8
PLAIN_SECONDS = 15  # between two lines of progress where the output is not a terminal
# A reply's likely length before any of the run is known, as a share of max_tokens.
FIRST_GUESS = 0.4
ERROR_LINE = 160  # characters
LINE = 1_000  # characters of a line that is being written


class LiveReporter(LiveDisplay):
    """Implements ``harness.ports.Reporter``; use as a context manager around a run."""

    def __init__(self, max_tokens: int, *, tell_failures: bool = True) -> None:
        self._max_tokens = max_tokens
        self._tell_failures = tell_failures
        self._line = Text()
        self._text = ""  # of the reply that is being written
        super().__init__(self._shown, REFRESH_PER_SECOND)
        self._said = time.monotonic()
        self._steps = self._number = 0
        self._lengths: list[int] = []  # tokens of finished replies
        self._seconds: list[float] = []  # of finished steps
        self._step_started = 0.0
        self._writing_since: float | None = None
        self._form, self._head = "raw", ""
        self._ok = self._failed = 0

    def _shown(self) -> Group | Text:
        """What moves: where it is, and the line that is being written."""
        if not self._text:
            return self._line
        written = next((line for line in reversed(self._text.split("\n")) if line.strip()), "")
        return Group(self._line, Text("  ") + show.shorten(written[-LINE:], show.out.width - 4))

    def _say(self, text: str) -> None:
        self._line = Text(text)
        now = time.monotonic()
        if not show.out.is_terminal and now - self._said >= PLAIN_SECONDS:
            self._said = now
            show.info(text)

    def step(self, number: int, total: int, name: str) -> None:
        """See ``harness.ports.Reporter``."""
        self._head = f"step {number} of {total} · {name}"
        self._number, self._steps, self._name = number, total, name
        self._step_started, self._writing_since = time.monotonic(), None
        self._text = ""
        self._say(f"step {number} of {total} · {name} · loading the model")

    def progress(self, progress: Progress) -> None:
        """See ``harness.ports.Reporter``."""
        head = self._head
        self._text = self._text[: progress.kept] + progress.text
        if progress.tokens == 0:
            share = progress.prompt_done / max(progress.prompt_total, 1)
            self._say(
                f"{head} · reading the prompt, {share:.0%} of {progress.prompt_total:,} tokens"
            )
            return
        now = time.monotonic()
        if self._writing_since is None:
            self._writing_since = now
            self._first = progress.tokens + progress.taken_back
        elapsed = now - self._writing_since
        made = progress.tokens + progress.taken_back - self._first
        rate = made / elapsed if elapsed > 0.5 and made else 0.0
        speed = f" · {rate:.1f} tokens/s" if rate else ""
        left = f" · about {show.seconds(self._left(progress.tokens, rate))} left" if rate else ""
        self._say(f"{head} · {progress.tokens} tokens{speed}{left}")

    def stepped_back(self, taken: TakenBack) -> None:
        """See ``harness.ports.Reporter``."""
        self._text = self._text[: taken.at]
        show.info(steered.line(self._name, taken))

    def replied(self, reply: Reply, *, resumed: bool) -> None:
        """See ``harness.ports.Reporter``."""
        made, self._text = reply.completion, ""
        self._lengths.append(made.completion_tokens)
        self._seconds.append(made.seconds)
        line = Text.assemble(
            (f"step {self._number} of {self._steps} ", "bold"),
            f"{self._name:<12} {made.completion_tokens:>5} tokens {show.seconds(made.seconds):>7}",
        )
        if resumed:
            line.append("  kept from before", style="dim")
        if reply.steered is not None and (back := len(reply.steered.taken_back)):
            line.append(f"  {show.count(back, 'step back', 'steps back')}", style="yellow")
        if made.finish == "length":
            line.append("  cut off at max_tokens", style="yellow")
        show.info(line)
        for note in made.notes:
            show.info(Text(f"  {show.clean(note)}", style="yellow"))

    def executing(self, form: str) -> None:
        """See ``harness.ports.Reporter``."""
        self._form, self._ok, self._failed, self._text = form, 0, 0, ""
        self._say(f"{form} · starting a kernel")

    def repairing(self, cell: Cell, number: int, most: int, why: str) -> None:
        """See ``harness.ports.Reporter``."""
        self._writing_since, self._number, self._text = None, self._steps, ""
        self._head, self._name = f"repair {number} of {most} · {cell.id}", cell.id
        line = Text.assemble((f"{'repair':<8}", "bold"), f"{number} of {most}  {cell.id:<12} ")
        line.append_text(show.shorten(why, min(ERROR_LINE, show.out.width - 30)))
        show.info(line)

    def repaired(self, attempt: RepairAttempt) -> None:
        """See ``harness.ports.Reporter``."""
        made = attempt.completion
        self._lengths.append(made.completion_tokens)
        came = "mended" if attempt.kept else attempt.reason
        took = f"{made.completion_tokens} tokens, {show.seconds(made.seconds)}"
        style = "green" if attempt.kept else "yellow"
        shown = show.shorten(came, max(20, show.out.width - 30))
        show.info(Text.assemble(" " * 8, Text(shown.plain, style=style), (f"  {took}", "dim")))

    def cell(self, number: int, total: int, cell: Cell) -> None:
        """See ``harness.ports.Reporter``."""
        state = f"{self._ok} ok, {self._failed} failed"
        self._say(f"{self._form} · cell {number} of {total} · {cell.step} · running · {state}")

    def executed(self, result: CellResult) -> None:
        """See ``harness.ports.Reporter``."""
        if result.status is CellStatus.OK:
            self._ok += 1
            return
        if result.status is CellStatus.NOT_RUN:
            return
        self._failed += 1
        if not self._tell_failures:
            return
        what = f"{result.error}: {result.message or ''}".rstrip(": ")
        line = Text.assemble(
            (f"{self._form:<8}", "bold"),
            (f"{result.status.value:<8}", "red"),
            f"{result.cell:<12} ",
        )
        line.append_text(show.shorten(what, min(ERROR_LINE, show.out.width - 30)))
        show.info(line)

    def _left(self, tokens: int, rate: float) -> float:
        likely = FIRST_GUESS * self._max_tokens
        if self._lengths:
            likely = sum(self._lengths) / len(self._lengths)
        this = max(likely - tokens, 0.1 * likely) / rate
        per_step = likely / rate
        if self._seconds:
            per_step = sum(self._seconds) / len(self._seconds)
        return this + per_step * (self._steps - self._number)
