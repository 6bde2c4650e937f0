"""SARIF: what the standard requires is there, and a region is where the text stands in the file."""

from __future__ import annotations

import json

import pytest
from notebook_text import code, notebook, words
from small_kinds import finding

from harness.analysis import sarif
from harness.analysis.sarif import Noted
from harness.notebooks import jupyter
from harness.records import Finding

SOURCE = 'x = "a\\tb"  # é\n\td = df["Tenüre 𝒳"]["y"]\n'
BOOK = notebook(words("w", "# A\n\nThe *mean* is 4."), code("c", SOURCE), code("e", ""))
FILE = jupyter.dump(jupyter.build(BOOK, {}, {})).decode()
PATH = "generated/m 1/eda/0a/raw.ipynb"


def at(cell: str, text: str) -> Finding:
    """A finding on a text that stands once in a cell."""
    lines = BOOK.sources[cell].split("\n")
    (number,) = [i for i, line in enumerate(lines) if text in line]
    start = lines[number].index(text)
    return finding(cell, number + 1, column=start, end_column=start + len(text))


def log(*found: Finding, text: str = FILE) -> dict:
    return json.loads(json.dumps(sarif.log("1.0", [Noted(found, BOOK.sources, PATH, text)])))


def region(found: Finding, text: str = FILE) -> dict | None:
    (result,) = log(found, text=text)["runs"][0]["results"]
    return result["locations"][0]["physicalLocation"].get("region")


@pytest.mark.parametrize(
    ("cell", "text"),
    [("c", "a\\tb"), ("c", "df"), ("c", '"Tenüre 𝒳"'), ("c", '["y"]'), ("w", "*mean*")],
)
def test_a_region_is_where_the_text_stands_in_the_notebooks_file(cell: str, text: str) -> None:
    place = region(at(cell, text))
    assert place is not None
    assert place["startLine"] == place["endLine"]
    line = FILE.split("\n")[place["startLine"] - 1].encode("utf-16-le")
    held = line[2 * (place["startColumn"] - 1) : 2 * (place["endColumn"] - 1)].decode("utf-16-le")
    assert json.loads(f'"{held}"') == text


def test_a_file_that_says_otherwise_has_no_region() -> None:
    edited = FILE.replace("df[", "frame[")
    assert region(at("c", "df"), edited) is None
    assert region(at("w", "*mean*"), edited) is not None
    assert region(at("c", "df"), "") is None
    assert region(at("c", "df"), json.dumps(json.loads(FILE))) is None
    assert region(finding("c", 99)) is None
    assert region(finding("gone")) is None


def test_it_has_what_the_standard_requires() -> None:
    found = at("c", "df"), at("w", "*mean*").model_copy(update={"replacement": "4.5"})
    made = log(*found)
    assert (made["version"], made["$schema"].startswith("https://")) == ("2.1.0", True)
    (run,) = made["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "harness"
    for result in run["results"]:
        assert result["message"]["text"]
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "generated/m%201/eda/0a/raw.ipynb"
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        assert all(isinstance(one, str) for one in result["partialFingerprints"].values())
    assert "Instead: 4.5" in run["results"][1]["message"]["text"]


def test_a_fingerprint_outlives_lines_above_and_tells_two_apart() -> None:
    def prints(source: str, *found: Finding) -> list[str]:
        noted = Noted(found, {"c": source}, PATH, "")
        results = sarif.log("1.0", [noted])["runs"][0]["results"]
        return [one["partialFingerprints"][sarif.FINGERPRINT] for one in results]

    (one,) = prints("bad", finding("c", 1))
    assert prints("new\n  bad", finding("c", 2)) == [one]
    assert prints("worse", finding("c", 1)) != [one]
    twice = prints("bad\nbad", finding("c", 1), finding("c", 2))
    assert twice[0] == one
    assert twice[1] != one
