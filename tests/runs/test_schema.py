"""The published schema is the records', and a written run follows it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan

from harness.project import stages
from harness.records import CheckResult
from harness.runs import pipeline

REPOSITORY = Path(__file__).parents[2]


def test_the_published_schema_is_current() -> None:
    sys.path.insert(0, str(REPOSITORY / "tools"))
    try:
        import write_schema
    finally:
        sys.path.pop(0)
    message = "run: python tools/write_schema.py"
    assert (REPOSITORY / "docs/run.schema.json").read_text() == write_schema.schema(), message


def test_a_record_follows_it(project: Path, two_steps: Path, tmp_path: Path) -> None:
    plan, store = make_plan(project, stages.load(project, "tiny")), MemoryStore()
    model = Model(lambda turns: "```python\nx = 1\n```")
    pipeline.run_stage(begin(plan), model, make_environment(plan, tmp_path), store, Silent())
    record = json.loads(store.blobs[plan.run_id, "run.json"])
    schema = json.loads((REPOSITORY / "docs/run.schema.json").read_text())
    jsonschema.validate(record, schema)


def test_a_check_of_an_older_record_is_read_and_written_by_the_new_name() -> None:
    old = {"name": "rows", "status": "failed", "figure": 3.0, "told": "3 of 4"}
    read = CheckResult.model_validate_json(json.dumps(old))
    assert read.message == "3 of 4"
    assert read == CheckResult(name="rows", status=read.status, figure=3.0, message="3 of 4")
    assert "told" not in read.model_dump()
