"""Labels: classes in one spelling, numbers however they are written, and what is no label."""

from __future__ import annotations

import re

import pytest

from harness.checks.labels import Unreadable, normal, of_classes, of_numbers, speller

SAME = (
    *(("1", "1.0"), ("1", 1), ("1", 1.0), ("01", 1), ("true", True), ("False", False)),
    *(("1e3", 1000), ("TRUE", 1), (" a ", "a"), ("-0.50", -0.5)),
    ("9007199254740993", 9007199254740993),
)
OTHERS = (
    *(("Yes", "yes"), ("1", "2"), ("a", "a b"), ("1", "1x"), ("", "0"), ("nan", "0")),
    *(("no", "False"), ("9007199254740993", "9007199254740992")),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_pandas_makes_of_a_value_is_that_value(one: str, other: object) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_other_values_stay_apart(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_a_class_is_spelled_as_the_table_has_it() -> None:
    spell = speller(("1.0", "2.0", "Yes"))
    assert [spell(one) for one in (1, "1", 2.0, True, "Yes", " Yes", "yes", 3)] == [
        *("1.0", "1.0", "2.0", "1.0", "Yes", "Yes", "yes", "3")
    ]


def test_classes_of_one_normal_form_are_told_apart_as_written_only() -> None:
    spell = speller(("1", "01"))
    assert [spell(one) for one in ("1", "01", "1.0")] == ["1", "01", "1.0"]


def test_a_missing_value_is_no_label_unless_it_is_a_class() -> None:
    read = of_classes(("a", "None"))
    assert [read(one) for one in ("a", "None", "NA", "", "  ", "c")] == [
        *("a", "None", None, None, None, "c")
    ]


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["1", "2.50", "-3e2", "", "NA", "?"], [1, 2.5, -300, None, None, None]),
        (["1.234,50", "7,5", "-2"], [1234.5, 7.5, -2]),
        (["1,234.50", "7.5", "1,000"], [1234.5, 7.5, 1000]),
        (["$1,200", "$950", "$12"], [1200, 950, 12]),
        (["(12.50)", "3.00", "12.50-"], [-12.5, 3, -12.5]),
        (["1 234", "12", "1 000 000"], [1234, 12, 1000000]),
        (["1.5M", "$12k", "300"], [1500000, 12000, 300]),
        (["12 %", "5 %", "unknown"], [12, 5, None]),
        (["3,5 €", "2,25 €", "1.000,00 €"], [3.5, 2.25, 1000]),
    ],
)
def test_numbers_are_read_as_their_column_is_written(
    values: list[str], numbers: list[float | None]
) -> None:
    read = of_numbers(lambda: values)
    found = [read(value) for value in values]
    assert [one if one is None else float(one) for one in found] == numbers


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["1,234", "2,500", "1234"], "a thousands separator or a decimal comma"),
        (["1,5", "1.5"], "both a decimal comma and a thousands separator"),
        (["$5", "3 €", "7"], "several currencies: '$', '€'"),
        (["5 kg", "3 lb"], "several units: 'kg', 'lb'"),
        (["<5", "7", "8"], "signs such as '<'"),
        (["a", "b", "3"], "most values of the target are no numbers, such as 'a'"),
    ],
)
def test_numbers_that_are_open_are_not_guessed(values: list[str], why: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(why)):
        of_numbers(lambda: values)
