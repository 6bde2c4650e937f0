"""``table``: a prepared table has all rows, no blanks, only numbers, and the target."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Literal

from harness.checks.answers import Answer, Ask, Texts, one_line
from harness.checks.evidence import Evidence, passed
from harness.records import CheckOptions, CheckResult

MOST_NAMED = 3  # columns in a message


class Options(CheckOptions):
    """A table needs no options but its name."""

    kind: Literal["table"]


class Facts(Answer):
    """What the program answers, whatever it is asked."""

    rows: int
    missing: int  # values
    texts: int  # columns that are not numeric
    named: Texts  # the first of them
    levels: Texts  # values of the target, smallest first; none where it is missing or text


def files(options: Options, blobs: Mapping[str, bytes], evidence: Evidence) -> dict[str, bytes]:
    """The table, and what its target is called."""
    about = {"target": evidence.target, "named": MOST_NAMED}
    return {"table.csv": blobs[options.artifact], "check.json": json.dumps(about).encode()}


def judge(_options: Options, ask: Ask, evidence: Evidence) -> Iterator[CheckResult]:
    """One result per property. Raises Refused where the table cannot be read."""
    facts = ask({}, Facts)
    rows, missing, texts = facts.rows, facts.missing, facts.texts
    yield passed("rows", f"{rows:,} of {evidence.rows:,}", rows, holds=rows == evidence.rows)
    yield passed("no blanks", f"{missing:,} values are missing", missing, holds=missing == 0)
    message = f"{texts} columns are not" + (f": {', '.join(facts.named)}" if texts else "")
    yield passed("only numbers", one_line(message), texts, holds=texts == 0)
    levels = f"{evidence.target}: {', '.join(facts.levels)}"
    message = levels if facts.levels else f"no numeric column {evidence.target}"
    yield passed("target kept", one_line(message), None, holds=facts.levels == ("0", "1"))
