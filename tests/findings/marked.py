"""Notebooks with their faults marked where they stand: ``⟦rule:text⟧``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from benchmarks import labelled
from harness.findings import places
from harness.findings.places import Span
from harness.findings.subject import Subject
from harness.notebooks import replies
from harness.notebooks.notebook import Notebook
from harness.records import Cell, Finding, TableProfile

MARK = re.compile(r"⟦([a-z-]+):([^⟧]*)⟧")
Place = tuple[str, str, Span]  # rule, cell, place

TELCO = ("customerID", "gender", "tenure", "MonthlyCharges", "TotalCharges", "Churn")


def table(file: str = "telco.csv", columns: Iterable[str] = TELCO) -> TableProfile:
    """A profile of which only the names matter."""
    return labelled.table(file, columns)


def notebook(
    steps: Mapping[str, tuple[str, str]], *, knows_table: bool = True, printed: str = ""
) -> tuple[Subject, list[Place]]:
    """Steps as (prompt, reply), their faults marked; ``printed`` by the last step's first cell."""
    cells: list[Cell] = []
    marks: list[Place] = []
    for step, (prompt, reply) in steps.items():
        for cell in replies.cells_of(step, prompt, reply):
            plain, found = _unmarked(cell.source)
            cells.append(cell.model_copy(update={"source": plain}))
            marks += [(rule, cell.id, span) for rule, span in found]
    last = next((one for one in cells if one.step == step and one.kind == "code"), None)
    subject = Subject(
        Notebook(tuple(cells)),
        printed={last.id: printed} if last and printed else {},
        prompts={step: MARK.sub(r"\2", prompt) for step, (prompt, _) in steps.items()},
    )
    if knows_table:
        subject = replace(subject, profile=table(), files=frozenset({"telco.csv"}))
    return subject, marks


def found(find: Callable[[Subject], Iterable[Finding]], subject: Subject) -> list[Place]:
    """Where a kind finds which rule broken."""
    return [
        (one.rule, one.cell, Span(one.line, one.column, one.end_line, one.end_column))
        for one in find(subject)
    ]


def _unmarked(source: str) -> tuple[str, list[tuple[str, Span]]]:
    plain, at, spans = "", 0, []
    for mark in MARK.finditer(source):
        plain += source[at : mark.start()]
        spans.append((mark[1], len(plain), len(plain) + len(mark[2])))
        plain += mark[2]
        at = mark.end()
    plain += source[at:]
    return plain, [(rule, places.of_text(plain, start, end)) for rule, start, end in spans]
