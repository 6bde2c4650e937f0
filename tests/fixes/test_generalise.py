"""An edit as a rule: the same whatever the variables are called, or none."""

from __future__ import annotations

import pytest
from notebook_text import code

from harness.fixes import generalise, matches, rules

LOAD = "import pandas as pd\ntelco = pd.read_csv('x')\nstudy = make()"


def offered(before: str, after: str, *others: str) -> tuple[str, str] | None:
    old = code("c", before)
    notebook = [code("l", LOAD), *(code(f"o{i}", o) for i, o in enumerate(others)), old]
    found = generalise.rule(notebook, old, code("c", after))
    return found and (found.rule["pattern"], str(found.rewrite))


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (
            "x = telco.applymap(str)",
            "x = telco.map(str)",
            ("$A.applymap", "$A.map"),
        ),
        (
            "print(telco.corr())",
            "print(telco.corr(numeric_only=True))",
            ("$A.corr()", "$A.corr(numeric_only=True)"),
        ),
        (
            "b = study.best_params_",
            "b = study.best_params",
            ("$A.best_params_", "$A.best_params"),
        ),
        (
            "for c in telco:\n    telco[c].fillna(0, inplace=True)",
            "for c in telco:\n    telco[c] = telco[c].fillna(0)",
            ("$A[$B].fillna(0, inplace=True)", "$A[$B] = $A[$B].fillna(0)"),
        ),
        (
            "a = telco.x.append(1)\nb = telco.y.append(1)",
            "a = telco.x.add(1)\nb = telco.y.add(1)",
            None,  # two different patterns
        ),
        ("print('a')", "print('b')", ("print('a')", "print('b')")),
        ("x = 1", "x = 2", ("$A = 1", "$A = 2")),
        ("print(telco)", "print(telco, study)", None),  # it would have to invent a variable
        ("x = (", "x = 1", None),
        ("x = 1", "x = 1\ny = 2", None),
    ],
)
def test_edits_and_their_rules(before: str, after: str, rule: tuple[str, str] | None) -> None:
    assert offered(before, after) == rule


def test_the_rule_does_the_edit_under_other_names() -> None:
    old = code("c", "x = telco.corr()")
    found = generalise.rule([code("l", LOAD), old], old, code("c", "x = telco.corr('kendall')"))
    assert found is not None
    other = "print(frame.corr())"
    assert matches.replaced(other, rules.find(found, other)) == "print(frame.corr('kendall'))"


def test_a_rule_that_would_change_another_cell_too_is_not_offered() -> None:
    assert offered("print(telco.corr())", "print(telco.corr(1))", "y = telco.corr()") is None


def test_the_same_edit_twice_in_a_cell_is_one_rule() -> None:
    before = "a = telco.old(1)\nb = study.old(1)"
    assert offered(before, before.replace("old", "new")) == ("$A.old", "$A.new")
