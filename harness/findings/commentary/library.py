"""Libraries that the text says are used, and that no code imports or names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.findings.commentary import claims, known
from harness.findings.steps import Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-library"
# As people write them, and what in code shows that they are there. Others are drawn in by pandas.
LIBRARIES = {
    "pandas": r"\bpandas\b|\bpd\.",
    "numpy": r"\bnumpy\b|\bnp\.",
    "matplotlib": r"matplotlib|\bplt\.|\bplot\b|\.hist\(|boxplot|seaborn|\bsns\.",
    "seaborn": r"seaborn|\bsns\.",
    "plotly": r"plotly|\bpx\.|\bgo\.",
    "altair": r"altair|\balt\.",
    "bokeh": r"bokeh",
    "scipy": r"scipy|\bstats\.",
    "statsmodels": r"statsmodels|\bsm\.|\bsmf\.",
    "scikit-learn": r"sklearn|scikit",
    "sklearn": r"sklearn|scikit",
    "xgboost": r"xgb|\.fit\(|load_model",
    "lightgbm": r"lightgbm|lgbm?\b",
    "catboost": r"catboost",
    "optuna": r"import [^\n]*\boptuna\b|from optuna|\boptuna\.|\bstudy\b",
    "hyperopt": r"hyperopt",
    "tensorflow": r"tensorflow|\btf\.|keras",
    "keras": r"keras",
    "pytorch": r"\btorch\b",
    "polars": r"polars|\bpl\.",
    "duckdb": r"duckdb",
    "fastapi": r"fastapi|\bapp\b",
    "pydantic": r"pydantic|BaseModel",
    "flask": r"flask",
    "streamlit": r"streamlit",
    "uvicorn": r"uvicorn",
    "joblib": r"joblib",
    "shap": r"shap",
    "imbalanced-learn": r"imblearn",
}
NAMES = "|".join(re.escape(one) for one in LIBRARIES)
# A model can be XGBoost's without any code that says so; what is used, called or imported cannot.
USED = re.compile(
    rf"\b(?:us(?:e|es|ed|ing)|with|via|by|from|imports?|imported|importing|through)"
    rf" (?:the )?[`'\"]?({NAMES})(?![\w-]|\.\w|[`'\"]? (?:model|classifier|regressor|app))"
    rf"|`({NAMES})`(?! model| classifier| regressor| app)"
    rf"|\b({NAMES})'s\b"
    r"|\b(pydantic) (?:model|class|schema)\b"
    rf"|\b({NAMES}) (?:librar(?:y|ies)|package|module|function|is used)\b",
    re.IGNORECASE,
)


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """A library counts as used where any code up to the step names it."""
    for remark in step.told:
        for one in claims.mentions(USED, claims.claims(remark)):
            if not known.has(LIBRARIES[one.name.lower()], step.acting):
                message = f"The text says that {one.name} is used, and no code names it."
                yield claims.finding(RULE, remark, one, message)
