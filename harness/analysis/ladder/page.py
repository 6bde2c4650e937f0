"""The ladder in words and numbers: cells of tables, for the terminal and for a page in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from harness.analysis import guards
from harness.analysis.ladder.climb import Ladder
from harness.analysis.ladder.gains import Gain
from harness.analysis.ladder.rows import Row
from harness.analysis.ladder.shares import Share

Columns = dict[str, Callable[[Ladder, Row], str]]


def share(one: Share) -> str:
    """``83% (61–94)``: in per cent, with the interval."""
    if one.value is None:
        return ""
    bounds = "" if one.low is None or one.high is None else f" ({one.low:.0%}–{one.high:.0%})"
    return f"{one.value:.0%}{bounds.replace('%', '')}"


def gain(one: Gain | None, scale: float = 100.0) -> str:
    """``+12 (−1 to +25)``: in points of per cent."""
    if one is None:
        return ""
    told = f"{scale * one.mean:+.0f}"
    if one.low is not None and one.high is not None:
        told += f" ({scale * one.low:+.0f} to {scale * one.high:+.0f})"
    return told.replace("-", "−")


def saved(ladder: Ladder, row: Row) -> str:
    """Human lines of a notebook that the first rung needs, and this one does not."""
    over = next(one.over for one in ladder.rungs if one.name == row.rung)
    found = ladder.gain(row, "human_lines", over[-1]) if over else None  # the first is the last
    return f"{0 - found.mean:+.1f}".replace("-", "−") if found else ""


MADE: Columns = {
    "runs": lambda _, row: str(row.runs),
    "cells ok": lambda _, row: share(row.cells),
    "checks held": lambda _, row: share(row.checks),
    "passed": lambda _, row: f"{row.passed.part} of {row.passed.whole}",
    "human": lambda _, row: "" if row.human is None else f"{row.human:.1%}",
    "outcome": lambda _, row: ", ".join(f"{n} {word}" for word, n in row.outcomes.items()),
}
TOOK: Columns = {
    "tokens": lambda _, row: f"{row.tokens:,.0f}",
    "taken back": lambda _, row: f"{row.taken_back:,.0f}",
    "prompt": lambda _, row: f"{row.prompt_tokens:,.0f}",
    "saved": saved,
    "writing": lambda _, row: f"{row.writing:,.0f} s",
    "executing": lambda _, row: f"{row.executing:,.0f} s",
}


GUARDS = ("guard", "fired", "false alarms", "of all statements")


def differences(ladder: Ladder, row: Row) -> Iterator[tuple[str, str, str, str]]:
    """For each rung that one is compared with: its name, and the gains in cells, checks, runs."""
    state = next(one for one in ladder.rungs if one.name == row.rung)
    for over in state.over:
        found = (ladder.gain(row, measure, over) for measure in ("cells", "checks", "passed"))
        yield (over, *map(gain, found))  # type: ignore[misc]


def notes(ladder: Ladder) -> Iterator[str]:
    """What is not there."""
    for one in ladder.rungs:
        if one.problem:
            yield f"{one.name}: {one.problem}"
        if one.missing:
            runs = "run is" if one.missing == 1 else "runs are"
            yield f"{one.name}: {one.missing} {runs} missing"


def whole(ladder: Ladder) -> str:
    """A page of its own."""
    return f"# The ladder of {ladder.model}\n\n{body(ladder)}"


def body(ladder: Ladder) -> str:
    """What the rungs are, all tables, and what can be said of them."""
    lines = ["| rung | context | help | what it is |", _line(["---"] * 4)]
    lines += [_line([one.name, one.context, one.help or "none", one.about]) for one in ladder.rungs]
    datasets = list(dict.fromkeys(one.dataset for one in ladder.rows))
    # All tables together, which tell most, come first.
    parts = [markdown(ladder, dataset) for dataset in sorted(datasets, key=bool)]
    said = [f"- {one}." for one in (*ladder.told, *notes(ladder))]
    return "\n".join([*lines, "", *parts, *said, "", *_guards(ladder)])


def markdown(ladder: Ladder, dataset: str = "", level: int = 2) -> str:
    """Tables for each stage of a table and all together, as a page has them."""
    heading = "#" * level
    stages = list(
        dict.fromkeys(one.stage for one in ladder.rows if one.dataset == dataset and one.stage)
    )
    lines: list[str] = []
    for stage in [*stages, ""]:
        found = [one for one in ladder.rows if (one.dataset, one.stage) == (dataset, stage)]
        if found:
            lines += [f"{heading} {_title(dataset, stage)}", "", *_table(ladder, found, MADE), ""]
    whole = ladder.of(dataset)
    lines += [
        f"{heading} {_title(dataset, '')}: what it took",
        "",
        *_table(ladder, whole, TOOK),
        "",
    ]
    lines += [f"{heading} {_title(dataset, '')}: differences", "", *_differences(ladder, whole), ""]
    return "\n".join(lines)


def guard_rows(ladder: Ladder) -> Iterator[tuple[str, str, str, str]]:
    """For each guard that fired in any run: how often, how often it was wrong, and the share."""
    for one in guards.added(count for sample in ladder.samples for count in sample.guards):
        if one.fired:
            wrong = one.false_alarms / one.asked
            yield one.guard, f"{one.fired:,}", f"{one.false_alarms:,}", f"{wrong:.2%}"


def _guards(ladder: Ladder) -> Iterator[str]:
    rows = list(guard_rows(ladder))
    if not rows:
        return
    steered = sum(bool(one.guards) for one in ladder.samples)
    yield f"## Guards, in {steered} steered {'runs' if steered > 1 else 'run'}"
    yield ""
    yield f"They were asked of {ladder.asked:,} statements. A false alarm is one over code that ran"
    yield "all the same where the model wrote it again."
    yield ""
    yield _line(GUARDS)
    yield _line(["---"] * len(GUARDS))
    yield from map(_line, rows)
    yield ""


def _title(dataset: str, stage: str) -> str:
    return ", ".join(filter(None, (dataset or "all tables", stage or "all stages")))


def _table(ladder: Ladder, rows: Sequence[Row], columns: Columns) -> Iterator[str]:
    yield _line(["rung", *columns])
    yield _line(["---"] * (1 + len(columns)))
    for row in rows:
        yield _line([row.rung, *(cell(ladder, row) for cell in columns.values())])


def _differences(ladder: Ladder, rows: Sequence[Row]) -> Iterator[str]:
    yield _line(["rung", "minus", "cells ok", "checks held", "passed"])
    yield _line(["---"] * 5)
    for row in rows:
        for cells in differences(ladder, row):
            yield _line([row.rung, *cells])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(one.replace('|', '/') for one in cells)} |"
