"""The shipped check of requirements.txt, in its sandbox."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import check_artifacts
import pytest

from harness.project import stages

ROOT = Path(__file__).parents[2]
APP = "import json\nimport xgboost\nfrom fastapi import FastAPI\nfrom pydantic import BaseModel"
GOOD = "# all\nfastapi>=0.1\nUvicorn[standard]>=0.2  # serves\nxgboost\n--no-binary :none:\n"
READS, NAMES = "pip can read it", "names what the app needs"
ALLOWS = "allows the versions it was tried with"


def judged(requirements: str, app: str, folder: Path) -> dict[str, str]:
    """What does not hold, by name."""
    stage = stages.load(ROOT, "deployment")
    (options,) = (one for one in stage.checks if one.artifact == "requirements.txt")
    blobs = {"requirements.txt": requirements.encode(), "app.py": app.encode()}
    blobs |= {name: text.encode() for name, text in stage.files.items()}
    found = check_artifacts.run(options, blobs, folder)
    assert options.steps == ("packages",)
    return {name: one.message for name, one in found.items() if not one.status.holds}


def test_a_list_of_all_that_the_app_imports_holds(tmp_path: Path) -> None:
    assert judged(GOOD, APP, tmp_path) == {}  # fastapi brings pydantic
    assert judged("fastapi[standard]\nxgboost", APP, tmp_path) == {}  # and with this, uvicorn


@pytest.mark.parametrize("line", ["FROM python:3.11-slim", "%%writefile Dockerfile", "!pip freeze"])
def test_a_line_that_is_of_another_file_is_told(line: str, tmp_path: Path) -> None:
    said = judged(f"{GOOD}{line}\n", APP, tmp_path)
    assert said == {READS: f"line 6 is no requirement: {line}"}


def test_what_is_not_listed_is_told(tmp_path: Path) -> None:
    assert judged("fastapi", APP, tmp_path) == {NAMES: "not listed: uvicorn, xgboost"}
    assert judged("", "def broken(", tmp_path) == {NAMES: "not listed: uvicorn"}
    assert judged("uvicorn", "import here_is_no_such_module", tmp_path) == {}


def test_a_version_that_nothing_was_tried_with_is_told(tmp_path: Path) -> None:
    here = metadata.version("fastapi")
    said = judged(f"fastapi=={here}\npydantic==1.0\nuvicorn\nxgboost<1", APP, tmp_path)
    told = [
        f"{one}, tried with {metadata.version(one.partition(end)[0])}"
        for one, end in (("pydantic==1.0", "=="), ("xgboost<1", "<"))
    ]
    assert said == {ALLOWS: "; ".join(told)}
    assert judged("no-such-package==1.0\nuvicorn", "", tmp_path) == {}
