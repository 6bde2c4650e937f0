"""What functions of libraries make: frames that are read or written out, halves of a split, models.

The behaviour is that of pandas 3 and scikit-learn 1.7; what is not told here gives something of
which nothing is known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from harness.findings.columns.calls import Call, keys_of, many_of
from harness.findings.columns.values import (
    NONE,
    Column,
    Estimator,
    Frame,
    Several,
    Text,
    Texts,
    Value,
    element,
)
from harness.records import TableProfile

READERS = {"read_csv", "read_excel", "read_parquet", "read_table", "read_json", "read_feather"}
RENAMES = ("names", "header", "skiprows", "nrows", "sheet_name", "orient", "lines", "dtype_backend")
MODELS = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "imblearn.")
WRAPS = {
    *("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV"),
    *("CalibratedClassifierCV", "OneVsRestClassifier", "OneVsOneClassifier", "BaggingClassifier"),
    *("BaggingRegressor", "TransformedTargetRegressor", "MultiOutputClassifier"),
}
STEPS = {"Pipeline", "make_pipeline", "VotingClassifier", "VotingRegressor", "StackingClassifier"}
SELECTING = {
    *("ColumnTransformer", "make_column_transformer", "SelectKBest", "SelectPercentile", "RFE"),
    *("RFECV", "SelectFromModel", "VarianceThreshold", "FunctionTransformer", "FeatureUnion"),
    *("SequentialFeatureSelector", "GenericUnivariateSelect", "make_union"),
}


@dataclass
class Tables:
    """Tables that files hold: the visible one, and those that the code wrote."""

    profile: TableProfile | None
    written: dict[str, Frame] = field(default_factory=dict)

    def of(self, path: str, call: Call) -> Frame:
        """The frame that is read from a file, before anything of it is chosen."""
        name = PurePosixPath(path.replace("\\", "/")).name
        if call.said(*RENAMES):
            return Frame()
        if name in self.written:
            return replace(self.written[name])
        if self.profile is None or name != self.profile.file:
            return Frame()
        if self.profile.reading and not call.said("sep", "delimiter", "encoding", "engine"):
            return Frame()
        columns = frozenset(one.name for one in self.profile.columns)
        texts = frozenset(one.name for one in self.profile.columns if one.type == "text")
        if call.said("dtype", "converters", "parse_dates", "na_values"):
            texts = NONE
        return Frame(columns, columns, levels=NONE, source="the table's profile", texts=texts)


def read(call: Call, tables: Tables) -> Value:
    """A frame that is read; of a file that is not known, one that may have any columns."""
    path = call.value(0, "filepath_or_buffer", "io", "path")
    if not isinstance(path, Text) or call.open:
        return Frame()
    found = tables.of(path.value, call)
    if call.said("usecols"):
        chosen = call.names("usecols")
        found = found.part() if chosen is None else found.only(chosen)
    if call.said("index_col"):
        key = call.names("index_col")
        found = replace(found.part() if key is None else found.without(key), levels=key)
    return found


def write(owner: Frame, call: Call, tables: Tables) -> None:
    """Remember what was written into a file of CSV."""
    path = call.value(0, "path_or_buf")
    if isinstance(path, Text):
        bare = call.constant("index") is False
        kept = owner if bare or owner.upper is None else owner.unknown()
        tables.written[PurePosixPath(path.value).name] = replace(kept, levels=NONE, rows="")


def frame(call: Call, tables: Tables) -> Value:
    """A frame that is made of a dictionary that is written out, or of named columns."""
    columns = call.value("columns", 2)
    names = many_of(columns)
    if call.expr("columns", 2) is not None:
        if names is None:
            return Frame()
        sure = isinstance(columns, Texts)
        return Frame(names, names if sure else NONE, levels=None)
    data = call.expr("data", 0)
    if data is None and not call.open:
        return Frame(NONE, levels=NONE)
    made = keys_of(data, "")
    if made is not None:
        held = frozenset(one.value for one in made)
        return Frame(held, held, levels=None)
    value = call.value("data", 0)
    return replace(value) if isinstance(value, Frame) and value.kind == "frame" else Frame()


def dummies(call: Call, tables: Tables) -> Value:
    """Columns that are made of the values of others; nobody knows their ends.

    Without ``columns`` those that hold text are no more.
    """
    owner = call.value(0, "data")
    if not isinstance(owner, Frame) or owner.kind != "frame" or call.said("prefix", "prefix_sep"):
        return Frame()
    if owner.upper is None:
        return owner.unknown()
    if not call.said("columns"):
        made = owner.part().without(owner.texts & owner.lower)
        prefixes = frozenset(f"{one}_" for one in owner.upper)
        return replace(made, prefixes=prefixes, encoded=owner.lower | owner.encoded)
    names = call.names("columns")
    if names is None:
        return replace(owner.part(), prefixes=frozenset(f"{one}_" for one in owner.upper))
    prefixes = owner.prefixes | frozenset(f"{one}_" for one in names)
    encoded = owner.encoded | (names & owner.lower)
    return replace(owner.without(names), prefixes=prefixes, encoded=encoded)


def concat(call: Call, tables: Tables) -> Value:
    """Frames beside or below each other."""
    given = call.expr(0, "objs")
    parts = [call.known.get(one) for one in given.elts] if isinstance(given, ast.List) else []
    frames = [one for one in parts if isinstance(one, Frame) and one.kind == "frame"]
    if not parts or len(frames) != len(parts) or call.said("keys", "join", "names"):
        return Frame()
    uppers = [one.upper for one in frames if one.upper is not None]
    return Frame(
        frozenset().union(*uppers) if len(uppers) == len(frames) else None,
        frozenset().union(*(one.lower for one in frames)),
        prefixes=frozenset().union(*(one.prefixes for one in frames)),
    )


def split(call: Call, tables: Tables) -> Value:
    """Of each thing that is split, the part to train on and the part to test on."""
    if call.open:
        return None
    parts: list[Value] = []
    for one in call.node.args:
        value = call.known.get(one)
        for rows in ("train", "test"):
            if isinstance(value, Frame | Column):
                parts.append(replace(value, rows=rows))
            else:
                parts.append(Frame(rows=rows))
    return Several(tuple(parts), split=True)


def row_by_row(call: Call, tables: Tables) -> Value:
    """A function that gives a value for each of a column."""
    value = call.value(0, "arg", "condition")
    return value if isinstance(value, Column) else None


def merge(call: Call, tables: Tables) -> Value:
    """A frame of which nothing is known."""
    return Frame()


def listed(call: Call, tables: Tables) -> Value:
    """The names or texts of what is made a list of."""
    value = call.value(0)
    if isinstance(value, Frame) and value.kind == "frame":
        return replace(value, kind="names")
    return value if isinstance(value, Frame | Texts) else None


def pairs(call: Call, tables: Tables) -> Value:
    """What ``enumerate`` gives, one after another."""
    return Several((Several((None, element(call.value(0)))),))


def zipped(call: Call, tables: Tables) -> Value:
    """What ``zip`` gives, one after another."""
    values = tuple(element(call.known.get(one)) for one in call.node.args)
    return None if call.open else Several((Several(values),))


def estimator(dotted: str, call: Call) -> Estimator | None:
    """A model or a transformer of a well-known library; None where it is no such."""
    name = dotted.rpartition(".")[2]
    if not dotted.startswith(MODELS) or not (name[:1].isupper() or name.startswith("make_")):
        return None
    options = frozenset(call.named)
    named = tuple(text for one in _parts(call) for text in one.named)
    if name in WRAPS or name in STEPS:
        parts = _parts(call)
        known = bool(parts) and not any(one.selecting for one in parts)
        whole = name in WRAPS or len(parts) == _steps(call)
        return Estimator(name, not (known and whole), options, named)
    if name in SELECTING:
        return Estimator(name, True, options, (*named, *_chosen(call)))
    return Estimator(name, False, options)


def _given(call: Call) -> list[ast.expr]:
    """The arguments, and what stands in lists and tuples of them, two deep."""
    found = [*call.node.args, *(one.value for one in call.node.keywords)]
    for _ in range(2):
        found += [e for one in found if isinstance(one, ast.List | ast.Tuple) for e in one.elts]
    return list(dict.fromkeys(found))


def _parts(call: Call) -> list[Estimator]:
    values = (call.known.get(one) for one in _given(call))
    return [one for one in values if isinstance(one, Estimator)]


def _steps(call: Call) -> int:
    """How many steps are written."""
    steps = call.expr("steps", "estimators", 0)
    return len(steps.elts) if isinstance(steps, ast.List) else len(call.node.args)


def _chosen(call: Call) -> tuple[Text, ...]:
    """Columns that a ColumnTransformer is told: the last of each of its steps."""
    found: list[Text] = []
    for one in _given(call):
        if isinstance(one, ast.Tuple) and len(one.elts) in (2, 3):
            value = call.known.get(one.elts[-1])
            found += value.items if isinstance(value, Texts) and not value.each else ()
    return tuple(found)


Maker = Callable[[Call, Tables], Value]
MAKERS: dict[str, Maker] = {
    **{f"pandas.{one}": read for one in READERS},
    "pandas.DataFrame": frame,
    "pandas.get_dummies": dummies,
    "pandas.concat": concat,
    "pandas.merge": merge,
    "pandas.pivot_table": merge,
    "pandas.crosstab": merge,
    "pandas.melt": merge,
    "pandas.to_numeric": row_by_row,
    "pandas.to_datetime": row_by_row,
    "sklearn.model_selection.train_test_split": split,
    "list": listed,
    "sorted": listed,
    "set": listed,
    "enumerate": pairs,
    "zip": zipped,
}
