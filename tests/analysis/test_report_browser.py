"""A report in a real browser: filters filter, links lead, hostile texts stay texts.

These run where there is a Chromium, which is Debian's package ``chromium``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import made_runs
from harness.analysis.report import build
from harness.analysis.report.told import Report
from harness.records import Help
from harness.runs.store import FileStore
from tools import browser
from tools.browser import Browser

pytestmark = pytest.mark.skipif(browser.found() is None, reason="there is no Chromium here")

SETTINGS = (
    ("blind", Help()),
    ("schema", Help()),
    ("live", Help()),
    ("all", Help(steer=True, repair=2)),
)
HOSTILE = "</script><script>window.hit = 1</script><img src=x onerror='window.hit = 2'>"
ROWS = "[...document.querySelectorAll('[data-row]')].filter((one) => one.offsetParent)"
CHOOSE = """(() => {{ const one = document.querySelector('select[name={0}]'); one.value = '{1}';
    one.dispatchEvent(new Event('input', {{bubbles: true}})); }})()"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three models in four settings with five seeds, and what they wrote is hostile."""
    project = tmp_path_factory.mktemp("browsed")
    for one in made_runs.every(5, made_runs.MODELS, SETTINGS, ("deployment",)):
        folder = made_runs.store(project, one)
        record = (folder / "run.json").read_text()
        for old in ("'tenure_months'", "This cell does", "as asked", "it failed again"):
            record = record.replace(old, HOSTILE)
        (folder / "run.json").write_text(record)
        raw = (folder / "raw.ipynb").read_text().replace("rows: ", HOSTILE)
        (folder / "raw.ipynb").write_text(raw)
    build.as_pages(Report(FileStore(project)), project / "report")
    return project / "report"


@pytest.fixture(scope="module")
def shared() -> Iterator[Browser]:
    with Browser() as one:
        yield one


@pytest.fixture
def tab(shared: Browser) -> Browser:
    shared.look_as(1280)
    shared.problems.clear()
    return shared


def kinds(report: Path) -> list[Path]:
    """A page of each kind."""
    groups, runs = (sorted((report / name).rglob("*.html")) for name in ("groups", "runs"))
    return [*sorted(report.glob("*.html")), groups[0], runs[0], runs[-1]]


def test_filters_filter_and_keep_their_state_in_the_address(tab: Browser, report: Path) -> None:
    tab.open(report / "index.html")
    assert tab.tell(f"{ROWS}.length") == 12
    tab.tell(CHOOSE.format("model", made_runs.MODELS[0]))
    tab.tell(CHOOSE.format("context", "live"))
    assert tab.tell(f"{ROWS}.length") == 1
    assert tab.tell("document.getElementById('shown').textContent") == "1 of 12 shown"
    address = tab.tell("location.hash")
    assert address == f"#model={made_runs.MODELS[0]}&context=live"
    tab.tell("history.back()")
    tab.tell("new Promise((done) => setTimeout(done, 200))")
    assert tab.tell(f"{ROWS}.length") == 4
    tab.open(report / "index.html", "#model=phi-4-mini-instruct&measure=checks")
    assert tab.tell(f"{ROWS}.length") == 4
    seen = "[...document.querySelectorAll('{}')].filter((one) => one.offsetParent).length"
    assert [tab.tell(seen.format(name)) for name in (".m-checks", ".m-cells")] == [4, 0]
    tab.tell("document.querySelector('button[type=reset]').click()")
    tab.tell("new Promise((done) => setTimeout(done, 50))")
    assert tab.tell(f"{ROWS}.length") == 12
    tab.open(report / "index.html", "#model=<img src=x onerror=alert(1)>&stage=none")
    assert tab.tell(f"{ROWS}.length") == 12
    assert tab.problems == []


def test_links_lead_from_the_overview_to_a_cell(tab: Browser, report: Path) -> None:
    tab.open(report / "index.html")
    tab.click(".heat td a:not([hidden])")
    assert "deployment" in tab.tell("document.querySelector('h1').textContent")
    assert tab.tell("document.querySelectorAll('tbody tr a').length") == 5
    tab.click("tbody tr a")
    assert tab.tell("document.querySelectorAll('.cell').length") >= 4
    tab.click(".cell h3 a")
    assert tab.tell("document.querySelector('.cell:target') !== null")
    tab.click("nav a[href$='failures.html']")
    tab.tell("document.querySelector('details').open = true")
    tab.click("details[open] li a")
    assert tab.tell("document.querySelector('.cell:target') !== null")
    assert tab.problems == []


def test_changes_are_side_by_side_or_inline(tab: Browser, report: Path) -> None:
    page = next(
        page for page in (report / "runs").rglob("*.html") if 'class="code two"' in page.read_text()
    )
    tab.open(page)
    columns = "getComputedStyle(document.querySelector('table.two tr.same')).display"
    assert tab.tell(columns) == "table-row"
    tab.tell("document.getElementById('inline').click()")
    assert tab.tell(columns) == "grid"


def test_no_page_runs_anything_loads_anything_or_is_too_wide(tab: Browser, report: Path) -> None:
    seen = set()
    for page in kinds(report):
        for width in (390, 1280, 1920):
            tab.look_as(width, dark=width == 1280)
            tab.open(page)
            assert tab.tell("window.hit === undefined")
            assert tab.tell("document.documentElement.scrollWidth") <= width, page.name
            asked = "performance.getEntriesByType('resource').filter((one) => one.name.startsWith"
            assert tab.tell(f"{asked}('http')).length") == 0
            seen.add(tab.tell("getComputedStyle(document.body).backgroundColor"))
    assert tab.problems == []
    assert len(seen) == 2
    assert "window.hit" in kinds(report)[-1].read_text()


def test_the_keyboard_reaches_the_content_and_a_page_prints(tab: Browser, report: Path) -> None:
    tab.open(report / "index.html")
    tab.press("Tab")
    assert tab.tell("document.activeElement.textContent") == "To the content"
    tab.press("Enter")
    assert tab.tell("location.hash") == "#main"
    tab.press("Tab")
    assert tab.tell("document.activeElement.closest('main') !== null")
    assert tab.printed().startswith(b"%PDF")


def test_everything_reads_without_script(report: Path) -> None:
    with Browser() as tab:
        tab.without_script()
        tab.open(report / "index.html")
        assert tab.tell(f"{ROWS}.length") == 12
        assert tab.tell("document.getElementById('filter').offsetParent === null")
        tab.tell("document.getElementById('m-tokens').checked = true")
        assert tab.tell("document.querySelector('.m-tokens').offsetParent !== null")
