"""What the text says is not done, and the code does: rows dropped, an index written."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from harness.findings.commentary import claims
from harness.findings.steps import Code, Remark, Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "denied-call"
REMOVED = r"(?:dropped|removed|deleted|discarded|lost)"
REMOVE = r"(?:drop|remov|delet|discard|los)(?:e|es|s|ing|ping)?"
NOT = r"(?:do not|don't|does not|doesn't|did not|didn't|never|not)"
WRITERS = {"to_csv", "to_excel"}
# Of another kind is what is said of some rows only, or advised.
BUT = r"(?!,? (?:except|but|apart|other|unless|with |that |which |if |where |until |containing))"


class Denial(NamedTuple):
    """Words that deny something, and what of the step's calls does it all the same."""

    said: re.Pattern[str]
    does: Callable[[Sequence[ast.Call]], str]


def _said(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b({pattern})\b{BUT}", re.IGNORECASE)


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Each at the words that deny it."""
    calls = [call for code in step.code for call in _calls(code)]
    denials = [(one.said, does) for one in DENIALS if (does := one.does(calls))]
    for remark in step.told:
        for pattern, does in denials:
            yield from _denied(remark, pattern, does)


def _denied(remark: Remark, pattern: re.Pattern[str], does: str) -> Iterator[Finding]:
    for one in claims.mentions(pattern, remark.text[: claims.LONGEST]):
        message = f"The text says '{one.name}', and {does}."
        yield claims.finding(RULE, remark, one, message)


def _drops(calls: Sequence[ast.Call]) -> str:
    """Of columns, of some rows only, or without a trace it is another thing."""
    narrow = ("axis", "subset", "thresh", "how")
    for call in calls:
        drops = _name(call) in {"dropna", "drop_duplicates"} and isinstance(
            call.func, ast.Attribute
        )
        if drops and not call.args and not any(_has(call, word) for word in narrow):
            return f"`{_name(call)}` drops rows"
    return ""


def _drops_duplicates(calls: Sequence[ast.Call]) -> str:
    return _calls_one(calls, "drop_duplicates")


def _fills(calls: Sequence[ast.Call]) -> str:
    return _calls_one(calls, "fillna", "SimpleImputer", "KNNImputer", "IterativeImputer")


def _scales(calls: Sequence[ast.Call]) -> str:
    return _calls_one(calls, "StandardScaler", "MinMaxScaler", "RobustScaler")


def _stops_early(calls: Sequence[ast.Call]) -> str:
    given = (one for call in calls for one in call.keywords if one.arg == "early_stopping_rounds")
    return next((f"`{one.arg}` is given" for one in given if _is_set(one)), "")


def _stratifies(calls: Sequence[ast.Call]) -> str:
    given = (one for call in calls for one in call.keywords if one.arg == "stratify")
    return next((f"`{one.arg}` is given" for one in given if _is_set(one)), "")


def _shuffles(calls: Sequence[ast.Call]) -> str:
    """By its own word, or as a split does that is not told otherwise."""
    for call in calls:
        given = next((one for one in call.keywords if one.arg == "shuffle"), None)
        if (
            given is not None
            and isinstance(given.value, ast.Constant)
            and given.value.value is True
        ):
            return "`shuffle=True` is given"
        if given is None and _name(call) == "train_test_split" and not _has(call, "shuffle"):
            return "`train_test_split` shuffles"
    return ""


def _writes_index(calls: Sequence[ast.Call]) -> str:
    return _writes(calls, "index")


def _writes_header(calls: Sequence[ast.Call]) -> str:
    return _writes(calls, "header")


def _writes(calls: Sequence[ast.Call], what: str) -> str:
    writes = [call for call in calls if _name(call) in WRITERS]
    if not writes or any(_has(call, what) for call in writes):
        return ""
    return f"`{_name(writes[0])}` writes the {what}"


def _calls_one(calls: Sequence[ast.Call], *names: str) -> str:
    return next((f"`{_name(one)}` is called" for one in calls if _name(one) in names), "")


def _has(call: ast.Call, word: str) -> bool:
    return any(one.arg == word or one.arg is None for one in call.keywords)


def _is_set(given: ast.keyword) -> bool:
    return not (isinstance(given.value, ast.Constant) and not given.value.value)


def _calls(code: Code) -> Iterator[ast.Call]:
    return (node for node in code.nodes if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


DENIALS = (
    Denial(
        _said(
            rf"drop(?:s|ping|ped)? no rows|(?:removes?|removing|deletes?|deleting|loses?) no rows"
            rf"|no rows (?:are|were|is|have been|get|being) {REMOVED}"
            rf"|without {REMOVE} (?:any |a single )?(?:rows?|records|data)"
            rf"|{NOT} {REMOVE} (?:any )?(?:rows|records)"
            r"|(?:keep|retain|preserv)(?:s|ing|es|e)? (?:all|every) (?:of )?(?:the )?rows?"
            r"|all (?:the )?rows are (?:kept|retained|preserved)"
        ),
        _drops,
    ),
    Denial(
        _said(
            rf"(?:keep|retain)(?:s|ing)? (?:all )?(?:the )?duplicate(?:s|d rows| rows)"
            rf"|(?:without|{NOT}) {REMOVE} (?:any |the )?duplicate(?:s|d rows| rows)"
            rf"|no duplicate(?:s|d rows| rows) (?:are|were) {REMOVED}"
        ),
        _drops_duplicates,
    ),
    Denial(
        _said(
            rf"(?:without|{NOT}) (?:fill|imput)(?:e|ing)? (?:any |the |in )?"
            r"(?:missing values|them|it)"
            r"|(?:no|without) imputation|no missing values (?:are|were) (?:filled|imputed)"
        ),
        _fills,
    ),
    Denial(
        _said(
            rf"(?:without|no|{NOT}) (?:feature )?(?:scal|standardi[sz]|normali[sz])(?:e|ing|ation)"
            r"(?: is (?:needed|applied|done|used))?|features are not scaled"
        ),
        _scales,
    ),
    Denial(_said(r"(?:without|no) early stopping"), _stops_early),
    Denial(
        _said(r"(?:without|no) stratif(?:ication|ying)|not stratified|unstratified"), _stratifies
    ),
    Denial(_said(r"(?:without|no) shuffling|(?:is|are) not shuffled|unshuffled"), _shuffles),
    Denial(_said(r"without (?:the |an |its |any )?(?:row )?index"), _writes_index),
    Denial(_said(r"without (?:the |a |its |any )?header"), _writes_header),
)
