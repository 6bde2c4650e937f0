"""Stepping a reply back, from places that are characters to tokens."""

from __future__ import annotations

from typing import NamedTuple

from harness.engines.llama.bindings import Vocabulary
from harness.engines.llama.sequences import Sequence
from harness.engines.llama.ways import Way
from harness.records import StepBack

# A small model copies a comment that it sees, line after line. So what comes behind a hidden one
# is neither a comment nor an empty line.
NO_ECHO = (b"#", b"\n")


class Seen(NamedTuple):
    """What a watcher saw of a reply when it answered."""

    written: int  # tokens
    ended: bool


def step_back(sequence: Sequence, back: StepBack, seen: Seen, vocabulary: Vocabulary) -> int:
    """Let a reply go on from an earlier place, as ``back`` says; the characters that stay.

    What came since it was ``seen`` goes first, as if it had never been. A place beyond the text is
    its end.
    """
    if seen.written < sequence.written or (sequence.finish is not None and not seen.ended):
        sequence.back(seen.written)
    text = sequence.text
    keep = min(back.keep, len(text))
    place = _place(sequence, keep)
    kept = sequence.marks[place - 1].end if place else 0
    # What the last token that goes had before the place belongs before an insert still.
    before = vocabulary.written(text[kept:keep]) if back.insert and kept < keep else []
    way = _way(sequence, back, place, keep if before else kept)
    sequence.taken_back += sequence.written - place
    sequence.back(place)
    sequence.ways.back(place)
    if before:
        sequence.insert(before, vocabulary)
    if way is not None:
        sequence.ways.reject(way._replace(start=sequence.written))
    if back.insert:
        insert = vocabulary.written(back.insert)
        sequence.ways.shift(sequence.written, len(insert))
        sequence.insert(insert, vocabulary, hidden=back.hidden)
        for repeats in NO_ECHO if back.hidden else ():
            sequence.ways.reject(Way(sequence.written, (), repeats, ends=False, penalty=None))
    if sequence.room <= 0:
        sequence.finish = "length"
    return kept


def _place(sequence: Sequence, keep: int) -> int:
    """How many tokens lie before a character, as far as they make whole ones."""
    place = 0
    for i, mark in enumerate(sequence.marks, 1):
        if mark.end > keep:
            break
        if mark.whole:
            place = i
    return place


def _way(sequence: Sequence, back: StepBack, place: int, kept: int) -> Way | None:
    """What is rejected from a place on, of which ``kept`` characters stand before.

    A place behind the text rejects its end, too.
    """
    if back.reject is None:
        return None
    pieces, tokens = sequence.pieces[place:], sequence.tokens[sequence.prompt + place :]
    start = sequence.marks[place - 1].end if place else 0
    whole = b"".join(pieces)[len(sequence.text[start:kept].encode()) :]
    ends = back.reject > len(sequence.text)  # what the model did not write is no end
    text = whole if ends else sequence.text[kept : back.reject].encode()
    count = len(tokens) if ends else sum(mark.end < back.reject for mark in sequence.marks[place:])
    count = min(count + 1, len(tokens))
    if not whole.startswith(text):  # bytes that are no text
        text = b"".join(pieces[:count])
    ends = ends and sequence.ended_by_model
    along = () if kept > start else tuple(tokens[:count])
    return Way(place, along, text, ends, back.penalty) if text or ends else None
