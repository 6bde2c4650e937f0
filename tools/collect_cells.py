"""Put a stored run among the notebooks that people label with what is wrong in them.

Usage: python -m tools.collect_cells PROJECT RUN HALF [OUT]

Writes OUT/NAME.json, by default in tests/data/labelled_cells: all that findings are made of, and
empty labels for each kind, and the table's profile beside it. HALF is ``building`` or ``unseen``.
docs/findings.md says how to label.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from harness.findings.subject import Subject
from harness.records import FindingKind, Run
from harness.runs.findings import Findings
from harness.runs.store import FileStore

ROOT = Path(__file__).parents[1]
OUT = ROOT / "tests/data/labelled_cells"
PROFILES = "profiles"
ENVIRONMENT = re.compile(re.escape(sys.prefix) + "/")  # where libraries lie is of one machine
LONGEST = 4_000  # characters of what a cell showed, and of a traceback's end


def plain(run: Run, half: str, about: Subject) -> dict[str, Any]:
    """All of it as JSON."""
    results = {}
    for name, one in about.results.items():
        kept = one.model_dump(mode="json", exclude_defaults=True)
        if one.traceback:
            kept["traceback"] = one.traceback[-LONGEST:]
        results[name] = kept
    return {
        "name": "-".join([run.dataset, run.stage, run.context, str(run.seed), run.model.name]),
        "half": half,
        "model": run.model.name,
        "context": run.context,
        "help": run.help.label,
        "table": run.dataset,
        "stage": run.stage,
        "cells": [
            one.model_dump(mode="json", exclude_defaults=True) for one in about.notebook.cells
        ],
        "results": results,
        "printed": {name: text[:LONGEST] for name, text in about.printed.items()},
        "prompts": dict(about.prompts),
        "packages": dict(about.packages),
        "files": sorted(about.files),
        "labels": {kind.value: [] for kind in FindingKind},
    }


def main(project: Path, name: str, half: str, out: Path = OUT) -> None:
    """Write the notebook and its table's profile."""
    store = FileStore(project)
    _, run = store.find(name)
    about = Findings(store).subject(run)
    made = plain(run, half, about)
    (out / PROFILES).mkdir(parents=True, exist_ok=True)
    path = out / f"{made['name']}.json"
    text = ENVIRONMENT.sub("/env/", json.dumps(made, indent=1, ensure_ascii=False))
    path.write_text(text + "\n")
    if about.profile is not None:
        profile = out / PROFILES / f"{run.dataset}.json"
        profile.write_text(about.profile.model_dump_json(indent=1) + "\n")
    print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], *map(Path, sys.argv[4:]))
