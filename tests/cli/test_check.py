"""Stored runs are judged anew from their artifacts: no model writes, no notebook runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli

CHECK = '[[checks]]\nkind = "table"\nartifact = "out.csv"\n'
WRITE = "```python\nopen('out.csv', 'w').write('a\\n1\\n')\n```"


@pytest.fixture
def stage(two_steps: Path) -> Path:
    return two_steps / "stage.toml"


@pytest.fixture
def run(cli: Cli, script: Callable[..., str], stage: Path, project: Path) -> dict[str, str]:
    """A run that passed without a check; its model is gone, and its stage has one now."""
    script([WRITE, WRITE])
    assert cli("generate", "--stage", "tiny", "--no-patch").returncode == 0
    stage.write_text(stage.read_text() + CHECK)
    (project / "script.json").unlink()
    (row,) = json.loads(cli("runs", "--json").stdout)
    assert row["outcome"] == "raw"
    return row


def record(run: dict[str, str]) -> dict[str, object]:
    read: dict[str, object] = json.loads((Path(run["path"]) / "run.json").read_text())
    return read


def test_a_run_is_judged_anew_without_its_model(cli: Cli, run: dict[str, str]) -> None:
    before = record(run)
    done = cli("check", run["run_id"][:6])
    assert done.returncode == 0, done.stderr
    assert "failed: 2 checks" in done.stdout
    assert "Check     rows: failed (1 rows, and there are " in done.stdout
    after = record(run)
    assert after["outcome"] == "failed"
    assert after["replies"] == before["replies"]
    assert after["raw"]["cells"] == before["raw"]["cells"]  # type: ignore[index]
    assert not (Path(run["path"]) / "check").exists()
    assert cli("check", "--all").stdout == "No verdict is out of date\n"
    named = cli("check", run["run_id"])
    assert "failed: 2 checks" in named.stdout
    forced = cli("check", "--all", "--force", "--stage", "tiny")
    assert forced.stdout == f"1 of 1  {run['run_id']}  script · tiny  failed: 2 checks\n"
    assert cli("check", "--all", "--force", "--model", "other").stdout == "No run matches\n"


def test_all_that_is_out_of_date_is_judged_and_what_else_changed_is_said(
    cli: Cli, run: dict[str, str], stage: Path
) -> None:
    stage.write_text(stage.read_text().replace("disk_mb = 64", "disk_mb = 65"))
    done = cli("check", "--all")
    assert done.returncode == 0, done.stderr
    told = "passed as written"
    assert f"1 of 1  {run['run_id']}  script · tiny  failed: 2 checks (before: {told})" in (
        done.stdout
    )
    assert "the limits changed since it ran" in done.stderr
    assert "harness generate tiny --model script --context schema --seed 1" in done.stderr


def test_what_cannot_be_judged_ends_no_other(cli: Cli, run: dict[str, str], project: Path) -> None:
    other = Path(run["path"]).parent / "0123456789ab"
    other.mkdir()
    text = (Path(run["path"]) / "run.json").read_text().replace(run["run_id"], other.name)
    digest = json.loads(text)["dataset_sha256"]
    (other / "run.json").write_text(text.replace(digest, "0" * 64))
    (project / "generated/script/tiny/broken").mkdir()
    (project / "generated/script/tiny/broken/run.json").write_text("{}")
    done = cli("check", "--all")
    assert done.returncode == 1
    assert f"{run['run_id']}  script · tiny  failed: 2 checks" in done.stdout
    assert "0123456789ab" in done.stderr
    assert "another table" in done.stderr or "synthetic twin" in done.stderr
    assert "broken" in done.stderr
    alone = cli("check", other.name)
    assert alone.returncode == 1
    assert alone.stderr.startswith("harness: run 0123456789ab was made with")
    assert "Traceback" not in done.stderr + alone.stderr


def test_a_verdict_outlives_its_artifacts(cli: Cli, run: dict[str, str], project: Path) -> None:
    before = record(run)
    made = Path(run["path"]) / "artifacts/raw/out.csv"
    made.write_text("a\n2\n")
    done = cli("check", run["run_id"])
    assert done.returncode == 1
    assert "artifacts/raw/out.csv of run" in done.stderr
    assert "is another than it was" in done.stderr
    assert record(run) == before
    made.unlink()
    (project / "script.json").write_text(json.dumps([WRITE, WRITE]))
    assert cli("generate", "tiny", "--no-patch").returncode == 0
    assert record(run)["outcome"] == "failed"
    assert made.read_text() == "a\n1\n"


@pytest.mark.parametrize(
    "words", [(), ("8d8d", "--all"), ("8d8d", "--stage", "eda"), ("8d8d", "--force")]
)
def test_a_run_or_all_is_asked_for(cli: Cli, words: tuple[str, ...]) -> None:
    done = cli("check", *words)
    assert done.returncode == 2
    assert "give a RUN, or --all" in done.stderr
