"""A data dictionary is read from CSV or Markdown, and whatever is in it stays text of one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import DataError
from harness.project import dictionary
from harness.project.dictionary import Entry

WRITTEN = {
    "csv": "name,description,unit\ntenure,how long,months\nplan,which one,\n",
    "semicolons": "Variable;Meaning;Units\ntenure;how long;months\nplan;which one;\n",
    "tabs": "Field\tDefinition\tUnit\ntenure\thow long\tmonths\nplan\twhich one\t\n",
    "quoted": 'column_name,description,unit\n"tenure","how\nlong",months\nplan,which one,\n',
    "other columns": "no,type,column,description,unit\n1,int,tenure,how long,months\n"
    "2,text,plan,which one,\n",
    "table": "# Columns\n\n| name | description | unit |\n|---|:--|--:|\n"
    "| `tenure` | how long | months |\n| **plan** | which one | |\n",
    "table without bars around": "name | description | unit\n--- | --- | ---\n"
    "tenure | how long | months\nplan | which one |\n",
    "two tables": "| key | value |\n|--|--|\n| a | b |\n\n| Feature | Label | unit |\n|--|--|--|\n"
    "| tenure | how long | months |\n\nmore\n\n| field | notes |\n|--|--|\n| plan | which one |\n",
}
WANTED = [
    Entry(name="tenure", meaning="how long", unit="months"),
    Entry(name="plan", meaning="which one"),
]


def read(folder: Path, text: str) -> list[Entry]:
    path = folder / "dictionary"
    path.write_text(text)
    return list(dictionary.read(path))


@pytest.mark.parametrize("kind", WRITTEN)
def test_tables_of_all_kinds_say_the_same(tmp_path: Path, kind: str) -> None:
    assert read(tmp_path, WRITTEN[kind]) == WANTED


ITEMS = (
    "- `tenure`: how long: months",
    "* **tenure:** how long: months",
    "1. **tenure** - how long: months",
    "  + tenure: how long: months",
    "- **`tenure`** — how long: months",
    "- tenure – how long: months",
)


@pytest.mark.parametrize("item", ITEMS)
def test_lists_of_all_kinds_say_the_same(tmp_path: Path, item: str) -> None:
    text = f"Columns:\n\n{item}\nand prose\n"
    assert read(tmp_path, text) == [Entry(name="tenure", meaning="how long: months")]


@pytest.mark.parametrize(
    ("blob", "told"),
    [
        (b"", "describes no columns"),
        (b"a,b\n1,2\n", "describes no columns"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"prose | only\n", "describes no columns"),
    ],
)
def test_what_describes_nothing_is_one_line(tmp_path: Path, blob: bytes, told: str) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(blob)
    with pytest.raises(DataError, match=told):
        dictionary.read(path)
    with pytest.raises(DataError, match="cannot be read"):
        dictionary.read(tmp_path)


def test_names_match_by_letters_and_the_first_description_counts() -> None:
    entries = [
        Entry(name="Monthly charges", meaning="first"),
        Entry(name="monthly_charges", meaning="second"),
        Entry(name="Churned", meaning="none"),
        Entry(name="plan", meaning="", unit="x"),
    ]
    made = dictionary.match(entries, ["MonthlyCharges", "plan", "Plan"])
    assert made.meanings == {"MonthlyCharges": "first"}
    assert made.units == {"plan": "x"}
    assert made.unmatched == ("Churned",)


def test_a_name_of_signs_alone_matches_itself_only() -> None:
    made = dictionary.match(
        [Entry(name="€", meaning="m"), Entry(name="?", meaning="m")], ["€", "$"]
    )
    assert (made.meanings, made.unmatched) == ({"€": "m"}, ("?",))


def test_a_meaning_of_a_megabyte_is_cut_and_printable(tmp_path: Path) -> None:
    hostile = "a\x00\x1b[31m\u202e\r\n\"'''\\" + "w" * (1 << 20)
    (entry,) = read(tmp_path, 'name,description\nx,"' + hostile.replace('"', '""') + '"\n')
    assert len(entry.meaning) == dictionary.LONGEST
    assert entry.meaning.isprintable()
    assert read(tmp_path, "- `x`: " + "a: - " * (1 << 18))[0].name == "x"
