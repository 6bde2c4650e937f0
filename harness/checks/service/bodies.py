"""What an app answers to records, for each task: predictions, and how probable the classes are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

from pydantic import FailFast

from harness.checks import answers
from harness.checks.answers import Answer, FiniteNumbers, Refused, one_line
from harness.checks.evidence import Evidence, passed
from harness.checks.labels import speller
from harness.records import CheckResult, Task

TIE = 1e-3  # by how much a probability may be lower than the highest
NAMED = 3  # values in a message

Value = str | bool | int | float


class Predictions(Answer):
    """A class as the table writes it, or a number, for each record."""

    prediction: Annotated[tuple[Value, ...], FailFast()]


class Positive(Answer):
    """How probable the positive value is, for each record."""

    probability: FiniteNumbers


class OfClasses(Answer):
    """How probable each class is, for each record."""

    probabilities: Annotated[tuple[dict[str, float], ...], FailFast()]


class Reply(NamedTuple):
    """A response as it is judged. ``made`` are predictions as ``metrics`` has them."""

    status: int
    asked: int  # records
    unread: str | None = None  # why its predictions could not be read
    values: tuple[Value, ...] = ()
    made: tuple[tuple[float, ...], ...] = ()
    problem: str | None = None  # why it can be told from it how good it is: there are none

    @property
    def given(self) -> int:
        """How many predictions it has."""
        return len(self.values)

    @property
    def holds(self) -> bool:
        """Whether it has a prediction for each record."""
        return self.status == 200 and self.unread is None and self.given == self.asked

    @property
    def message(self) -> str:
        """In words."""
        return one_line(
            f"status {self.status}, {self.unread or f'{self.given:,} predictions'}"
            + ("" if self.unread or self.given == self.asked else f" for {self.asked:,} records")
        )


class Bodies:
    """Reads the bodies of responses for one target."""

    def __init__(self, evidence: Evidence) -> None:
        self._task, self._classes = evidence.task, evidence.ordered_classes
        self._spell = speller(self._classes)
        self._at = {one: number for number, one in enumerate(self._classes)}
        self._known = {*self._classes}

    def read(self, status: int, body: str | None, asked: int) -> Reply:
        """A response to so many records."""
        if status != 200:
            return Reply(status, asked)
        if body is None:
            return Reply(status, asked, "its answer is too long")
        try:
            values = answers.read(body, Predictions).prediction
        except Refused as refused:
            return Reply(status, asked, str(refused))
        try:
            return Reply(status, asked, None, values, self._made(body, values))
        except Refused as refused:
            return Reply(status, asked, None, values, (), str(refused))

    def predictions(self, replies: Sequence[Reply]) -> Iterator[CheckResult]:
        """That they are values of the target, and those that the probabilities speak for."""
        if not self._task.has_classes:
            return
        values = [self._spell(value) for reply in replies for value in reply.values]
        odd = list(dict.fromkeys(value for value in values if value not in self._known))
        known = ", ".join(map(repr, self._classes[:NAMED]))
        more = ", …" if len(self._classes) > NAMED else ""
        message = f"the table writes the target as {known}{more}"
        if odd:
            shown = ", ".join(repr(value[:40]) for value in odd[:NAMED])
            message = f"the app predicts {shown}, and {message}"
        yield passed("predictions are classes", one_line(message), len(odd), holds=not odd)
        made = [row for reply in replies for row in reply.made]
        if odd or len(made) != len(values):
            return
        against = self._against(values, made)
        message = (
            f"{against:,} of {len(values):,} predictions are another class than the one that their"
            " probabilities speak for"
        )
        yield passed("predictions agree", message, against, holds=not against)

    def _made(self, body: str, values: Sequence[Value]) -> tuple[tuple[float, ...], ...]:
        """Raises Refused."""
        if self._task is Task.BINARY:
            ones = answers.read(body, Positive).probability
            _check_count(len(ones), len(values), "probability")
            return tuple((1 - one, one) for one in ones)
        if self._task is Task.MULTICLASS:
            rows = answers.read(body, OfClasses).probabilities
            _check_count(len(rows), len(values), "probabilities")
            return tuple(map(self._in_order, rows))
        numbers = [one for one in values if not isinstance(one, str | bool)]
        if len(numbers) < len(values) and self._task is Task.REGRESSION:
            raise Refused(f"{len(values) - len(numbers):,} of its predictions are no numbers")
        return tuple((_as_float(one),) for one in numbers)

    def _in_order(self, row: dict[str, float]) -> tuple[float, ...]:
        made = {self._spell(name): one for name, one in row.items()}
        odd = next((name for name in made if name not in self._known), None)
        if odd is not None:
            raise Refused(f"its probabilities name {odd[:40]!r}, which is no class of the target")
        lacks = next((name for name in self._classes if name not in made and name), None)
        if lacks is not None:
            raise Refused(f"its probabilities lack the class {lacks[:40]!r}")
        return tuple(made.get(name, 0.0) for name in self._classes)

    def _against(self, values: Sequence[str], made: Sequence[Sequence[float]]) -> int:
        """Rows that no threshold, or not the highest probability, explains."""
        if self._task is Task.BINARY:
            positive = [row[-1] for row, value in zip(made, values, strict=True) if self._is(value)]
            other = [
                row[-1] for row, value in zip(made, values, strict=True) if not self._is(value)
            ]
            least = min(positive, default=math.inf)
            highest = max(other, default=-math.inf)
            return min(
                sum(one > least + TIE for one in other),
                sum(one < highest - TIE for one in positive),
            )
        rows = zip(made, values, strict=True)
        return sum(row[self._at[value]] < max(row) - TIE for row, value in rows)

    def _is(self, value: str) -> bool:
        return value == self._classes[-1]


def _check_count(found: int, wanted: int, name: str) -> None:
    if found != wanted:
        raise Refused(f"its list {name!r} has {found:,} entries, and there are {wanted:,} records")


def _as_float(value: float) -> float:
    """Raises Refused for a whole number that no float holds."""
    try:
        return float(value)
    except OverflowError:
        raise Refused("a prediction is too large a number") from None
