"""How listing and planning grow with the runs stored, against opening and parsing every record.

Writes benchmarks/store.json and prints a line per size. Records are copies of one with another
id, seed and time. Each size is listed cold (no index), warm (nothing changed) and after one change.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import measure as measured
from harness import machine
from harness.records import Run
from harness.runs.store import FileStore, summary

SIZES = (1_000, 10_000, 100_000)
OURS_TO_REACH = "growth at most linear; the ratio to parsing every record is reported"
STEPS = 5


def record() -> dict[str, object]:
    """A run of five steps with five cells, as the EDA stage makes them; about 20 kB."""
    sha = "0" * 64
    cell = {
        "cell": "load-001", "step": "load", "first_line": "df = pd.read_csv('telco.csv')",
        "status": "ok", "seconds": 1.0, "traceback": "x" * 1500,
    }  # fmt: skip
    completion = {
        "text": "y" * 1200, "finish": "stop", "prompt_tokens": 1000, "completion_tokens": 200,
        "seconds": 20.0, "seed": 1,
    }  # fmt: skip
    steps = [f"step{i}" for i in range(STEPS)]
    return {
        "run_id": "", "line_id": "l" * 12, "created": "", "harness_version": "0", "machine": {},
        "code_revision": None, "packages": {}, "stage": "eda", "stage_sha256": sha,
        "model": {
            "name": "m", "kind": "gguf", "sha256": sha, "size": 1, "file": "m.gguf", "n_ctx": 8192
        },
        "dataset": "telco", "dataset_sha256": sha, "synthetic": True, "context": "schema",
        "sampling": {}, "seed": 1, "outcome": "failed",
        "prompts": [{"role": "user", "content": "z" * 800} for _ in range(STEPS + 1)],
        "replies": [{"step": step, "completion": completion} for step in steps],
        "raw": {"sandbox": "3 bwrap", "seconds": 10.0, "cells": [cell] * STEPS},
    }  # fmt: skip


def fill(root: Path, size: int) -> None:
    one = record()
    for number in range(size):
        run_id = f"{number:012x}"
        folder = root / "generated" / f"model{number % 10}" / "eda" / run_id
        folder.mkdir(parents=True)
        one |= {"run_id": run_id, "seed": number, "created": f"2026-11-24T{number:012}"}
        (folder / "run.json").write_text(json.dumps(one))


def timed(work: object) -> float:
    started = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - started


def parse_all(root: Path) -> int:
    """The peer: every record opened and parsed, nothing remembered."""
    store = FileStore(root)
    found = 0
    for path in store.root.glob("*/*/*/run.json"):
        run = Run.model_validate_json(path.read_bytes())
        model, stage, run_id = path.parts[-4:-1]
        key = {"model": model, "stage": stage, "run_id": run_id}
        summary(type("Key", (), key), run, store.root)  # type: ignore[arg-type]
        found += 1
    return found


def measure(size: int) -> dict[str, float | int]:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        fill(root, size)
        store = FileStore(root)
        cold = timed(store.summaries)
        warm = [timed(store.summaries) for _ in range(3)]
        some = root / "generated" / "model0" / "eda" / f"{0:012x}" / "run.json"
        some.write_text(some.read_text().replace('"created": "', '"created": "0'))
        changed = timed(store.summaries)
        peer = timed(lambda: parse_all(root))
        assert len(store.summaries(seed=5)) == 1
    return {
        "runs": size,
        "cold_seconds": round(cold, 3),
        "warm_seconds": round(sorted(warm)[1], 3),
        "one_changed_seconds": round(changed, 3),
        "peer_seconds": round(peer, 3),
        "ratio_warm_to_peer": round(sorted(warm)[1] / peer, 4),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def main() -> None:
    rows = measured.of_sizes(
        "benchmarks.store",
        SIZES,
        lambda row: (
            f"{row['runs']:>7,} runs: listed in {row['warm_seconds']:.2f} s "
            f"(cold {row['cold_seconds']:.1f} s), {row['ratio_warm_to_peer']:.1%} of parsing all, "
            f"{row['peak_memory_mb']} MB"
        ),
    )
    result = {
        "measure": "listing stored runs",
        "to_reach": OURS_TO_REACH,
        "rows": rows,
        "machine": machine.facts(),
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        main()
