"""Write docs/run.schema.json, the JSON Schema of run.json, from the records."""

import json
from pathlib import Path

from harness.records import Run

TARGET = Path(__file__).parents[1] / "docs" / "run.schema.json"


def schema() -> str:
    """The schema as indented JSON."""
    return json.dumps(Run.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(schema())
