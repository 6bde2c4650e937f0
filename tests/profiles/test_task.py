"""What a target asks for is guessed from its values, said in a sentence, and can be overruled."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from harness.errors import DataError
from harness.profiles import task
from harness.profiles.profile import profile_table
from harness.profiles.task import Guess
from harness.records import DatasetSpec, Task

SPEC = DatasetSpec(name="d", description="", task=Task.EXPLORE, file="t.csv")
BINARY, MULTICLASS, REGRESSION = Task.BINARY, Task.MULTICLASS, Task.REGRESSION


def target_of(path: Path, name: str = "y") -> task.Target:
    profile = profile_table(path, SPEC, synthetic=False, sha256="0" * 64)
    return task.look(path, profile, name)


def written(path: Path, values: list[str]) -> Path:
    lines = [f'{number % 7},"{value}"' for number, value in enumerate(values)]
    path.write_text("\n".join(["x,y", *lines]) + "\n")
    return path


def guess(
    folder: Path, values: list[str], asked: Task | None = None, positive: str | None = None
) -> Guess:
    return task.guess(target_of(written(folder / "t.csv", values)), asked, positive)


def cycle(*values: str, rows: int = 60) -> list[str]:
    return [values[number % len(values)] for number in range(rows)]


PRICES = [f"{number * 37 % 991}.{number % 10}" for number in range(60)]

GUESSED = {
    "two texts": (cycle("ham", "spam"), BINARY),
    "truths": (cycle("true", "false"), BINARY),
    "0 and 1": (cycle("0", "1"), BINARY),
    "two reals": (cycle("0.5", "1.5"), BINARY),
    "two texts and what pandas calls missing": (cycle("male", "female", "NA", ""), BINARY),
    "three texts": (cycle("a", "b", "c"), MULTICLASS),
    "thirty texts": (cycle(*(f"class {n}" for n in range(30)), rows=300), MULTICLASS),
    "grades": (cycle("3", "4", "5", "6", "7"), MULTICLASS),
    "grades as reals, as pandas writes them beside blanks": (
        cycle("1.0", "2.0", "3.0"),
        MULTICLASS,
    ),
    "few numbers that are amounts": (cycle("100", "250", "500"), REGRESSION),
    "few years": (cycle("2007", "2008", "2009"), REGRESSION),
    "few numbers below zero": (cycle("-1", "0", "1"), REGRESSION),
    "few numbers with decimals": (cycle("0.5", "1.0", "1.5"), REGRESSION),
    "few numbers in too few rows": (["1", "2", "3", "4", "4", "2", "9", "9"], REGRESSION),
    "reals": (PRICES, REGRESSION),
    "negative numbers": ([f"-{price}" for price in PRICES], REGRESSION),
    "skewed numbers": ([*PRICES, "1e9"], REGRESSION),
    "many whole numbers": ([str(n * n % 997) for n in range(200)], REGRESSION),
    "currency": ([f"${price}" for price in PRICES], REGRESSION),
    "a decimal comma": ([price.replace(".", ",") for price in PRICES], REGRESSION),
    "numbers with blanks among them": ([*PRICES, " ", " "], REGRESSION),
    "percent": ([f"{price} %" for price in PRICES], REGRESSION),
}


@pytest.mark.parametrize("kind", GUESSED)
def test_the_task_is_told_by_the_values(tmp_path: Path, kind: str) -> None:
    values, wanted = GUESSED[kind]
    made = guess(tmp_path, values)
    assert made.task is wanted
    assert "'y'" in made.why
    assert "\n" not in made.why


def test_whole_numbers_in_many_small_counts_can_be_amounts(tmp_path: Path) -> None:
    made = guess(tmp_path, cycle("1", "2", "3"))
    assert "--task regression" in made.why
    assert guess(tmp_path, cycle("1", "2", "3"), REGRESSION).task is REGRESSION


POSITIVE = {
    "yes": (["Yes"] * 40 + ["No"] * 20, "Yes", "says that something is so"),
    "a word for it": (["active"] * 20 + ["cancelled"] * 40, "cancelled", "something is so"),
    "true": (cycle("TRUE", "FALSE"), "TRUE", "something is so"),
    "one": (["1"] * 40 + ["0"] * 20, "1", "above zero"),
    "one as a real": (["1.0"] * 40 + ["0.0"] * 20, "1.0", "above zero"),
    "above zero": (["-1"] * 20 + ["1"] * 40, "1", "above zero"),
    "what the other denies": (["no disease X"] * 20 + ["disease X"] * 40, "disease X", "says no"),
    "what is beside normal": (["normal"] * 20 + ["odd"] * 40, "odd", "the other one says no"),
    "the rarer one": (["red"] * 40 + ["blue"] * 20, "blue", "rarer"),
    "the rarer number": (["1"] * 20 + ["2"] * 40, "1", "rarer"),
    "the rarer one where both say yes": (["success"] * 9 + ["failure"] * 3, "failure", "so"),
    "the last by name": (cycle("red", "blue"), "red", "as frequent"),
}


@pytest.mark.parametrize("kind", POSITIVE)
def test_which_value_is_positive_is_guessed_with_a_reason(tmp_path: Path, kind: str) -> None:
    values, wanted, why = POSITIVE[kind]
    made = guess(tmp_path, values)
    assert made.positive == wanted
    assert why in made.why_positive


def test_a_value_may_be_named_and_stands_against_all_others(tmp_path: Path) -> None:
    assert guess(tmp_path, cycle("Yes", "No"), positive="No").positive == "No"
    made = guess(tmp_path, cycle("a", "b", "c"), positive="b")
    assert (made.task, made.positive) == (BINARY, "b")
    assert "against 2 other values" in made.why


REFUSED = {
    "constant": (["a"] * 30, None, None, "is 'a' in every row"),
    "constant where not missing": (["a", ""] * 30, None, None, "is 'a' in every row"),
    "empty": (["NA", ""] * 30, None, None, "has no values"),
    "names": ([f"name {n}" for n in range(40)], None, None, "differs in every row"),
    "a key": ([f"C-{n:05}" for n in range(40)], None, None, "differs in every row"),
    "a sequence": ([str(n) for n in range(40)], None, None, "--task regression"),
    "a short sequence": ([str(n) for n in range(5)], None, None, "differs in every row"),
    "many texts": (cycle(*(f"t{n}" for n in range(150)), rows=400), None, None, "150 different"),
    "dates": ([f"2024-01-{n % 28 + 1:02}" for n in range(60)], None, None, "holds dates"),
    "dates as text": ([f"{n % 28 + 1}.1.2024" for n in range(60)], None, None, "holds dates"),
    "text as a number": (cycle("a", "b"), REGRESSION, None, "'a', which is no number"),
    "three for two": (cycle("a", "b", "c"), BINARY, None, "3 values, and binary asks for two"),
    "numbers as classes": ([f"{n}.5" for n in range(3000)], MULTICLASS, None, "too many"),
    "a target in explore": (cycle("a", "b"), Task.EXPLORE, None, "nothing is predicted"),
    "a positive number": (PRICES, REGRESSION, "1", "--positive means nothing for regression"),
    "a positive class": (cycle("a", "b"), MULTICLASS, "a", "means nothing for multiclass"),
    "no such value, near": (cycle("Yes", "No"), None, "yes", "Nearest: 'Yes'"),
    "no such value": (cycle("red", "green"), None, "churned", "It has: 'green', 'red'"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_predicted_is_one_line(tmp_path: Path, kind: str) -> None:
    values, asked, positive, told = REFUSED[kind]
    with pytest.raises(DataError) as caught:
        guess(tmp_path, values, asked, positive)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_sequence_can_be_an_amount_for_who_says_so(tmp_path: Path) -> None:
    assert guess(tmp_path, [str(n) for n in range(40)], REGRESSION).task is REGRESSION


WARNED = {
    "missing in a few": ([*cycle("a", "b"), "", "NA"], "missing in 2 rows (3.2%)"),
    "missing in a third": (cycle("a", "b", ""), "(33.3%, a third or more): those rows are left"),
    "rare": (["No"] * 990 + ["Yes"] * 10, "imbalanced: 'Yes' in 1.0% of the rows"),
    "nearly none": (["No"] * 90 + ["Yes"] * 2, "1 value has fewer than 5 rows"),
    "case": (cycle("Yes", "yes", "No"), "differ only in case"),
}


@pytest.mark.parametrize("kind", WARNED)
def test_what_one_should_know_is_a_warning(tmp_path: Path, kind: str) -> None:
    values, told = WARNED[kind]
    (warning,) = guess(tmp_path, values).warnings
    assert told in warning


def test_no_target_is_a_table_to_explore() -> None:
    assert task.guess(None) == task.EXPLORE
    assert task.guess(None, Task.EXPLORE).task is Task.EXPLORE
    with pytest.raises(DataError, match="--target COLUMN"):
        task.guess(None, REGRESSION)
    with pytest.raises(DataError, match="--target COLUMN"):
        task.guess(None, None, "Yes")


def test_a_target_that_does_not_exist_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no column 'Y', the target.*nearest: 'y'"):
        target_of(written(tmp_path / "t.csv", cycle("a", "b")), "Y")


def test_stored_types_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    made = (
        "SELECT i % 2 = 0 AS truth, i % 3 AS code, i / 7.0 AS real, [i] AS list,"
        " DATE '2024-01-01' + CAST(i AS INTEGER) AS day, CASE WHEN i < 30 THEN i % 2 END AS some"
        " FROM range(60) t(i)"
    )
    duckdb.connect().execute(f"COPY ({made}) TO '{path}' (FORMAT parquet)")

    def of(name: str) -> Guess:
        return task.guess(target_of(path, name))

    assert (of("truth").task, of("truth").positive) == (BINARY, "true")
    assert of("code").task is MULTICLASS
    assert of("real").task is REGRESSION
    assert of("some").positive == "1"
    assert "missing in 30 rows" in of("some").warnings[0]
    for name, told in (("list", "nested values"), ("day", "holds dates")):
        with pytest.raises(DataError, match=told):
            of(name)


def test_hostile_values_stay_on_one_printable_line(tmp_path: Path) -> None:
    values = cycle("a\nb\x1b[31m", "c") * 2
    with pytest.raises(DataError) as caught:
        guess(tmp_path, values, positive="nothing")
    assert str(caught.value).isprintable()
