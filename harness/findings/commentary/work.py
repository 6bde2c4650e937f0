"""Work that the text says is done, without any call that could do it: fills, plots, encodings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.findings.commentary import claims, known
from harness.findings.steps import Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-work"
# Work that few calls can do: how it is said, and what in code may do it.
WORK = {
    r"(?:fill|imput)(?:e|s|es|ed|ing)?(?: in)?(?! (?:out|up|with your))": (
        r"fillna|fill_value|ffill|bfill|interpolat|imput|\.replace\(|where\(|\.mask\(|combine_first"
        r"|nan_to_num|\.get\(|setdefault|\.loc\[|\.at\[|fill|apply\(|if .{0,80}else"
    ),
    r"histograms?": r"hist|distplot|displot|kind=",
    r"heat ?maps?": r"heatmap|imshow|matshow|pcolor|clustermap|background_gradient",
    r"scatter ?(?:plots?|diagrams?|chart)": (
        r"scatter|pairplot|regplot|lmplot|relplot|joint|kind=|plot\("
    ),
    r"box ?plots?": r"box|kind=|catplot",
    r"violin ?plots?": r"violin|kind=|catplot",
    r"bar ?(?:plots?|charts?|graphs?)": r"bar|countplot|catplot|kind=|hist",
    r"pie charts?": r"pie|kind=",
    r"pair ?plots?": r"pairplot|PairGrid|scatter_matrix",
    r"one-hot[ -]encod(?:e|es|ed|ing)": r"dummies|OneHot|one_hot|ColumnTransformer|== ",
    r"label[ -]encod(?:e|es|ed|ing)": r"LabelEncoder|OrdinalEncoder|codes|factorize|map\(|replace",
    r"(?:\w+-fold )?cross[ -]validat(?:e|es|ed|ion|ing)": r"cross_val|Fold|cv\b|SearchCV|\.split\(",
    r"grid search": r"GridSearch|ParameterGrid|GridSampler|product\(|for .{0,80} in ",
    r"randomi[sz]ed search": r"RandomizedSearch|RandomSampler|ParameterSampler|random",
    r"early stopping": r"early_stopping|EarlyStopping|prun",
    r"standardi[sz](?:e|es|ed|ing)": (
        r"Scaler|scale|zscore|std\(|normaliz|strip|lower|replace|rename"
    ),
    r"(?:sorted|sorting|sorts|highest first|strongest first|descending order)": (
        r"sort|nlargest|value_counts|ascending|rank|order|most_common|heapq|unique|groupby"
    ),
    r"(?:stratified|stratif(?:y|ies|ying))": r"stratif",
    r"correlation matrix": r"corr",
    r"colou?red by": r"hue|colou?r|\bc=|\bby=|groupby|stack|==|unique\(",
    r"check that no values? (?:is|are) missing": (
        r"isna|isnull|notna|notnull|hasnans|count\(|info\(|missing"
    ),
    r"SMOTE|oversampl(?:e|es|ed|ing)": r"SMOTE|RandomOverSampler|resample|sample\(|weight",
}
DONE = [
    (re.compile(rf"(?<![\w-])({said})(?![\w-])", re.IGNORECASE), code)
    for said, code in WORK.items()
]


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Work is done where code behind a comment, or any of the step beside prose, may do it."""
    for remark in step.remarks:
        # What is denied may be part of the work: "check that no value is missing".
        said, claimed = claims.said(remark), claims.claims(remark)
        for name, code in DONE:
            for one in claims.mentions(name, said):
                if one.start < len(claimed) and not known.has(code, step.behind(remark)):
                    message = f"The text says '{one.name}', and no call of the step can do it."
                    yield claims.finding(RULE, remark, one, message)
