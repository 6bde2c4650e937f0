"""Tables as CSV, in which nothing is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence

from harness.analysis.report.facts import Facts
from harness.analysis.report.failures import Found
from harness.analysis.report.fixed import Tried
from harness.analysis.report.groups import Group
from harness.analysis.report.overview import MEASURES
from harness.analysis.report.svg import Picture
from harness.notebooks.visible import clean
from harness.records import Verdict

FORMULA = ("=", "+", "-", "@")  # spreadsheets run what begins so


def table(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as a file; texts are on one line, and figures as they are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([_cell(one) for one in row] for row in rows)
    return out.getvalue().encode(errors="replace")


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    text = clean(str(value))
    return f"'{text}" if text.startswith(FORMULA) else text


def of_pictures(found: Iterable[Picture]) -> Iterator[tuple[str, bytes]]:
    """Every plot as a file, and its numbers as another: name and content."""
    for one in found:
        yield f"{one.name}.svg", one.file
        yield f"{one.name}.csv", table(one.rows)


def groups(found: Iterable[Group]) -> bytes:
    """A line for each group, with all its figures."""
    head: list[object] = [
        "model",
        "dataset",
        "stage",
        "version",
        "context",
        "help",
        "runs",
        "unfinished",
        "stale",
    ]
    for one in MEASURES:
        head += [one.name, f"{one.name}_low", f"{one.name}_high"]
    rows: list[list[object]] = [head]
    for group in found:
        told = group.told
        row: list[object] = [
            group.model, group.dataset, group.stage, group.version, group.context, group.help,
            told.runs, told.unfinished, told.stale,
        ]  # fmt: skip
        for measure in MEASURES:
            value = measure.of(told)
            row += [None] * 3 if value is None else [value.value, value.low, value.high]
        rows.append(row)
    return table(rows)


RUN = (
    "run", "model", "dataset", "stage", "version", "context", "help", "seed", "outcome", "stale",
    "cells", "cells_ok", "checks", "checks_held", "lines", "human_lines", "tokens", "taken_back",
    "writing", "executing", "page",
)  # fmt: skip


def runs(found: Iterable[Group], stale: Callable[[Facts], bool]) -> bytes:
    """A line for each run."""
    rows: list[Sequence[object]] = [RUN]
    rows += [_run(group, facts, stale(facts)) for group in found for facts in group.runs]
    return table(rows)


def _run(group: Group, facts: Facts, is_stale: bool) -> list[object]:
    line, made = facts.line, facts.sample
    about: list[object] = [
        line.run_id, group.model, group.dataset, group.stage, group.version, group.context,
        group.help, line.seed, line.outcome, int(is_stale),
    ]  # fmt: skip
    figures: list[object] = [None] * 10
    if made is not None:
        figures = [
            made.cells, made.cells_ok, made.checks, made.checks_held, made.lines, made.human_lines,
            made.tokens, made.taken_back, made.writing, made.executing,
        ]  # fmt: skip
    return [*about, *figures, facts.page]


def failures(found: Iterable[Found]) -> bytes:
    """A line for each cell that failed."""
    rows: list[Sequence[object]] = [
        ("model", "dataset", "stage", "context", "help", "run", "cell", "step", "error", "message",
         "root", "mended")
    ]  # fmt: skip
    rows += [
        (
            one.group.model, one.group.dataset, one.group.stage, one.group.context, one.group.help,
            one.facts.line.run_id, one.failed.cell, one.failed.step, one.failed.error,
            one.failed.message, int(one.failed.is_root), one.failed.mended,
        )
        for one in found
    ]  # fmt: skip
    return table(rows)


def fixes(found: Iterable[Tried]) -> bytes:
    """A line for each fix of a stage."""
    verdicts = [one.value for one in Verdict]
    rows: list[Sequence[object]] = [("stage", "fix", "cause", "author", "description", *verdicts)]
    rows += [
        (
            one.stage, one.fate.fix, one.fate.cause.value, one.fate.author, one.fate.description,
            *(one.counts.get(verdict, 0) for verdict in verdicts),
        )
        for one in found
    ]  # fmt: skip
    return table(rows)
