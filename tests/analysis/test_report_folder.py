"""The folder of a report: what is in it, when it is written again, and what it never touches."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from benchmarks import made_runs
from harness.analysis.report import build, facts, folder, group_pages, overview, run_page
from harness.analysis.report.folder import Written
from harness.analysis.report.told import Report
from harness.errors import HarnessError
from harness.records import Finding, FindingKind, Help, Severity
from harness.runs.store import FileStore

SETTINGS = (("schema", Help()), ("live", Help(steer=True, repair=2)))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of two models in two settings, with two seeds."""
    folder = tmp_path_factory.mktemp("runs")
    for one in made_runs.every(2, made_runs.MODELS[:2], SETTINGS):
        made_runs.store(folder, one)
    return folder / "generated"


@pytest.fixture
def many(project: Path, runs: Path) -> Path:
    """A project with these runs."""
    shutil.copytree(runs, project / "generated", dirs_exist_ok=True)
    return project


def write(project: Path, *named: str, most: int = build.MOST_PAGES) -> Written:
    return build.as_pages(Report(FileStore(project)), project / "report", named, most)


class Links(HTMLParser):
    """Where a page leads, and the places that it has."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.places.add(told.get("id") or "")
        if tag == "a" and told.get("href"):
            self.found.append(str(told["href"]))


def test_every_link_leads_to_a_page_and_a_place_that_are_there(many: Path) -> None:
    write(many)
    pages = {page.resolve(): Links(page) for page in (many / "report").rglob("*.html")}
    assert len(pages) == 4 + 12 + 24
    broken = []
    for page, links in pages.items():
        for link in links.found:
            path, _, place = link.partition("#")
            there = (page.parent / path).resolve() if path else page
            filters = "=" in place
            if not there.is_file() or (place and not filters and place not in pages[there].places):
                broken.append((page.name, link))
    assert broken == []


def test_nothing_is_written_again_where_nothing_changed(many: Path) -> None:
    first = write(many)
    assert first.made == first.files > 50
    assert first.size == sum(
        path.stat().st_size
        for path in (many / "report").rglob("*")
        if path.is_file() and path.name != folder.MANIFEST
    )
    assert write(many).made == 0


def test_stages_come_in_the_order_of_the_workflow(many: Path) -> None:
    """Whenever they were run."""
    for number, stage in enumerate(("modeling", "deployment", "eda")):
        for path in many.glob(f"generated/*/{stage}/*/run.json"):
            told = json.loads(path.read_text())
            path.write_text(json.dumps(told | {"created": f"2026-05-0{number + 1}T00:00:00+00:00"}))
    (heat, *_) = overview.heats(Report(FileStore(many)).lines)
    assert heat.stages == ("eda", "modeling", "deployment")


def test_stages_that_are_gone_come_behind_the_workflow(many: Path) -> None:
    shutil.rmtree(many / "prompt_templates/eda")
    shutil.rmtree(many / "prompt_templates/modeling")
    shutil.rmtree(many / "prompt_templates/deployment")
    (heat, *_) = overview.heats(Report(FileStore(many)).lines)
    assert sorted(heat.stages) == ["deployment", "eda", "modeling"]


def test_only_what_tells_of_a_changed_record_is_written_again(many: Path) -> None:
    write(many)
    before = {path: path.stat().st_mtime_ns for path in (many / "report").rglob("*.html")}
    record = next(many.glob("generated/*/eda/*/run.json"))
    told = json.loads(record.read_text())
    record.write_text(json.dumps(told | {"updated": "2026-05-01T00:00:00+00:00"}))
    write(many)
    changed = {path for path, at in before.items() if path.stat().st_mtime_ns != at}
    runs = {path.stem for path in changed if "runs" in path.parts}
    assert runs == {record.parent.name}
    assert len({path for path in changed if "groups" in path.parts}) == 1


def test_a_notebook_that_changed_or_went_is_told_of_again(many: Path) -> None:
    write(many)
    run = next(many.glob("generated/*/eda/*/run.json")).parent
    (run / "raw.ipynb").write_text("{")
    (run / "patched.ipynb").unlink()
    write(many)
    page = next((many / "report/runs").rglob(f"{run.name}.html")).read_text()
    assert "patched.ipynb is missing" in page
    assert "raw.ipynb" in page.split("patched.ipynb is missing")[0]


def test_the_page_of_a_run_that_went_goes_too_and_nothing_else(many: Path) -> None:
    write(many)
    mine = many / "report/runs/notes.txt"
    mine.write_text("mine")
    for path in many.glob("generated/*/deployment/*/run.json"):
        path.unlink()
    assert write(many).removed > 8
    assert not list((many / "report").rglob("*deployment*"))
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("name", ["../../keep.txt", "/etc/hostname", "runs/../../keep.txt", ".git"])
def test_a_manifest_of_somebody_elses_removes_nothing_outside(many: Path, name: str) -> None:
    (many / "keep.txt").write_text("kept")
    (many / "report/.git").mkdir(parents=True)
    manifest = {"format": folder.FORMAT, "html": {name: "x"}}
    (many / "report" / folder.MANIFEST).write_text(json.dumps(manifest))
    assert write(many).removed == 0
    assert (many / "keep.txt").exists()
    assert (many / "report/.git").exists()


def test_a_folder_of_other_things_is_refused(many: Path) -> None:
    (many / "report").mkdir()
    (many / "report/index.html").write_text("mine")
    with pytest.raises(HarnessError, match="no report's"):
        write(many)
    assert (many / "report/index.html").read_text() == "mine"


def test_pages_of_runs_are_the_newest_and_those_asked_for(many: Path) -> None:
    report = Report(FileStore(many))
    newest, oldest = report.facts[0], report.facts[-1]

    def there() -> set[str]:
        return {path.stem for path in (many / "report/runs").rglob("*.html")}

    write(many, most=1)
    assert there() == {newest.key.run_id}
    assert "1 of the runs have a page" in (many / "report/index.html").read_text()
    write(many, oldest.key.run_id, most=1)
    assert there() == {newest.key.run_id, oldest.key.run_id}
    write(many, most=0)
    assert there() == {oldest.key.run_id}  # it was asked for by name


def test_a_group_of_many_runs_has_several_pages(project: Path) -> None:
    for seed in range(1, 4):
        one = made_runs.Made("m", "deployment", SETTINGS[0], seed)
        made_runs.store(project, one, notebooks=False)
    report = Report(FileStore(project))
    out = folder.Folder(project / "report", "html")
    group_pages.put(out, report, report.groups[0], frozenset(), most=2)
    names = sorted(path.name for path in (project / "report/groups").iterdir())
    assert [name.endswith("-2.html") for name in names] == [True, False]
    rows = [
        len(re.findall(r"<tr><td><code>", (project / "report/groups" / name).read_text()))
        for name in names
    ]
    assert rows == [1, 2]


def test_every_plot_is_a_file_with_its_numbers(many: Path) -> None:
    write(many)
    drawn = sorted((many / "report").rglob("*.svg"))
    assert {path.stem for path in drawn} >= {"cells-eda", "passes-tokens", "causes", "raw"}
    for path in drawn:
        assert path.read_text().startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        rows = list(csv.reader(io.StringIO(path.with_suffix(".csv").read_text())))
        assert len(rows) > 1
        assert {len(row) for row in rows} == {len(rows[0])}


def test_an_empty_project_has_a_report_that_says_so(project: Path) -> None:
    write(project)
    assert "There are no runs yet" in (project / "report/index.html").read_text()
    assert "No cell failed" in (project / "report/failures.html").read_text()


def test_a_run_without_an_executed_notebook_is_unfinished(many: Path) -> None:
    record = next(many.glob("generated/*/eda/*/run.json"))
    told = json.loads(record.read_text())
    half = {"raw": None, "repaired": None, "patched": None, "outcome": "incomplete"}
    record.write_text(json.dumps(told | half | {"replies": told["replies"][:2]}))
    write(many)
    assert "+1 unfinished" in (many / "report/index.html").read_text()
    page = next((many / "report/runs").rglob(f"{record.parent.name}.html")).read_text()
    assert "This run is not finished" in page
    assert "quality-002" in page


def test_markdown_is_one_page_with_its_pictures(many: Path) -> None:
    report = Report(FileStore(many))
    build.as_markdown(report, many / "out")
    page = (many / "out/report.md").read_text()
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page)
    assert len(pictures) > 5
    assert all((many / "out" / one).is_file() for one in pictures)
    tables = [line for line in page.splitlines() if line.startswith("|")]
    assert len(tables) > 20
    assert build.as_markdown(Report(FileStore(many)), many / "out").made == 0


def test_findings_stand_beside_their_cell_with_their_line_marked(many: Path) -> None:
    store = FileStore(many)
    key, run = store.find(next(many.glob("generated/*/eda/*")).name)
    findings = tuple(
        Finding(
            kind=FindingKind.COLUMNS, rule="missing-column", cell="load-002", line=line,
            column=0, end_line=line, end_column=4, severity=severity,
            message="No column is called <b>.", replacement="df['tenure']",
        )
        for line, severity in ((2, Severity.NOTE), (2, Severity.ERROR), (5, Severity.WARNING))
    )  # fmt: skip
    told = run.model_copy(update={"findings": findings, "findings_version": 1})
    run = run.model_copy(update={"findings": (), "findings_version": None})
    page = run_page.page(store, key, told, {"title": "", "page": "index.html"}, ())
    cell = page.split('id="cell-load-002"')[1].split("</article>")[0]
    assert cell.count("No column is called &lt;b&gt;.") == 3
    marked = re.findall(r'<tr class="(?:same )?f-(error|warning|note)"><td class="n">(\d+)', cell)
    assert marked == [("error", "2"), ("warning", "5")]
    assert facts.of_run(key, told, b"", store).findings == {"columns": 3}
    assert facts.of_run(key, run, b"", store).findings is None


def test_facts_are_remembered_and_hold_where_the_project_was_moved(many: Path) -> None:
    before = Report(FileStore(many)).facts
    record = next(many.glob("generated/*/eda/*/run.json"))
    whole, at = record.read_bytes(), record.stat()
    record.write_bytes(b"x" * at.st_size)
    os.utime(record, ns=(at.st_atime_ns, at.st_mtime_ns))
    assert Report(FileStore(many)).facts == before  # it was not opened
    record.write_bytes(whole)
    moved = many.rename(many.parent / "moved")
    assert write(moved).made > 50
    assert (moved / "report" / before[0].page).is_file()


@pytest.mark.parametrize("blob", [b"no database", b"SQLite format 3\0" + b"\xff" * 2000])
def test_facts_are_read_anew_where_their_file_is_broken(many: Path, blob: bytes) -> None:
    before = Report(FileStore(many)).facts
    (many / "generated/.report.sqlite").write_bytes(blob)
    assert Report(FileStore(many)).facts == before
