"""What the text says is not done, and the code does: rows dropped, an index written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.findings.commentary import claims
from harness.findings.steps import Code, Remark, Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "denied-call"
NO_ROWS = re.compile(
    r"\b(drop(?:ping)? no rows|no rows (?:are|were) (?:dropped|removed)"
    r"|without (?:dropping|removing) (?:any )?rows|(?:do not|don't) drop (?:any )?rows)\b"
    r"(?!,? (?:except|but|apart|other|unless))",
    re.IGNORECASE,
)
NO_INDEX = re.compile(r"\b(without (?:the |an |its )?index)\b", re.IGNORECASE)
WRITERS = {"to_csv", "to_excel"}


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Each at the words that deny it."""
    calls = [call for code in step.code for call in _calls(code)]
    drops = next((call for call in calls if _drops_rows(call)), None)
    writes = [call for call in calls if _name(call) in WRITERS]
    indexed = bool(writes) and not any(_has(call, "index") for call in writes)
    for remark in step.remarks:
        if drops is not None:
            yield from _denied(remark, NO_ROWS, f"`{_name(drops)}` drops rows")
        if indexed:
            yield from _denied(remark, NO_INDEX, f"`{_name(writes[0])}` writes the index")


def _denied(remark: Remark, pattern: re.Pattern[str], does: str) -> Iterator[Finding]:
    for one in claims.mentions(pattern, remark.text[: claims.LONGEST]):
        message = f"The text says '{one.name}', and {does}."
        yield claims.finding(RULE, remark, one, message)


def _drops_rows(call: ast.Call) -> bool:
    """Of columns, of some rows only, or without a trace it is another thing."""
    if _name(call) not in {"dropna", "drop_duplicates"}:
        return False
    return not call.args and not any(_has(call, word) for word in ("axis", "subset", "thresh"))


def _has(call: ast.Call, word: str) -> bool:
    return any(one.arg == word or one.arg is None for one in call.keywords)


def _calls(code: Code) -> Iterator[ast.Call]:
    return (node for node in code.nodes if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
