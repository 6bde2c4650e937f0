"""What a model is fitted on: identifiers, the target itself, or rows that were to test it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.findings import places
from harness.findings.columns.calls import Call
from harness.findings.columns.holding import TEST
from harness.findings.columns.named import FITS
from harness.findings.columns.values import Column, Estimator, Frame, Value
from harness.findings.columns.walking import FUNCTIONS, Seen, Walk
from harness.records import Finding, FindingKind, Severity, TableProfile

SCORES = {"cross_val_score", "cross_validate", "cross_val_predict", "learning_curve"}
# They cannot be fitted on one part and used on another.
WITHOUT_MORE = {"TSNE", "MDS", "SpectralEmbedding", "DBSCAN", "AgglomerativeClustering"}
# Tables that a library's own training takes.
TABLES = ("xgboost.DMatrix", "xgboost.QuantileDMatrix", "lightgbm.Dataset", "catboost.Pool")
EARLY = "early_stopping_rounds"


def identifiers(profile: TableProfile | None) -> frozenset[str]:
    """The columns that the profile calls identifiers."""
    columns = profile.columns if profile is not None else ()
    return frozenset(
        one.name for one in columns if any(q.startswith("identifier") for q in one.quirks)
    )


def of(seen: Seen, walk: Walk, keys: frozenset[str]) -> Iterator[Finding]:
    """What is wrong with the rows and columns that a statement fits on."""
    source = seen.cell.source
    for call in seen.reader.calls:
        model, features, labels = _fitted(call, seen)
        if features is not None:
            value, answer = call.known.get(features), call.known.get(_or(labels))
            if _is_test(features, value) and not _is_alone(model):
                yield _test_rows(seen.cell.id, source, features)
            elif labels is not None and isinstance(model, Estimator) and not model.selecting:
                yield from _columns(seen, features, value, answer, keys)
        if seen.reader.dotted(call.node.func) in TABLES and not call.open:
            features, labels = call.expr("data", 0), call.expr("label", 1)
            if features is not None and labels is not None:
                value, answer = call.known.get(features), call.known.get(labels)
                yield from _columns(seen, features, value, answer, keys)
        yield from _watched(call, seen)
        yield from _tuned(call, seen, walk)


def inside(walk: Walk) -> Iterator[Finding]:
    """Test rows that functions of the notebook fit on."""
    for function, cell in walk.held.functions.values():
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                first = node.args[0]
                if node.func.attr in FITS and _is_test(first, None):
                    yield _test_rows(cell.id, cell.source, first)


def _fitted(call: Call, seen: Seen) -> tuple[Value, ast.expr | None, ast.expr | None]:
    """The model, the features and the labels of a call that fits."""
    func = call.node.func
    dotted = seen.reader.dotted(func)
    if dotted.startswith("sklearn.model_selection.") and dotted.rpartition(".")[2] in SCORES:
        return call.value("estimator", 0), call.expr("X", 1), call.expr("y", 2)
    owner, _, name = dotted.rpartition(".")
    if name in FITS and owner.rpartition(".")[2][:1].isupper():
        return None, call.expr("X", 1), call.expr("y", 2)  # of the class, with the model before
    if isinstance(func, ast.Attribute) and func.attr in FITS and not dotted:
        model = call.known.get(func.value)
        if model is None or isinstance(model, Estimator):
            return model, call.expr("X", 0), call.expr("y", 1)
    return None, None, None


def _columns(
    seen: Seen, node: ast.expr, features: Value, labels: Value, keys: frozenset[str]
) -> Iterator[Finding]:
    if not isinstance(features, Frame) or features.kind != "frame":
        return
    told = ast.unparse(node)[:60]
    target = labels.name if isinstance(labels, Column) else None
    if isinstance(labels, Frame) and labels.upper is not None and len(labels.upper) == 1:
        target = next(iter(labels.upper))
    if target is not None and target in features.lower:
        yield _finding(
            seen.cell.id,
            seen.cell.source,
            node,
            "target-in-features",
            Severity.ERROR,
            f"The target {target!r} is among the features {told}.",
            "The labels were taken from that column, and nothing took it out of the features.",
        )
    for key in sorted(keys & (features.lower | features.encoded)):
        if key != target:
            yield _finding(
                seen.cell.id,
                seen.cell.source,
                node,
                "identifier-feature",
                Severity.WARNING,
                f"The identifier {key!r} is among the features {told}.",
                f"Every value of {key!r} differs, by the table's profile.",
            )


def _watched(call: Call, seen: Seen) -> Iterator[Finding]:
    """Test rows by which fitting is stopped early."""
    func = call.node.func
    if not isinstance(func, ast.Attribute) or func.attr != "fit":
        return
    model = call.known.get(func.value)
    options = model.options if isinstance(model, Estimator) else frozenset()
    watched = call.expr("eval_set")
    if watched is None or not (call.said(EARLY) or EARLY in options):
        return
    for node in ast.walk(watched):
        if isinstance(node, ast.Name) and _is_test(node, call.known.get(node)):
            yield _test_rows(seen.cell.id, seen.cell.source, node, "They end the fitting early.")
            return


def _tuned(call: Call, seen: Seen, walk: Walk) -> Iterator[Finding]:
    """Test rows by which an objective judges."""
    func = call.node.func
    objective = call.expr("func", 0)
    if not isinstance(func, ast.Attribute) or func.attr != "optimize":
        return
    body: ast.AST | None = objective if isinstance(objective, ast.Lambda) else None
    cell = seen.cell
    if isinstance(objective, ast.Name) and objective.id in walk.held.functions:
        body, cell = walk.held.functions[objective.id]
    if body is None:
        return
    names = [one for one in ast.walk(body) if isinstance(one, ast.Name)]
    own = {one.id for one in names if isinstance(one.ctx, ast.Store)}
    own |= {one.arg for one in ast.walk(body) if isinstance(one, ast.arg)}
    own -= _split_again(body, walk)
    loads = [one for one in names if isinstance(one.ctx, ast.Load)]
    read = [one for one in loads if one.id not in own and TEST.search(one.id)]
    # Where fitting on them is told already, that they judge is no other fault.
    fitted = [one for one in ast.walk(body) if isinstance(one, FUNCTIONS)]
    if read and len(fitted) <= 1:
        first = min(read, key=lambda one: (one.lineno, one.col_offset))
        yield _test_rows(cell.id, cell.source, first, "The objective of a search reads them.")


def _split_again(body: ast.AST, walk: Walk) -> set[str]:
    """The names of test rows that an objective splits off as the notebook does elsewhere."""
    inner = {id(one) for one in ast.walk(body)}
    splits = [one for one in walk.splits if id(one) not in inner]
    fixed = {ast.dump(one.value) for one in splits if "random_state" in ast.dump(one.value)}
    return {
        name.id
        for one in ast.walk(body)
        if isinstance(one, ast.Assign) and ast.dump(one.value) in fixed
        for name in ast.walk(one.targets[0])
        if isinstance(name, ast.Name)
    }


def _is_test(node: ast.expr, value: Value) -> bool:
    if isinstance(value, Frame | Column):
        return value.rows == "test" or (
            value.rows == "" and isinstance(node, ast.Name) and bool(TEST.search(node.id))
        )
    return value is None and isinstance(node, ast.Name) and bool(TEST.search(node.id))


def _is_alone(model: Value) -> bool:
    return isinstance(model, Estimator) and model.name in WITHOUT_MORE


def _or(node: ast.expr | None) -> ast.AST:
    return node if node is not None else ast.Pass()


def _test_rows(cell: str, source: str, node: ast.expr, evidence: str = "") -> Finding:
    told = ast.unparse(node)[:60]
    return _finding(
        cell,
        source,
        node,
        "test-rows-in-fit",
        Severity.ERROR,
        f"{told} holds rows to test on, and is used in fitting.",
        evidence or "Its name, or the split that made it, says what the rows are for.",
    )


def _finding(
    cell: str,
    source: str,
    node: ast.expr,
    rule: str,
    severity: Severity,
    message: str,
    evidence: str,
) -> Finding:
    return Finding(
        kind=FindingKind.COLUMNS,
        rule=rule,
        cell=cell,
        **places.of_node(source, node)._asdict(),
        severity=severity,
        message=message,
        evidence=evidence,
    )
