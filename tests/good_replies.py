"""What a model that makes no mistake would write for any plain table, and the same with one fault.

Numbers, texts of few values and missing values are all that these tables may hold; the prompts ask
for no more of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from harness.project.datasets import Dataset
from harness.records import Task

Replies = dict[str, list[str]]
"""A reply for each step, by stage; so a script holds them."""

ESTIMATOR = {
    Task.BINARY: "XGBClassifier",
    Task.MULTICLASS: "XGBClassifier",
    Task.REGRESSION: "XGBRegressor",
}
SCORING = {Task.BINARY: "roc_auc", Task.MULTICLASS: "roc_auc_ovr", Task.REGRESSION: "r2"}


def replies(data: Dataset) -> Replies:
    """All three stages for a dataset; of one without a target, the exploration alone."""
    if data.spec.task is Task.EXPLORE:
        return {"eda": _eda(data)}
    return {"eda": _eda(data), "modeling": _modeling(data), "deployment": _deployment(data)}


def with_fault(good: Replies, stage: str, old: str, new: str) -> Replies:
    """``good`` with ``old`` replaced in the replies of a stage; it has to stand there."""
    changed = [reply.replace(old, new) for reply in good[stage]]
    assert changed != good[stage], f"nothing in {stage} reads: {old}"
    return {**good, stage: changed}


def _python(code: str) -> str:
    return f"Here is the code.\n\n```python\n{dedent(code).strip()}\n```\n"


def _encoded(data: Dataset) -> str:
    """An expression for the target as numbers."""
    column = f"df[{data.spec.target!r}]"
    if data.spec.task is Task.BINARY:
        return f"({column}.astype(str) == {data.spec.positive!r}).astype(int)"
    if data.spec.task is Task.MULTICLASS:
        numbers = {name: number for number, name in enumerate(data.profile.classes)}
        return f"{column}.astype(str).map({numbers!r})"
    return column


def _eda(data: Dataset) -> list[str]:
    target = data.spec.target
    load = f"""
        import pandas as pd
        df = pd.read_csv({data.spec.file!r})
        print(df.shape)
        print(df.head())
        print(df.dtypes)
        """
    keep = f"df = df[df[{target!r}].notna()].copy()" if target else ""
    quality = f"""
        print(df.isna().sum())
        print(df.duplicated().sum())
        {keep}
        for name in df.columns:
            if pd.api.types.is_numeric_dtype(df[name]):
                df[name] = df[name].fillna(df[name].median())
            else:
                df[name] = df[name].fillna("missing")
        print(df.dtypes)
        print(df.isna().sum())
        """
    look = f"print(df[{target!r}].describe())" if target else "print(df.describe())"
    numeric = """
        import matplotlib.pyplot as plt
        print(df.describe())
        print(df.corr(numeric_only=True))
        df.hist()
        plt.show()
        """
    features = f"df.drop(columns={target!r})" if target else "df"
    put = f"prepared[{target!r}] = {_encoded(data)}" if target else ""
    prepare = f"""
        prepared = pd.get_dummies({features}, dtype=int)
        {put}
        print(prepared.shape, prepared.isna().sum().sum())
        prepared.to_csv("prepared.csv", index=False)
        """
    return [_python(code) for code in (load, quality, look, numeric, prepare)]


def _modeling(data: Dataset) -> list[str]:
    target, estimator = data.spec.target, ESTIMATOR[data.spec.task]
    stratify = ", stratify=y" if data.spec.task.has_classes else ""
    split = f"""
        import pandas as pd
        from sklearn.model_selection import train_test_split
        df = pd.read_csv("prepared.csv")
        X, y = df.drop(columns={target!r}), df[{target!r}]
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.2, random_state=42{stratify})
        print(X_train.shape, X_test.shape)
        """
    baseline = f"""
        from sklearn.metrics import get_scorer
        from xgboost import {estimator}
        baseline = {estimator}(n_jobs=2).fit(X_train, y_train)
        print(get_scorer({SCORING[data.spec.task]!r})(baseline, X_test, y_test))
        """
    tune = f"""
        import optuna
        from sklearn.model_selection import cross_val_score
        small = X_train.sample(min(len(X_train), 2000), random_state=1)

        def objective(trial):
            params = {{
                "max_depth": trial.suggest_int("max_depth", 2, 6),
                "learning_rate": trial.suggest_float("learning_rate", 0.05, 0.3),
                "n_estimators": trial.suggest_int("n_estimators", 50, 80),
            }}
            made = {estimator}(**params, n_jobs=2)
            scores = cross_val_score(
                made, small, y_train[small.index], cv=3, scoring={SCORING[data.spec.task]!r})
            return scores.mean()

        study = optuna.create_study(
            direction="maximize", sampler=optuna.samplers.TPESampler(seed=42))
        study.optimize(objective, n_trials=20)
        print(study.best_value, study.best_params)
        study.trials_dataframe().to_csv("trials.csv", index=False)
        """
    final = f"""
        model = {estimator}(**study.best_params, n_jobs=2)
        model.fit(X_train, y_train)
        print(get_scorer({SCORING[data.spec.task]!r})(model, X_test, y_test))
        """
    save = """
        import json
        model.save_model("model.json")
        names = list(X_train.columns)
        json.dump(names, open("columns.json", "w"))
        """
    return [_python(code) for code in (split, baseline, tune, final, save)]


APP = """
%%writefile app.py
import json

import pandas as pd
from fastapi import FastAPI, HTTPException
from xgboost import {estimator}

model = {estimator}()
model.load_model("model.json")
columns = json.load(open("columns.json"))
NUMBERS = {numbers!r}
LEVELS = {levels!r}
INDICATORS = {{f"{{name}}_{{level}}": (name, level) for name in LEVELS for level in LEVELS[name]}}
CLASSES = {classes!r}
app = FastAPI()


@app.post("/predict")
def predict(records: list[dict]):
    for record in records:
        for name in [*NUMBERS, *LEVELS]:
            if name not in record:
                raise HTTPException(422, f"the field {{name}} is missing")
        for name, known in LEVELS.items():
            if (record[name] or "missing") not in known:
                raise HTTPException(422, f"{{record[name]}} is no value of {{name}}")
    frame = pd.DataFrame(records)
    made = {{}}
    for column in columns:
        if column in NUMBERS:
            made[column] = pd.to_numeric(frame[column]).fillna(NUMBERS[column]).astype(float)
        else:
            name, level = INDICATORS[column]
            made[column] = (frame[name].fillna("missing") == level).astype(int)
    X = pd.DataFrame(made)[columns]
    {answer}
"""
ANSWERS = {
    Task.BINARY: """p = model.predict_proba(X)[:, 1]
    made = [CLASSES[1] if one >= 0.5 else CLASSES[0] for one in p]
    return {"prediction": made, "probability": [float(one) for one in p]}""",
    Task.MULTICLASS: """p = model.predict_proba(X)
    made = [CLASSES[row.argmax()] for row in p]
    every = [dict(zip(CLASSES, map(float, row))) for row in p]
    return {"prediction": made, "probabilities": every}""",
    Task.REGRESSION: """made = model.predict(X)
    return {"prediction": [float(one) for one in made]}""",
}


def _deployment(data: Dataset) -> list[str]:
    import pandas as pd

    frame = pd.read_csv(data.table.visible).drop(columns=data.spec.target)
    numbers: Mapping[str, float] = {
        str(name): float(frame[name].median()) for name in frame.select_dtypes("number")
    }
    levels = {
        str(name): sorted({*frame[name].fillna("missing"), "missing"})
        for name in frame.columns
        if name not in numbers
    }
    app = APP.format(
        estimator=ESTIMATOR[data.spec.task],
        numbers=numbers,
        levels=levels,
        classes=list(data.profile.classes),
        answer=ANSWERS.get(data.spec.task, ""),
    )
    record = f"""
        import json
        import pandas as pd
        from pydantic import create_model
        table = pd.read_csv({data.spec.file!r}).drop(columns={data.spec.target!r})
        records = json.loads(table.to_json(orient="records"))
        Record = create_model("Record", **{{name: (object, ...) for name in table}})
        print([Record(**record) for record in records][:3])
        """
    features = """
        columns = json.load(open("columns.json"))
        def make_features(records):
            table = pd.get_dummies(pd.DataFrame(records), dtype=int)
            return table.reindex(columns=columns, fill_value=0)
        features = make_features(records)
        print(features.shape, features.head(1))
        """
    few = """
        from app import app
        from fastapi.testclient import TestClient
        answer = TestClient(app).post("/predict", json=records[:3])
        print(answer.status_code, answer.json())
        """
    needs = "%%writefile requirements.txt\nfastapi\npandas\nuvicorn\nxgboost"
    image = (
        "%%writefile Dockerfile\nFROM python:3.11\nCOPY . /app\nWORKDIR /app\n"
        "RUN pip install -r requirements.txt\n"
        'CMD ["uvicorn", "app:app", "--port", "8000"]'
    )
    return [_python(code) for code in (record, features, app, few, needs, image)]
