"""What the documents point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import REPOSITORY

PAGES = [REPOSITORY / "README.md", REPOSITORY / "benchmarks/README.md"]
PAGES += sorted((REPOSITORY / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", page.read_text())
    local = [one for one in targets if "://" not in one]
    assert [one for one in local if not (page.parent / one).exists()] == []


def test_the_readme_shows_notebooks_of_the_shipped_templates() -> None:
    from harness.project import stages
    from harness.runs.store import FileStore

    store = FileStore(REPOSITORY)
    shown = re.findall(
        r"generated/[^/]+/\w+/(\w+)/raw\.ipynb", (REPOSITORY / "README.md").read_text()
    )
    assert len(shown) == 3
    for run_id in shown:
        _, run = store.find(run_id)
        assert run.outcome.value == "patched"
        assert run.stage_sha256 == stages.digest(REPOSITORY, stages.load(REPOSITORY, run.stage))
