"""Statements that replies make about code: each with code that does it, or does not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from marked import notebook

from harness.findings import commentary

CASES = yaml.safe_load((Path(__file__).parents[1] / "data/claims.yml").read_text())
BEFORE = (
    "Load the table.",
    "Loads it with pandas.\n```python\nimport pandas as pd\nimport seaborn as sns\n"
    "import matplotlib.pyplot as plt\ndf = pd.read_csv('telco.csv')\n```",
)


def found(case: dict[str, str]) -> str:
    """The rules that are broken, and at which words; of calls nothing has to be said here."""
    reply = f"```python\n{case['code']}\n```\n{case.get('said', '')}"
    subject, _ = notebook({"load": BEFORE, "work": ("Work on it.", reply)})
    lines = {name: source.split("\n") for name, source in subject.notebook.sources.items()}
    return " | ".join(
        f"{one.rule}: {lines[one.cell][one.line - 1][one.column : one.end_column]}"
        for one in commentary.find(subject)
        if one.rule != "unmentioned-call"
    )


@pytest.mark.parametrize("case", CASES["broken"], ids=lambda case: case["found"])
def test_what_the_code_does_not_do_is_found_at_its_words(case: dict[str, str]) -> None:
    assert found(case) == case["found"]


@pytest.mark.parametrize("case", CASES["kept"], ids=lambda case: case["code"][:40])
def test_what_the_code_does_in_any_way_is_no_finding(case: dict[str, str]) -> None:
    assert found(case) == ""
