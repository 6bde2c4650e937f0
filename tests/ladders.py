"""Made-up samples of a ladder, for tests of what is told of one."""

from __future__ import annotations

import random

from harness.analysis.ladder import Sample
from harness.project.ladder import Rung

RUNGS = (
    Rung(name="blind", context="blind"),
    Rung(name="schema", context="schema"),
    Rung(name="live", context="live"),
    Rung(name="live-repair", context="live", repair=2),
    Rung(name="live-steer", context="live", steer=True, over="live"),
    Rung(name="all", context="live", steer=True, repair=2),
)


def sample(rung: str, seed: int = 1, **changes: object) -> Sample:
    """A run of ten cells and five checks of which all are as they should be."""
    made = {
        "rung": rung,
        "model": "m",
        "dataset": "d",
        "synthetic": False,
        "stage": "eda",
        "seed": seed,
        "outcome": "raw",
        "passed": True,
        "cells": 10,
        "cells_ok": 10,
        "checks": 5,
        "checks_held": 5,
        "lines": 100,
        "human_lines": 0,
        "tokens": 1000,
        "taken_back": 0,
        "prompt_tokens": 500,
        "line_tokens": 10.0,
        "writing": 30.0,
        "executing": 5.0,
    }
    return Sample.model_validate(made | changes)


def ladder_of_luck(
    rungs: tuple[Rung, ...] = RUNGS,
    stages: tuple[str, ...] = ("eda", "modeling", "deployment"),
    datasets: tuple[str, ...] = ("telco",),
    seeds: int = 5,
) -> list[Sample]:
    """Samples that get better from rung to rung, by a chance that is always the same."""
    draw = random.Random(1)
    found = []
    for level, rung in enumerate(rungs):
        for dataset in datasets:
            for stage in stages:
                for seed in range(1, seeds + 1):
                    cells = draw.randint(4, 9)
                    ok = sum(draw.random() < 0.4 + 0.1 * level for _ in range(cells))
                    held = sum(draw.random() < 0.3 + 0.1 * level for _ in range(8))
                    passed = ok == cells and held == 8
                    found.append(
                        sample(
                            rung.name,
                            seed,
                            model="qwen2.5-coder-1.5b-instruct",
                            dataset=dataset,
                            stage=stage,
                            outcome="raw" if passed else "failed",
                            passed=passed,
                            cells=cells,
                            cells_ok=ok,
                            checks=8,
                            checks_held=held,
                            human_lines=draw.randint(0, 30 - 4 * level),
                            tokens=900 + 80 * level + draw.randint(0, 200),
                            taken_back=level * 20,
                            prompt_tokens=150 + 600 * min(level, 2),
                            writing=20.0 + 3 * level,
                        )
                    )
    return found
