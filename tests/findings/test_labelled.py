"""Findings in real replies, against what people marked in them."""

from __future__ import annotations

import pytest

from benchmarks.labelled import agreement, notebooks
from harness.records import FindingKind

LEAST_RIGHT, LEAST_FOUND = 0.9, 0.8  # of the half that rules were built on


@pytest.mark.parametrize("kind", FindingKind)
def test_a_kind_agrees_with_people(kind: FindingKind) -> None:
    """On the half that it was built on; of the other one ``make bench`` tells."""
    told, apart = agreement(kind, "building")
    assert (told.precision.value or 0) >= LEAST_RIGHT, (told, apart)
    assert (told.recall.value or 0) >= LEAST_FOUND, (told, apart)


def test_there_are_labels_of_several_models_and_tables_in_both_halves() -> None:
    for half in ("building", "unseen"):
        found = [one for one in notebooks() if one.half == half]
        assert len({one.model for one in found}) >= 2
        assert len({one.subject.profile.file for one in found if one.subject.profile}) >= 3


def test_labels_stand_where_there_is_something_to_label() -> None:
    for one in notebooks():
        sources = one.subject.notebook.sources
        for places in one.wrong.values():
            for _, cell, line in places:
                assert sources[cell].split("\n")[line - 1].strip(), (one.name, cell, line)
