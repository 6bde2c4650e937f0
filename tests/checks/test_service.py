"""The ``service`` check on apps that fail, lie or give up."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from check_artifacts import SERVICE, failed, good, run


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
            '    return {"churn_probability": [0.5] * len(r)}',
            {"refuses unknown category", "refuses missing field", "held-out ROC AUC"},
        ),
        (
            '@app.post("/predict")\ndef p(r: list[dict]):\n'
            '    return {"churn_probability": ["NaN", 7, None]}',
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
        return {"churn_probability": [0.5]}
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
        return {"churn_probability": [0.5] * len(r)}
    """
    found = failed(run(SERVICE, {**good(), "app.py": app(body)}, tmp_path))
    assert found["refuses unknown category"] == (
        "status 429 for an unknown category, and for a good record status 429, 0 probabilities"
    )
    assert "refuses missing field" in found


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ("'[' + '[],' * 20_000_000 + '[]]'", "its answer is too long"),
        ("""'{"churn_probability": [Infinity]}'""", "Input should be a finite number"),
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
