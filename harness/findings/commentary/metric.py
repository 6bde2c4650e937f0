"""Metrics that the text says are computed or shown, and that no code up to there computes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.findings import quiet
from harness.findings.commentary import claims, known
from harness.findings.steps import Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-metric"
# As a text calls them, and what in code may compute or show them.
METRICS = {
    r"ROC[ -]AUC|area under the (?:ROC )?curve": r"auc|\broc|_roc",
    r"balanced accuracy": r"balanced_accuracy|recall_score",
    r"accuracy": r"accura|\.score\(|classification_report|cross_val|scoring|== *y|mean\(\w+ *==",
    r"average precision": r"average_precision|precision_recall|pr_auc",
    r"precision": r"precision|classification_report",
    r"recall": r"recall|classification_report|sensitivity",
    r"F1(?:[ -]score)?": r"f1|fbeta|classification_report",
    r"log[ -]loss|cross[ -]entropy": r"log_?loss|entropy",
    r"Matthews correlation(?: coefficient)?|MCC": r"matthews|mcc",
    r"Cohen's kappa": r"kappa",
    r"Brier score": r"brier",
    r"confusion matrix": r"confusion_matrix|ConfusionMatrix|crosstab|confusion",
    r"classification report": r"classification_report|precision_recall_fscore",
    r"R²|R2(?:[ -]score)?|R-squared|coefficient of determination": (
        r"r2|r_?squared|\.score\(|scoring"
    ),
    r"root mean squared? error|RMSE": r"root_mean|rmse|squared=False|sqrt|\*\* *0?\.5|scoring",
    r"mean squared error|MSE": r"squared_error|mse|\*\* *2|square",
    r"mean absolute percentage error|MAPE": r"percentage_error|mape",
    r"mean absolute error|MAE": r"absolute_error|mae\b|abs\(|\.abs",
    r"silhouette score": r"silhouette",
    r"ROC curve": r"roc_curve|RocCurve|plot_roc",
    r"precision-recall curve": r"precision_recall|PrecisionRecall",
    r"feature importances?": r"importance|shap|coef_",
}
DONE = re.compile(
    r"\b(?:comput|calculat|print|evaluat|report|output|display|show|measur|return|assess|plot)"
    r"(?:e|es|ed|s|ing|ts|ted|ting)?\b|\b(?:is|was|are) (?:about |around |roughly )?[\d.]+",
    re.IGNORECASE,
)
SAID = [
    (re.compile(rf"(?<!\w)({name})(?!\w)", re.IGNORECASE), code) for name, code in METRICS.items()
]


# What these give is named after a metric and is none of it.
OTHERS = {"score", "predict", "predict_proba", "reshape", "fit", "transform"}


def _evidence(step: Step, subject: Subject) -> str:
    """The code and its outputs, without what the code only calls so, and prints so."""
    given = {
        target.id
        for code in (*step.before, *step.code)
        for node in code.nodes
        if isinstance(node, ast.Assign) and _is_other(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    output = known.shown(step, subject)
    for code in (*step.before, *step.code):
        for said in quiet.shown(code.bare):
            output = output.replace(said, " ")
    words = (
        re.compile(rf"(?<![.\w])(?:{'|'.join(map(re.escape, sorted(given)))})\b") if given else None
    )
    acting = step.acting if words is None else words.sub("_", step.acting)
    return f"{acting}\n{output}"


def _is_other(value: ast.expr) -> bool:
    inner = value.operand if isinstance(value, ast.UnaryOp) else value
    called = inner.func if isinstance(inner, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in OTHERS


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """A metric counts as there where any code up to the step, or an output of it, has it."""
    text = ""
    for remark in step.remarks:
        claimed = claims.claims(remark)
        if not DONE.search(claimed):
            continue
        text = text or _evidence(step, subject)
        taken: set[int] = set()  # "accuracy" within "balanced accuracy" is not another claim
        for said, code in SAID:
            for one in claims.mentions(said, claimed):
                places = set(range(one.start, one.end))
                if not places & taken and not known.has(code, text):
                    message = f"The text says that {one.name} is computed, and no code does it."
                    yield claims.finding(RULE, remark, one, message)
                taken |= places
