"""Files that the text says are read or written, and that the code does not name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from harness.findings.commentary import claims
from harness.findings.steps import WORD, Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-file"
ENDINGS = (
    "csv|tsv|json|jsonl|parquet|pkl|pickle|joblib|png|jpe?g|pdf|svg|txt|xlsx?|html|py|ya?ml|toml|md"
    "|h5|hdf5|npy|npz|db|sqlite|feather|onnx|pt|pth|ubj|bin|log|ipynb"
)
FILE = re.compile(
    rf"(?<![\w./\\-])((?:[\w-]+[./\\])*[\w-]+\.(?:{ENDINGS}))(?![\w(]|\.\w)"
    r"|[`'\"](Dockerfile)[`'\"]|\b(?:in|into|to|as|named) (?:the |a )?(Dockerfile)\b"
)
# What is done with a file; other sentences may speak of any file that is there.
HANDLED = re.compile(
    r"\b(?:load|read|import|open|sav|writ|export|stor|dump|creat|generat|send|sent|tak|pickl|persist)"
    r"(?:e|es|ed|ing|s|en|t|tes|ten)?\b|\bwrote\b|\btook\b",
    re.IGNORECASE,
)
MADE_NAMES = re.compile(
    r"""f['"][^'"\n]*\{[^'"\n]*\.\w{2,7}['"]|\+ *['"]\.\w{2,7}['"]|\.format\("""
)


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """A file counts as handled where the step names it, or uses what was read from it before.

    Code that makes names of files may name any, so that nothing is said of it.
    """
    own = "\n".join(one.source if one.file else one.bare for one in step.code)
    # A comment that is nothing but the name of a file stands for the file that follows.
    remarks = (one.text.strip() for one in step.remarks if one.in_code)
    own = "\n".join([own, *(one for one in remarks if HEADING.fullmatch(one))])
    kernel = "\n".join(one.bare for one in step.before if one.file is None)
    if MADE_NAMES.search(own) or MADE_NAMES.search(kernel):
        return
    there = {*subject.files, *([subject.profile.file] if subject.profile else [])}
    told = "\n".join([step.asked, step.text_so_far, *there]).lower()
    for remark in step.remarks:
        claimed = claims.claims(remark)
        for one in claims.mentions(FILE, claimed):
            base = PurePosixPath(one.name.replace("\\", "/")).name
            if base.lower() in own.lower() or _is_module(base, own):
                continue
            handled = HANDLED.search(claimed) is not None
            if base.lower() in told if not handled else _is_used(base, kernel, step):
                continue
            near = claims.nearest(base, set(FILE_NAMES.findall(own)))
            message = f"The text says that {base} is used, and the code does not name it."
            yield claims.finding(RULE, remark, one, message, near=near)


HEADING = re.compile(rf"(?:[\w./-]+\.(?:{ENDINGS})|Dockerfile):?")
FILE_NAMES = re.compile(rf"(?<![\w-])[\w-]{{1,200}}\.(?:{ENDINGS})\b")


def _is_used(base: str, kernel: str, step: Step) -> bool:
    """Whether the kernel read or wrote the file before, and the step uses what came of it."""
    if base.lower() not in kernel.lower():
        return False
    bound = re.findall(rf"^[ \t]*(\w+) *=[^=\n][^\n]*{re.escape(base)}", kernel, re.MULTILINE)
    own = set(WORD.findall(step.text))
    return not bound or any(one in own for one in bound)


def _is_module(base: str, code: str) -> bool:
    """Whether ``base`` is Python that the code imports by another name."""
    stem = base.removesuffix(".py")
    return stem != base and re.search(rf"\b(?:from|import) {re.escape(stem)}\b", code) is not None
