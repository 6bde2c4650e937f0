"""Steering as the terminal shows it: a step back in a line, and all of a run's in a table."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from harness.analysis import guards
from harness.cli import show
from harness.cli.fitted import FittedTable
from harness.records import Level, Run, SteeringKind, TakenBack

BACK = "↶"
WAYS = {
    Level.NAME: "back to the name",
    Level.EXPRESSION: "back to the expression",
    Level.STATEMENT: "back to the statement",
    Level.HINT: "back to the statement, and told why",
}
TOLD = "told, and written anew"  # it ran, and what it made is not right
LEAST_MESSAGE = 20  # columns


def line(step: str, taken: TakenBack) -> Text:
    """``↶ load: 'Study' has no attribute 'best_params_' → back to the name``."""
    head, tail = f"{BACK} {step}: ", f" → {way(taken)}"
    room = max(show.out.width - len(head) - len(tail) - 1, LEAST_MESSAGE)
    return Text.assemble(
        (show.clean_line(head), "yellow"), show.shorten(reason(taken), room), (tail, "dim")
    )


def way(taken: TakenBack) -> str:
    """What happens, in words."""
    if taken.level is Level.IMPORT:
        return f"writes {show.clean_line(' '.join(taken.inserted.split()))}"
    return TOLD if taken.by == "checks" else WAYS[taken.level]


def reason(taken: TakenBack) -> str:
    """Why, in one line: the message, or the error where it says nothing."""
    said = " ".join(taken.message.split())
    if taken.error == "KeyError":
        said = f"KeyError: {said}"
    return show.clean_line(said or taken.error or "it failed")


def counted(run: Run) -> Iterator[tuple[str, str]]:
    """How a run was steered, as labelled lines; nothing where it was not."""
    done = [reply.steered for reply in run.replies if reply.steered is not None]
    if not done:
        return
    if all(one.kind is SteeringKind.NONE for one in done):
        yield "Steered", "not at all: this engine cannot be steered"
        return
    back = sum(len(one.taken_back) for one in done)
    lost = sum(reply.completion.taken_back or 0 for reply in run.replies)
    kept = sum(reply.completion.completion_tokens for reply in run.replies)
    left = sum(len(one.left) for one in done)
    words = f"{show.count(back, 'step back', 'steps back')}, {lost:,} tokens taken back"
    words += f" beside {kept:,} that stayed"
    if left:
        words += f"; {show.count(left, 'statement')} failed to the end"
    yield "Steered", words
    told = [
        f"{one.guard} {one.fired}" + (f" ({one.false_alarms} false)" if one.false_alarms else "")
        for one in guards.of_run(run)
        if one.fired
    ]
    if told:
        yield "Guards", ", ".join(told)


def table(run: Run) -> FittedTable | None:
    """A line per piece that was taken back, in the order of writing; None where there is none."""
    made = show.table(
        "", "step", ("taken back", "line"), ("why", "text"), ("then", "text"), ("by", "extra")
    )
    rows = 0
    for reply in run.replies:
        steered = reply.steered
        for one in steered.taken_back if steered is not None else ():
            made.add_row(reply.step, _first(one.text), reason(one), way(one), one.by)
            rows += 1
        for one in steered.left if steered is not None else ():
            made.add_row(reply.step, _first(one.text), reason(one), "it stays", one.by)
            rows += 1
    return made if rows else None


def _first(text: str) -> str:
    first = next((line for line in text.split("\n") if line.strip()), "")
    return show.clean_line(" ".join(first.split()))
