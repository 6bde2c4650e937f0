"""Code without an ordinary fence is found, and prose never becomes code."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.notebooks.replies import cells_of
from harness.records import Cell, Found

PATH = Path(__file__).parents[1] / "data" / "labelled_replies.yml"
LABELLED: list[dict[str, Any]] = yaml.safe_load(PATH.read_text())
RECALL = 0.94  # of lines; what an earlier step bound, and sessions, are not always told from prose


def code_of(reply: str) -> list[Cell]:
    return [cell for cell in cells_of("s", "p", reply) if cell.kind == "code"]


def lines_of(sources: list[str]) -> Iterator[str]:
    yield from (line.strip() for source in sources for line in source.split("\n") if line.strip())


@pytest.mark.parametrize("one", LABELLED, ids=lambda one: one["manner"])
def test_nothing_that_is_not_code_becomes_code(one: dict[str, Any]) -> None:
    found = [cell.source for cell in code_of(one["reply"])]
    assert set(found) <= set(one["code"])


def test_precision_and_recall_on_the_labelled_replies() -> None:
    right = found = wanted = 0
    for one in LABELLED:
        taken = list(lines_of([cell.source for cell in code_of(one["reply"])]))
        meant = list(lines_of(one["code"]))
        right += len(set(taken) & set(meant))
        found += len(set(taken))
        wanted += len(set(meant))
    assert len(LABELLED) >= 60
    assert right / found == 1.0
    assert right / wanted >= RECALL


@pytest.mark.parametrize("one", [one for one in LABELLED if one["code"]], ids=lambda o: o["manner"])
def test_a_cell_says_how_it_was_found(one: dict[str, Any]) -> None:
    assert all(cell.found is not None for cell in code_of(one["reply"]))


def test_nothing_of_a_reply_is_lost() -> None:
    for one in LABELLED:
        if one["manner"] == "the file of a notebook":
            continue
        text = "\n".join(cell.source for cell in cells_of("s", "p", one["reply"])[1:])
        for line in html.unescape(one["reply"]).split("\n"):
            marks = line.strip().startswith(("```", "'''", "[PY", "<", "[/", "````"))
            assert marks or line.strip() in text  # lines of tags and fences are no text


def test_code_in_fences_leaves_all_else_as_prose() -> None:
    reply = "import pandas as pd\n\n```python\nx = 1\n```\n\n[PYTHON]\ny = 2\n[/PYTHON]"
    assert [(cell.source, cell.found) for cell in code_of(reply)] == [("x = 1", None)]


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("[PYTHON]\nx = f()\n[/PYTHON]", Found.TAGS),
        ("```tool_code\nprint(1)\n```", Found.OTHER_LABEL),
        ("```markdown\n```python\nx = 1\n```\n```", Found.WRAPPED),
        ("import os\nprint(os.name)", Found.NO_FENCE),
        ('{"cells": [{"cell_type": "code", "source": "x = 1"}]}', Found.NOTEBOOK),
        ("Load it: ```python\nx = 1\n```", Found.BEHIND_TEXT),
        ("```python\nx = '''\n```\n'''\n```", Found.INNER_FENCE),
        ("```python\nx = 1```\nText", Found.RAGGED),
    ],
)
def test_each_way_has_its_name(reply: str, found: Found) -> None:
    assert [cell.found for cell in code_of(reply)] == [found]


@pytest.mark.parametrize(
    "text",
    [
        '{"cells": [{"cell_type": "code", "source": "x = \\ud83d"}]}',
        '{"cells": ' + "[" * 100_000,
        '{"cells": [{"cell_type": "code", "source": [1]}]}',
        '{"cells": 5}',
    ],
)
def test_a_notebook_that_is_none_is_prose(text: str) -> None:
    assert code_of(text) == []
