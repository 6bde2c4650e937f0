"""``table``: a prepared table has all rows, no blanks, only numbers, and the target just once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from harness.checks.answers import Answer, Ask, FiniteNumbers, Texts, one_line
from harness.checks.evidence import Evidence, passed, unjudged
from harness.checks.labels import Unreadable
from harness.checks.table import targets
from harness.records import CheckOptions, CheckResult

MOST_NAMED = 3  # columns in a message
MOST_VALUES = 100_000  # of one answer


class Options(CheckOptions):
    """A table needs no options but its name."""

    kind: Literal["table"]


class Facts(Answer):
    """What the program answers first."""

    rows: int = Field(ge=0)
    missing: int  # values
    blank: Texts  # the columns that most of them are in
    texts: int  # columns that are not numeric
    named: Texts  # the first of them
    target: Literal["absent", "text", "blank", "numbers"]
    copies: Texts  # columns from which the target's values can be told


class Values(Answer):
    """Some of the target's values, in the order of the rows."""

    values: FiniteNumbers


def files(options: Options, blobs: Mapping[str, bytes], evidence: Evidence) -> dict[str, bytes]:
    """The table, and what its target is called."""
    about = {
        "target": evidence.target,
        "classes": evidence.task.has_classes,
        "named": MOST_NAMED,
    }
    return {"table.csv": blobs[options.artifact], "check.json": json.dumps(about).encode()}


def judge(_options: Options, ask: Ask, evidence: Evidence) -> Iterator[CheckResult]:
    """One result per property. Raises Refused where the table cannot be read."""
    facts = ask({}, Facts)
    missing, texts = facts.missing, facts.texts
    try:
        labels = evidence.visible_labels() if evidence.target is not None else None
        expected, kept, message = _rows(facts.rows, labels, evidence)
        yield passed("rows", message, facts.rows, holds=expected)
    except Unreadable as error:
        yield unjudged("rows", one_line(str(error)), facts.rows)
        labels, kept = None, None
    message = f"{missing:,} values are missing" + _in(facts.blank)
    yield passed("no blanks", one_line(message), missing, holds=missing == 0)
    message = f"{texts} columns are not numeric"
    message += f": {', '.join(facts.named)}" if texts else ""
    yield passed("only numbers", one_line(message), texts, holds=texts == 0)
    if evidence.target is not None and labels is not None:
        yield _target(facts, ask, labels if kept is None else kept, evidence)
        yield _copies(facts, evidence)


def _in(names: Sequence[str]) -> str:
    return f", in {', '.join(names)}" if names else ""


def _rows(
    rows: int, labels: list[str] | None, evidence: Evidence
) -> tuple[bool, list[str] | None, str]:
    """Whether the rows are those they should be, the labels of those that are there, and why."""
    things = evidence.dataset.plural
    wanted = evidence.rows if labels is None else len(labels)
    which = f"{wanted:,} visible {things}"
    if labels is not None and wanted < evidence.rows:
        which += f" that have a target ({evidence.rows - wanted:,} have none)"
    if rows == wanted:
        return True, labels, f"{rows:,} of the {which}"
    if rows < wanted:
        again = evidence.repeats()
        if rows == wanted - sum(again):
            kept = [one for one, is_again in zip(labels or (), again, strict=False) if not is_again]
            message = f"{rows:,} of the {which}: all but {sum(again):,} exact duplicates"
            return True, kept, message
        return False, None, f"{rows:,} rows, and there are {which}: {wanted - rows:,} are missing"
    return False, None, f"{rows:,} rows, and there are {which}: {rows - wanted:,} too many"


def _target(facts: Facts, ask: Ask, labels: Sequence[str], evidence: Evidence) -> CheckResult:
    name, target = "target kept", repr(evidence.target)
    told = {
        "absent": f"there is no column {target}",
        "text": f"the column {target} holds text, not numbers",
        "blank": f"the column {target} has values that are missing or infinite",
    }
    if facts.target != "numbers":
        return passed(name, one_line(told[facts.target]), None, holds=False)
    made: list[float] = []
    while len(made) < facts.rows:
        some = ask({"first": len(made), "count": MOST_VALUES}, Values).values
        if not some:
            break
        made += some
    problem = targets.problem(evidence, labels, made)
    message = problem or targets.description(evidence, labels, is_paired=len(made) == len(labels))
    return passed(name, one_line(message), None, holds=not problem)


def _copies(facts: Facts, evidence: Evidence) -> CheckResult:
    name = "no copy of the target"
    if not facts.copies:
        return passed(name, "no other column gives the target away", 0, holds=True)
    listed = ", ".join(map(repr, facts.copies[:MOST_NAMED]))
    source = evidence.source_of_target()
    if source is not None:
        message = f"{listed}: tells the target, as {source} of the table does"
        return passed(name, one_line(message), len(facts.copies), holds=True)
    message = (
        f"{listed}: made of the target {evidence.target!r} itself, since its values are told by it"
        " and by no column of the table"
    )
    return passed(name, one_line(message), len(facts.copies), holds=False)
