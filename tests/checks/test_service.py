"""The ``service`` check on apps that fail, lie or give up."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from check_artifacts import SERVICE, failed, good, run
from small_tables import evidence, rows

from harness.checks.evidence import Evidence
from harness.checks.service import requests
from harness.records import CheckStatus, Task


def app(body: str) -> bytes:
    return ("from fastapi import FastAPI\napp = FastAPI()\n" + textwrap.dedent(body)).encode()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("raise SystemExit(1)", {"app starts"}),
        ("import nothing_like_it", {"app starts"}),
        (
            '@app.post("/predict")\ndef p(r: list[dict]):\n    return r[0]["nope"]',
            {
                "one record",
                "a thousand records",
                "refuses unknown category",
                "refuses missing field",
                "held-out ROC AUC",
            },
        ),
        (
            '@app.post("/predict")\ndef p(r: list[dict]):\n'
            '    return {"prediction": ["No"] * len(r), "probability": [0.5] * len(r)}',
            {"refuses unknown category", "refuses missing field", "held-out ROC AUC"},
        ),
        (
            '@app.post("/predict")\ndef p(r: list[dict]):\n'
            '    return {"prediction": ["NaN", 7, None]}',
            {
                "one record",
                "a thousand records",
                "refuses unknown category",
                "refuses missing field",
                "held-out ROC AUC",
            },
        ),
        ("import os\nos._exit(0)", {"app.py"}),
        ("import os\nos.symlink('/etc/shadow', 'result.json')\nos._exit(0)", {"app.py"}),
        (
            '@app.post("/elsewhere")\ndef p(r: list[dict]):\n    return {}',
            {
                "one record",
                "a thousand records",
                "refuses unknown category",
                "refuses missing field",
                "held-out ROC AUC",
            },
        ),
    ],
)
def test_apps_that_fail_are_told_apart(tmp_path: Path, body: str, wrong: set[str]) -> None:
    blobs = {**good(), "app.py": app(body)}
    assert set(failed(run(SERVICE, blobs, tmp_path))) == wrong


PERFECT = {
    "start": None,
    "one record": {"status": 200, "probabilities": 1},
    "a thousand records": {"status": 200, "probabilities": 1000},
    "unknown category": 422,
    "missing field": 422,
    "held": [0.5] * 2000,
}


@pytest.mark.parametrize(
    ("ending", "wrong"),
    [("import os\nos._exit(0)", {"app.py"}), ("raise ImportError", {"app starts"})],
)
def test_what_an_app_writes_to_disk_is_no_verdict(
    tmp_path: Path, ending: str, wrong: set[str]
) -> None:
    body = f"import json\njson.dump({PERFECT!r}, open('result.json', 'w'))\n{ending}"
    found = run(SERVICE, {**good(), "app.py": app(body)}, tmp_path)
    assert set(found) == set(failed(found)) == wrong
    if "app.py" in wrong:
        assert "its process ended" in found["app.py"].message


def test_an_app_that_ends_later_keeps_what_it_did_before(tmp_path: Path) -> None:
    body = """
    import os
    @app.post("/predict")
    def p(r: list[dict]):
        if len(r) > 1:
            os._exit(0)
        return {"prediction": ["No"], "probability": [0.5]}
    """
    found = run(SERVICE, {**good(), "app.py": app(body)}, tmp_path)
    assert list(found) == ["app starts", "one record", "app.py"]
    assert set(failed(found)) == {"app.py"}


def test_a_refusal_counts_only_beside_a_good_record_that_is_not_refused(tmp_path: Path) -> None:
    body = """
    from fastapi import HTTPException
    asked = []
    @app.post("/predict")
    def p(r: list[dict]):
        asked.append(len(r))
        if len(asked) > 2:
            raise HTTPException(429, "come back later")
        return {"prediction": ["No"] * len(r), "probability": [0.5] * len(r)}
    """
    found = failed(run(SERVICE, {**good(), "app.py": app(body)}, tmp_path))
    assert found["refuses unknown category"] == (
        "status 429 for an unknown category in 'gender', and for good ones status 429, 0"
        " predictions for 2 records"
    )
    assert "refuses missing field" in found


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ("'[' + '[],' * 20_000_000 + '[]]'", "its answer is too long"),
        ("""'{"prediction": [Infinity]}'""", "its answer is not as it should be"),
    ],
)
def test_a_body_that_is_no_answer_is_refused(tmp_path: Path, made: str, why: str) -> None:
    body = f"""
    from fastapi import Response
    @app.post("/predict")
    def p(r: list[dict]):
        return Response({made}, media_type="application/json")
    """
    found = run(SERVICE, {**good(), "app.py": app(body)}, tmp_path)
    assert why in failed(found)["one record"]
    assert "held-out ROC AUC" in failed(found)


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        ("{'status': 10**400, 'body': ''}", "status"),
        ("'x' * (20 << 20)", "printed more than 8 MB"),
        ("{'status': True, 'body': None}", "status"),
    ],
)
def test_an_app_that_answers_in_the_programs_place_is_read_as_strictly(
    tmp_path: Path, forged: str, why: str
) -> None:
    body = f"import __main__\n__main__.answer = lambda asked: {forged}"
    found = run(SERVICE, {**good(), "app.py": app(body)}, tmp_path)
    assert list(found) == ["app starts", "app.py"]
    assert why in failed(found)["app.py"]


# A right app for the small tables, with places where a fault can be put.
SMALL = """
from fastapi import FastAPI, HTTPException
app = FastAPI()
TASK, KINDS = "{task}", ["bug", "question", "wish"]

@app.post("/predict")
def predict(records: list[dict]):
    answer = {{"prediction": [], "probability": [], "probabilities": []}}
    for record in records:
        if not {{"words", "days", "team"}} <= set(record):
            raise HTTPException(422, "a field is missing")
        if record["team"] not in ("north", "south", "west"):
            raise HTTPException(422, "no such team")
        score = record["words"] / 100 + (record["team"] == "north")
        if TASK == "regression":
            answer["prediction"].append(score * 1000)
        elif TASK == "binary":
            p = 1 / (1 + 2.718 ** (-6 * (score - 1.3)))
            answer["probability"].append(p)
            answer["prediction"].append("yes" if p > 0.5 else "no")
        else:
            off = [max(0, at - score, score - at - 1 if at < 2 else 0) for at in range(3)]
            near = [2.718 ** (-8 * one) for one in off]
            each = {{kind: one / sum(near) for kind, one in zip(KINDS, near)}}
            answer["probabilities"].append(each)
            answer["prediction"].append(max(each, key=each.get))
    return answer
"""
FIGURES = {"roc_auc": 0.95, "log_loss": 0.45, "r2": 0.85}
TASKS = [Task.BINARY, Task.MULTICLASS, Task.REGRESSION]


def small(
    tmp_path: Path, task: Task, *change: str, known: Evidence | None = None
) -> dict[str, str]:
    """What fails of the right app, with one piece of its text replaced by another."""
    source = SMALL.format(task=task)
    if change:
        assert change[0] in source
        source = source.replace(*change)
    seen = known or evidence(tmp_path, task, figures=FIGURES)
    return failed(run(SERVICE, {"app.py": source.encode()}, tmp_path / "at", seen=seen))


@pytest.mark.parametrize("task", TASKS)
def test_a_right_app_passes_whatever_the_task(tmp_path: Path, task: Task) -> None:
    assert not small(tmp_path, task)


AUC, PREDICTION = "held-out ROC AUC", '"yes" if p > 0.5 else "no"'
FAULTS = [
    (Task.BINARY, PREDICTION, "int(p > 0.5)", "predictions are classes", "predicts '0', '1', and"),
    (Task.BINARY, "p > 0.5", "p < 0.5", "predictions agree", "are another class than the one"),
    (Task.BINARY, '["probability"].append(p)', '["probability"]', AUC, "has 0 entries"),
    (Task.BINARY, "-6 *", "0 *", AUC, "is too low: at least 0.9050 is asked for"),
    (Task.MULTICLASS, "max(each, key", "min(each, key", "predictions agree", "100 of 100"),
    (Task.MULTICLASS, "].append(each)", "].append({'x': 1})", AUC, "name 'x', which is no class"),
    (Task.MULTICLASS, "range(3)]", "range(2)]", AUC, "its probabilities lack the class 'wish'"),
    (Task.MULTICLASS, "one / sum", "2 * one / sum", AUC, "not between 0 and 1"),
    (Task.MULTICLASS, "2.718 ** (-8", "2.718 ** (-90", "held-out log loss", "is too high: at most"),
    (Task.REGRESSION, "score * 1000", "900.0", "held-out R²", "is too low: at least 0.7650"),
    (Task.REGRESSION, "score * 1000", "str(score * 1000)", "held-out R²", "are no numbers"),
    (
        Task.REGRESSION,
        '"no such team"',
        '"no such team") if 0 else print(',
        "refuses",
        "status 500",
    ),
]


@pytest.mark.parametrize(("task", "right", "wrong", "name", "why"), FAULTS)
def test_of_one_fault_exactly_one_check_fails_and_says_why(
    tmp_path: Path, task: Task, right: str, wrong: str, name: str, why: str
) -> None:
    (found,) = small(tmp_path, task, right, wrong).items()
    assert found[0].startswith(name)
    assert why in found[1]


def test_a_threshold_of_its_own_is_no_contradiction(tmp_path: Path) -> None:
    assert not small(tmp_path, Task.BINARY, "p > 0.5", "p > 0.3")


def test_numbers_and_truths_are_classes_as_the_table_writes_them(tmp_path: Path) -> None:
    visible, held = rows(Task.BINARY, 300, 1), rows(Task.BINARY, 100, 2)
    for row in (*visible, *held):
        row[-1] = {"yes": "1", "no": "0"}[row[-1]]
    known = evidence(tmp_path, Task.BINARY, visible, held, FIGURES, positive="1")
    for made in ("p > 0.5", "float(p > 0.5)", "str(int(p > 0.5))"):
        assert not small(tmp_path / made[:3], Task.BINARY, PREDICTION, made, known=known)


def test_what_no_visible_row_has_may_be_refused(tmp_path: Path) -> None:
    held = rows(Task.BINARY, 100, 2)
    held[4][2], held[7][0], held[9][2] = "east", "", ""
    known = evidence(tmp_path, Task.BINARY, held=held, figures=FIGURES)
    asked = requests.of(known)
    assert (len(asked.records), asked.strange, asked.category) == (97, 3, "team")
    assert asked.chosen == [one for one in range(100) if one not in (4, 7, 9)]
    assert not small(tmp_path, Task.BINARY, known=known)


def test_records_are_what_a_client_would_send(tmp_path: Path) -> None:
    visible, held = rows(Task.BINARY, 50, 1), rows(Task.BINARY, 20, 2)
    for row in visible:
        row[2] = "007" if row[2] == "north" else "x"
    visible[0][1] = held[0][1] = "NA"
    for row in held:
        row[2] = "007"
    asked = requests.of(evidence(tmp_path, Task.BINARY, visible, held))
    assert asked.records[0] == {"words": int(held[0][0]), "days": None, "team": "007"}
    assert asked.records[1]["days"] == float(held[1][1])


def test_a_table_of_numbers_has_no_unknown_category(tmp_path: Path) -> None:
    visible, held = rows(Task.REGRESSION, 300, 1), rows(Task.REGRESSION, 100, 2)
    for row in (*visible, *held):
        row[2] = str(["north", "south", "west"].index(row[2]))
    known = evidence(tmp_path, Task.REGRESSION, visible, held, FIGURES)
    asked = requests.of(known)
    assert (asked.category, asked.field) == (None, "team")
    source = SMALL.format(task="regression").replace('"north", "south", "west"', "0, 1, 2")
    source = source.replace('== "north"', "== 0")
    found = run(SERVICE, {"app.py": source.encode()}, tmp_path / "at", seen=known)
    assert not failed(found)
    assert "no column of the table has categories" in found["refuses unknown category"].message


def test_without_held_out_rows_there_is_nothing_to_ask(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.BINARY).model_copy(update={"held": None})
    app_file = {"app.py": SMALL.format(task="binary").encode()}
    found = run(SERVICE, app_file, tmp_path / "at", seen=known)
    assert found["one record"].status is CheckStatus.UNJUDGED


def test_a_category_that_is_never_missing_is_asked_for_first(tmp_path: Path) -> None:
    visible = rows(Task.BINARY, 50, 1)
    for number, row in enumerate(visible):
        row[1] = ["early", "late", ""][number % 3]
    asked = requests.of(evidence(tmp_path, Task.BINARY, visible))
    assert asked.category == "team"
