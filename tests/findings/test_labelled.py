"""Findings in real replies, against what people marked in them."""

from __future__ import annotations

import pytest

from benchmarks.labelled import agreement, notebooks
from harness.records import FindingKind

LEAST = 0.9


@pytest.mark.parametrize("half", ["building", "unseen"])
@pytest.mark.parametrize("kind", FindingKind)
def test_a_kind_agrees_with_people(kind: FindingKind, half: str) -> None:
    told, apart = agreement(kind, half)
    assert (told.precision.value or 0) >= LEAST, (told, apart)
    assert (told.recall.value or 0) >= LEAST, (told, apart)


def test_labels_stand_where_there_is_something_to_label() -> None:
    for one in notebooks():
        sources = one.subject.notebook.sources
        for places in one.wrong.values():
            for _, cell, line in places:
                assert sources[cell].split("\n")[line - 1].strip(), (one.name, cell, line)
