"""Calls that a step is about, and of which neither its prose nor its comments say a word.

A call that the request itself writes out was asked for, and its reader sees that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.findings import places
from harness.findings.steps import Step
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind, Severity

RULE = "unmentioned-call"
SAVED = r"\bsav|\bexport|\bwrit|\bstor|\bpersist|\bdump|\bserial|\bpickl|\bkeep"
SEARCHED = r"optimi[sz]|\btun|search|\bstud|\btrial|hyper-?param|best param"
FITTED = (
    r"\btrain|\bfit|\bmodel (?:that|to|which) predict|\blearn|\btun|baseline|estimat"
    r"|\bencod|\bscal|\btransform|\bimput|\bstandardi[sz]|\bnormali[sz]|\bvectori[sz]|\bcluster"
)
# What each is called in words. A call that its own name or its file's announces is mentioned too.
HEADLINES = {
    "fit": FITTED,
    "fit_transform": FITTED,
    "optimize": SEARCHED,
    "savefig": rf"{SAVED}|\.png|\.pdf|\.svg",
    "save_model": SAVED,
    "save": SAVED,
    "to_csv": rf"{SAVED}|\.csv",
    "to_parquet": rf"{SAVED}|\.parquet",
    "to_pickle": rf"{SAVED}|\.pkl",
    "to_excel": rf"{SAVED}|\.xlsx",
    "dump": rf"{SAVED}|\.json|\.joblib|\.pkl",
    "train_test_split": r"\bsplit|\bdivid|\bhold|train(?:ing)?(?: set)? and test|\bpartition",
    "cross_val_score": r"cross|\bcv\b|fold|validat",
    "cross_validate": r"cross|\bcv\b|fold|validat",
    "GridSearchCV": SEARCHED,
    "RandomizedSearchCV": SEARCHED,
    "dropna": r"\bmissing|\bnull|\bnan|\bna\b|\bdrop|\bincomplete|\bblank|\bempty|\bremov|\bclean",
    "drop_duplicates": r"duplicat|\bunique|\bclean",
}
CALL = re.compile(rf"(?<![\w])(?<!def )(?<!class )({'|'.join(HEADLINES)})\s*\(")
# Rows are lost where these are called on a frame; within an expression they are called on others.
LOSES_ROWS = ("dropna", "drop_duplicates")
ON_A_FRAME = re.compile(
    r"\s*(?:\w+ *= *)?(?:\w+|[\w.]*read_\w+\([^\n]*\))\.(?:dropna|drop_dup\w+)\("
)
# What the code itself tells its reader: what it prints, and docstrings.
TOLD = re.compile(r"\bprint\([^\n]*|\"{3}[^\"]*\"{3}|'{3}[^']*'{3}")


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Each call once a step, at its first place."""
    said = "\n".join([*(one.text for one in step.remarks), *TOLD.findall(step.text)])
    seen = set()
    for code in step.code:
        for call in CALL.finditer(code.bare):
            name = call[1]
            if name in seen or not (code.file or ".py").endswith(".py"):
                continue
            line = code.bare[code.bare.rfind("\n", 0, call.start()) + 1 : call.end()]
            if name in LOSES_ROWS and not ON_A_FRAME.fullmatch(line):
                continue
            seen.add(name)
            if re.search(HEADLINES[name], said, re.IGNORECASE) or name in said:
                continue
            if f"{name}(" in step.asked:  # the request writes it out, and stands above the cell
                continue
            yield Finding(
                kind=FindingKind.COMMENTARY,
                rule=RULE,
                cell=code.cell,
                **places.of_text(code.source, call.start(1), call.end(1))._asdict(),
                severity=Severity.NOTE,
                message=f"No prose and no comment of the step speaks of `{name}`.",
            )
