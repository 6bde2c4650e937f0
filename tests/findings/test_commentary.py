"""What prose and comments say and the code does not do, found where it stands."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from marked import found, notebook

from harness.findings import commentary
from harness.records import CellResult, CellStatus, ColumnSeen, Observation, Variable

BEFORE = (
    "Load the table.",
    "Loads it with pandas.\n```python\nimport pandas as pd\ndf = pd.read_csv('telco.csv')\n```",
)
# In each, the code comes first, and what is said of it behind.
FAULTS = {
    "a column": "```python\ndf.sum()\n```\nIt sums the `⟦claims-column:monthly⟧` column.",
    "a listed column": (
        "```python\ndf.sum()\n```\n"
        "It uses the columns `tenure`, `⟦claims-column:Region⟧` and `Churn`."
    ),
    "a column in a comment": '```python\n# Sum the column "⟦claims-column:Region⟧"\ndf.sum()\n```',
    "a variable": "```python\na = 1\n```\nThe rows are kept in `⟦claims-variable:clean_df⟧`.",
    "a variable by its shape": "```python\nprint(1)\n```\nIt prints `⟦claims-variable:y_pred⟧`.",
    "a frame": "```python\na = 1\n```\nThe DataFrame `⟦claims-variable:prepared⟧` holds it.",
    "a function with brackets": (
        "```python\na = 1\n```\nIt calls `⟦claims-function:df.describe⟧()`."
    ),
    "a function in a comment": "```python\n# Uses ⟦claims-function:clean⟧() here\na = 1\n```",
    "a function by its word": (
        "```python\na = 1\n```\nThe `⟦claims-function:preprocess⟧` function makes the features."
    ),
    "a well-known function": (
        "```python\na = 1\n```\nIt uses `⟦claims-function:get_dummies⟧` for it."
    ),
    "a class": "```python\na = 1\n```\nA `⟦claims-function:StandardScaler⟧` makes them alike.",
    "a library": "```python\ndf.plot()\n```\nIt is plotted with ⟦claims-library:seaborn⟧.",
    "a library in a comment": "```python\n# Tune it with ⟦claims-library:Optuna⟧\na = 1\n```",
    "a pydantic model": "```python\na = 1\n```\nRow is a ⟦claims-library:pydantic⟧ model.",
    "a library's own": "```python\na = 1\n```\n⟦claims-library:SciPy⟧'s test compares the groups.",
    "a metric": "```python\nprint(a)\n```\nIt prints the ⟦claims-metric:ROC AUC⟧ of it.",
    "a metric in a comment": (
        "```python\n# Print the ⟦claims-metric:confusion matrix⟧\nprint(a)\n```"
    ),
    "another metric": (
        "```python\nprint(balanced_accuracy_score(a, b))\n```\n"
        "It prints the balanced accuracy and the ⟦claims-metric:mean absolute error⟧."
    ),
    "a file that is written": (
        "```python\nprint(df)\n```\nIt saves the table as `⟦claims-file:out.csv⟧`."
    ),
    "a file by another name": (
        "```python\n# Save it as ⟦claims-file:prepared.csv⟧\n"
        "df.to_csv('prepare.csv', index=False)\n```"
    ),
    "a file that is read": (
        '```python\n# Load the first rows of "⟦claims-file:telco.csv⟧" without "Churn"\n'
        "rows = [{'tenure': 1}]\n```"
    ),
    "a fit": "```python\nprint(1)\nm.⟦unmentioned-call:fit⟧(X, y)\n```\nIt prints one.",
    "a save": "```python\nplt.⟦unmentioned-call:savefig⟧('a.png')\n```\nIt draws the table.",
    "rows that are lost": "```python\n# Look\ndf = df.⟦unmentioned-call:dropna⟧()\n```",
    "tuning in silence": "```python\ns.⟦unmentioned-call:optimize⟧(f)\n```",
    "trials": (
        "```python\nstudy.optimize(f, n_trials=20)\n```\n"
        "It runs ⟦contradicted-number:50⟧ trials of the search."
    ),
    "folds": (
        "```python\n# ⟦contradicted-number:5⟧-fold cross-validation\n"
        "cross_val_score(m, X, y, cv=3)\n```"
    ),
    "a split": (
        "```python\n# 80/⟦contradicted-number:20⟧ split\ntrain_test_split(X, y, test_size=0.3)\n```"
    ),
    "an argument": "```python\n# `max_depth` of ⟦contradicted-number:5⟧\nX(max_depth=6)\n```",
    "a status": (
        "```python\nx = 1\n```\nA missing field, which is not known, "
        "results in a ⟦claims-number:422⟧ status."
    ),
    "nothing filled": (
        "```python\n# Count, and ⟦claims-work:fill⟧ what is blank\nprint(df.isna().sum())\n```"
    ),
    "nothing sorted": (
        "```python\ns = s.sort_values()\n# Print the share, ⟦claims-work:highest first⟧\n"
        "print(a)\n```"
    ),
    "nothing cleaned": "```python\n# ⟦claims-work:Clean the data⟧\nprint(df.shape)\n```",
    "no types": (
        "```python\n# ⟦claims-work:Print the types⟧ and missing\nprint(df.isna().sum())\n```"
    ),
    "types that nobody showed": (
        "```python\nprint(df.isna().sum())\n```\nThe ⟦claims-work:types and the counts are shown⟧."
    ),
    "no shape": "```python\nprint(a.reshape(1))\n```\nThe ⟦claims-work:shape of it is checked⟧.",
    "a file that is only written": (
        "```python\n# ⟦claims-work:Load the model⟧ again\nout = open('m.txt', 'w')\n```"
    ),
    "no histogram": "```python\nsns.lineplot(df)\n```\nA ⟦claims-work:histogram⟧ shows it.",
    "sorted elsewhere only": (
        "```python\n# Print the rate, ⟦claims-work:highest first⟧\nprint(rate)\n\n"
        "# Plot the best\nrate.nlargest(4).plot()\n```"
    ),
    "one colour": (
        "```python\n# Plot each, ⟦claims-work:coloured by⟧ Churn\nplt.hist(x, color='blue')\n```"
    ),
    "a count for a share": (
        "```python\n# Print the ⟦claims-work:share of⟧ each value\nprint(s.value_counts())\n```"
    ),
    "a column left in": (
        "```python\nrows = df.head(3).to_dict('records')\n```\n"
        'It takes three rows without the "⟦claims-work:Churn⟧" column.'
    ),
    "rows dropped all the same": ("```python\n# ⟦denied-call:Drop no rows⟧\ndf = df.dropna()\n```"),
    "an index written all the same": (
        "```python\n# Save as a.csv ⟦denied-call:without the index⟧\ndf.to_csv('a.csv')\n```"
    ),
}


@pytest.mark.parametrize("reply", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_at_its_place(reply: str) -> None:
    subject, marks = notebook({"load": BEFORE, "work": ("Work on it.", reply)})
    assert marks
    assert found(commentary.find, subject) == marks


OUTPUTS = {
    "a metric": ("The accuracy is ⟦contradicted-number:0.95⟧.", "Accuracy: 0.8123\n"),
    "in per cent": ("It has an AUC of ⟦contradicted-number:91⟧%.", "ROC AUC on X_test: 0.84\n"),
    "rows": ("There are ⟦contradicted-number:7,000⟧ rows.", "Shape: (7043, 21)\n"),
    "columns": ("There are ⟦contradicted-number:20⟧ columns.", "(7043, 21)\n"),
    "none of them": ("There are ⟦contradicted-number:no⟧ duplicates.", "Duplicated rows:\n 22\n"),
}


@pytest.mark.parametrize(("said", "printed"), OUTPUTS.values(), ids=OUTPUTS)
def test_an_output_contradicts_a_number(said: str, printed: str) -> None:
    reply = f"```python\nprint(accuracy, auc)\n```\n{said}"
    subject, marks = notebook({"work": ("Work.", reply)}, printed=printed)
    assert marks
    assert found(commentary.find, subject) == marks


FENCES = {
    "words": ("Duplicated rows: ⟦contradicted-number:0⟧\nMissing values: 3", "Missing values: 3\n"
              "Duplicated rows: 108\n"),
    "a column's": ("tenure: 0\ngender: ⟦contradicted-number:3⟧\nChurn: 0\nx: 4", "tenure    0\n"
                   "gender    0\nChurn     0\nx         3\nx         4\n"),
    "a column's, as it is": ("tenure  0\ngender  12.35\nChurn  0", "tenure     0.0\n"
                             "gender    12.3512\nChurn      0.0\n"),
    "a shape": ("⟦contradicted-number:(282, 11)⟧", "(282, 9)\n"),
    "words, rounded": ("a 1\nb 2\nThe mean of all: 0.81", "a 1\nb 2\nThe mean of all: 0.8123\n"),
    "a whole number": ("count    43067\nmean     0.5", "count    43067.0\nmean         0.5\n"),
}  # fmt: skip


@pytest.mark.parametrize(("foretold", "printed"), FENCES.values(), ids=FENCES)
def test_lines_that_are_foretold_are_held_against_those_with_the_same_words(
    foretold: str, printed: str
) -> None:
    reply = f"```python\nprint(a)\n```\nThe output will be:\n```\n{foretold}\n```\n"
    subject, marks = notebook({"work": ("Work.", reply)}, printed=printed)
    assert found(commentary.find, subject) == marks
    assert bool(marks) == ("contradicted" in foretold)


FORETOLD = "{}\n```\nShape: ({}, 21)\n0.5 {} 3 4\n```\n"


def test_an_output_that_is_foretold_came_out_otherwise() -> None:
    said = FORETOLD.format("The output will be:", "⟦contradicted-number:5622⟧", "0.7")
    reply = f"```python\nprint(df.shape)\n```\n{said}"
    subject, marks = notebook({"w": ("W.", reply)}, printed="Shape: (7043, 22)\n0.6 0.8 3 4\n")
    assert found(commentary.find, subject) == marks
    failed = CellResult(cell="w-001", step="w", first_line="", status=CellStatus.ERROR, seconds=0)
    subject = replace(subject, results={"w-001": failed})
    assert found(commentary.find, subject) == []  # it may not have come so far


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        (FORETOLD.format("The output will be:", "7043", "0.7"), "Shape: (7043, 21)\n0.5 0.9 3 4\n"),
        (FORETOLD.format("The output will look like this:", "1", "2"), "Shape: (7043, 22)\n"),
        (FORETOLD.format("Add this to a config:", "1", "2"), "Shape: (7043, 22)\n"),
        (FORETOLD.format("The output will be:", "1", "2"), "no number\n"),
    ],
)
def test_a_fence_that_foretells_nothing_wrong_is_none(said: str, printed: str) -> None:
    subject, _ = notebook({"w": ("W.", f"```python\nprint(a)\n```\n{said}")}, printed=printed)
    assert found(commentary.find, subject) == []


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("The accuracy is 0.81.", "Accuracy: 0.8123\n"),  # rounded
        ("The accuracy is 81%.", "Accuracy: 0.8123\n"),
        ("The accuracy is 81.2%.", "Accuracy: 81.23%\n"),
        ("The accuracy is 0.85.", "Train accuracy: 0.99\nTest accuracy: 0.85\n"),  # one of them
        ("The accuracy is 0.85.", "Best value: 0.1\n"),  # of something else
        ("The accuracy is 0.85.", ""),  # nothing was shown
        ("There are 7,043 rows.", "Shape: (7043, 21)\n"),
        ("There are 7043 rows.", "X_train shape: (5634, 20)\n"),  # of a part
        ("There are no duplicates.", "Duplicated rows: 0\n"),
        ("The first 5 rows are shown.", "(7043, 21)\n"),
    ],
)
def test_a_number_that_agrees_or_is_of_something_else_is_none(said: str, printed: str) -> None:
    subject, _ = notebook(
        {"w": ("W.", f"```python\nprint(accuracy)\n```\n{said}")}, printed=printed
    )
    assert found(commentary.find, subject) == []


FINE = {
    "advice": "You can also use `GridSearchCV` or LightGBM's classifier, and save `out.csv`.",
    "a plan": "Next steps: compute the accuracy, and a histogram.",
    "a condition": "If you want the F1 score, print it with `f1_score()`.",
    "an order to the reader": "Save this as `main.py`, and run it with `f1_score()`.",
    "a part of the rows": "Dropping them leaves 5 rows and 3 numeric columns.",
    "a word that is a verb too": "The F1 score weighs both.",
    "a column in capitals": "The kinds are `ZipCode` and `HomeOwner`.",
    "a denial": "It does not use `get_dummies`, and saves no `out.csv`.",
    "what came before": "The accuracy was computed in the previous step.",
    "values and types": "The type is `float64`, and `NaN` stands for `None` in `object` columns.",
    "a model's maker": "The XGBoost model is a strong one.",
    "a column of dummies": "It has the column `gender_Male`.",
    "a column of the table in other letters": "It has the column `churn`.",
    "a file that lies there": "The table `telco.csv` has its own quirks.",
    "words in quotes": 'The "best" customers are in column 3.',
    "an endpoint": "It answers `/predict` with `{'a': 1}`.",
    "code in the prose": (
        "So:\n\n    import seaborn\n    a = load_rows()\n\n$ python run.py\n>>> use_it()\n\n"
        "--- a/old.py\n+++ b/new.py\n+import numpy"
    ),
    "a language": "```bash\nuvicorn app:app\n```\nRuns `uvicorn app:app` on port 8000.",
    "what the kernel holds": "It prints `held_frame`, and its column `inner`.",
    "something of another status": "A wrong path is a 404 error, and all else status 200.",
}


@pytest.mark.parametrize("said", FINE.values(), ids=FINE)
def test_what_is_no_claim_or_holds_is_none(said: str) -> None:
    reply = f"```python\nprint(df)  # {said if '`' not in said else 'print it'}\n```\n\n{said}"
    # Rows and columns as they were shown contradict none of it.
    subject, _ = notebook({"load": BEFORE, "work": ("Work on it.", reply)}, printed="(7043, 21)")
    frame = Variable(
        name="held_frame",
        type="pandas.DataFrame",
        columns=(ColumnSeen(name="inner", dtype="int64"),),
    )
    subject = replace(subject, observations={"work": Observation(variables=(frame,))})
    assert found(commentary.find, subject) == []


@pytest.mark.parametrize(
    "code",
    [
        "# model.fit(X, y)\n# plt.savefig('a.png')\nprint(1)",  # put out of use: no claim, no call
        'def fit(self):\n    """Do."""',  # a definition
        "s = df.apply(lambda row: row.dropna())",  # on no frame
        "print('Training')\nm.fit(X)",  # said in what it prints
        "# drop no rows except those without a target\ndf = df.dropna(subset=['Churn'])",
        "# without the index\ndf.to_csv('a.csv', index=False)  # saved",
        "# Send rows without 'Churn'\nrows = df.drop(columns='Churn').head(3).to_dict()",
        "# Print the share of each value\nprint(s.value_counts() / len(s))",
        "# Rates, highest first\n# (of all)\nprint(s.sort_values())",
        "# Plot it, coloured by Churn\nplt.hist(x, color=colours[y])",
        "# Save each as out.csv\nfor n in names:\n    df.to_csv(f'{n}.csv')",  # may be any name
    ],
)
def test_code_that_keeps_its_word(code: str) -> None:
    subject, _ = notebook({"load": BEFORE, "work": ("Work.", f"```python\n{code}\n```")})
    assert found(commentary.find, subject) == []


def test_a_function_of_an_earlier_step_does_its_work_where_it_is_called() -> None:
    made = "```python\ndef clean(x):\n    return x.fillna(0)\n```\nIt fills the blanks."
    said = "```python\ndf = {}(df)\n```\nThe missing values are filled with 0."
    called, _ = notebook({"make": ("Make.", made), "use": ("Use.", said.format("clean"))})
    other, _ = notebook({"make": ("Make.", made), "use": ("Use.", said.format("sorted"))})
    assert found(commentary.find, called) == []
    assert [rule for rule, _, _ in found(commentary.find, other)] == ["claims-work"]


def test_a_function_that_only_another_step_calls_is_not_used_by_this_one() -> None:
    before = "```python\nn = df.select_dtypes('number')\n```\nIt takes the numbers."
    code = "```python\nX = df.drop(columns='Churn')\n```\n"
    said = "It is split using the `drop()` and `⟦claims-function:select_dtypes⟧()` functions."
    subject, marks = notebook({"a": ("A.", before), "b": ("B.", code + said)})
    assert found(commentary.find, subject) == marks


def test_a_step_without_code_has_nothing_to_be_at_odds_with() -> None:
    subject, _ = notebook({"w": ("Work.", "- `df.head()` shows rows, with seaborn.")})
    assert found(commentary.find, subject) == []


def test_where_the_table_is_not_known_no_column_is_missing() -> None:
    reply = "```python\ndf.sum()\n```\nIt sums the `Region` column."
    subject, _ = notebook({"work": ("Work.", reply)}, knows_table=False)
    assert found(commentary.find, subject) == []


def test_what_may_have_been_meant_is_told() -> None:
    reply = "```python\ndf.sum()\n```\nIt sums the `MonthlyCharge` column."
    subject, _ = notebook({"work": ("Work.", reply)})
    assert [one.replacement for one in commentary.find(subject)] == ["MonthlyCharges"]


@pytest.mark.parametrize(
    "said",
    [
        "`a_b`, " * 7_000,
        "The columns " + "`a`, " * 10_000,
        "Prints `a_b`.\n" * 4_000,
        "The accuracy is " * 3_000,
        "5-fold 80/20 max_depth 3 " * 2_000,
        "`" * 50_000,
        "a.csv " * 9_000,
        "Uses the `" + "a." * 20_000 + "`",
        "accuracy of a a a a " * 2_500 + "9" * 5_000,
        "The output is:\n```\n" + "1 " * 25_000,
        "fill it\n" * 7_000,
    ],
    ids=lambda said: said[:8],
)
def test_hostile_words_take_no_time(said: str) -> None:
    code = "```python\nx = 1\n" + "# " + said.replace("\n", "\n# ") + "\n```\n"
    subject, _ = notebook({"work": ("Work.", f"{code}\n{said}")}, printed=f"Accuracy {said}" * 2)
    start = time.process_time()
    assert len(found(commentary.find, subject)) <= 1_100
    assert time.process_time() - start < 2  # quadratic: over 5


@pytest.mark.parametrize(
    ("asked", "rules"),
    [("Train it: `m.fit(X, y)`.", []), ("Train it with `fit`.", ["unmentioned-call"])],
)
def test_a_call_that_the_prompt_writes_out_needs_no_word(asked: str, rules: list[str]) -> None:
    reply = "```python\nprint(1)\nm.fit(X, y)\n```\nIt prints one."
    subject, _ = notebook({"work": (asked, reply)})
    assert [one.rule for one in commentary.find(subject)] == rules
