"""Help is a condition of a run: in its id, in words, and in whose files it reads."""

from __future__ import annotations

import pytest

from harness.batch.request import RunRequest
from harness.records import Help


@pytest.mark.parametrize(
    ("help", "said"),
    [
        (Help(), ""),
        (Help(steer=True), "steered"),
        (Help(steer=True, repair=1, candidates=4), "steered, 1 repair, 4 candidates"),
    ],
)
def test_help_is_told_in_words(help: Help, said: str) -> None:
    assert help.label == said
    assert help.given == bool(said)


def test_a_request_asks_for_none_unless_told() -> None:
    assert not RunRequest().help.given
