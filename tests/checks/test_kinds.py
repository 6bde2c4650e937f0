"""Kinds of check are found by being there, and each reads its own options."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import check_artifacts
import pytest
from conftest import REPOSITORY, Cli

from harness.checks.kinds import KINDS, find
from harness.project import stages
from harness.records import StageSpec


@pytest.mark.parametrize(
    ("stage", "kinds"),
    [("eda", ["table"]), ("modeling", ["model"]), ("deployment", ["service", "python"])],
)
def test_the_checks_of_a_stage_are_records_of_their_kinds(stage: str, kinds: list[str]) -> None:
    found = stages.load(REPOSITORY, stage).checks
    assert [type(options) for options in found] == [KINDS[kind].options for kind in kinds]


def test_a_stage_goes_to_workers_and_templates_with_every_option() -> None:
    stage = stages.load(REPOSITORY, "modeling")
    assert pickle.loads(pickle.dumps(stage)) == stage
    (options,) = stage.model_dump(mode="json")["checks"]
    assert options["least_trials"] == 20
    assert type(stage) is StageSpec


def test_verdicts_that_were_reached_otherwise_are_stale() -> None:
    stage, data = stages.load(REPOSITORY, "modeling"), check_artifacts.dataset().spec
    checks = [one.model_dump(mode="json") for one in stage.checks]
    judged = data.model_dump(mode="json", include={"target", "positive", "holdout"})
    before = hashlib.sha256(json.dumps([checks, judged], sort_keys=True).encode()).hexdigest()
    assert stages.checks_digest(stage, data) != before


def test_a_kind_is_added_by_copying_the_smallest(
    cli: Cli, script: Callable[..., str], two_steps: Path, tmp_path: Path
) -> None:
    package = tmp_path / "copy/harness"
    shutil.copytree(REPOSITORY / "harness", package, ignore=shutil.ignore_patterns("__pycache__"))
    kind = package / "checks/sample/__init__.py"
    shutil.copytree(package / "checks/table", kind.parent)
    judged = kind.read_text().replace("if rows == wanted:", "if rows < wanted:")
    kind.write_text(judged.replace('Literal["table"]', 'Literal["sample"]'))
    with (two_steps / "stage.toml").open("a") as stage:
        for name in ("table", "sample"):
            stage.write(f'[[checks]]\nkind = "{name}"\nartifact = "out.csv"\n')
    script(["```python\nx = 1\n```", "```python\nopen('out.csv', 'w').write('a\\n1\\n')\n```"])
    done = cli("generate", "--stage", "tiny", "--no-patch", PYTHONPATH=str(package.parent))
    assert done.returncode == 0, done.stderr
    (record,) = two_steps.parents[1].glob("generated/*/*/*/run.json")
    checks = json.loads(record.read_text())["raw"]["checks"]
    assert [one["status"] for one in checks if one["name"] == "rows"] == ["failed", "passed"], (
        checks
    )


def test_two_folders_of_one_kind_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for copy in ("one", "two"):
        shutil.copytree(REPOSITORY / "harness/checks/table", tmp_path / "copies" / copy)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="are the kind of check 'table'"):
        find("copies", tmp_path / "copies")
