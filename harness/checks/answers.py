"""What comes back from a check's program: text that is read strictly, or refused in one line.

The program may share its process with code that a model wrote, so an answer is data and never a
verdict. Whatever its length and depth, it is read in bounded time and memory.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, ValidationError

LONGEST = 8 << 20  # characters of an answer
LONGEST_MESSAGE = 300  # characters

FiniteNumbers = Annotated[tuple[float, ...], FailFast()]
Texts = Annotated[tuple[str, ...], FailFast()]


class Answer(BaseModel):
    """Base of what programs answer: no text for a number, no number that is not finite.

    Other keys are passed over; to list each as an error would take long where there are many.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


A = TypeVar("A", bound=BaseModel)


class Refused(Exception):
    """There is no answer that could be read; the message says why, in one line."""

    def __init__(self, why: str) -> None:
        super().__init__(one_line(why))


class Ask(Protocol):
    """Puts a question, of JSON's types, to a program. Raises Refused."""

    def __call__(self, question: Mapping[str, Any], kind: type[A]) -> A:
        """The program's answer, as a record of ``kind``."""
        ...


def read(text: str, kind: type[A]) -> A:
    """``text`` as JSON for a record. Raises Refused, which names the first thing that is wrong."""
    if len(text) > LONGEST:
        raise Refused(f"its answer is longer than {LONGEST >> 20} MB")
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(
            f"its answer is not as it should be ({where}: {first['msg']})"
            if where
            else f"its answer is not as it should be ({first['msg']})"
        ) from None


def one_line(text: str) -> str:
    """``text`` for a message: on one line, printable, cut with an ellipsis where it is long."""
    words = " ".join(text[: 2 * LONGEST_MESSAGE].split())
    shown = "".join("\ufffd" if unicodedata.category(c)[0] == "C" else c for c in words)
    is_whole = len(text) <= 2 * LONGEST_MESSAGE and len(shown) <= LONGEST_MESSAGE
    return shown if is_whole else f"{shown[: LONGEST_MESSAGE - 1]}…"


def pieces(rows: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """``rows`` in order, ``size`` at a time, so that no question or answer grows with a table."""
    return [rows[first : first + size] for first in range(0, len(rows), size)]
