"""Runs of a batch do not end each other, whatever happens to one of them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.batch import request
from harness.batch.matrix import look
from harness.batch.outcomes import BatchEvent, Ended
from harness.batch.request import RunRequest
from harness.batch.runners.inline import InlineRunner
from harness.batch.runners.local import LocalRunner
from harness.batch.schedule import Batch
from harness.batch.worker import Emit, Job, Resources, Saved
from harness.errors import StoreError, UnexpectedError
from harness.ports import Runner
from harness.records import Run
from harness.runs.store import FileStore

SEEDS = 3
Work = Callable[[Job, Emit], Run | None]


class Panic(BaseException):
    """What compiled code raises where it fails: no Exception."""


def overflow(job: Job) -> None:
    overflow(job)


def panic(job: Job) -> None:
    raise Panic("a panic\nof two lines")


def deepen(job: Job) -> None:
    """What a cell may leave behind: folders in each other, deeper than Python's own calls."""
    (job.folder / "work").mkdir(parents=True, exist_ok=True)
    here = os.open(job.folder / "work", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def work(of_first: Callable[[Job], None], job: Job, emit: Emit) -> None:
    """The first run meets with what is given; the others only store something."""
    if job.plan.seed == 1:
        of_first(job)
    emit(Saved(name="done", blob=b""))


def make_overflowing() -> Work:
    return lambda job, emit: work(overflow, job, emit)


def make_panicking() -> Work:
    return lambda job, emit: work(panic, job, emit)


@contextlib.contextmanager
def closing(runner: Runner) -> Iterator[Runner]:
    try:
        yield runner
    finally:
        runner.close()


@pytest.fixture
def batch(project: Path, two_steps: Path, script: Callable[..., str]) -> Callable[..., Any]:
    script(["```python\nx = 1\n```"] * 2)
    store = FileStore(project)
    asked = RunRequest(stages=("tiny",), samples=SEEDS)
    matrix = request.resolve(
        project,
        store,
        asked,
        lambda said: None,
        lambda label: contextlib.nullcontext(lambda *_: None),
    )

    def carry_out(runner: Runner) -> tuple[list[Ended], list[BatchEvent]]:
        seen: list[BatchEvent] = []
        with closing(runner):
            ended = Batch(project, store, matrix, runner, Resources()).carry_out(seen.append)
        return sorted(ended, key=lambda one: one.planned.plan.seed), seen

    carry_out.planned = lambda: look(project, store, matrix)  # type: ignore[attr-defined]
    carry_out.store = store  # type: ignore[attr-defined]
    return carry_out


@pytest.mark.parametrize(
    ("runner", "name"),
    [
        (lambda: InlineRunner(make_overflowing()), "RecursionError"),
        (lambda: InlineRunner(make_panicking()), "Panic"),
        (lambda: LocalRunner(make_overflowing, 1, lanes=2), "RecursionError"),
        (lambda: LocalRunner(make_panicking, 1, lanes=2), "Panic"),
    ],
)
def test_what_nobody_expects_ends_one_run_in_one_line(
    batch: Callable[..., Any], runner: Callable[[], Runner], name: str
) -> None:
    ended, _ = batch(runner())
    first, *others = [one.error for one in ended]
    assert isinstance(first, UnexpectedError)
    assert f"failed unexpectedly ({name}" in str(first)
    assert "\n" not in str(first)
    assert others == [None] * (SEEDS - 1)
    done = [(batch.store.folder(one.planned.plan.key) / "done").exists() for one in ended]
    assert done == [False, True, True]


def test_what_a_cell_left_is_cleared_whatever_its_depth(batch: Callable[..., Any]) -> None:
    ended, seen = batch(InlineRunner(lambda job, emit: work(deepen, job, emit)))
    assert [one.error for one in ended] == [None] * SEEDS
    assert not [one.left for one in seen if one.left]
    for one in ended:
        assert not (batch.store.folder(one.planned.plan.key) / "work").exists()


@pytest.mark.parametrize("name", ["run.json", "replies.json", "raw.ipynb"])
def test_a_run_whose_files_cannot_be_read_is_no_other_runs_end(
    batch: Callable[..., Any], name: str
) -> None:
    folder = batch.store.folder(batch.planned()[0].plan.key)
    (folder / name).mkdir(parents=True)
    ended, _ = batch(InlineRunner(lambda job, emit: work(lambda _: None, job, emit)))
    first, *others = [one.error for one in ended]
    assert isinstance(first, StoreError)
    assert str(folder / name) in str(first)
    assert others == [None] * (SEEDS - 1)


def test_a_run_that_cannot_be_stored_is_no_other_runs_end(batch: Callable[..., Any]) -> None:
    folder = batch.store.folder(batch.planned()[0].plan.key)
    (folder / "done").mkdir(parents=True)
    ended, _ = batch(InlineRunner(lambda job, emit: work(lambda _: None, job, emit)))
    first, *others = [one.error for one in ended]
    assert isinstance(first, StoreError)
    assert others == [None] * (SEEDS - 1)


def test_replies_that_a_kernel_lives_beside_are_written_in_their_own_stage(
    project: Path, two_steps: Path, script: Callable[..., str]
) -> None:
    script(["```python\nx = 1\n```"] * 2)
    later = shutil.copytree(two_steps, two_steps.with_name("tinier"))
    (later / "stage.toml").write_text('title = "Tinier"\nsteps = ["one", "two"]\n')
    store, done = FileStore(project), []
    asked = RunRequest(stages=("tiny", "tinier"), contexts=("schema", "live"))
    matrix = request.resolve(
        project,
        store,
        asked,
        lambda said: None,
        lambda label: contextlib.nullcontext(lambda *_: None),
    )

    def note(job: Job, emit: Emit) -> None:
        done.append((job.plan.stage.name, job.plan.context.name, job.write_only))

    with closing(InlineRunner(note)) as runner:
        Batch(project, store, matrix, runner, Resources(concurrent=2)).carry_out(lambda _: None)
    ahead = [(stage, "schema", True) for stage in ("tiny", "tinier")]
    by_stage = [("live", True), ("schema", False), ("live", False)]
    assert done == ahead + [(stage, *how) for stage in ("tiny", "tinier") for how in by_stage]
