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
        ("open('result.json', 'w').write('[]')\nimport os\nos._exit(0)", {"app.py"}),
        ("open('result.json', 'w').write('{\"start\": null}')\nimport os\nos._exit(0)", {"app.py"}),
    ],
)
def test_apps_that_fail_are_told_apart(tmp_path: Path, body: str, wrong: set[str]) -> None:
    blobs = {**good(), "app.py": app(body)}
    assert set(failed(run(SERVICE, blobs, tmp_path))) == wrong
