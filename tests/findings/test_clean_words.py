"""Notebooks of each task, by hand, in which words and code agree: nothing is found in them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from marked import found, notebook, table

from harness.findings import commentary, explicitness

BINARY = {
    "load": (
        'Load "telco.csv" with pandas into a DataFrame named `df`.\n'
        "Show its shape and its first five rows.",
        """I load the table with pandas and look at it.

```python
import pandas as pd

# Read the customers from telco.csv
df = pd.read_csv("telco.csv")
print("Shape:", df.shape)
df.head()
```

The table has 7,043 rows and 6 columns; `Churn` is the target. You could also use `df.info()`, or
polars, if you want to see the types. Let me know if you have any questions!
""",
    ),
    "quality": (
        "Clean `df`:\n1. Count missing values and duplicated rows, but drop no rows.\n"
        '2. Turn "TotalCharges" into numbers, and fill what was blank.\n'
        "3. Drop identifier columns.",
        """```python
# Count missing values and duplicated rows; drop no rows
print(df.isna().sum(), "\\nDuplicated rows:", df.duplicated().sum())

# Blank charges are those of new customers: fill them with 0
df["TotalCharges"] = pd.to_numeric(df["TotalCharges"], errors="coerce").fillna(0)

# df = df.dropna()
df = df.drop(columns=["customerID"])  # an identifier carries no signal
```

### What was done?

- The `TotalCharges` column holds numbers (`float64`), with 0 where it was blank.
- The column `customerID` is gone. No rows were dropped, and `df` keeps all others.
""",
    ),
    "tune": (
        "Tune with Optuna:\n1. Write `objective(trial)`, with a 3-fold cross-validation.\n"
        '2. Run 20 trials.\n3. Save the trials as "trials.csv" without the index.',
        """```python
import optuna
from sklearn.model_selection import cross_val_score
from xgboost import XGBClassifier

X, y = df.drop(columns="Churn").select_dtypes("number"), (df["Churn"] == "Yes").astype(int)


def objective(trial):
    \"\"\"The mean ROC AUC of a 3-fold cross-validation.\"\"\"
    model = XGBClassifier(max_depth=trial.suggest_int("max_depth", 2, 8), random_state=42)
    return cross_val_score(model, X, y, cv=3, scoring="roc_auc").mean()


study = optuna.create_study(direction="maximize")
study.optimize(objective, n_trials=20)
print("Best value:", study.best_value)

# Save all trials, without the index
study.trials_dataframe().to_csv("trials.csv", index=False)
```

`objective` returns the mean ROC AUC over 3-fold cross-validation, and Optuna maximises it in 20
trials with `random_state=42`. The best value is 0.8412, which is stored in `study.best_value`; the
trials are saved as `trials.csv`. Next, one could train a model with LightGBM.
""",
    ),
}

MULTICLASS = {
    "model": (
        'Load "penguins.csv" and predict "species":\n1. Split the rows, one fifth for testing.\n'
        "2. Train a classifier, and print its accuracy and confusion matrix.\n"
        '3. Plot the confusion matrix, and save it as "matrix.png".',
        """First the split, then the model.

```python
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, confusion_matrix
from sklearn.model_selection import train_test_split

df = pd.read_csv("penguins.csv").dropna()  # two penguins were not measured: drop them
X = df[["bill_length_mm", "body_mass_g"]]
# 80/20 split, stratified by species
X_train, X_test, y_train, y_test = train_test_split(
    X, df["species"], test_size=0.2, stratify=df["species"], random_state=42
)
```

The `LogisticRegression` model is trained on `X_train`:

```python
model = LogisticRegression(max_iter=1000).fit(X_train, y_train)
predicted = model.predict(X_test)
print(f"Accuracy: {accuracy_score(y_test, predicted):.3f}")
print(confusion_matrix(y_test, predicted))
ConfusionMatrixDisplay.from_predictions(y_test, predicted)
plt.savefig("matrix.png")
```

This prints the accuracy and the confusion matrix, and saves the plot as "matrix.png". It does not
use `StandardScaler`, and no F1 score is computed. A heatmap in seaborn would look alike.
""",
    ),
}

REGRESSION = {
    "app": (
        'Write a FastAPI app into "app.py":\n1. It loads "model.json" at start.\n'
        '2. POST /predict answers {"prediction": [..]}.\n'
        "3. A record with a missing field is answered with status 422.",
        """```python
%%writefile app.py
import pandas as pd
from fastapi import FastAPI, HTTPException
from xgboost import XGBRegressor

app = FastAPI()
model = XGBRegressor()
model.load_model("model.json")
FEATURES = ["carat", "depth"]


@app.post("/predict")
def predict(records: list[dict]):
    \"\"\"One price per record.\"\"\"
    rows = pd.DataFrame(records)
    if not set(FEATURES) <= set(rows):
        raise HTTPException(status_code=422, detail="a field is missing")
    return {"prediction": [float(one) for one in model.predict(rows[FEATURES])]}
```

The app loads `model.json` once, with XGBoost's own reader. A record that lacks one of the columns
`carat` and `depth` is answered with status 422 by `HTTPException`; all others with 200.
""",
    ),
    "try": (
        'Import `app` from "app.py", and send it the first two rows of "diamonds.csv".',
        """```python
import pandas as pd
from app import app
from fastapi.testclient import TestClient

# Send the first two rows of diamonds.csv without their price
rows = pd.read_csv("diamonds.csv").head(2).drop(columns="price")
answer = TestClient(app).post("/predict", json=rows.to_dict("records"))
print(answer.status_code, answer.json())

# A record without a field is refused
print(TestClient(app).post("/predict", json=[{"carat": 1.0}]).status_code)
```

It imports `app` from app.py and prints the status and the answer. Run it elsewhere with:

```bash
uvicorn app:app --port 8000
```
""",
    ),
}

EXPLORE = {
    "numeric": (
        'Load "trips.csv" and explore it:\n1. Print the summary statistics and the skewness.\n'
        "2. Plot a histogram of each numeric column.\n3. Plot the correlation matrix as a heatmap.",
        """```python
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

trips = pd.read_csv("trips.csv")
numbers = trips.select_dtypes("number")

# Summary statistics and skewness
print(numbers.describe())
print(numbers.skew())

# Histogram of each numeric column
numbers.hist(bins=30)
plt.show()

# Correlation matrix, as a heatmap, strongest first
matrix = numbers.corr().sort_values("fare", ascending=False)
sns.heatmap(matrix, cmap="coolwarm")
plt.show()
```

**Why a heatmap?** Because `numbers.corr()` has too many cells to read. The `fare` column goes with
`distance`; its correlation is the strongest. Such plots can be saved with `plt.savefig()`.
""",
    ),
}

TABLES = {
    "binary": (BINARY, "telco.csv", ()),
    "multiclass": (MULTICLASS, "penguins.csv", ("bill_length_mm", "body_mass_g", "species")),
    "regression": (REGRESSION, "diamonds.csv", ("carat", "depth", "price")),
    "explore": (EXPLORE, "trips.csv", ("fare", "distance")),
}
PRINTED = "Shape: (7043, 6)\nAccuracy: 0.971\nBest value: 0.84117\n"


@pytest.mark.parametrize("task", TABLES)
def test_nothing_is_found_in_a_clean_notebook(task: str) -> None:
    steps, file, columns = TABLES[task]
    subject, marks = notebook(steps)
    assert not marks
    if columns:
        subject = replace(subject, profile=table(file, columns))
    files = frozenset({file, "model.json", "columns.json"})
    shown = {cell.id: PRINTED for cell in subject.notebook.code}
    subject = replace(subject, files=files, printed=shown)
    assert found(explicitness.find, subject) == []
    assert found(commentary.find, subject) == []
