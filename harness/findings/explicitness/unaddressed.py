"""Numbered items of the prompt of which no code of the step does anything.

An item counts where it names or asks for what can be looked for, and none of it is in the code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.findings import places
from harness.findings.places import Span
from harness.findings.steps import SENTENCE_END, Step, clipped
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind, Severity

RULE = "unaddressed-item"
MOST_ITEMS = 50
LONGEST = 600  # characters of an item that are read
ITEM = re.compile(r"^[ \t]{0,3}(\d{1,2})[.)][ \t]+(\S[^\n]*)", re.MULTILINE)
TICKED = re.compile(r"`([^`\n]{1,80})`")
QUOTED = re.compile(r"\"([^\"\n]{1,80})\"|'([^'\n]{2,80})'")
KEEPS = re.compile(r"(?:keep|leave)\b", re.IGNORECASE)  # which may be done by doing nothing
STATUS = re.compile(r"\bstatus (\d{3})\b")
WORD = re.compile(r"[^\W\d]\w*")
# What an item asks for, and what in code may be an answer to it.
ASKS = {
    "plot": r"plot|hist|sns\.|px\.|heatmap|scatter|\.show\(|chart|Figure|display",
    "print": r"print|display|\.show|head\(|info\(|describe\(|write\(|log",
    "histogram": r"hist|distplot|displot|kde",
    "heatmap": r"heatmap|imshow|matshow|pcolor|clustermap",
    "scatter": r"scatter|pairplot|regplot|relplot|joint",
    "correlation": r"corr|pearson|spearman",
    "missing": r"isna|isnull|notna|notnull|fillna|dropna|missing|info\(|count\(|None|nan",
    "duplicate": r"duplicat|unique",
    "save": r"save|dump|to_\w+\(|write|savefig|open\(",
    "drop": r"drop|del |pop\(|loc|iloc|\[\[|columns",
    "encode": r"dummies|Encoder|map\(|replace|factorize|codes|astype|apply|where|one_hot|== *['\"]",
    "split": r"split|sample|Fold|iloc|\[:",
    "tune": r"optuna|study|Search|trial",
    "train": r"fit\(|train",
    "summary": r"describe|agg|mean|info\(|summary",
    "statistics": r"describe|agg|mean|std|median|skew|quantile",
    "shape": r"shape|len\(|size",
    "count": r"sum\(|count|len\(|nunique|size",
    "types": r"dtype|info\(|type",
    "date": r"date|year|strftime|dt\.",
    "predict": r"predict",
    "fill": r"fill|imput|interpolat|replace|where|mask|isna|isnull|notna|coerce|None",
    "numbers": r"to_numeric|astype|float|\bint\b|coerce|dtype|Encoder|map\(|dummies|number",
    "convert": r"astype|to_\w+\(|float|\bint\(|\bstr\(|coerce|map\(|list\(|dict|DataFrame|loads?\(",
    "sort": r"sort|nlargest|nsmallest|ascending|order|rank|value_counts",
    "load": r"read|load|open\(",
    "read": r"read|load|open\(",
    "merge": r"merge|join|concat|append",
    "rename": r"rename|columns|set_axis",
    "evaluate": r"score|metric|report|confusion|accuracy|auc|error|predict",
}
SNAKE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
ENDINGS = r"(?:s|es|d|ed|ing|ted|ting|ped|ping|tion|tions)?"
SHORTEST = 3  # letters of a name that is looked for: others stand everywhere
IMPORTS = re.compile(r"^[ \t]*(?:from|import)\b[^\n]*", re.MULTILINE)
ERRORS = re.compile(
    r"HTTPException|BaseModel|\braise\b|abort\(|status_code|JSONResponse|Response\("
)


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Items of the prompt of which nothing is in the code.

    Those that name nothing, or that may be done by doing nothing, are left where there is code.
    """
    if step.prompt is None or not step.asked:
        return
    done = IMPORTS.sub("", step.acting_own)
    for number, item in ITEM.findall(step.asked)[:MOST_ITEMS]:
        text = item[:LONGEST]
        where = step.acting_own if re.search(r"\bimports?\b", text) else done
        # What is behind the first sentence explains more than it asks.
        looked_for = _looked_for(SENTENCE_END.split(text, maxsplit=1)[0])
        may_be_done = not looked_for or KEEPS.match(text) is not None
        if step.code and (may_be_done or any(one.search(where) for one in looked_for.values())):
            continue
        yield Finding(
            kind=FindingKind.EXPLICITNESS,
            rule=RULE,
            cell=step.prompt.id,
            **_place(step.prompt.source, text.rstrip())._asdict(),
            severity=Severity.WARNING,
            message=f"No code of the step does anything of item {number}.",
            evidence=f"looked for {clipped(', '.join(looked_for))}" if looked_for else "",
        )


def _looked_for(item: str) -> dict[str, re.Pattern[str]]:
    """What would show that an item was worked on, by what the item calls it."""
    found: dict[str, re.Pattern[str]] = {}
    for name in TICKED.findall(item):
        words = _done_by(name) or WORD.findall(name)
        found |= {word: _as_word(word) for word in words if len(word) >= SHORTEST}
    for name in (one or other for one, other in QUOTED.findall(item)):
        found[name] = _as_word(name)
    found |= {name: _as_word(name) for name in SNAKE.findall(item)}
    for status in STATUS.findall(item):
        found[status] = re.compile(rf"\b{status}\b|{ERRORS.pattern}")
    plain = QUOTED.sub(" ", TICKED.sub(" ", item)).lower()
    for word, pattern in ASKS.items():
        if re.search(rf"\b{word}{ENDINGS}\b(?! field)", plain):
            found[word] = re.compile(pattern, re.IGNORECASE)
    return found


def _done_by(code: str) -> list[str]:
    """What a statement is done by, where one is asked for: what it makes, and what it calls first.

    What it is given is there without it.
    """
    try:
        statement = ast.parse(code).body[0]
    except (SyntaxError, ValueError, IndexError, RecursionError, MemoryError):
        return []
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return []
    called = statement.value.func
    name = called.attr if isinstance(called, ast.Attribute) else ast.unparse(called)
    return [*WORD.findall(ast.unparse(statement.targets[0]).partition("[")[0]), name]


def _as_word(word: str) -> re.Pattern[str]:
    """By itself; a name of several words may also be part of a longer one."""
    behind = "" if "_" in word else r"(?!\w)"
    return re.compile(rf"(?<!\w){re.escape(word)}{behind}", re.IGNORECASE)


def _place(source: str, item: str) -> Span:
    """Where the item stands in the cell that shows the prompt; its first line where it does not."""
    at = source.find(item)
    return places.of_text(source, max(at, 0), max(at, 0) + (len(item) if at >= 0 else 0))
