"""The report as a user asks for it."""

from __future__ import annotations

import sys
from pathlib import Path

from conftest import Cli

from benchmarks import made_runs
from harness.records import Help


def test_a_report_is_written_told_of_and_shown(cli: Cli, project: Path) -> None:
    folders = [
        made_runs.store(project, made_runs.Made("m", "deployment", ("live", Help()), seed))
        for seed in (1, 2)
    ]
    first = cli("report", "--pages", "0")
    assert first.returncode == 0, first.stderr
    assert "report/index.html: 2 runs, " in first.stdout
    assert not list(project.glob("report/runs/**/*.html"))
    run_id = folders[0].name
    assert cli("report", run_id[:6], "--pages", "0").returncode == 0
    assert [path.stem for path in project.glob("report/runs/**/*.html")] == [run_id]
    shown = project / "shown"
    browser = project / "browser.py"
    browser.write_text(f"import sys, pathlib\npathlib.Path({str(shown)!r}).write_text(sys.argv[1])")
    out = project / "other"
    done = cli("report", "--open", "--out", out, BROWSER=f"{sys.executable} {browser} %s")
    assert done.returncode == 0, done.stderr
    assert shown.read_text() == (out / "index.html").resolve().as_uri()


def test_markdown_is_written_beside_the_pages(cli: Cli, project: Path) -> None:
    made_runs.store(project, made_runs.Made("m", "deployment", ("live", Help()), 1))
    assert cli("report").returncode == 0
    done = cli("report", "--format", "markdown")
    assert "report/report.md: 1 run, " in done.stdout
    assert (project / "report/index.html").is_file()
    assert cli("report").returncode == 0
    assert (project / "report/report.md").is_file()


def test_what_cannot_be_written_is_one_line(cli: Cli, project: Path) -> None:
    odd = cli("report", "--format", "pdf")
    assert odd.returncode == 1
    assert "markdown" in odd.stderr
    assert "harness runs" in cli("report", "nope").stderr
    (project / "mine").mkdir()
    (project / "mine/letter.txt").write_text("mine")
    refused = cli("report", "--out", project / "mine")
    assert refused.returncode == 1
    assert "no report's" in refused.stderr
    assert cli("report", "--out", project / "models.toml").stderr.count("\n") == 1
