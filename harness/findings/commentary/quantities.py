"""Quantities with numbers: as a text states them, as outputs show them, as code sets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

NUMBER = r"[-+]?\d{1,12}(?:,\d{3})*(?:\.\d{1,12})?"
SMALL = {
    word: str(number)
    for number, word in enumerate(
        ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}
ORDINALS = {"first": "1"}
MOST_LINES, LONGEST_LINE = 2_000, 300  # of an output
# As a text calls a quantity, and the words beside it in an output.
LABELS = {
    r"(?:ROC[ -])?AUC": r"\bauc\b|roc_auc",
    r"(?<!balanced )accuracy": r"(?<!balanced[ _])accuracy",
    r"balanced accuracy": r"balanced[ _]accuracy",
    r"(?<!average )precision": r"(?<!average[ _])precision",
    r"recall": r"recall",
    r"F1(?:[ -]score)?": r"\bf1",
    r"log[ -]loss": r"log[ _-]?loss",
    r"R²|R2|R-squared": r"R²|\br2|r-?squared",
    r"RMSE|root mean squared? error": r"rmse|root[ _]mean[ _]squared?[ _]error",
    r"MAE|mean absolute error": r"\bmae\b|mean[ _]absolute[ _]error",
    r"best value|best score": r"best[ _](?:value|score)",
    r"duplicated? rows|duplicates": r"duplicate",
    r"missing values": r"missing values",
    r"trials": r"\btrials\b",
}
STATED = [
    (
        re.compile(
            rf"(?<![\w-])(?:{said})(?: score)?(?: (?:of|on|for|in)(?: \S+){{1,4}})?"
            rf"(?: is| was| are| were| of| at| equals| reached| reaches|:|=) ?({NUMBER})(%?)"
            rf"(?![\w.]*\d)",
            re.IGNORECASE,
        ),
        said,
    )
    for said in LABELS
]
COUNTED = re.compile(
    rf"(?<![\w.,-])({NUMBER}|{'|'.join(SMALL)})(%?) "
    rf"(duplicated? rows|duplicates|missing values|rows|columns)\b",
    re.IGNORECASE,
)
PARTS = re.compile(r"train|test|[Xy]_|valid|head|first|sample|group|class", re.IGNORECASE)
# Words by which a text counts others than the rows and columns of the whole.
SOME = re.compile(
    rf"{PARTS.pattern}|leav|left|remain|after|drop|remov|numeric|categor|text|other|each|these|more"
    r"|fewer|less|least|most|only|duplic|missing|new|encod",
    re.IGNORECASE,
)
SHAPE = re.compile(r"\((\d{1,12}), (\d{1,9})\)")
FIRST_NUMBER = re.compile(rf"[^\d\n]{{0,60}}?\s?({NUMBER})(%?)(?![\w.])")


class Stated(NamedTuple):
    """A number in a text: ``shown`` are the digits, and the quantity is a key of what is known."""

    quantity: str
    shown: str
    percent: bool
    start: int
    end: int

    def agrees(self, value: float, *, percent: bool = False) -> bool:
        """Whether a value is the stated one, as far as it was written out."""
        digits = len(self.shown.partition(".")[2])
        number = self._number
        # Rounded or cut off; whole numbers are counts, which are exact.
        off = 10**-digits if digits or self.percent else 0
        scales = (1, 100) if self.percent and not percent else (1,)
        return any(abs(value * scale - number) <= off for scale in scales)

    def is_just(self, value: float) -> bool:
        """Whether a value that code sets is the stated one."""
        scale = 100 if self.percent else 1
        return abs(value * scale - self._number) < (1 if self.percent else 1e-9)

    @property
    def _number(self) -> float:
        word = self.shown.lower()
        return float((SMALL | ORDINALS).get(word, word).replace(",", ""))


def stated(text: str) -> Iterator[Stated]:
    """Numbers that a claim states of quantities which outputs may show."""
    for pattern, said in STATED:
        for found in pattern.finditer(text):
            yield Stated(said, found[1], bool(found[2]), found.start(1), found.end(1))
    for found in COUNTED.finditer(text):
        name = found[3].lower()
        if name in ("rows", "columns") and (SOME.search(text) or found[1].lower() == "no"):
            continue
        quantity = next((said for said in LABELS if re.fullmatch(said, name)), name)
        yield Stated(quantity, found[1], bool(found[2]), found.start(1), found.end(1))


def shown(quantity: str, output: str) -> list[tuple[float, bool]]:
    """The values of a quantity in what was printed, and whether each is in per cent."""
    lines = [line[:LONGEST_LINE] for line in output.split("\n")[:MOST_LINES]]
    if quantity in ("rows", "columns"):
        shapes = [
            found
            for line in lines
            if not PARTS.search(line) and ("shape" in line.lower() or line.lstrip()[:1] == "(")
            for found in SHAPE.findall(line)
        ]
        return [(float(one[quantity == "columns"]), False) for one in shapes]
    label = re.compile(LABELS[quantity], re.IGNORECASE)
    values = []
    for line, behind in zip(lines, [*lines[1:], ""], strict=True):
        if found := label.search(line):
            rest = line[found.end() :]
            # What was printed behind a line end stands in the next line by itself.
            is_behind = rest.rstrip().endswith(":")
            number = FIRST_NUMBER.match(behind.strip() if is_behind else rest)
            if number:
                values.append((float(number[1].replace(",", "")), bool(number[2])))
    return values
