"""Python statements told from prose, by what they say and not only by whether they parse.

``Note: done``, ``x = 5``, ``import data`` and ``max(0, x)`` all parse. So a stretch of statements
counts as code only where one of them gives evidence: strong evidence is an import of a library or a
definition; weak evidence is a call of something that is known to be there, in a stretch that stands
apart from other text.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
import warnings
from collections.abc import Iterator, Sequence

from harness.notebooks import magics, syntax

LIBRARIES = sys.stdlib_module_names | {
    *("pandas", "numpy", "matplotlib", "seaborn", "sklearn", "scipy", "statsmodels", "xgboost"),
    *("lightgbm", "catboost", "optuna", "joblib", "fastapi", "uvicorn", "pydantic", "requests"),
    *("httpx", "flask", "streamlit", "plotly", "bokeh", "altair", "torch", "tensorflow", "keras"),
    *("shap", "imblearn", "IPython", "ipywidgets", "tqdm", "polars", "duckdb", "pyarrow", "mlflow"),
    *("missingno", "yellowbrick", "category_encoders", "transformers", "datasets", "nltk", "spacy"),
    *("PIL", "cv2", "bs4", "yaml", "pytest", "gradio", "dask", "pyspark", "sqlalchemy"),
}
# What earlier cells of a data-science notebook will have bound.
CUSTOMARY = {"df", "pd", "np", "plt", "sns", "X_train", "X_test", "y_train", "y_test"}
SHOWS = {"print", "display"}
BLOCKS = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
MAY_STAND = (ast.Import, ast.ImportFrom, ast.Assign, ast.AugAssign, *DEFINITIONS, *BLOCKS)
BUILTINS = set(dir(builtins))
BEGINS = re.compile(
    r"(?:import|from|def|class|async|for|while|if|with|try)\b|@\w|[!%][\w{]"
    r"|[A-Za-z_]\w*(?:\.\w+|\[[^\]\n]{1,80}\])*[ \t]{0,9}"
    r"(?:=(?!=)|\(|[-+*/|&]=|:[ \t]{0,9}\w+[ \t]{0,9}=)"
    r"|[A-Za-z_]\w*(?:[ \t]{0,9},[ \t]{0,9}\w+)+[ \t]{0,9}=(?!=)"
)
HEADS = re.compile(r"#|[0-9]{1,3}[.)] |\*\*")  # a heading or an item
SENTENCE = re.compile(r"[.:!?]\W{0,3}\Z")
MOST_CUTS = 8  # ends of one stretch that are tried
LONGEST = 2_000  # lines of one stretch
MOST_PARSED = 300_000  # characters


def are_code(source: str) -> bool:
    """Whether all of a text is Python, and more than words or data that happen to parse."""
    module = syntax.tree(source)
    if module is None:
        return False
    known = _Names(module)
    return any(_strength(one, known) for one in module.body)


def among_prose(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First and last line of each stretch of statements that is code, in order."""
    at = parsed = free = 0
    while at < len(lines) and parsed < MOST_PARSED:
        if not _may_begin(lines, at):
            at += 1
            continue
        module, length, cost = _longest(lines, at)
        parsed += cost
        if module is None:
            at += 1
            continue
        for first, last in _stretches(module, lines, at):
            yield _with_comments(lines, first, free), last
            free = last + 1
        at += length


def _with_comments(lines: Sequence[str], first: int, free: int) -> int:
    while first > free and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return first


def _may_begin(lines: Sequence[str], at: int) -> bool:
    text = lines[at].lstrip(" \t")
    if not BEGINS.match(text):
        return False
    # Indented text is code of its own only as a paragraph: not below a line of a traceback.
    return text == lines[at] or at == 0 or not lines[at - 1].strip()


def _longest(lines: Sequence[str], at: int) -> tuple[ast.Module | None, int, int]:
    """The longest Python from a line on, how many lines it takes, and what it cost to find."""
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip(" \t"))]
    window = []
    for line in lines[at : at + LONGEST]:
        if line.strip() and not line.startswith(indent):
            break
        window.append(line[len(indent) :])
    cost = 0
    for _ in range(MOST_CUTS):
        while window and not window[-1].strip():
            window.pop()
        if not window:
            break
        source = "\n".join(window)
        cost += len(source)
        found = _parsed(source)
        if isinstance(found, ast.Module):
            return found, len(window), cost
        window = window[: min(found - 1, len(window) - 1)]
    return None, 0, max(cost, 1)


def _parsed(source: str) -> ast.Module | int:
    """The syntax tree, or the line that is at fault."""
    if any(magics.is_escaped(line.lstrip()) for line in source.split("\n")):
        source = magics.inert(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except SyntaxError as error:
            return max(error.lineno or 1, 1)
        except (ValueError, RecursionError, MemoryError):
            return 1


def _stretches(module: ast.Module, lines: Sequence[str], at: int) -> Iterator[tuple[int, int]]:
    """Runs of statements that may stand in code, where they give evidence that they do."""
    known = _Names(module)
    run: list[ast.stmt] = []
    for statement in [*module.body, None]:
        if statement is not None and _may_stand(statement, known, lines, at):
            run.append(statement)
            continue
        if run:
            first, last = at + _first_line(run[0]) - 1, at + (run[-1].end_lineno or 1) - 1
            strength = max(_strength(one, known) for one in run)
            if strength > 1 or (strength and _stands_apart(lines, first, last)):
                yield first, last
        run = []


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min((statement.lineno, *(one.lineno for one in decorators)))


def _stands_apart(lines: Sequence[str], first: int, last: int) -> bool:
    before = lines[first - 1].strip() if first else ""
    behind = lines[last + 1].strip() if last + 1 < len(lines) else ""
    is_sentence = len(behind.split()) > 3 and SENTENCE.search(behind)
    return (not before or bool(HEADS.match(before)) or before.endswith(":")) and (
        not behind or bool(is_sentence or HEADS.match(behind))
    )


class _Names:
    """Names that a stretch of statements may use."""

    def __init__(self, module: ast.Module) -> None:
        self.bound = set(CUSTOMARY)
        self.there = set(CUSTOMARY)  # by imports, definitions and calls of such names
        for statement in module.body:
            names = syntax.bound(statement)
            self.bound |= names
            if not isinstance(statement, ast.Assign | ast.AugAssign) or _calls(statement, self):
                self.there |= names

    def hold(self, node: ast.AST) -> bool:
        """Whether all names in a node are bound, and one of them is more than a builtin."""
        names = _names(node)
        return names <= self.bound | BUILTINS and bool(names & self.bound)


def _may_stand(statement: ast.stmt, known: _Names, lines: Sequence[str], at: int) -> bool:
    """Whether a statement may be part of code; words that happen to parse may not."""
    if isinstance(statement, ast.Pass):  # what a magic or a shell line was made to
        return magics.is_escaped(lines[at + statement.lineno - 1].lstrip())
    if isinstance(statement, ast.AnnAssign):
        return statement.value is not None
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call | ast.Await) or known.hold(statement.value)
    if isinstance(statement, ast.Assert | ast.Delete | ast.Raise):
        return known.hold(statement)
    return isinstance(statement, MAY_STAND)


def _strength(statement: ast.stmt, known: _Names) -> int:
    """How much a statement says that it is code: 2 strong, 1 weak, 0 nothing."""
    if isinstance(statement, (*DEFINITIONS, ast.ImportFrom)):
        return 2
    if isinstance(statement, ast.Import):
        names = statement.names
        return 2 * any(one.asname or one.name.split(".")[0] in LIBRARIES for one in names)
    return int(_calls(statement, known))


def _calls(statement: ast.stmt, known: _Names) -> bool:
    """Whether a statement calls into what is known to be there."""
    if isinstance(statement, BLOCKS):
        return any(
            _calls(one, known)
            for one in ast.walk(statement)
            if isinstance(one, ast.Expr | ast.Assign | ast.AugAssign)
        )
    value = getattr(statement, "value", None)
    value = value.value if isinstance(value, ast.Await) else value
    if not isinstance(value, ast.Call):
        return False
    if isinstance(value.func, ast.Name) and value.func.id in SHOWS:
        shown = all(_names(one) <= known.bound | BUILTINS for one in value.args)
        return shown and bool(value.args) and isinstance(statement, ast.Expr)
    return _root(value) in known.there


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _names(node: ast.AST) -> set[str]:
    """Names that a node uses and does not bind itself."""
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    own = {one.id for one in names if isinstance(one.ctx, ast.Store)}
    own |= {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    return {one.id for one in names} - own
