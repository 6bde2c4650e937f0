"""How held-out raw rows become features: of one column each, or by the preparation on more rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_artifacts import HELD, TARGETS, prepared, raw

from harness.checks.model import program_features as features
from harness.records import Task

KEPT = "prepared = df[['income', 'rent']].copy()\n"
# What a notebook makes, and the same of held-out rows by what it learned of the visible ones.
EXACT = {
    "several columns": "prepared['ratio'] = df['rent'] / df['income']\n",
    "month": "prepared['month'] = pd.to_datetime(df['joined']).dt.month\n",
    "days": "at = pd.to_datetime(df['joined'])\nprepared['days'] = (at - at.min()).dt.days\n",
    "one-hot": "prepared = prepared.join(pd.get_dummies(df['city'], prefix='city', dtype=int))\n",
    "codes": "prepared['city'] = df['city'].astype('category').cat.codes\n",
    "frequency": "prepared['city'] = df['city'].map(df['city'].value_counts(normalize=True))\n",
    "mean of a group": "prepared['m'] = df.groupby('city')['income'].transform('mean')\n",
    "mean of the target": (
        "prepared['m'] = (df['y'] == 'yes').astype(float).groupby(df['city']).transform('mean')\n"
    ),
    "scaled": (
        "for name in ('income', 'rent'):\n"
        "    prepared[name] = (df[name] - df[name].mean()) / df[name].std(ddof=0)\n"
    ),
    "to one": (
        "low, high = df['rent'].min(), df['rent'].max()\n"
        "prepared['rent'] = (df['rent'] - low) / (high - low)\n"
    ),
}
NEARLY = {
    "difference to a group": (
        "prepared['d'] = df['rent'] - df.groupby('city')['rent'].transform('mean')\n"
    ),
    "quarters": "prepared['q'] = df['rent'].rank(pct=True)\n",
    "components": (
        "from sklearn.decomposition import PCA\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "scaled = StandardScaler().fit_transform(prepared)\n"
        "prepared[['p1', 'p2']] = PCA(2).fit_transform(scaled)\n"
    ),
    "gaps filled by the median": (
        "gaps = df['rent'].where(df['rent'] > 600)\nprepared['rent'] = gaps.fillna(gaps.median())\n"
    ),
}


def placed(code: str, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame | None, str | None]:
    """The prepared visible rows; and the held-out rows' features, or why there are none."""
    code = KEPT + code + TARGETS[Task.BINARY]
    behind = table.copy()
    behind.loc[behind.index[-HELD:], "y"] = "no"
    before, made = prepared(code, table[:-HELD]), prepared(code, behind)
    columns = [name for name in before if name != "y"]
    held = table[-HELD:].drop(columns="y").astype(str)
    return before, *features.of_rows_behind(made, before, "y", columns, held)


@pytest.mark.parametrize("name", EXACT)
def test_features_come_out_as_if_made_by_what_the_visible_rows_taught(name: str) -> None:
    """Each value that is a function of the raw row and of statistics of the visible rows."""
    table = raw(Task.BINARY)
    before, found, problem = placed(EXACT[name], table)
    assert problem is None
    assert found is not None
    for column in found:
        # Held-out rows that are like a visible row in what the feature looks at have its value.
        keys = {"income": "income", "rent": "rent", "month": "joined", "days": "joined"}
        by = table[keys.get(column, "city")]
        if column == "ratio":
            ratio = table["rent"] / table["income"]
            assert np.allclose(found[column], ratio[-HELD:])
        elif column in ("income", "rent"):
            slope, base = np.polyfit(by[:-HELD], before[column], 1)
            assert np.allclose(found[column], slope * by[-HELD:] + base, atol=1e-6)
        else:
            known = dict(zip(by[:-HELD], before[column], strict=True))
            there = by[-HELD:].isin(known).to_numpy()
            assert there.mean() > 0.1
            assert np.allclose(found[column][there], by[-HELD:][there].map(known))


@pytest.mark.parametrize("name", NEARLY)
def test_features_that_more_rows_move_a_little_come_out_nearly(name: str) -> None:
    before, found, problem = placed(NEARLY[name], raw(Task.BINARY))
    assert problem is None
    assert found is not None
    assert set(found) == set(before) - {"y"}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("df = df.sample(frac=1, random_state=1)\nprepared = df[['income', 'rent']]\n", "order"),
        ("df = df.sort_values('rent')\nprepared = df[['income', 'rent']].copy()\n", "order"),
        ("df = df[df['rent'] < 1100]\nprepared = df[['income', 'rent']].copy()\n", "rows came out"),
        ("df = df.tail(300)\nprepared = df[['income', 'rent']].copy()\n", "rows came out"),
        ("prepared['n'] = np.random.default_rng(len(df)).normal(size=len(df))\n", "'n' of visible"),
    ],
)
def test_what_does_not_come_out_as_it_was_is_not_relied_on(code: str, told: str) -> None:
    _, found, problem = placed(code, raw(Task.BINARY))
    assert found is None
    assert told in str(problem)


def test_of_rows_that_are_the_same_one_may_stay() -> None:
    table = raw(Task.BINARY)
    table.iloc[-1] = table.iloc[-5]
    table.iloc[7] = table.iloc[3]
    code = "df = df.drop_duplicates()\nprepared = df[['income', 'rent']].copy()\n"
    _, found, problem = placed(code, table)
    assert problem is None
    assert found is not None
    assert found["rent"].tolist() == table["rent"][-HELD:].tolist()


def test_a_feature_that_does_not_come_out_is_named() -> None:
    code = "if len(df) == 600:\n    prepared['only then'] = 1.0 * (df['rent'] > 900)\n"
    _, found, problem = placed(code, raw(Task.BINARY))
    assert (found, problem) == (None, "feature 'only then' does not come out")


def test_an_order_is_told_by_a_feature_alone() -> None:
    """Where no target is there to compare, and each value occurs once."""
    now = np.arange(500.0)
    assert features.brought_back(now, now[::-1] % 250 * 2) is None
    assert features.brought_back(now, np.random.default_rng(1).permutation(now)) is None
    assert features.brought_back(now, 3 * now + 1) is not None


def quick(column: list[str], wanted: list[float], held: list[str]) -> list[float] | None:
    """The feature that is learned of one raw column; None where it is none of it."""
    table, other = pd.DataFrame({"c": column}), pd.DataFrame({"c": held})
    made = pd.DataFrame({"f": wanted})
    found, _ = features.of_one_column(table, made, other, ["f"])
    return None if found is None else found["f"].tolist()


def test_a_missing_value_is_a_value_like_any_other() -> None:
    assert quick(["a", "", "b", "a"] * 9, [0, 7, 1, 0] * 9, ["", "b"]) == [7, 1]


def test_a_value_that_no_visible_row_has_is_0_of_one_hot_columns_and_else_the_middle() -> None:
    assert quick(["a", "b"] * 9, [0, 1] * 9, ["c"]) == [0]
    assert quick(["a", "b"] * 9, [0.4, 0.6] * 9, ["c"]) == [0.5]


def test_a_column_whose_values_all_differ_explains_nothing() -> None:
    ids = [f"id-{number}" for number in range(400)]
    assert quick(ids, [float(number % 2) for number in range(400)], ids) is None


def test_a_feature_that_the_target_alone_gives_is_named() -> None:
    table = raw(Task.BINARY)
    made = prepared(KEPT + TARGETS[Task.BINARY] + "prepared['copy'] = 3 - prepared['y']\n", table)
    texts = table.drop(columns="y").astype(str)
    columns = ["income", "rent"]
    of_target = features.only_of_target
    assert of_target(texts, made, "y", [*columns, "copy"], has_classes=True) == "copy"
    assert of_target(texts, made, "y", columns, has_classes=True) is None
    assert of_target(texts, made, "y", [*columns, "y"], has_classes=True) == "y"


@pytest.mark.parametrize("code", ["np.log(prepared['y'] + 500)", "-prepared['y'].rank(pct=True)"])
def test_a_feature_that_grows_with_a_number_to_predict_is_named(code: str) -> None:
    table = raw(Task.REGRESSION)
    made = prepared(f"{KEPT}{TARGETS[Task.REGRESSION]}prepared['copy'] = {code}\n", table)
    texts = table.drop(columns="y").astype(str)
    columns = ["income", "rent", "copy"]
    assert features.only_of_target(texts, made, "y", columns, has_classes=False) == "copy"
    assert features.only_of_target(texts, made, "y", columns[:2], has_classes=False) is None


def test_a_raw_column_that_tells_the_target_is_no_fault_of_the_features() -> None:
    table = raw(Task.BINARY)
    made = prepared(KEPT + TARGETS[Task.BINARY] + "prepared['left'] = prepared['y']\n", table)
    texts = table.drop(columns="y").astype(str).assign(left=table["y"])
    columns = ["income", "rent", "left"]
    assert features.only_of_target(texts, made, "y", columns, has_classes=True) is None


@pytest.mark.parametrize("code", ["np.log(df['y'] + 500)", "(df['y'] - 100) / 7", "df['y']"])
def test_predictions_are_told_as_the_raw_table_writes_its_numbers(code: str) -> None:
    table = raw(Task.REGRESSION)
    made = prepared(f"prepared = pd.DataFrame({{'y': {code}}})\n", table)
    scores = made["y"].to_numpy()[:9].reshape(-1, 1)
    found = features.as_before(scores, made["y"].to_numpy(), table["y"].to_numpy())
    assert np.allclose(found[:, 0], table["y"][:9])


def test_predictions_of_a_table_in_another_order_stay_as_they_are() -> None:
    scores, made = np.array([[5.0]]), np.array([2.0, 1.0, 3.0])
    assert features.as_before(scores, made, np.array([1.0, 2.0, 3.0])) is scores
