"""The way of a table with odd columns: import, profile, prompts, reference, held-out rows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from harness.checks import Evidence
from harness.project import contexts, datasets, prompts, stages
from harness.project.datasets import Dataset
from harness.runs import reference

ODD = (
    *("a[0]", "b<1>", "c, d", 'say "x"', "it's", "two words", "a\nb", "😀 é", "nan", "1st", "2024"),
    *(
        "w" * 300,
        "\x1b[31mred",
        "{x}",
        "[/bold]",
        " ",
        "",
        "dup",
        "dup",
        "dup.1",
        "$1;--",
        "\t",
        "x",
    ),
    *("x_u", "Churn_Yes", "None", "__class__", "\u202ertl", "[", "]", "<"),
)


def row(i: int, target: str) -> list[str]:
    """Numbers and words in turn; the words repeat, so that each becomes columns of its own."""
    words = ["[u]", "<v", "w x", "u"]
    made = [str((i * 7 + k) % 50) if k % 2 else words[(i + k) % 4] for k in range(len(ODD))]
    return [*made, target]


def write(
    project: Path, names: tuple[str, ...] = ODD, delimiter: str = ",", line: str = ""
) -> Dataset:
    """A dataset of its own, imported as a user would; its last column is the target."""
    folder = project / "data/odd"
    folder.mkdir()
    (folder / "dataset.toml").write_text(
        'description = "D"\ntarget = "Churn?"\npositive = "1"\nholdout = 0.2\nfile = "odd.csv"\n'
    )
    out = io.StringIO(newline="")
    rows = [row(i, str(i * 3 % 7 % 2)) for i in range(200)]
    csv.writer(out, delimiter=delimiter).writerows([[*names, "Churn?"], *rows])
    source = project / "source.csv"
    source.write_text(line + out.getvalue(), encoding="utf-8", newline="")
    datasets.import_table(project, datasets.load(project, "odd"), source, unverified=False)
    return datasets.open_dataset(project, "odd")


@pytest.mark.parametrize(("delimiter", "line"), [(",", ""), (";", "sep=;\n")])
def test_columns_may_have_any_name(project: Path, delimiter: str, line: str) -> None:
    import pandas as pd
    import xgboost

    data = write(project, delimiter=delimiter, line=line)
    frame = pd.read_csv(data.table.visible, sep=delimiter)
    assert [c.name for c in data.profile.columns] == list(frame.columns)
    assert len(frame) == data.profile.rows
    stage, schema = stages.load(project, "eda"), contexts.find(project, "schema")
    prompt = prompts.render(project, stage, schema, data.spec, data.profile, {})
    lines = prompt[0].content.splitlines()
    shown = [json.JSONDecoder().raw_decode(line[2:])[0] for line in lines if line[:3] == '- "']
    assert [name[:79] for name in shown] == [name[:79] for name in frame.columns]

    paths = {role: reference.made(role, data.spec, data.table) for role in reference.FILES}
    assert all(paths.values())
    columns = json.loads(paths["columns"].read_text())
    prepared = pd.read_csv(paths["table"])
    assert [*columns, "Churn?"] == list(prepared.columns)
    assert set(columns) >= {"x_u", "x_u.1", "a_0___u_", "b_1>"}
    assert len(prepared) == len(frame)
    assert sorted(prepared["Churn?"].unique()) == [0, 1]
    booster = xgboost.Booster(model_file=paths["model"])
    assert booster.feature_names == columns
    assert len(booster.predict(xgboost.DMatrix(prepared[columns]))) == len(frame)


def test_checks_read_the_same_names_and_rows(project: Path) -> None:
    import pandas as pd

    data = write(project, delimiter=";")
    evidence = Evidence(
        visible=data.table.visible,
        held=data.table.held,
        rows=data.profile.rows,
        dataset=data.spec,
    )
    seen = pd.read_csv(io.BytesIO(evidence.visible_rows()))
    held = pd.read_csv(io.BytesIO(evidence.held_features()))
    assert list(seen.columns) == [c.name for c in data.profile.columns]
    assert list(held.columns) == list(seen.columns)[:-1]
    assert len(seen) == data.profile.rows
    assert len(held) == len(evidence.held_labels()) == 200 - len(seen)
    assert len(set(evidence.held_labels())) == 2
    assert evidence.strongest() is not None


def test_columns_that_share_a_name_are_shown_as_pandas_has_them(project: Path) -> None:
    data = write(project)
    quirks = {c.name: c.quirks for c in data.profile.columns}
    assert "another column is called 'dup' too" in quirks["dup.2"]
    assert not any("another column" in quirk for quirk in quirks["dup.1"])


def test_a_parquet_table_has_a_reference(project: Path) -> None:
    import duckdb

    folder = project / "data/odd"
    folder.mkdir()
    (folder / "dataset.toml").write_text(
        'description = "D"\ntarget = "y"\npositive = "a"\nfile = "odd.parquet"\n'
    )
    rows = "SELECT i * i AS \"n[]\", i / 2 AS r, CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END AS y"
    duckdb.connect().execute(
        f"COPY ({rows} FROM range(60) t(i)) TO '{folder / 'odd.parquet'}' (FORMAT parquet)"
    )
    data = datasets.open_dataset(project, "odd")
    path = reference.made("columns", data.spec, data.table)
    assert path is not None
    assert json.loads(path.read_text()) == ["n__", "r"]
