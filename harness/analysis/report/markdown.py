"""The report as one page of Markdown: tables and pictures fit for a README or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from harness.analysis.report import failures, overview, words
from harness.analysis.report.svg import Picture
from harness.analysis.report.told import Report
from harness.notebooks.visible import clean
from harness.records import Verdict

ACTS = re.compile(r"([\\`*_{}\[\]|~&$])")
MOST_ERRORS = 12
LONGEST = 160  # characters of a text


def page(report: Report) -> str:
    """The whole page."""
    blocks = [
        f"# {plain(report.name)}: what the models made",
        f"{words.count(len(report.facts), 'run')}. Cells and checks are of notebooks as the model "
        "left them; behind a figure stands its interval of 95 %.",
        *_overview(report),
        *_pictures(report.drawn["overview"]),
        *_ladder(report),
        *_failures(report),
        *_fixes(report),
    ]
    return "\n\n".join(blocks) + "\n"


def plain(text: str) -> str:
    """A text in which nothing is Markdown or HTML, on one line."""
    short = clean(text)[:LONGEST]
    return ACTS.sub(r"\\\1", short).replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """A text of a model or a kernel, as code: nobody is mentioned in it, and nothing is linked."""
    short = clean(text)[:LONGEST].replace("`", "'").replace("|", "\\|").rstrip("\\")
    return f"`{short}`" if short.strip() else ""


def _overview(report: Report) -> Iterator[str]:
    shown = [one for one in report.lines if one.group.is_newest]
    several = len({one.group.dataset for one in shown}) > 1
    head = ["model", *(["table"] if several else []), "stage", "context", "help", "runs"]
    head += [one.title for one in overview.told_measures(report.groups)]
    rows = []
    for one in shown:
        about = [one.group.model, *([one.group.dataset] if several else []), one.group.stage]
        about += [one.group.context, one.group.help, str(one.group.told.runs)]
        figures = [f"{of.told} ({of.bounds})" if of.bounds else of.told for of in one.figures]
        rows.append([*map(plain, about), *figures])
    yield table(head, rows)


def _ladder(report: Report) -> Iterator[str]:
    if not report.ladders:
        return
    yield "## What telling and helping buys"
    for one in report.ladders:
        yield f"### {plain(one.model)}"
        names = ["rung", "runs", "cells ok", "checks held", "passed", "human"]
        yield table(names, [list(map(plain, cells[: len(names)])) for _, cells, _ in one.rows])
    yield from _pictures(report.drawn["ladder"])


def _failures(report: Report) -> Iterator[str]:
    kinds = failures.by_error(report.failures)[:MOST_ERRORS]
    if not kinds:
        return
    yield "## Cells that failed"
    rows = [
        [
            code(one.name),
            str(one.roots),
            str(one.cascades),
            ", ".join(f"{plain(by)} {n}" for by, n in one.mended),
            code(one.messages[0][0]) if one.messages else "",
        ]
        for one in kinds
    ]
    yield table(["error", "root failures", "that followed", "mended by", "most often"], rows)
    yield from _pictures(report.drawn["failures"])


def _fixes(report: Report) -> Iterator[str]:
    used = [one for one in report.fixes if set(one.counts) - {Verdict.OBSOLETE.value}]
    if not used:
        return
    yield "## Fixes"
    rows = [
        [
            plain(one.stage),
            plain(one.fate.fix),
            plain(one.fate.description),
            one.fate.cause.value,
            *(str(one.counts.get(verdict, 0)) for verdict in ("applied", "conflict", "obsolete")),
        ]
        for one in used
    ]
    yield table(["stage", "fix", "what", "cause", "applied", "conflict", "obsolete"], rows)


def _pictures(found: Iterable[Picture]) -> Iterator[str]:
    for one in found:
        yield f"![{plain(one.title)}](pictures/{one.name}.svg)"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown, whose cells are Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(one)} |" for one in lines)
