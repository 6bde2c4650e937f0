"""Work that the text says is done, without any call that could do it: fills, plots, encodings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from harness.findings.commentary import claims, known
from harness.findings.steps import Remark, Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-work"


class Work(NamedTuple):
    """Work, as it is said, and what in code may do it."""

    said: str
    done: str
    beside: bool = False  # whether only code up to the next comment may do it
    instead: str = ""  # what the code has to do in its place, for it to be sure


WORK = (
    Work(
        r"(?:fill|imput)(?:e|s|es|ed|ing)?(?: in)?(?! (?:out|up|with your))",
        r"fillna|fill_value|ffill|bfill|interpolat|imput|\.replace\(|where\(|\.mask\(|combine_first"
        r"|nan_to_num|\.get\(|setdefault|\.loc\[|\.at\[|fill|apply\(|if .{0,80}else",
    ),
    Work(
        r"plot(?:s|ted|ting)?",
        r"plot|hist|scatter|\bbar|pie|heatmap|imshow|matshow|savefig|show\(|box|violin|draw|fig"
        r"|axes?\b|Display|graph|chart|kind=",
    ),
    Work(r"histograms?", r"hist|distplot|displot|kind="),
    Work(r"heat ?maps?", r"heatmap|imshow|matshow|pcolor|clustermap|background_gradient"),
    Work(
        r"scatter ?(?:plots?|diagrams?|chart)",
        r"scatter|pairplot|regplot|lmplot|relplot|joint|kind=|plot\(",
    ),
    Work(r"box ?plots?", r"box|kind=|catplot"),
    Work(r"violin ?plots?", r"violin|kind=|catplot"),
    Work(r"bar ?(?:plots?|charts?|graphs?)", r"bar|countplot|catplot|kind=|hist"),
    Work(r"pie charts?", r"pie|kind="),
    Work(r"pair ?plots?", r"pairplot|PairGrid|scatter_matrix"),
    Work(r"one-hot[ -]encod(?:e|es|ed|ing)", r"dummies|OneHot|one_hot|ColumnTransformer|== "),
    Work(
        r"label[ -]encod(?:e|es|ed|ing)",
        r"LabelEncoder|OrdinalEncoder|codes|factorize|map\(|replace",
    ),
    Work(
        r"(?:\w+-fold )?cross[ -]validat(?:e|es|ed|ion|ing)",
        r"cross_val|Fold|cv\b|SearchCV|\.split\(",
    ),
    Work(r"grid search", r"GridSearch|ParameterGrid|GridSampler|product\(|for .{0,80} in "),
    Work(r"randomi[sz]ed search", r"RandomizedSearch|RandomSampler|ParameterSampler|random"),
    Work(r"early stopping", r"early_stopping|EarlyStopping|prun"),
    Work(
        r"standardi[sz](?:e|es|ed|ing)",
        r"Scaler|scale|zscore|std\(|normaliz|strip|lower|replace|rename",
    ),
    Work(
        r"(?:highest|strongest|largest|most frequent) first|descending order",
        r"sort|nlargest|value_counts|ascending|\brank|most_common|heapq|order=",
        beside=True,
    ),
    Work(
        r"(?:sorted|sorting|sorts) by",
        r"sort|nlargest|value_counts|ascending|rank|order|most_common|heapq|unique|groupby",
    ),
    Work(r"(?:stratified|stratif(?:y|ies|ying))", r"stratif"),
    Work(r"correlation matrix", r"corr"),
    Work(
        r"colou?red by",
        r"hue|\bc=|\bcolou?r=(?!['\"])|palette|\bby=|groupby|stack|==|unique\(|\.loc\[",
        beside=True,
    ),
    Work(
        r"check that no values? (?:is|are) missing",
        r"isna|isnull|notna|notnull|hasnans|count\(|info\(|missing",
    ),
    Work(
        r"(?:shares?|proportions?|percentages?) of",
        r"normalize|/|mean\(|pct|percent|crosstab|ratio",
        beside=True,
        instead=r"value_counts\(\)",
    ),
    Work(
        r"load(?:s|ed|ing)? the (?:final |best |trained |saved |tuned )?model(?! from the study)",
        r"load|pickle|read|open\((?![^)\n]*['\"][wax])|from_|get_model",
    ),
    Work(
        r"(?:check|print|show|list|display)(?:s|ed|ing)? (?:the |for )?(?:wrong |incorrect )?"
        r"(?:data ?|column )?types?\b|(?:data ?|column )?types (?:and [\w ]{3,80} )?are "
        r"(?:checked|printed|shown|listed|displayed)",
        r"dtype|info\(|types|isinstance|astype|to_numeric|\btype\(",
    ),
    Work(
        r"(?:check|print|show|display)(?:s|ed|ing)? (?:the |its )?shape"
        r"|shape (?:of [^.]{1,40} )?is (?:checked|printed|shown|displayed)",
        r"\bshape|info\(|len\(|size",
    ),
    Work(
        r"clean(?:s|ed|ing)? (?:it|(?:up )?the (?:data|table|dataset|df|columns?)|`\w+`)",
        r"fillna|dropna|drop|replace|strip|astype|to_numeric|to_datetime|duplicate|where|mask|map\("
        r"|apply|clip|impute|\.loc\[|rename|lower\(|upper\(|query|isna|isnull|notna|coerce|clean\w*\(",
    ),
    Work(
        r"sav(?:e|es|ed|ing)(?!.{0,120}\w\.\w{2,8}\b)",  # what names a file is claims-file's
        r"save|\.to_(?!list|dict|numpy|datetime|numeric|frame)\w+|dump\(|write|open\(|export|store"
        r"|%%file",
    ),
    Work(r"SMOTE|oversampl(?:e|es|ed|ing)", r"SMOTE|RandomOverSampler|resample|sample\(|weight"),
)
SAID = [(re.compile(rf"(?<![\w-])({one.said})(?![\w-])", re.IGNORECASE), one) for one in WORK]
# A column of the table that rows are said to be without, and what may take it out of them.
WITHOUT = re.compile(r"\bwithout (?:the )?(?:target )?(?:column )?([`'\"])([^`'\"\n]{1,60})\1")
ROWS = re.compile(r"to_dict|to_json|readlines|\.head\(|\.iloc\[|\.sample\(")
SELECTED = re.compile(r"\.columns|\[\[|usecols|\.loc\[|\bfilter\(|\bX(?:_\w+)?\b|[Ff]eatures?")


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Work is done where code that the text may speak of may do it, whatever that works on."""
    columns = known.columns(step, subject)
    for remark in step.remarks:
        # What is denied may be part of the work: "check that no value is missing".
        said, claimed = claims.said(remark), claims.claims(remark)
        for pattern, work in SAID:
            for one in claims.mentions(pattern, said):
                if one.start < len(claimed) and _is_missing(work, step, remark):
                    message = f"The text says '{one.name}', and no call of the step can do it."
                    yield claims.finding(RULE, remark, one, message)
        for found in WITHOUT.finditer(said):
            if found[2] in columns and _is_kept(found[2], step):
                one = claims.Mention(found[2], found.start(2), found.end(2))
                message = f"The text says 'without {one.name}', and no code takes it out."
                yield claims.finding(RULE, remark, one, message)


def _is_missing(work: Work, step: Step, remark: Remark) -> bool:
    code = step.beside(remark) if work.beside else step.behind(remark)
    return not known.has(work.done, code) and known.has(work.instead, code)


def _is_kept(column: str, step: Step) -> bool:
    """Whether the step hands on rows of the table, and neither it nor the kernel drops a column."""
    name = re.escape(column)
    dropped = re.compile(
        rf"(?:drop|pop|difference|remove|discard)\([^\n]*{name}|\bdel [^\n]*{name}"
    )
    passed = re.compile(rf"!= *['\"]{name}")
    kernel = "\n".join(one.bare for one in step.before if one.file is None)
    return (
        ROWS.search(step.text) is not None
        and not SELECTED.search(step.text)
        and not passed.search(step.text)
        and not any(dropped.search(one) for one in (step.text, kernel))
    )
