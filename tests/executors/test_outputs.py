"""What a cell is said to have done and shown: by its reply, in order, and what remains of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.executors import outputs
from harness.executors.kernels import KernelExecutor
from harness.executors.sandbox import BWRAP
from harness.executors.session import KernelSession
from harness.records import CellOutcome, CellStatus, Limits, Workspace

LIMITS = Limits(cell_seconds=40, stage_seconds=250, output_mb=0.5)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def session(work: Path) -> Iterator[KernelSession]:
    """For cells that leave the kernel as it was."""
    started = KernelExecutor(BWRAP).start(Workspace(folder=work), LIMITS)
    yield started
    started.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[KernelSession]:
    """For cells that do not."""
    (tmp_path / "work").mkdir()
    started = KernelExecutor(BWRAP).start(Workspace(folder=tmp_path / "work"), LIMITS)
    yield started
    started.close()


def shows(outcome: CellOutcome) -> list[str]:
    """Each output in a word or two."""
    return [o.get("text") or o.get("ename") or o["data"]["text/plain"] for o in outcome.outputs]


UNPRINTABLE = "class E(Exception):\n  def {}\nraise E('odd')"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (r"raise ValueError('\ud83d bad')", "UnicodeEncodeError"),
        (r"raise ValueError('\udcff\ud800')", "UnicodeEncodeError"),
        ("%nosuch 1", "UsageError"),
        ("%%nosuch\n1", "UsageError"),
        ("get_ipython().run_line_magic('nosuch', '')", "UsageError"),
        ("raise ExceptionGroup('several', [ValueError(1)])", "ExceptionGroup"),
        ("import bdb\nraise bdb.BdbQuit", "BdbQuit"),
        (UNPRINTABLE.format("_render_traceback_(self): return [1, 2]"), "KernelError"),
        (UNPRINTABLE.format("_render_traceback_(self): return 7"), "KernelError"),
        (UNPRINTABLE.format("_render_traceback_(self): raise KeyError"), "E"),
        (UNPRINTABLE.format("__str__(self): raise KeyError"), None),
        ("class R:\n  def __repr__(self): 1 / 0\nR()", "ZeroDivisionError"),
    ],
)
def test_a_cell_that_fails_is_an_error_whatever_it_shows(
    session: KernelSession, source: str, error: str | None
) -> None:
    outcome = session.run(source)
    assert outcome.status is CellStatus.ERROR
    assert outcome.error == error or error is None
    assert outcome.traceback
    assert any(output["output_type"] == "error" for output in outcome.outputs)
    outcome.model_dump_json().encode()
    assert session.run("1").status is CellStatus.OK


def test_a_file_that_is_not_written_is_an_error(session: KernelSession, work: Path) -> None:
    outcome = session.run("# app.py\n%%writefile app.py\nx = 1\n")
    assert (outcome.status, outcome.error) == (CellStatus.ERROR, "UsageError")
    assert outcome.message == "Line magic function `%%writefile` not found."
    assert not (work / "app.py").exists()


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_cell_that_closes_its_mouth_cannot_hide_its_error(
    fresh: KernelSession, stream: str
) -> None:
    outcome = fresh.run(f"import sys\nsys.{stream} = None\n1 / 0")
    assert outcome.status is CellStatus.ERROR
    assert fresh.run("1 / 0").status is CellStatus.ERROR


def test_cells_that_take_their_time_or_do_nothing_are_ok(session: KernelSession) -> None:
    outcome = session.run("import asyncio\nawait asyncio.sleep(0.5)\nprint('late')")
    assert (outcome.status, shows(outcome)) == (CellStatus.OK, ["late\n"])
    assert session.run("").status is CellStatus.OK
    assert session.run("# nothing").status is CellStatus.OK


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ({"status": "aborted"}, "AbortedError", "says aborted"),
        ({"status": 7, "ename": ["x"], "evalue": {}, "traceback": "no"}, "KernelError", "nothing"),
        ({}, "KernelError", "nothing"),
        ([], "KernelError", "nothing"),
        ({"status": "error", "ename": "E", "evalue": "\ud800", "traceback": [3]}, "E", "\\ud800"),
    ],
)
def test_an_odd_reply_is_an_error(content: object, name: str, message: str) -> None:
    reply = outputs.reply_of(content)
    outcome = outputs.outcome([], 0, reply)
    assert (outcome.status, outcome.error) == (CellStatus.ERROR, name)
    assert message in (outcome.message or "")
    outcome.model_dump_json().encode()


def test_a_reply_is_kept_short() -> None:
    long = "x" * 10**6
    content = {"status": "error", "ename": long, "evalue": long, "traceback": [long] * 10_000}
    assert len(json.dumps(outputs.reply_of(content).model_dump())) < 30 << 20
    outcome = outputs.outcome([], 0, outputs.reply_of(content))
    assert len(outcome.traceback or "") <= outputs.LONGEST_TRACEBACK


DISPLAY = "from IPython.display import display, clear_output\n"
FIGURE = (
    "class Figure:\n  def __init__(self, of): self.of = of\n  def __repr__(self): return self.of\n"
)


def test_prints_and_figures_keep_their_order(session: KernelSession) -> None:
    source = DISPLAY + FIGURE + "import sys\n"
    source += "print('a'); print('b')\ndisplay(Figure('one'))\nprint('c')\n"
    source += "print('warned', file=sys.stderr)\nprint('d')\ndisplay(Figure('two'))\nprint('e')"
    outcome = session.run(source)
    assert shows(outcome) == ["a\nb\n", "one", "c\nd\n", "warned\n", "two", "e\n"]


def test_a_progress_bar_leaves_its_last_state(session: KernelSession) -> None:
    outcome = session.run(r"print('10 %\r50 %\r100 %'); print('installed\r'); print('end')")
    assert shows(outcome) == ["100 %\ninstalled\r\nend\n"]


def test_one_long_line_takes_no_time(session: KernelSession) -> None:
    outcome = session.run("print('x' * 400_000)")
    assert outcome.status is CellStatus.OK
    assert len(outcome.outputs[0]["text"]) == 400_001


@pytest.mark.parametrize("wait", [True, False])
def test_only_what_remains_counts_against_the_limit(session: KernelSession, wait: bool) -> None:
    source = DISPLAY + FIGURE + f"for i in range(20):\n  clear_output(wait={wait})\n"
    source += "  display(Figure(str(i) * 50_000))\nprint('trained')"
    outcome = session.run(source)
    assert outcome.status is CellStatus.OK
    assert [text[:2] for text in shows(outcome)] == ["19", "tr"]


def test_what_is_not_cleared_is_over_the_limit(fresh: KernelSession) -> None:
    source = DISPLAY + FIGURE + "for i in range(20):\n  display(Figure('x' * 50_000))"
    outcome = fresh.run(source)
    assert (outcome.status, outcome.reason) == (CellStatus.KILLED, "printed more than 0.5 MB")
    assert 5 < len(outcome.outputs) <= 10


def test_a_later_cell_updates_what_an_earlier_one_shows(session: KernelSession) -> None:
    before = len(session._client.nb.cells)
    session.run(DISPLAY + FIGURE + "print('x')\nh = display(Figure('0 %'), display_id='bar')")
    session.run("print('between')")
    assert session.updated() == {}
    outcome = session.run("h.update(Figure('50 %'))\nh.update(Figure('100 %'))\nprint('done')")
    assert shows(outcome) == ["done\n"]
    changed = session.updated()
    assert list(changed) == [before]
    assert [o.get("text") or o["data"]["text/plain"] for o in changed[before]] == ["x\n", "100 %"]
    assert session.updated() == {}


def test_an_update_replaces_and_is_counted_as_what_it_leaves(fresh: KernelSession) -> None:
    source = DISPLAY + FIGURE + "h = display(Figure('0'), display_id=True)\n"
    fresh.run(source + "for i in range(20): h.update(Figure('x' * 50_000))")
    assert fresh.run("for i in range(20): h.update(Figure('y' * 50_000))").status is CellStatus.OK
    fresh.run("for i in range(50): h.display(Figure('z'))")
    outcome = fresh.run("h.update(Figure('x' * 50_000))")
    assert (outcome.status, outcome.reason) == (CellStatus.KILLED, "printed more than 0.5 MB")


def test_thousands_of_displays_all_arrive(tmp_path: Path) -> None:
    session = KernelExecutor(BWRAP).start(Workspace(folder=tmp_path), Limits(output_mb=4))
    outcome = session.run(DISPLAY + "for i in range(2_000): display(i)\nprint('end')")
    session.close()
    assert outcome.status is CellStatus.OK, outcome.reason
    assert shows(outcome) == [*map(str, range(2_000)), "end\n"]
