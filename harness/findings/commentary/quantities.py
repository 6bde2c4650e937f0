"""Quantities with numbers: as a text states them, as outputs show them, as code sets them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from harness.findings.steps import Step

NUMBER = r"[-+]?\d{1,12}(?:,\d{3})*(?:\.\d{1,12})?"
SMALL = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "ten": "10", "no": "0"}
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
# As a text says what an argument of the code sets, and the arguments' names.
SET = {
    re.compile(r"\b(\d{1,2}|three|five|ten)-fold\b", re.IGNORECASE): ("cv", "n_splits"),
    re.compile(r"(?<![\w.-])(\d{1,5}) trials\b", re.IGNORECASE): ("n_trials",),
    re.compile(r"\brandom[ _]state`?(?: of| =| to| is|=)? ?`?(\d{1,9})\b", re.IGNORECASE): (
        "random_state",
    ),
    re.compile(r"\bseed (?:of )?(\d{1,9})\b", re.IGNORECASE): ("seed", "random_state"),
}
TEST_SHARE = re.compile(
    r"\b(\d{1,2})% (?:of the (?:data|rows|dataset)(?: is| are)? )?(?:for|as|held out for|used for)"
    r" (?:the )?test|\b\d0[/-](\d0)(?: train[-/ ]test)? split\b",
    re.IGNORECASE,
)
NAMED = re.compile(
    r"`?\b([a-z]+(?:_[a-z]+)+)`?(?: of| =| to| is| set to|=) ?`?(\d{1,9}(?:\.\d{1,9})?)\b"
)


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
        number = float(SMALL.get(self.shown.lower(), self.shown).replace(",", ""))
        # Rounded or cut off; whole numbers are counts, which are exact.
        off = 10**-digits if digits or self.percent else 0
        scales = (1, 100) if self.percent and not percent else (1,)
        return any(abs(value * scale - number) <= off for scale in scales)


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


def set_in_text(text: str) -> Iterator[tuple[Stated, tuple[str, ...]]]:
    """Numbers that a claim states of arguments, with the arguments' names."""
    for pattern, names in SET.items():
        for found in pattern.finditer(text):
            yield Stated(names[0], found[1], False, found.start(1), found.end(1)), names
    for found in TEST_SHARE.finditer(text):
        group = found.lastindex or 1
        at = found.start(group), found.end(group)
        yield Stated("test_size", found[group], True, *at), ("test_size",)
    for found in NAMED.finditer(text):
        yield Stated(found[1], found[2], False, found.start(2), found.end(2)), (found[1],)


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


def set_in_code(names: tuple[str, ...], step: Step) -> list[float]:
    """The numbers that calls of the step give to arguments of these names."""
    values = (
        one.value.value
        for code in step.code
        for node in code.nodes
        if isinstance(node, ast.Call)
        for one in node.keywords
        if one.arg in names and isinstance(one.value, ast.Constant)
    )
    return [float(one) for one in values if isinstance(one, int | float) and one is not True]
