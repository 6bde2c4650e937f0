"""Names in the text: what each is said to be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.findings.commentary import claims
from harness.findings.steps import Remark

NAME = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
CALLED = re.compile(rf"`({NAME})\([^`\n]{{0,80}}\)`|(?<![\w.`])({NAME})\(\)(?!\w)")
SAID = re.compile(
    rf"`({NAME})` (?:function|method|call|class|estimator|transformer|helper|endpoint function)\b"
    rf"|\b(?:function|method|class|helper)s? (?:named |called )?`({NAME})`"
)
HELD = re.compile(
    rf"`({NAME})` (?:variable|DataFrame|dataframe|frame|series|object|list|dictionary|array|study"
    rf"|model|instance)\b"
    rf"|\b(?:variable|DataFrame|dataframe|frame|series|object|list|dictionary|array|model)s?"
    rf" (?:named |called )?`({NAME})`"
    rf"|\b(?:stored|saved|kept|assigned|put|held) (?:in|to|into|as) (?:the |a )?`({NAME})`"
)
QUOTED = r"([`'\"])([^`'\"\n]{1,60})\1"
BEHIND = re.compile(rf"\b(?:columns?|features?|fields?|target|label) (?:named |called )?{QUOTED}")
BEFORE = re.compile(rf"{QUOTED} (?:columns?|features?|fields?)\b")
LISTED = re.compile(r"[`'\"](?:, and |, or | and | or |, )([`'\"])([^`'\"\n]{1,60})\1")
BARE = re.compile(rf"`({NAME})`")
# Other names in capitals may be columns or values.
CLASS = re.compile(
    r"[A-Z]\w*(?:Encoder|Scaler|Imputer|Classifier|Regressor|Transformer|SearchCV|KFold|Client|Display"
    r"|Sampler|Regression|Forest|Exception|Response|Selector|Boosting)"
)
FILE = re.compile(r"\.(?:csv|json|py|md|txt|png|parquet|pkl|joblib|ya?ml|html|xlsx?|ipynb)$")
# Functions of pandas, matplotlib and scikit-learn that replies speak of most.
CALLS = {
    *("read_csv", "read_parquet", "read_excel", "read_json", "head", "tail", "info"),
    *("describe", "isnull", "isna", "notna", "fillna", "dropna", "drop_duplicates"),
    *("duplicated", "value_counts", "groupby", "agg", "pivot_table", "crosstab", "merge"),
    *("concat", "sort_values", "sort_index", "get_dummies", "to_numeric", "to_datetime"),
    *("astype", "to_csv", "to_parquet", "to_json", "apply", "applymap", "map", "replace"),
    *("rename", "reset_index", "set_index", "select_dtypes", "corr", "quantile", "nlargest"),
    *("nsmallest", "cut", "qcut", "melt", "plot", "hist", "boxplot", "scatter", "bar"),
    *("savefig", "subplots", "heatmap", "countplot", "histplot", "pairplot", "barplot"),
    *("kdeplot", "train_test_split", "cross_val_score", "cross_validate", "fit"),
    *("fit_transform", "transform", "predict", "predict_proba", "score", "roc_auc_score"),
    *("accuracy_score", "f1_score", "precision_score", "recall_score", "confusion_matrix"),
    *("classification_report", "mean_squared_error", "mean_absolute_error", "r2_score"),
    *("roc_curve", "optimize", "create_study", "suggest_int", "suggest_float"),
    *("suggest_categorical", "best_params", "best_value", "save_model", "load_model", "dump"),
    *("load", "trials_dataframe"),
}


def functions(remark: Remark) -> Iterator[claims.Mention]:
    """What a claim says is called: by brackets, by the word beside it, or by a well-known name."""
    text = claims.claims(remark)
    for pattern in (CALLED, SAID):
        yield from claims.mentions(pattern, text)
    others = {one.start for one in columns(remark)}
    for one in claims.mentions(BARE, text):
        last = one.name.rpartition(".")[2]
        called = last in CALLS and ("_" in last or "." in one.name)
        if one.start not in others and (called or CLASS.fullmatch(last)):
            yield one


def variables(remark: Remark) -> Iterator[tuple[claims.Mention, bool]]:
    """What a claim says is held, by its shape as in ``y_pred``, or (True) by the word beside it."""
    text = claims.claims(remark)
    others = {one.start for one in (*functions(remark), *columns(remark))}
    for one in (*claims.mentions(HELD, text), *claims.mentions(BARE, text)):
        held = any(found.start(found.lastindex or 0) == one.start for found in HELD.finditer(text))
        if one.start not in others and not FILE.search(one.name) and (held or "_" in one.name):
            yield one, held


def columns(remark: Remark) -> Iterator[claims.Mention]:
    """Names that stand beside the word, and those that are listed behind such a one."""
    text = claims.claims(remark)
    for pattern in (BEHIND, BEFORE):
        for found in pattern.finditer(text):
            yield claims.Mention(found[2], found.start(2), found.end(2))
            at = found.end(2)
            while pattern is BEHIND and (more := LISTED.match(text, at)):
                yield claims.Mention(more[2], more.start(2), more.end(2))
                at = more.end(2)
