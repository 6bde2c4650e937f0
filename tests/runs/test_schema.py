"""The published schema is the records', and a written run follows it."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import jsonschema
import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan
from pydantic import ValidationError

from harness import files
from harness.project import stages
from harness.records import CheckResult, CheckStatus, Limits
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


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "-Infinity"])
def test_a_figure_that_is_none_is_null_with_the_reason(figure: str) -> None:
    old = f'{{"name": "auc", "status": "failed", "figure": {figure}, "told": "of 9 rows"}}'
    for read in (
        CheckResult.model_validate_json(old),
        CheckResult(name="auc", status=CheckStatus.FAILED, figure=float(figure)),
    ):
        assert read.figure is None
        assert read.message.endswith("which is none)")
        assert json.loads(files.to_json(read.model_dump(mode="json")))["figure"] is None


def test_no_record_holds_what_json_does_not() -> None:
    for seconds in (math.nan, math.inf):
        with pytest.raises(ValidationError, match="finite"):
            Limits(cell_seconds=seconds)
