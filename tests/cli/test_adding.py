"""One command makes a project of any table; what is wrong is one line, and leaves nothing."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from conftest import Tty
from typer.testing import CliRunner

from harness.cli import app
from harness.profiles.profile import profile_table
from harness.project import adding, datasets

ROWS = 120
TABLE = "name,size,colour,price\n" + "".join(
    f"n{n},{n % 7},{('red', 'green', 'blue')[n % 3]},{n * 37 % 91}.5\n" for n in range(ROWS)
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "my things.csv"
    path.write_text(TABLE)
    return path


def give(*args: str | Path) -> tuple[int, str]:
    """A command's exit code, and what it says; an error as it is shown."""
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    said = str(done.exception) if done.exception and done.exit_code == 1 else ""
    return done.exit_code, " ".join((done.output + said).split())


def test_from_a_table_to_a_project_in_one_command(table: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    code, said = give("init", new, "--table", table, "--target", "colour")
    assert code == 0, said
    assert "my things.csv: 120 rows, 4 columns" in said
    assert "name: identifier: every value differs" in said
    assert "multiclass; 'colour' has 3 different texts" in said
    assert re.search(r"Rows +\d+ of 120 rows are held out: \d+ \w+, \d+ \w+, \d+", said)
    assert f"cd {new} && harness generate eda" in said
    (name,) = datasets.names(new)
    found = datasets.open_dataset(new, name)
    assert (found.spec.task.value, found.spec.target) == ("multiclass", "colour")
    assert found.profile.classes == ("blue", "green", "red")
    assert 0 < found.profile.rows < ROWS
    assert list(found.spec.columns) == ["name", "size", "colour", "price"]
    assert "telco" not in give("data", "list", "--project", new)[1]


def test_a_dataset_is_added_to_a_project_and_the_choice_is_named(
    project: Path, table: Path
) -> None:
    here = ("--project", project)
    code, said = give("data", "add", table, "--target", "price", "--name", "things", *here)
    assert code == 0, said
    assert "regression" in said
    assert "harness generate eda --dataset things" in said
    code, said = give("prompts", "eda", *here)
    assert code == 1
    assert "2 datasets (telco, things)" in said
    assert "--dataset NAME" in said
    listed = json.loads(CliRunner().invoke(app, ["data", "list", "--json", *map(str, here)]).stdout)
    (row,) = (one for one in listed if one["name"] == "things")
    assert (row["task"], row["target"], row["held_out"]) == ("regression", "price", 0.2)
    code, said = give("data", "profile", "things", *here)
    assert "task regression" in said
    assert re.search(r"\d+ of 120 rows are held out", said)


def test_without_a_target_there_is_a_table_to_explore(project: Path, table: Path) -> None:
    code, said = give("data", "add", table, "--project", project)
    assert code == 0, said
    assert "explore; no target is named; to predict a column, name it with --target" in said
    spec = datasets.load(project, "my-things")
    assert (spec.target, spec.holdout.share, spec.task.value) == (None, 0, "explore")


BAD = {
    "no such column": (("--target", "colou"), "nearest: 'colour'"),
    "an identifier": (("--target", "name"), "differs in every row"),
    "no such value": (("--target", "colour", "--positive", "Red"), "Nearest: 'red'"),
    "no such task": (("--target", "colour", "--task", "binry"), "Did you mean 'binary'?"),
    "another task": (("--target", "colour", "--task", "regression"), "no number to predict"),
    "a task without a target": (("--task", "binary"), "--target COLUMN"),
    "no name": (("--name", "..."), "gives no name"),
    "a scope": (("--name", "any"), "Choose another name with --name"),
    "no dictionary": (("--from-dictionary", "/nowhere"), "/nowhere cannot be read"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(
    project: Path, table: Path, tmp_path: Path, kind: str
) -> None:
    options, told = BAD[kind]
    for args in (("init", tmp_path / "new", "--table"), ("data", "add", "--project", project)):
        code, said = give(*args, table, *options)
        assert code == 1, said
        assert told in said
    assert not (tmp_path / "new").exists()
    assert datasets.names(project) == ["telco"]
    assert [path.name for path in (project / "data").iterdir()] == ["telco"]


FILES = {
    "no rows": ("a,b\n", "has a header but no rows"),
    "nothing": ("", "is empty"),
    "one column": ("y\n" + "a\nb\n" * 20, "has one column, and nothing to predict it from"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_table_of_nothing_is_refused(project: Path, tmp_path: Path, kind: str) -> None:
    text, told = FILES[kind]
    (tmp_path / "t.csv").write_text(text)
    code, said = give("data", "add", tmp_path / "t.csv", "--target", "y", "--project", project)
    assert code == 1
    assert told in said


def test_a_few_rows_are_taken_and_none_held_out(project: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n" + "1,a\n2,b\n" * 5)
    code, said = give("data", "add", tmp_path / "t.csv", "--target", "y", "--project", project)
    assert code == 0, said
    assert "10 rows have a target, too few to hold any out" in said


def test_names_that_are_taken_are_told(project: Path, table: Path, tmp_path: Path) -> None:
    here = ("--project", project)
    assert (
        "a dataset named 'telco' already" in give("data", "add", table, "--name", "telco", *here)[1]
    )
    there = project / "data/things/my-things.csv"
    there.parent.mkdir()
    there.write_text("other\n")
    code, said = give("data", "add", table, "--name", "things", *here)
    assert (code, there.read_text()) == (1, "other\n")
    assert "data/things/my-things.csv is there already" in said
    assert "is not empty" in give("init", project, "--table", table)[1]


def test_a_table_that_lies_in_its_place_is_described_there(project: Path, table: Path) -> None:
    there = project / "data/things/things.csv"
    there.parent.mkdir()
    there.write_text(TABLE)
    code, said = give("data", "add", there, "--target", "price", "--project", project)
    assert code == 0, said
    assert there.read_text() == TABLE
    assert datasets.load(project, "things").target == "price"


def test_a_broken_beginning_leaves_no_half(project: Path, table: Path, tmp_path: Path) -> None:
    (project / "data").chmod(0o500)
    try:
        code, _ = give("data", "add", table, "--target", "price", "--project", project)
    finally:
        (project / "data").chmod(0o755)
    assert (project / "data/my-things/dataset.toml").exists() == (code == 0)  # as root all can be


def test_a_bare_project_has_what_a_stage_needs_and_no_stage(tmp_path: Path, table: Path) -> None:
    bare = tmp_path / "bare"
    assert give("init", bare, "--empty")[0] == 0
    assert sorted(path.name for path in (bare / "data").iterdir()) == []
    assert (bare / "models.toml").is_file()
    assert (bare / "prompt_templates/_shared/system.md.j2").is_file()
    code, said = give("generate", "eda", "--project", bare)
    assert code == 1
    assert "no stage named 'eda'" in said
    stage = bare / "prompt_templates/look"
    stage.mkdir()
    (stage / "stage.toml").write_text('title = "Look"\nsteps = ["look"]\n')
    (stage / "look.md.j2").write_text("Look at {{ table.file | data }}.")
    assert "harness data add FILE --target COLUMN" in give("prompts", "look", "--project", bare)[1]
    assert give("data", "add", table, "--project", bare)[0] == 0
    script = '[models.s]\nscript = "s.json"\n'
    (bare / "models.toml").write_text(f'default = "s"\n{script}')
    (bare / "s.json").write_text('["```python\\n1\\n```"]')
    code, said = give("prompts", "look", "--project", bare)
    assert code == 0, said
    assert "my-things.csv" in said


@pytest.mark.parametrize("option", ["--target", "--task", "--from-dictionary"])
def test_options_of_a_table_need_a_table(tmp_path: Path, option: str) -> None:
    code, said = give("init", tmp_path / "new", option, "x")
    assert code == 1
    assert "--table FILE" in said
    assert not (tmp_path / "new").exists()


def test_a_terminal_asks_for_the_target(project: Path, table: Path, tty: Tty) -> None:
    shown = tty("data", "add", str(table), typed="colr\n1\n4\n")
    said = " ".join(shown.split())
    assert "4 price" in said
    assert "nearest: 'colour'" in said
    assert "'name' differs in every row" in said
    assert "regression" in said
    assert datasets.load(project, "my-things").target == "price"


def test_a_terminal_takes_enter_for_no_target(project: Path, table: Path, tty: Tty) -> None:
    tty("data", "add", str(table), typed="\n")
    assert datasets.load(project, "my-things").target is None


def test_a_dictionary_describes_the_columns(project: Path, table: Path, tmp_path: Path) -> None:
    described = tmp_path / "columns.md"
    described.write_text("- `Size`: how large\n- weight: how heavy\n")
    args = ("data", "add", table, "--target", "price", "--from-dictionary", described)
    code, said = give(*args, "--project", project)
    assert code == 0, said
    assert "1 of 4 columns described" in said
    assert "the dictionary describes what the table has not: weight" in said
    assert datasets.load(project, "my-things").columns["size"] == "how large"


def test_odd_names_of_columns_go_through(project: Path, tmp_path: Path) -> None:
    header = '"a ""b"" = c","line\nbreak",🙂,"[x]","#y"\n'
    rows = "".join(f"{n},{n % 3},{n % 5},x,{'uv'[n % 2]}\n" for n in range(60))
    (tmp_path / "odd.csv").write_text(header + rows)
    code, said = give("data", "add", tmp_path / "odd.csv", "--target", "#y", "--project", project)
    assert code == 0, said
    assert list(datasets.open_dataset(project, "odd").spec.columns) == [
        'a "b" = c', "line\nbreak", "🙂", "[x]", "#y",
    ]  # fmt: skip


def test_a_table_may_be_referred_to_where_it_lies(project: Path, table: Path) -> None:
    code, said = give("data", "add", table, "--target", "price", "--refer", "--project", project)
    assert code == 0, said
    assert [path.name for path in (project / "data/my-things").iterdir()] == ["dataset.toml"]
    assert datasets.open_dataset(project, "my-things").profile.rows > 0


def test_packed_and_misnamed_tables_are_taken(project: Path, tmp_path: Path) -> None:
    here = ("--target", "price", "--project", project)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    assert give("data", "add", tmp_path / "packed.csv.gz", *here)[0] == 0
    assert datasets.load(project, "packed").file == "packed.csv.gz"
    (tmp_path / "export.txt").write_bytes(gzip.compress(TABLE.encode()))
    code, said = give("data", "add", tmp_path / "export.txt", *here)
    assert code == 0, said
    assert datasets.load(project, "export").file == "export.csv.gz"


def test_a_sheet_is_named_where_a_workbook_has_several(project: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("second")):
        for line in TABLE.splitlines():
            sheet.append(line.split(","))
    path = tmp_path / "book.xlsx"
    book.save(path)
    args = ("data", "add", path, "--target", "colour", "--project", project)
    code, said = give(*args)
    assert code == 1
    assert "second" in said
    code, said = give(*args, "--sheet", "second")
    assert code == 0, said
    assert datasets.open_dataset(project, "book").spec.sheet == "second"


WRITTEN = "größe;straße\n" + "".join(f"{n},5;Äcker {n % 9}\n" for n in range(ROWS))


@pytest.mark.parametrize(("codec", "name"), [("cp1252", "Windows-1252"), ("utf-16", "UTF-16")])
def test_a_copy_in_the_project_is_in_utf_8(
    project: Path, tmp_path: Path, codec: str, name: str
) -> None:
    path = tmp_path / "orte.csv"
    path.write_bytes(WRITTEN.encode(codec))
    here = ("--project", project)
    code, said = give("data", "add", path, "--target", "größe", *here)
    assert code == 0, said
    assert f"read as {name}" in said
    assert (project / "data/orte/orte.csv").read_text() == WRITTEN
    assert path.read_bytes() == WRITTEN.encode(codec)
    shown = datasets.open_dataset(project, "orte")
    assert pd.read_csv(shown.table.visible, sep=";")["straße"].str.startswith("Äcker").all()
    code, said = give("data", "import", "orte", path, *here)
    assert code == 0, said
    assert f"read as {name}" in said


def test_what_has_to_be_written_anew_is_not_referred_to(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "orte.csv"
    path.write_bytes(WRITTEN.encode("cp1252"))
    code, said = give("data", "add", path, "--refer", "--project", project)
    assert code == 1
    assert "is in Windows-1252. Leave --refer out" in said
    assert datasets.names(project) == ["telco"]


def test_no_original_is_replaced_by_its_copy(project: Path) -> None:
    path = project / "data/orte/orte.csv"
    path.parent.mkdir()
    path.write_bytes(WRITTEN.encode("cp1252"))
    code, said = give("data", "add", path, "--project", project)
    assert code == 1
    assert "would replace it" in said
    assert path.read_bytes() == WRITTEN.encode("cp1252")


@pytest.mark.parametrize(("target", "again"), [(None, False), ("colour", True)])
def test_the_same_rows_are_profiled_once(
    project: Path, table: Path, target: str | None, again: bool
) -> None:
    seen = adding.look(table)
    addition = adding.plan(seen, adding.Wish(file=table, target=target), project)
    reports: list[int] = []
    added = adding.write(project, addition, lambda done, _total: reports.append(done))
    assert (len(reports) > 1) == again  # where rows are held out, the others are another table
    alone = profile_table(
        added.table.visible, addition.spec, synthetic=False, sha256=added.profile.sha256
    )
    update = {"file": addition.spec.file, "holdout_rule": added.table.holdout_rule}
    assert added.profile == alone.model_copy(update=update)
