"""``table``: a prepared table has all rows, no blanks, only numbers, and the target."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from harness.checks.evidence import Evidence, passed
from harness.records import CheckOptions, CheckResult

MOST_NAMED = 3  # columns in a message


class Options(CheckOptions):
    """A table needs no options but its name."""

    kind: Literal["table"]


def files(options: Options, blobs: Mapping[str, bytes], evidence: Evidence) -> dict[str, bytes]:
    """The table, and what it is called."""
    about = {"table": "table.csv", "target": evidence.target}
    return {"table.csv": blobs[options.artifact], "check.json": json.dumps(about).encode()}


def judge(options: Options, result: Mapping[str, Any], evidence: Evidence) -> Iterator[CheckResult]:
    """One result per property."""
    rows, missing = int(result["rows"]), int(result["missing"])
    texts, levels = list(result["texts"]), list(result["target"])
    yield passed("rows", f"{rows:,} of {evidence.rows:,}", rows, holds=rows == evidence.rows)
    yield passed("no blanks", f"{missing:,} values are missing", missing, holds=missing == 0)
    named = ", ".join(str(name) for name in texts[:MOST_NAMED])
    message = f"{len(texts)} columns are not" + (f": {named}" if texts else "")
    yield passed("only numbers", message, len(texts), holds=not texts)
    message = f"{evidence.target}: {levels}" if levels else f"no column {evidence.target}"
    yield passed("target kept", message, None, holds=levels == [0, 1])
