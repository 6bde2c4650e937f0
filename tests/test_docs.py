"""The documents: what they point to is there, and what can be written or read is on its page."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import typing
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
from conftest import REPOSITORY
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from harness import checks
from harness.cli import app
from harness.fixes import headers
from harness.project import ladder, models, stages
from harness.records import ContextSpec, DatasetSpec, FixHeader, Rule, StageSpec
from tools import measure_workflow

DOCS = REPOSITORY / "docs"
PAGES = sorted(
    [
        REPOSITORY / "README.md",
        REPOSITORY / "CHANGELOG.md",
        REPOSITORY / "benchmarks/README.md",
        *DOCS.rglob("*.md"),
        *(REPOSITORY / "harness").rglob("README.md"),
    ]
)
FENCE = re.compile(r"^(```+)(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`+[^`]*`+")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def anchors(page: Path) -> list[str]:
    """Of its headings, as they are made where the repository is shown and on the site."""
    titles = HEADING.findall(FENCE.sub("", page.read_text()))
    return [re.sub(r"[^\w\- ]", "", one).strip().lower().replace(" ", "-") for one in titles]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    prose = CODE.sub("", FENCE.sub("", page.read_text()))
    broken = []
    for target in LINK.findall(prose):
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        is_local = "://" not in target
        if is_local and (not there.exists() or (anchor and anchor not in anchors(there))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_two_headings_have_one_anchor(page: Path) -> None:
    made = anchors(page)
    if page.name != "CHANGELOG.md":  # which repeats Added, Changed, Fixed
        assert len(made) == len(set(made))


# Pages and records


def table_rows(page: Path) -> dict[str, list[list[str]]]:
    """The rows of a page's tables, by what their first cell names as code."""
    found = defaultdict(list)
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            found[cells[0].strip("`")].append(cells)
    return found


def records_in(kind: object) -> Iterator[type[BaseModel]]:
    """A record, and those that its fields are made of."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from records_in(field.annotation)
    for part in typing.get_args(kind):
        yield from records_in(part)


def default_of(field: FieldInfo) -> str:
    """What a table says of a key that is left out."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}, ""):
        return "none"
    if isinstance(value, BaseModel):
        return "a table"
    return f"`{json.dumps(value)}`" if isinstance(value, str | bool) else f"`{value:g}`"


WRITTEN = {
    "stages.md": {stages.StageFile, StageSpec, ContextSpec},
    "datasets.md": {DatasetSpec},
    "models.md": {models.Models},
    "help.md": {ladder.LadderFile},
    "fixes.md": {Rule},
}
UNWRITTEN = {"name", "files"}  # an entry's name is its folder's; texts lie beside it


@pytest.mark.parametrize("page", WRITTEN)
def test_a_page_names_every_key_with_its_default(page: str) -> None:
    rows = table_rows(DOCS / page)
    missing = []
    for record in {one for root in WRITTEN[page] for one in records_in(root)}:
        for name, field in record.model_fields.items():
            key = field.alias or name
            # What tells records apart has a default in Python, and none in the file.
            wanted = "required" if name == "kind" else default_of(field)
            told = any(wanted in row and row[-1] for row in rows[key])
            if name not in UNWRITTEN and not told:
                missing.append(f"{record.__name__}.{key}, {wanted}")
    assert sorted(missing) == []


def test_every_kind_of_check_has_a_section() -> None:
    fields = [record.model_fields for record in records_in(stages.StageFile)]
    named = [typing.get_args(one["kind"].annotation) for one in fields if "kind" in one]
    kinds = {kind for names in named for kind in names}
    assert "table" in kinds
    assert kinds <= set(anchors(DOCS / "stages.md"))


def test_the_kind_of_check_that_is_said_to_be_the_smallest_is() -> None:
    lines: dict[str, int] = defaultdict(int)
    for program in (REPOSITORY / "harness/checks").glob("*/program.py"):
        for path in program.parent.glob("*.py"):
            lines[program.parent.name] += len(path.read_text().splitlines())
    smallest = min(lines, key=lambda kind: lines[kind])
    assert f"Copy `harness/checks/{smallest}/`, the smallest" in (DOCS / "layout.md").read_text()
    assert f"smallest kind to copy is ``{smallest}``" in (checks.__doc__ or "")


def test_the_changelog_has_no_gap_in_a_list() -> None:
    text = (REPOSITORY / "CHANGELOG.md").read_text()
    assert re.findall(r"\n(?!#).+\n\n(- .+)", text) == []


def test_the_page_of_fixes_names_every_header() -> None:
    rows = table_rows(DOCS / "fixes.md")
    for header, field in headers.FIELDS.items():
        about = FixHeader.model_fields[field]
        wanted = "`needed`" if header == "When" else default_of(about)
        assert any(wanted in row for row in rows[header]), header


def test_the_page_of_the_record_names_all_that_its_schema_does() -> None:
    schema = json.loads((DOCS / "run.schema.json").read_text())
    words = set(re.findall(r"`([^`\n]+)`", (DOCS / "record.md").read_text()))
    for record in (schema, *schema["$defs"].values()):
        assert set(record.get("properties", {})) - words == set()
        assert set(record.get("enum", [])) - words == set()


# The command line


def command_lines(page: Path) -> Iterator[str]:
    text = page.read_text()
    for _, language, block in FENCE.findall(text):
        lines = block.splitlines() if language in ("console", "sh") else []
        for line in lines:
            yield from (part.strip() for part in line.removeprefix("$ ").split("&&"))
    yield from (code.strip("`") for code in CODE.findall(FENCE.sub("", text)))


def unknown_in(line: str) -> list[str]:
    """The words of a command line that are the name of no command and of no option."""
    command: typing.Any = typer.main.get_command(app)
    options = {"--help"}
    for word in shlex.split(line, comments=True)[1:]:
        options |= {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        commands = getattr(command, "commands", {})
        if word in commands:
            command = commands[word]
        elif commands if not word.startswith("-") else word not in options:
            return [word]
    return []


def test_command_lines_can_be_given() -> None:
    given = {line for page in PAGES for line in command_lines(page) if line.startswith("harness ")}
    assert {line for line in given if unknown_in(line)} == set()


# The site


class Loaded(HTMLParser):
    """What a browser loads for a page, as opposed to what it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        loading = ("src", "srcset", "data", "poster", *(["href"] if tag == "link" else []))
        self.addresses += [value or "" for name, value in attrs if name in loading]


def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", tmp_path]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for page in tmp_path.rglob("*.html"):
        parser = Loaded()
        parser.feed(page.read_text())
        assert [one for one in parser.addresses if "//" in one] == [], page.name
    for style in tmp_path.rglob("*.css"):
        assert re.findall(r"url\(.?(?:https?:)?//|@import", style.read_text()) == [], style.name


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = (DOCS / "decisions/README.md").read_text()
    files = {path.name for path in (DOCS / "decisions").glob("0*.md")}
    assert {name for name in files if f"({name})" not in listed} == set()


# What the README shows


def test_the_readme_shows_notebooks_of_the_shipped_templates() -> None:
    from harness.runs.store import FileStore

    store = FileStore(REPOSITORY)
    shown = re.findall(
        r"generated/[^/]+/\w+/(\w+)/raw\.ipynb", (REPOSITORY / "README.md").read_text()
    )
    assert len(shown) == 4
    for run_id in shown:
        _, run = store.find(run_id)
        assert run.outcome.value in ("raw", "patched")
        assert run.stage_sha256 == stages.digest(REPOSITORY, stages.load(REPOSITORY, run.stage))


def test_the_results_are_those_that_are_kept() -> None:
    rows = [measure_workflow.Row(**one) for one in json.loads(measure_workflow.KEPT.read_text())]
    told = measure_workflow.page(rows).partition("\nLast measured")[0]
    assert told == measure_workflow.PAGE.read_text().partition("\nLast measured")[0]
    readme = measure_workflow.README.read_text()
    assert measure_workflow.into_readme(readme, rows) == readme
