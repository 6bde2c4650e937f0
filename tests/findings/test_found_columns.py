"""Columns that are named and are not there, and what a model is fitted on."""

from __future__ import annotations

import time

import pytest
from planted import PROFILE, failed, places, planted, ran, subject

from harness.findings.columns import find
from harness.records import CellStatus, ColumnSeen, Observation, Severity, Variable

READ = """
    import pandas as pd
    import seaborn as sns
    df = pd.read_csv("data/churn.csv")
"""
SPLIT = """
    from sklearn.model_selection import train_test_split
    from xgboost import XGBClassifier
    X = df.drop(columns=["id", "Churn"])
    y = df["Churn"].map({"Yes": 1, "No": 0})
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)
"""
MISSING = [
    "df[«'churn'»]",
    "df[['tenure', «'contract'»]]",
    "df.loc[df['tenure'] > 3, «'Charges'»]",
    "df.groupby(«'contract'»)['tenure'].mean()",
    "df.groupby('Contract')[«'Tenure'»].mean()",
    "df.groupby('Contract').agg(longest=(«'Tenure'», 'max'))",
    "df.sort_values(by=['tenure', «'Tenure'»])",
    "df.query('«tenur» > 3 and Churn == \"Yes\"')",
    "df.query('`«Monthly Charge»` > @least')",
    "df.drop(columns=[«'customer_id'»])",
    "df.drop(«'customer_id'», axis=1)",
    "df.drop_duplicates(subset=[«'ID'»])",
    "df.set_index(«'ID'»)",
    "df.plot(x='tenure', y=«'charges'»)",
    "df.plot.scatter('tenure', «'charges'»)",
    "sns.boxplot(data=df, x='Contract', y=«'charges'»)",
    "sns.histplot(df, x='tenure', hue=«'churn'»)",
    "pd.get_dummies(df, columns=[«'contract'»])",
    "pd.read_csv('churn.csv', usecols=['tenure', «'churn'»])",
    "df.pivot_table(index='Contract', values=«'Tenure'»)",
    "df['later'] = df[«'before'»] * 2\ndf['later']",
    "df.drop(columns='Churn', inplace=True)\ndf[«'Churn'»]",
    "df = df.rename(columns={'tenure': 'months'})\ndf['months']\ndf[«'tenure'»]",
    "del df['tenure']\ndf[«'tenure'»]",
    "y = df.pop('Churn')\ndf[«'Churn'»]",
    "names = ['tenure', «'partner'»]\ndf[names]",
    "for name in ['tenure', «'partner'»]:\n    print(df[name].mean())",
    "df.apply(lambda row: row[«'churn'»] == 'Yes', axis=1)",
    "for _, row in df.iterrows():\n    print(row[«'churn'»])",
    "df[«'churn'»] += 1",
    "d = pd.get_dummies(df, columns=['Contract'])\nd['Contract_Two year']\nd[«'Contract'»]",
    "d = pd.get_dummies(df)\nd['Contract_Two year']\nd[«'Contract'»]",
    "d = pd.get_dummies(df.copy()).drop(«'Churn'», axis=1)",
    "made = pd.DataFrame({'a': [1], 'b': [2]})\nmade[«'c'»]",
    "df.«churn».value_counts()",
    "print('é', df[«'churn'»])",
    "%time df[«'churn'»]",
    "df.select_dtypes('number').columns.drop(«'churn'»)",
]


@pytest.mark.parametrize("code", MISSING)
def test_a_column_that_is_not_there_is_found_at_its_place(code: str) -> None:
    cells = [READ, code]
    assert places(subject(cells), find) == planted(cells)
    assert planted(cells)


@pytest.mark.parametrize(
    "code",
    [
        "df['new'] = 1\ndf['new']",
        "df[['a', 'b']] = 0\ndf['b']",
        "df.loc[:, 'new'] = 1\ndf['new']",
        "df.insert(0, 'new', 1)\ndf['new']",
        "df = df.assign(new=1)\ndf['new']",
        "df.eval('new = tenure * 2', inplace=True)\ndf['new']",
        "df = df.rename(columns=str.lower)\ndf['churn']",
        "df.columns = [c.lower() for c in df.columns]\ndf['churn']",
        "df = df.merge(other, on='id')\ndf['anything']",
        "df = pd.get_dummies(df)\ndf['Contract_Two year']",
        # What no longer holds text stays as it is.
        "df['Churn'] = df['Churn'].map({'Yes': 1, 'No': 0})\nd = pd.get_dummies(df)\nd['Churn']",
        "df = df.replace({'Yes': 1, 'No': 0})\nd = pd.get_dummies(df)\nd['Churn']",
        "df.Churn = df.Churn == 'Yes'\nd = pd.get_dummies(df)\nd['Churn']",
        "d = pd.get_dummies(pd.read_csv('data/churn.csv', dtype=kinds))\nd['Churn']",
        "def add(frame):\n    frame['new'] = 1\nadd(df)\ndf['new']",
        "for name in df.columns:\n    df[name + '_log'] = 0\ndf['tenure_log']",
        "if 'churn' in df.columns:\n    print(df['churn'])",
        "if flag:\n    df = df.drop(columns='Churn')\ndf['Churn']",
        "try:\n    df['churn']\nexcept KeyError:\n    pass",
        "[df[c] for c in ['churn', 'Churn'] if c in df]",
        "df['churn'] if 'churn' in df else None",
        "df.drop(columns=['churn'], errors='ignore')",
        "g = df.groupby('Contract').agg({'tenure': 'mean'}).reset_index()\ng['Contract']",
        "other = pd.read_csv('elsewhere.csv')\nother['anything']",
        "pd.read_csv('churn.csv', names=['a', 'b'])['a']",
        "counts = {'a': 1}\ncounts['b']",
        "df['tenure'].value_counts()['Yes']",
        "df.corr(numeric_only=True)['tenure']['Churn']",
        "also = df\nalso['new'] = 1\ndf['new']",
        "names = ['tenure']\nnames.append('x')\nnames.remove('x')\ndf[names]",
        "df.set_index('id').sort_values('id')",
    ],
)
def test_what_is_made_guarded_or_not_known_is_none(code: str) -> None:
    assert places(subject([READ, code]), find) == []


def test_the_nearest_column_could_stand_there() -> None:
    cells = [READ, 'df["churn"]\ndf[\'monthly_charges\']\ndf["zzz"]']
    assert [one.replacement for one in find(subject(cells))] == [
        '"Churn"',
        "'Monthly Charges'",
        None,
    ]


def test_what_a_kernel_held_counts_for_more_than_the_profile() -> None:
    seen = Variable(
        name="df",
        type="pandas.DataFrame",
        shape=(3, 1),
        columns=(ColumnSeen(name="renamed", dtype="int64"),),
    )
    cells = [READ, "df['renamed']\ndf[«'tenure'»]"]
    given = subject(cells, observations={"s1": Observation(variables=(seen,))})
    assert places(given, find) == planted(cells)
    assert "what the kernel held" in next(iter(find(given))).evidence


def test_what_ran_was_there() -> None:
    cells = [READ, "df['churn']\ndf[«'Tenure'»]\ndf[«'partner'»]"]
    result = failed("c1", "KeyError", "'Tenure'", 2, "df['Tenure']")
    assert places(subject(cells, results=ran("c0") | ran("c1")), find) == []
    # The first line ran, so the frame is another than was thought; the kernel missed one column.
    assert places(subject(cells, results=ran("c0") | result), find) == planted(cells)[:1]
    later = [READ, "len(df)\ndf[«'Tenure'»]\ndf[«'partner'»]", "df[«'churn'»]"]
    assert places(subject(later, results=ran("c0") | result), find) == planted(later)


NOT_THERE = [
    ("x = df.drop(columns=[«'date'»])", "\"['date'] not found in axis\""),
    ("x = df[«'date'»]", "'date'"),
    ("x = df[[«'date'», 'tenure']]", "\"['date'] not in index\""),
    ("x = df[«'date'»].map({1: 'a'})", "'date'"),
]


@pytest.mark.parametrize(("line", "message"), NOT_THERE)
def test_what_a_kernel_did_not_find_in_a_table_of_any_columns_is_not_in_it(
    line: str, message: str
) -> None:
    cells = ["import pandas as pd\ndf = pd.read_csv('other.csv')", f"{line}\ndf[«'date'»]"]
    text = line.replace("«", "").replace("»", "")
    result = failed("c1", "KeyError", message, 1, text)
    assert places(subject(cells, results=ran("c0") | result), find) == planted(cells)


def test_what_the_kernel_did_not_find_is_missing_whatever_is_made_elsewhere() -> None:
    cells = [READ, "1 / 0\ndf['Churn'] = 1", "d = pd.get_dummies(df)\nd.drop(«'Churn'», axis=1)"]
    results = (
        ran("c0")
        | failed("c1", "ZeroDivisionError", "division by zero", 1, "1 / 0")
        | failed("c2", "KeyError", "\"['Churn'] not found in axis\"", 2, "d.drop('Churn', axis=1)")
    )
    assert places(subject(cells, results=results), find) == planted(cells)


PANDAS = "File /lib/pandas/core/{}.py:12, in {}(self, key)\n-> 12     raise KeyError(key)"
OF_COLUMNS = PANDAS.format("frame", "DataFrame.__getitem__")
OF_LABELS = PANDAS.format("series", "Series.__getitem__")
OF_OTHERS = "File /lib/other/frame.py:12, in DataFrame.__getitem__(self, key)\n-> 12     raise"
REFUSED = [
    ("x = made(df)[«'date'»]", "'date'", OF_COLUMNS),
    ("x = made(df)[[«'date'», 'tenure']]", "\"['date'] not in index\"", OF_COLUMNS),
    ("x = df[some].groupby(«'Churn'»)", "'Churn'", PANDAS.format("grouper", "get_grouper")),
    ("x = df.groupby('Churn')[«name»]", "'Column not found: 0'", OF_COLUMNS),
    ("x = labels[key], made(df)[name]", "'date'", OF_COLUMNS),  # either may have been it
    ("x = made(df)[«'Churn'»]", "'Churn'", OF_LABELS),  # a row's label, but for its name
    ("x = made(df)['date']", "'date'", OF_LABELS),
    ("x = made(df)['date']", "'date'", OF_OTHERS),
    ("x = made(df)['date']", "'date'", ""),
    ("x = made(df)['date']", "'date'", f"{OF_COLUMNS}\n\n{OF_OTHERS}"),  # from which it was called
]


@pytest.mark.parametrize(("line", "message", "frames"), REFUSED)
def test_what_pandas_refused_is_missing_whoever_made_the_frame(
    line: str, message: str, frames: str
) -> None:
    cells = [READ, f"from mine import made\n{line}"]
    text = line.replace("«", "").replace("»", "")
    result = failed("c1", "KeyError", message, 2, text)
    result["c1"] = result["c1"].model_copy(
        update={"traceback": f"{result['c1'].traceback}\n\n{frames}\n\nKeyError: {message}"}
    )
    assert places(subject(cells, results=ran("c0") | result), find) == planted(cells)


def test_a_key_that_may_be_a_dicts_is_no_column() -> None:
    cells = ["import pandas as pd\ndf = pd.read_csv('other.csv')", "x = df['a'], d['a']\ndf['a']"]
    result = failed("c1", "KeyError", "'a'", 1, "x = df['a'], d['a']")
    assert places(subject(cells, results=ran("c0") | result), find) == []


def test_what_a_failed_cell_was_to_drop_may_still_be_there() -> None:
    cells = [READ, "1 / 0\ndf = df.drop(columns='Churn')", "df['Churn']"]
    result = failed("c1", "ZeroDivisionError", "division by zero", 1, "1 / 0")
    assert places(subject(cells, results=ran("c0") | result), find) == []
    assert places(subject(cells, results=ran("c1", CellStatus.NOT_RUN)), find) != []


def test_a_name_that_rename_passes_over_is_a_warning() -> None:
    cells = [READ, "df = df.rename(columns={«'churn'»: 'left'})"]
    given = subject(cells, results=ran("c0") | ran("c1"))
    assert places(given, find) == planted(cells)
    assert [one.severity for one in find(given)] == [Severity.WARNING]


FITTED = [
    ("identifier-feature", "X = df.drop(columns='Churn')\nXGBClassifier().fit(«X», df['Churn'])"),
    ("identifier-feature", "f = ['id', 'tenure']\nXGBClassifier().fit(«df[f]», df['Churn'])"),
    ("target-in-features", "X = df.drop(columns='id')\nXGBClassifier().fit(«X», df['Churn'])"),
    ("target-in-features", "cross_val_score(XGBClassifier(), «df.drop('id', axis=1)», y)"),
    ("test-rows-in-fit", "XGBClassifier().fit(«X_test», y_test)"),
    ("test-rows-in-fit", "import xgboost\nxgboost.XGBClassifier.fit(X_train, «X_test»)"),
    ("test-rows-in-fit", "from sklearn.decomposition import PCA\nPCA().fit_transform(«X_test»)"),
    (
        "test-rows-in-fit",
        "m = XGBClassifier(early_stopping_rounds=9)\n"
        "m.fit(X_train, y_train, eval_set=[(«X_test», y_test)])",
    ),
    (
        "test-rows-in-fit",
        "def objective(trial):\n"
        "    m = XGBClassifier(max_depth=trial.suggest_int('d', 2, 6)).fit(X_train, y_train)\n"
        "    return m.score(«X_test», y_test)\n"
        "study.optimize(objective, n_trials=20)",
    ),
    (
        "identifier-feature",
        "import xgboost\nX = pd.get_dummies(df.drop(columns='Churn'))\n"
        "rows = xgboost.DMatrix(«X», label=df['Churn'])",
    ),
    (
        "target-in-features",
        "import lightgbm\nX = df.drop(columns='id')\nlightgbm.Dataset(«X», label=df['Churn'])",
    ),
    (
        "test-rows-in-fit",
        "a, b, c, d = train_test_split(X, y, test_size=0.2, random_state=1)\n"
        "def objective(trial):\n"
        "    a, X_test, c, y_test = train_test_split(X, y, test_size=0.2, random_state=1)\n"
        "    return XGBClassifier().fit(a, c).score(«X_test», y_test)\n"
        "study.optimize(objective)",
    ),
    ("test-rows-in-fit", "def fitted(model):\n    return model.fit(«X_test», y_test)"),
    ("test-rows-in-fit", "cross_val_score(XGBClassifier(), «X_test», y_test)"),
    (
        "missing-column",
        "from sklearn.compose import ColumnTransformer\n"
        "from sklearn.preprocessing import OneHotEncoder\n"
        "t = ColumnTransformer([('c', OneHotEncoder(), ['Contract', «'Churn'»])])\n"
        "t.fit(X_train, y_train)",
    ),
    (
        "target-in-features",
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "p = make_pipeline(StandardScaler(), LogisticRegression())\n"
        "p.fit(«df[['tenure', 'Churn']]», y)",
    ),
]


@pytest.mark.parametrize(("rule", "code"), FITTED)
def test_what_a_model_must_not_be_fitted_on_is_found(rule: str, code: str) -> None:
    header = "from sklearn.model_selection import cross_val_score\n"
    cells = [READ, SPLIT, header + code]
    given = subject(cells)
    assert places(given, find) == planted(cells)
    assert {one.rule for one in find(given)} == {rule}


@pytest.mark.parametrize(
    "code",
    [
        "XGBClassifier().fit(X_train, y_train).score(X_test, y_test)",
        "XGBClassifier().fit(X_train, y_train, eval_set=[(X_test, y_test)])",
        "XGBClassifier().fit(df[features], df['Churn'])",
        "XGBClassifier().fit(df.loc[:, df.columns != 'Churn'], df['Churn'])",
        "XGBClassifier().fit(df.iloc[:, 1:-1], df['Churn'])",
        "XGBClassifier().fit(df.select_dtypes('number'), df['Churn'])",
        "XGBClassifier().fit(pd.get_dummies(df.drop(columns='id')), df['Churn'])",
        "import xgboost\nX = pd.get_dummies(df.drop(columns=['id', 'Churn']))\n"
        "rows = xgboost.DMatrix(X, label=df['Churn'])",
        "import xgboost\nxgboost.DMatrix(X_test, label=y_test)",  # to predict
        "a, b, c, d = train_test_split(X, y, test_size=0.2)\n"  # other rows each time
        "def objective(trial):\n"
        "    a, X_test, c, y_test = train_test_split(X, y, test_size=0.2)\n"
        "    return XGBClassifier().fit(a, c).score(X_test, y_test)\n"
        "study.optimize(objective)",
        "from sklearn.compose import make_column_transformer as t\n"
        "from sklearn.pipeline import make_pipeline\n"
        "make_pipeline(t(('drop', ['id', 'Churn'])), XGBClassifier()).fit(df, df['Churn'])",
        "from sklearn.manifold import TSNE\nTSNE().fit_transform(X_test)",
        "import fit\nfit(X_train, X_test)",
        "from scipy.stats import fit\nfit(X_train, X_test)",
        "X_train, X_valid, y_train, y_valid = train_test_split(X_train, y_train)\n"
        "m = XGBClassifier(early_stopping_rounds=9)\n"
        "m.fit(X_train, y_train, eval_set=[(X_valid, y_valid)])",
        "def objective(trial):\n"
        "    a, X_test, b, y_test = train_test_split(X_train, y_train)\n"
        "    return XGBClassifier().fit(a, b).score(X_test, y_test)\n"
        "study.optimize(objective)",
    ],
)
def test_what_may_be_right_is_none(code: str) -> None:
    assert places(subject([READ, SPLIT, code]), find) == []


@pytest.mark.parametrize(
    "code",
    [
        "df" + "[0]" * 20_000,
        "(" * 150 + "df['churn']" + ")" * 150,
        "x = [" + "df['tenure'], " * 8_000 + "]",
        "df.query('" + "(" * 4_000 + "')",
        "\n".join(f"{'    ' * i}if df['churn']:" for i in range(90)),
        "df['\x1b[31mchurn']",
        "df[",
        "names = ['" + "a" * 50_000 + "']\ndf[names]",
    ],
    ids=["long", "brackets", "many", "query", "deep", "control", "broken", "name"],
)
def test_hostile_code_takes_no_time_and_gives_no_controls(code: str) -> None:
    began = time.process_time()
    found = list(find(subject([READ, code])))
    assert time.process_time() - began < 2
    assert all(one.message.isprintable() for one in found)


EDA = [
    READ,
    """
    print(df.isna().sum())
    df = df.drop_duplicates().drop(columns=["id"])
    df["tenure"] = pd.to_numeric(df["tenure"], errors="coerce").fillna(0)
    """,
    """
    for name in df.select_dtypes("object").columns:
        if name != "Churn":
            print(df.groupby(name)["Churn"].value_counts(normalize=True))
    sns.countplot(data=df, x="Contract", hue="Churn")
    """,
    """
    prepared = pd.get_dummies(df.drop(columns="Churn"), columns=["Contract"], dtype=int)
    prepared["Churn"] = (df["Churn"] == "Yes").astype(int)
    prepared.to_csv("prepared.csv", index=False)
    """,
]
MODELING = [
    """
    import pandas as pd
    import optuna
    from sklearn.model_selection import cross_val_score, train_test_split
    from xgboost import XGBClassifier
    df = pd.read_csv("prepared.csv")
    X, y = df.drop(columns="Churn"), df["Churn"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=42)
    """,
    """
    def objective(trial):
        model = XGBClassifier(max_depth=trial.suggest_int("max_depth", 2, 6))
        return cross_val_score(model, X_train, y_train, cv=3, scoring="roc_auc").mean()

    study = optuna.create_study(direction="maximize")
    study.optimize(objective, n_trials=20)
    study.trials_dataframe()[["number", "value"]].to_csv("trials.csv", index=False)
    """,
    """
    model = XGBClassifier(**study.best_params).fit(X_train, y_train)
    print(model.score(X_test, y_test))
    importances = pd.DataFrame({"name": X_train.columns, "gain": model.feature_importances_})
    print(importances.sort_values("gain", ascending=False).head(10))
    """,
]
REGRESSION = [
    """
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    df = pd.read_csv("churn.csv").dropna(subset=["Monthly Charges"])
    features = ["tenure", "Contract"]
    train, test = train_test_split(df, random_state=0)
    prepare = ColumnTransformer(
        [("n", StandardScaler(), ["tenure"]), ("c", OneHotEncoder(), ["Contract"])]
    )
    model = Pipeline([("prepare", prepare), ("model", Ridge())])
    model.fit(train[features], train["Monthly Charges"])
    print(model.score(test[features], test["Monthly Charges"]))
    """,
]
CLEAN = {"eda": EDA, "modeling": MODELING, "both": [*EDA, *MODELING], "regression": REGRESSION}


@pytest.mark.parametrize("cells", CLEAN.values(), ids=CLEAN)
def test_a_clean_notebook_has_none(cells: list[str]) -> None:
    assert PROFILE.target == "Churn"
    assert list(find(subject(cells))) == []
