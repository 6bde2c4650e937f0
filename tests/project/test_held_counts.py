"""How many rows are held out is said, and so is where they are too few to tell anything."""

from __future__ import annotations

import pytest

from harness.project.holdouts.counting import doubts, said
from harness.records import HeldCounts


def counts(held: int, **classes: int) -> HeldCounts:
    return HeldCounts(rows=7043, held=held, classes=tuple(classes.items()))


def test_what_is_held_out_is_said_by_class() -> None:
    told = said(counts(1421, Yes=378, No=1043), ("No", "Yes"))
    assert told == "1,421 of 7,043 rows are held out: 1,043 No, 378 Yes"


def test_of_numbers_no_class_is_named() -> None:
    assert said(counts(1421, **{"1.5": 3})) == "1,421 of 7,043 rows are held out"


def test_a_class_that_is_a_number_is_told_from_how_many_it_has() -> None:
    made = HeldCounts(rows=700, held=48, classes=(("0", 3), ("1", 37), (" ", 8)))
    assert said(made, ("0", "1", " ")).endswith("held out: 37 '1', 8 ' ', 3 '0'")
    (doubt,) = doubts(made, ("0", "1", " "))
    assert doubt.startswith("only 8 ' ', 3 '0' are held out")


def test_of_many_classes_the_first_are_named() -> None:
    made = counts(300, **{f"k{i}": 30 - i for i in range(30)})
    assert said(made, [f"k{i}" for i in range(30)]).endswith("25 k5 and 24 more classes")


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (counts(40, Yes=3, No=37), "only 3 Yes are held out"),
        (counts(40, No=40), "only 0 Yes are held out"),
        (counts(9, Yes=4, No=5), "only 9 rows are held out"),
        (counts(0), "only 0 rows are held out"),
        (counts(20, Yes=10, No=10), ""),
    ],
)
def test_so_few_rows_that_a_figure_means_little_are_said(made: HeldCounts, told: str) -> None:
    found = list(doubts(made, ("No", "Yes")))
    assert [one for one in found if told and told in one] == found
