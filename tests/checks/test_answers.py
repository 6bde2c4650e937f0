"""Answers of programs: read strictly, or refused in bounded time and memory."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from harness.checks import answers
from harness.checks.answers import Answer, FiniteNumbers, Refused, one_line, pieces


class Some(Answer):
    numbers: FiniteNumbers
    status: int = 200
    text: str = ""


def test_an_answer_is_what_was_asked_for() -> None:
    read = answers.read('{"numbers": [1, 0.5, -2e3], "text": "\\u00e9"}', Some)
    assert read == Some(numbers=(1.0, 0.5, -2000.0), text="é")


HOSTILE = {
    "infinity": '{"numbers": [Infinity]}',
    "nan": '{"numbers": [NaN]}',
    "out of a float's range": '{"numbers": [1e999]}',
    "10**400": '{"numbers": [1' + "0" * 400 + "]}",
    "a million digits": '{"numbers": [' + "9" * 1_000_000 + "]}",
    "10**400 as an integer": '{"numbers": [], "status": 1' + "0" * 400 + ".5}",
    "a lone surrogate": '{"numbers": [], "text": "\\ud83d"}',
    "a bare surrogate": '{"numbers": [], "text": "\ud83d"}',
    "a number as text": '{"numbers": ["1"]}',
    "a truth as a number": '{"numbers": [true]}',
    "no object": "[]",
    "nothing": "",
    "two": '{"numbers": []}{"numbers": []}',
    "deep": '{"numbers": ' + "[" * 200_000 + "]" * 200_000 + "}",
    "deep objects": '{"numbers": ' * 100_000,
    "8 MB of lists": '{"numbers": [' + "[]," * 2_700_000 + "[]]}",
    "60 MB of lists": "[" + "[]," * 20_000_000 + "[]]",
    "a text of 20 MB": '"' + "a" * (20 << 20) + '"',
    "many keys": "{" + ",".join(f'"{i}":1' for i in range(500_000)) + "}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_answer_is_refused_in_a_line(text: str) -> None:
    began = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="its answer is") as refused:
            answers.read(text, Some)
        assert tracemalloc.get_traced_memory()[1] < 300 << 20
    finally:
        tracemalloc.stop()
    assert time.monotonic() - began < 5
    assert len(str(refused.value)) <= answers.LONGEST_MESSAGE
    assert "\n" not in str(refused.value)


def test_a_message_is_one_printable_line() -> None:
    assert one_line("a\n\tb\x1b[31m\ud83d\u2028c") == "a b\ufffd[31m\ufffd c"
    assert one_line("x" * 300) == "x" * 300
    assert one_line("x" * 10_000_000) == "x" * 299 + "…"


def test_rows_are_asked_for_some_at_a_time() -> None:
    assert pieces([1, 2, 3], 2) == [[1, 2], [3]]
    assert pieces([], 2) == []
