"""What a cell showed, compared as a person would."""

from __future__ import annotations

import time

import pytest

from harness.notebooks import output_digests


def text(said: str, name: str = "stdout") -> dict[str, object]:
    return {"output_type": "stream", "name": name, "text": said}


def figure(png: str, plain: str = "<Figure size 640x480 with 1 Axes>") -> dict[str, object]:
    data = {"image/png": png, "text/plain": plain}
    return {"output_type": "display_data", "metadata": {}, "data": data}


@pytest.mark.parametrize(
    ("first", "second", "differs"),
    [
        ([text("a 0x7f01ab"), text("b\n")], [text("a 0x7f99ff"), text("b\n")], None),
        ([text("a"), text("b")], [text("ab")], None),
        ([text("took 1.25 s")], [text("took 13.07 s")], None),
        ([text("at 2026-11-24 10:11:12.5")], [text("at 2026-11-25 09:00:01.7")], None),
        ([text("/tmp/ipykernel_12/345.py:3")], [text("/tmp/ipykernel_9/77.py:4")], None),
        ([text("rows 7043")], [text("rows 7042")], "stdout"),
        ([text("1.25")], [text("1.26")], "stdout"),
        ([text("a")], [text("a", "stderr")], "stdout"),
        ([figure("AAAA")], [figure("AAAB")], "image/png"),
        ([figure("AAAA")], [figure("AAAA"), text("more")], "stdout"),
        ([figure("AAAA")], [], "image/png"),
        ([], [], None),
    ],
)
def test_outputs_differ_where_a_person_would_see_it(
    first: list, second: list, differs: str | None
) -> None:
    digests = output_digests.of(first), output_digests.of(second)
    assert output_digests.difference(*digests) == differs


@pytest.mark.parametrize("what", ["0", "0x", "1.", "1:", " ", "2026-11-24 "])
def test_long_outputs_take_linear_time(what: str) -> None:
    began = time.monotonic()
    output_digests.of([text(what * 200_000)])
    assert time.monotonic() - began < 4
