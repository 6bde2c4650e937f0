"""Findings in real replies, against what people marked in them."""

from __future__ import annotations

import pytest

from benchmarks.labelled import agreement, notebooks, of_words
from harness.records import FindingKind

LEAST_RIGHT, LEAST_FOUND = 0.9, 0.8  # of what the rules were built on
LEAST_OF_WORDS = 0.9
OF_WORDS = (FindingKind.EXPLICITNESS, FindingKind.COMMENTARY)


@pytest.mark.parametrize("kind", FindingKind)
def test_a_kind_agrees_with_people(kind: FindingKind) -> None:
    """On the half that it was built on; of the other one ``make bench`` tells."""
    told, apart = agreement(kind, "building")
    assert (told.precision.value or 0) >= LEAST_RIGHT, (told, apart)
    assert (told.recall.value or 0) >= LEAST_FOUND, (told, apart)


@pytest.mark.parametrize("kind", OF_WORDS)
def test_what_is_said_of_words_is_right_and_misses_little(kind: FindingKind) -> None:
    words = tuple(of_words())
    told, apart = agreement(kind, "building", words)
    assert (told.precision.value or 0) >= LEAST_OF_WORDS, (told, apart)
    assert (told.recall.value or 0) >= LEAST_OF_WORDS, (told, apart)


def test_there_are_labels_of_several_models_and_tables() -> None:
    """Also where all that was unseen has been looked into, and new ones are not labelled yet."""
    for half in {"building", *(one.half for one in notebooks())}:
        found = [one for one in notebooks() if one.half == half]
        assert len({one.model for one in found}) >= 2
        assert len({one.subject.profile.file for one in found if one.subject.profile}) >= 3


def test_labels_stand_where_there_is_something_to_label() -> None:
    for one in notebooks():
        sources = one.subject.notebook.sources
        for places in one.wrong.values():
            for _, cell, line in places:
                assert sources[cell].split("\n")[line - 1].strip(), (one.name, cell, line)
