"""What models wrote, cells showed and strangers put into records stays text on every page."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from benchmarks import made_runs
from harness.analysis.report import build, facts, outputs, templates
from harness.analysis.report.folder import MANIFEST
from harness.analysis.report.markdown import code, plain
from harness.analysis.report.told import Report
from harness.errors import HarnessError
from harness.records import Help, Run, RunKey
from harness.runs.store import FileStore

SCRIPT = (
    "</title></style></svg></script><script>alert(1)</script><img src=//e.example onerror=alert(2)>"
)
HOSTILE = f"=1+{SCRIPT}|`*[x](javascript:alert(3))\x1b[31m\x07\u202e\u2028{{{{ 7*7 }}}}"
SEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]")
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "footer", "script",
    "section", "article", "aside", "figure", "figcaption", "svg", "path", "rect", "text",
    "h1", "h2", "h3", "h4", "p", "a", "b", "br", "small", "span", "div", "pre", "code", "img",
    "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "dl", "dt", "dd", "details", "summary",
    "form", "fieldset", "legend", "label", "select", "option", "input", "button", "output",
}  # fmt: skip


class Tags(HTMLParser):
    """The elements of a page with their attributes, its scripts, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] == "script" and data.strip():
            self.scripts.append(data.strip())
        self.text += data


def replaced(value: Any, key: str, name: str | None = None) -> Any:
    """A value of JSON in which every text under a key is hostile."""
    if isinstance(value, dict):
        return {one: replaced(of, key, one) for one, of in value.items()}
    if isinstance(value, list):
        return [replaced(one, key, name) for one in value]
    return HOSTILE if isinstance(value, str) and name == key else value


def keys_of(value: Any) -> Iterator[str]:
    for key, of in value.items() if isinstance(value, dict) else ():
        yield key
        yield from keys_of(of)
    for one in value if isinstance(value, list) else ():
        yield from keys_of(one)


def hostile(run: Run) -> Run:
    """The run with every text hostile that a record may have as it likes."""
    told = json.loads(run.model_dump_json())
    key = RunKey(model=run.model.name, stage=run.stage, run_id=run.run_id)
    for name in sorted(set(keys_of(told)) - {"text", "created", "updated"}):
        changed = replaced(told, name)
        try:
            one = Run.model_validate(changed)
            facts.of_run(key, one, b"", FileStore(Path("/nowhere")))
        except (ValidationError, ValueError, HarnessError):
            continue
        told = changed
    for reply in told["replies"]:
        reply["completion"]["text"] += f"\n{HOSTILE}\n```python\nx = {HOSTILE!r}\n{HOSTILE}\n```\n"
    return Run.model_validate(told)


def shown(data: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": {}}


OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": HOSTILE + "y" * 2_000_000},
    {"output_type": "error", "ename": HOSTILE, "evalue": HOSTILE, "traceback": [HOSTILE]},
    shown({"text/html": "<b>drop-html</b>", "text/plain": HOSTILE}),
    shown({"image/svg+xml": "<svg onload='drop-svg'/>", "text/plain": "an svg"}),
    shown({"application/javascript": "dropscript()"}),
    shown({"image/png": "PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+", "text/plain": "no png"}),
    shown({"image/png": '"><script>alert(4)</script>'}),
    shown({"image/png": made_runs.png(90)}),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report over hostile runs: pages and Markdown."""
    project = tmp_path_factory.mktemp("hostile")
    for seed in range(1, 4):
        made = made_runs.Made("m", "eda", ("live", Help(steer=True, repair=2)), seed)
        made.run = hostile(made.run)
        folder = project / "generated/m/eda" / f"run{seed}"
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(made.run.model_dump_json())
        nodes = json.loads(
            made_runs.Made("m", "eda", ("live", Help()), seed).notebooks()["raw.ipynb"]
        )
        for cell in nodes["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = OUTPUTS
        (folder / "raw.ipynb").write_text(json.dumps(nodes))
    (project / "generated/m/eda/broken").mkdir()
    (project / "generated/m/eda/broken/run.json").write_text("{" + HOSTILE)
    told = Report(FileStore(project, lambda _: None))
    assert len(told.facts) == 3
    build.as_pages(told, project / "report")
    build.as_markdown(told, project / "report")
    return project / "report"


def test_no_page_has_an_element_or_an_attribute_that_acts(report: Path) -> None:
    ours = {templates.text_of("filter.js")}
    pages = list(report.rglob("*.html"))
    assert len(pages) == 8
    for page in pages:
        tags = Tags(page.read_text())
        assert {tag for tag, _ in tags.found} <= ALLOWED, page
        assert set(tags.scripts) <= ours
        for tag, attrs in tags.found:
            assert not [name for name in attrs if name.startswith("on") or name == "style"]
            assert re.fullmatch(r"[\w./#=&%~+-]*", attrs.get("href", "")), (page, attrs)
            assert not attrs.get("href", "").startswith("//")
            if "src" in attrs:
                assert tag == "img"
                assert re.fullmatch(r"data:image/png;base64,[A-Za-z0-9+/=]+", attrs["src"])
    shown_as_text = [page for page in pages if "<script>alert(1)" in Tags(page.read_text()).text]
    assert len(shown_as_text) > 5


def test_a_policy_allows_only_what_stands_in_the_page(report: Path) -> None:
    for page in report.rglob("*.html"):
        tags = Tags(page.read_text()).found
        at = next(n for n, (_, attrs) in enumerate(tags) if "http-equiv" in attrs)
        assert [tag for tag, _ in tags[:at]] == ["html", "head", "meta"]
        rules = dict(one.split(maxsplit=1) for one in tags[at][1]["content"].split("; "))
        assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
        assert rules["img-src"] == "data:"
        assert "unsafe" not in tags[at][1]["content"]


def test_html_svg_and_script_that_cells_showed_are_dropped(report: Path) -> None:
    for page in report.rglob("runs/**/*.html"):
        text = page.read_text()
        assert "drop-html" not in text
        assert "drop-svg" not in text
        assert "dropscript" not in text
        assert "PHN2ZyB" not in text
        assert "an svg" in text
        assert "no png" in text
        assert made_runs.png(90) in text


def test_two_megabytes_of_output_are_cut_and_told(report: Path) -> None:
    pages = list(report.rglob("runs/**/*.html"))
    assert all(page.stat().st_size < 400_000 for page in pages)
    assert all("characters more" in page.read_text() for page in pages)


def test_no_file_holds_a_character_that_acts(report: Path) -> None:
    for path in report.rglob("*"):
        if path.is_file() and path.name != MANIFEST:
            assert not SEEN.search(path.read_text()), path


def test_no_plot_and_no_table_runs_anything(report: Path) -> None:
    for path in report.rglob("*.svg"):
        assert "<script" not in path.read_text()
        assert "<img" not in path.read_text()
    for path in report.rglob("*.csv"):
        cells = [cell for row in csv.reader(io.StringIO(path.read_text())) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))], path
    assert "'=1+" in (report / "failures.csv").read_text()


def test_markdown_shows_no_html_and_follows_no_link(report: Path) -> None:
    text = (report / "report.md").read_text()
    outside = re.sub(r"`[^`\n]*`", "", text)
    assert "alert(1)" in text
    assert "<" not in outside
    assert re.findall(r"(?<!\\)\]\((?!pictures/)", outside) == []
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) > 2
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


@pytest.mark.parametrize("text", ["a`b", "``", "x|y", "tail\\", "\\|", "@all", "", "`" * 50])
def test_code_in_markdown_ends_where_it_should(text: str) -> None:
    made = code(text)
    assert made.count("`") in (0, 2)
    assert not re.search(r"(?<!\\)\|", made)
    assert not made.endswith("\\`")


def test_plain_text_in_markdown_is_nothing_else() -> None:
    assert plain("<b>*x*</b> [y](z)|") == r"&lt;b&gt;\*x\*&lt;/b&gt; \[y\](z)\|"


def test_a_name_in_a_record_leads_no_file_out_of_the_folder(project: Path) -> None:
    made = made_runs.Made("m", "eda", ("live", Help()), 1)
    model = made.run.model.model_copy(update={"name": "../../../out"})
    folder = project / "generated/m/eda/run1"
    folder.mkdir(parents=True)
    run = made.run.model_copy(update={"model": model})
    (folder / "run.json").write_text(run.model_dump_json())
    build.as_pages(Report(FileStore(project)), project / "report")
    assert (project / "report/runs/m/eda/run1.html").is_file()
    assert {path.name for path in project.glob("*out*")} == set()
    assert len(list((project / "report/groups").iterdir())) == 1


def test_a_record_that_does_not_hold_together_is_told_and_left_out(project: Path) -> None:
    made = made_runs.Made("m", "eda", ("live", Help()), 1)
    folder = project / "generated/m/eda/run1"
    folder.mkdir(parents=True)
    run = made.run.model_copy(update={"prompts": ()})
    (folder / "run.json").write_text(run.model_dump_json())
    said: list[str] = []
    told = Report(FileStore(project, said.append))
    assert told.facts == []
    assert "do not fit" in said[0]


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("10%\r50%\r100%\ndone", "100%\ndone"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\r\nb", "a\nb"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("last\r", "last"),
    ],
)
def test_output_is_what_a_terminal_shows_in_the_end(text: str, settled: str) -> None:
    assert outputs.settled(text) == settled


def test_many_outputs_and_large_pictures_are_told_and_left_out() -> None:
    stream = {"output_type": "stream", "text": "x"}
    (found,) = outputs.outputs_of([{"id": "a", "outputs": [stream] * 5_000}]).values()
    assert len(found) == outputs.MOST_OUTPUTS + 1
    assert found[-1].text == "… 4,950 outputs more"
    large = shown({"image/png": "A" * (outputs.MOST_PICTURE + 4)})
    (found,) = outputs.outputs_of([{"id": "a", "outputs": [large]}]).values()
    assert "too large" in found[0].text
    assert outputs.outputs_of([{"id": "a", "outputs": "no list"}]) == {"a": ()}
