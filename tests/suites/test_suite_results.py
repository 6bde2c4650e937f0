"""What was answered and judged is kept line by line, and goes on after whatever ended it."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites.invented import ds1000_row, write

from harness.errors import RunLockedError, StoreError, UnknownNameError
from harness.records import Help, ModelIdentity, Sampling
from harness.suites import reading, results
from harness.suites.problems import Suite, Verdict
from harness.suites.results import Asked, ReplyLine, Results, VerdictLine

MODEL = ModelIdentity(name="m", kind="script", sha256="a" * 64, size=1, file="f", n_ctx=99)
GREEDY = Sampling(temperature=0)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return reading.read(write(tmp_path / "tiny.jsonl", ds1000_row()))


def reply(problem: str = "0", seed: int = 1, text: str = "x\n\udc80é\u2028") -> ReplyLine:
    return ReplyLine(problem=problem, library="Pandas", seed=seed, reply=text, finish="stop")


def begun(project: Path, suite: Suite, **changes: object) -> Results:
    about = results.asked(suite, "completion", MODEL, GREEDY, Help()).model_copy(update=changes)
    found = results.place(project, about)
    found.begin(about)
    return found


def test_the_id_is_of_all_that_determines_the_replies(suite: Suite) -> None:
    def id_of(**other: object) -> str:
        given = {
            "suite": suite,
            "style": "completion",
            "model": MODEL,
            "sampling": GREEDY,
            "help_": Help(),
        }
        return results.asked(**{**given, **other}).id  # type: ignore[arg-type]

    others = [
        id_of(),
        id_of(suite=suite.model_copy(update={"sha256": "b" * 64})),
        id_of(style="chat"),
        id_of(model=MODEL.model_copy(update={"sha256": "b" * 64})),
        id_of(model=MODEL.model_copy(update={"chat_format": "completion"})),
        id_of(sampling=Sampling(temperature=0.1)),
        id_of(help_=Help(steer=True)),
    ]
    assert len(set(others)) == len(others)
    assert id_of(model=MODEL.model_copy(update={"name": "n", "file": "g"})) == id_of()


def test_lines_come_back_and_of_two_the_later_one(tmp_path: Path, suite: Suite) -> None:
    found = begun(tmp_path, suite)
    for line in (reply(), reply(seed=2), reply(text="later")):
        found.add(line)
    verdict = VerdictLine(
        problem="0", seed=1, judging="1", code_sha256="c" * 64, verdict=Verdict(passed=True)
    )
    found.add(verdict)
    assert {key: one.reply for key, one in found.replies().items()} == {
        ("0", 1): "later",
        ("0", 2): "x\n?é\u2028",
    }
    assert found.verdicts() == {("0", 1): verdict}


@pytest.mark.parametrize("cut", [1, 30, 10_000])
def test_a_line_that_was_cut_is_none_and_makes_room(tmp_path: Path, suite: Suite, cut: int) -> None:
    found = begun(tmp_path, suite)
    found.add(reply())
    whole = (found.folder / results.REPLIES).read_bytes()
    torn = whole + (whole * 200)[: cut if cut < 100 else 70_000].replace(b"\n", b" ")
    (found.folder / results.REPLIES).write_bytes(torn)
    assert list(found.replies()) == [("0", 1)]
    found.add(reply("1"))
    assert list(found.replies()) == [("0", 1), ("1", 1)]
    assert (found.folder / results.REPLIES).read_bytes().startswith(whole)


def test_a_line_that_somebody_changed_is_told(tmp_path: Path, suite: Suite) -> None:
    found = begun(tmp_path, suite)
    found.add(reply())
    with (found.folder / results.REPLIES).open("a") as out:
        out.write("{}\n")
    with pytest.raises(StoreError, match="line 2"):
        found.replies()


def test_a_disk_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="could not be written"):
        Results(tmp_path / "none").add(reply())


def test_two_processes_do_not_work_on_one_run(tmp_path: Path, suite: Suite) -> None:
    found = begun(tmp_path, suite)
    with found.lock(), pytest.raises(RunLockedError), Results(found.folder).lock():
        pass


def test_runs_are_found_by_the_beginning_of_their_id(tmp_path: Path, suite: Suite) -> None:
    first = begun(tmp_path, suite, id="ab1", created="2026-01-01")
    second = begun(tmp_path, suite, id="ab2", created="2026-01-02")
    assert [one.folder for one in results.stored(tmp_path)] == [second.folder, first.folder]
    assert isinstance(results.find(tmp_path, "ab1").about(), Asked)
    with pytest.raises(StoreError, match="2 suite runs begin"):
        results.find(tmp_path, "ab")
    with pytest.raises(UnknownNameError):
        results.find(tmp_path, "c")
