"""Findings of words in real replies, against what a person marked in them."""

from __future__ import annotations

import pytest
from labelled import agreement, notebooks

from harness.findings import commentary, explicitness

KINDS = {"explicitness": explicitness.find, "commentary": commentary.find}
LEAST = 0.9


@pytest.mark.parametrize("half", ["building", "unseen"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_agrees_with_a_person(kind: str, half: str) -> None:
    told, apart = agreement(kind, KINDS[kind], half)
    assert told.precision >= LEAST, (told, apart)
    if half == "building":  # the other one has no fault that could be missed
        assert told.recall >= LEAST, (told, apart)


def test_labels_stand_where_there_is_something_to_label() -> None:
    for one in notebooks():
        sources = one.subject.notebook.sources
        for places in one.wrong.values():
            for _, cell, line in places:
                assert sources[cell].split("\n")[line - 1].strip(), (one.name, cell, line)
