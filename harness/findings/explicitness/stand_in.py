"""Data made up in place of the table: literal records, random numbers, a table of a library, a
file that is not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from harness.findings import places
from harness.findings.places import Span
from harness.findings.steps import Code, Step, clipped
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind, Severity

RULE = "stand-in-data"
WRITTEN_OUT = "A frame of written-out values stands for the table, which is not read."
READERS = re.compile(r"read_(?:csv|table|parquet|excel|json|feather|pickle|fwf|orc|stata|sas|spss)")
SAMPLES = re.compile(
    r"make_(?:classification|regression|blobs|moons|circles|multilabel_classification|friedman\d)"
    r"|load_(?:iris|wine|breast_cancer|diabetes|digits|boston|linnerud|dataset)"
    r"|fetch_(?:openml|california_housing|20newsgroups|covtype|kddcup99)"
)
RANDOM = re.compile(
    r"(?:np|numpy)\.random\.(?!seed|default_rng|RandomState|get_state|set_state)\w+"
    r"|\brng\.\w+|\brandom\.(?:randint|choice|choices|uniform|random|gauss|sample|normalvariate)"
    r"|\bfake\w*\.\w+"
)
TABLE = re.compile(
    r"(?<![\w./\\-])[\w./\\-]{1,200}\.(?:csv|tsv|parquet|xlsx?|jsonl?|feather|pkl|sav)\b"
)
# A frame of written-out values that goes on where the reply was cut off.
OPEN = re.compile(r"\bDataFrame\(\s*\{\s*(['\"])([^'\"\n]{1,60})\1\s*:\s*\[\s*['\"\d-]")
LEAST_COLUMNS = 3  # of the table, for a record to be one of it
SHARE = 0.5  # likewise
LEAST_ROWS = 2  # of a frame that is written out


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """What stands in for the table in the code that the kernel runs."""
    code = [one for one in step.code if one.file is None]
    wanted = _tables(step, subject)
    reads = bool(wanted) and any(name in step.text for name in wanted)
    columns = {one.name for one in subject.profile.columns} if subject.profile else set()
    loaded = any(READERS.search(one.bare) for one in step.before if one.file is None)
    for one in code:
        yield from _unknown_files(one, step, subject)
        yield from _samples(one, step)
        if reads or READERS.search(step.text):
            continue
        records = list(_records(one, step, subject))
        yield from records
        if wanted and not loaded and not records:
            yield from _frames(one)
        if (wanted or step.before) and not loaded and not records:
            yield from _cut_off(one, columns if not wanted else None)


def _tables(step: Step, subject: Subject) -> frozenset[str]:
    """The tables that the step is asked to read."""
    known = {*subject.files, *([subject.profile.file] if subject.profile else [])}
    return frozenset(one for one in TABLE.findall(step.asked) if not known or one in known)


def _finding(code: Code, node: ast.expr, message: str, evidence: str) -> Finding:
    return _at(code, places.of_node(code.source, node), message, evidence)


def _at(code: Code, span: Span, message: str, evidence: str) -> Finding:
    return Finding(
        kind=FindingKind.EXPLICITNESS,
        rule=RULE,
        cell=code.cell,
        **span._asdict(),
        severity=Severity.ERROR,
        message=message,
        evidence=evidence,
    )


def _unknown_files(code: Code, step: Step, subject: Subject) -> Iterator[Finding]:
    """Tables that are read by a name that no file has; what the code writes has one."""
    if not subject.files:
        return
    known = {str(PurePosixPath(one)) for one in subject.files}
    seen = subject.observations.get(step.name)
    known |= {one.name for one in seen.files} if seen is not None else set()
    for call in _calls(code):
        if not READERS.fullmatch(_name(call.func)) or not call.args:
            continue
        path = call.args[0]
        if isinstance(path, ast.Call) and _name(path.func) in {"StringIO", "BytesIO"}:
            if path.args and isinstance(path.args[0], ast.Constant):
                yield _finding(code, path, "The table that is read is written out.", "")
            continue
        if not isinstance(path, ast.Constant) or not isinstance(path.value, str):
            continue
        name = path.value.strip()
        if str(PurePosixPath(name)) in known or _is_written(name, step) or "\n" in name:
            continue
        near = step.asked and next((one for one in sorted(known) if one in step.asked), None)
        yield _finding(
            code,
            path,
            f"The code reads `{clipped(name)}`, and there is no such file.",
            "files: " + clipped(", ".join(sorted(known))),
        ).model_copy(update={"replacement": repr(near) if near else None})


def _is_written(name: str, step: Step) -> bool:
    """Whether other code than what reads it names the file, so that it may have made it."""
    base = re.escape(PurePosixPath(name).name)
    made = re.compile(
        rf"(?:to_\w+|savefig|dump|save\w*|write\w*|%%writefile|%%file|mkstemp)\W[^\n]*{base}"
        rf"|open\([^\n]*{base}[^\n]*['\"][wax]"
    )
    return any(made.search(one.source) for one in (*step.before, *step.code))


def _samples(code: Code, step: Step) -> Iterator[Finding]:
    for call in _calls(code):
        name = _name(call.func)
        if SAMPLES.fullmatch(name) and name not in step.asked:
            message = f"`{name}` gives other data than the table."
            yield _finding(code, call, message, clipped(name))


def _records(code: Code, step: Step, subject: Subject) -> Iterator[Finding]:
    """Rows of the table that are written out, where the step is to take them from it."""
    columns = {one.name for one in subject.profile.columns} if subject.profile else set()
    tables = _tables(step, subject)
    if not columns or (step.asked and not tables):
        return
    inner: set[int] = set()
    for node in code.nodes:
        rows = node.elts if isinstance(node, ast.List) else [node]
        first = rows[0] if rows else None
        if id(node) in inner or not isinstance(first, ast.Dict) or not isinstance(node, ast.expr):
            continue
        inner |= {id(one) for one in rows}
        keys = {one.value for one in first.keys if isinstance(one, ast.Constant)}
        hits = len(keys & columns)
        if hits < max(LEAST_COLUMNS, SHARE * len(columns)) or not _is_data(first):
            continue
        message = "The rows are made up; the table that has them is not read."
        yield _finding(code, node, message, f"{hits} of {len(columns)} columns, by literal values")


def _frames(code: Code) -> Iterator[Finding]:
    """Frames of literals or of random numbers."""
    for call in _calls(code):
        if _name(call.func) != "DataFrame" or not call.args:
            continue
        content = call.args[0]
        if found := RANDOM.search(ast.unparse(content)):
            message = "A frame of random numbers stands for the table, which is not read."
            yield _finding(code, call, message, clipped(found[0]))
        elif _is_literal(content):
            yield _finding(code, call, WRITTEN_OUT, clipped(ast.unparse(content)))


def _cut_off(code: Code, columns: Collection[str] | None) -> Iterator[Finding]:
    """The same, where the reply ends within it; where ``columns`` are given, of one of them."""
    end = max((node.end_lineno or 0 for node in code.tree.body), default=0) if code.tree else 0
    for opened in OPEN.finditer(code.bare, _start_of(code.bare, end)):
        if columns is None or opened[2] in columns:
            span = places.of_text(code.source, opened.start(), opened.end())
            yield _at(code, span, WRITTEN_OUT, clipped(opened[0]))


def _start_of(text: str, line: int) -> int:
    """How many characters stand before a 0-based line."""
    return sum(len(one) + 1 for one in text.split("\n")[:line])


def _is_data(record: ast.Dict) -> bool:
    """Whether most values are constants, or made up by chance."""
    plain = [one for one in record.values if isinstance(one, ast.Constant | ast.List)]
    return 2 * len(plain) > len(record.values)


def _is_literal(node: ast.expr) -> bool:
    """Whether a table of at least two rows is written out."""
    if isinstance(node, ast.Dict):
        lists = [one for one in node.values if isinstance(one, ast.List)]
        full = [
            one
            for one in lists
            if len(one.elts) >= LEAST_ROWS and all(isinstance(x, ast.Constant) for x in one.elts)
        ]
        return bool(full) and len(full) == len(node.values)
    if isinstance(node, ast.List) and len(node.elts) >= LEAST_ROWS:
        rows = [one for one in node.elts if isinstance(one, ast.Dict | ast.List | ast.Tuple)]
        return len(rows) == len(node.elts) and all(_constants(one) for one in rows)
    return False


def _constants(row: ast.expr) -> bool:
    cells = row.values if isinstance(row, ast.Dict) else getattr(row, "elts", [])
    return bool(cells) and all(isinstance(one, ast.Constant) for one in cells)


def _calls(code: Code) -> Iterator[ast.Call]:
    return (node for node in code.nodes if isinstance(node, ast.Call))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
