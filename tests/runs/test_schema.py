"""The published schema is the records', and a written run follows it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan

from harness.project import stages
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
