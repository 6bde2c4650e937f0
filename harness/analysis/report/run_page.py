"""The page of one run: what was asked, written, run, taken back, repaired, patched and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness import files
from harness.analysis.report import templates
from harness.analysis.report.outputs import Shown, cut, outputs_of
from harness.analysis.report.run_cells import Outputs, RunCell, cells_of
from harness.errors import NotebookError
from harness.notebooks import jupyter, stored
from harness.records import CheckResult, FixVerdict, Reply, Run, RunKey, TakenBack, Verdict
from harness.runs.store import FileStore

MOST_PICTURES = 12 << 20  # characters of all pictures of a page
MOST_TAKEN = 100  # pieces of a step
LONG = 20_000  # characters of a prompt
SHORT = 2_000  # characters of a piece that was taken back


class Step(NamedTuple):
    """A step: what was asked, how the reply was written, and its cells."""

    name: str
    prompt: str
    reply: Reply | None
    taken: tuple[TakenBack, ...]
    taken_left: int  # pieces that are not shown
    cells: tuple[RunCell, ...]


class Verdicts(NamedTuple):
    """The fixes of a run: those that did something or should have, and the others."""

    telling: tuple[FixVerdict, ...]
    obsolete: tuple[FixVerdict, ...]


def page(
    store: FileStore, key: RunKey, run: Run, about: Mapping[str, str], stale: Sequence[str]
) -> str:
    """The page. ``about``: the title and the address of the group that the run is of."""
    outputs, missing = _outputs(store, key, run)
    cells, problem = cells_of(run, outputs)
    fixes = run.patched.verdicts if run.patched else ()
    return templates.render(
        "run.html.j2",
        up="../../../",
        run=run,
        about=about,
        stale=stale,
        notices=[one for one in (*missing, problem) if one],
        steps=_steps(run, cells),
        checks=_checks(run),
        fixes=Verdicts(
            tuple(one for one in fixes if one.verdict is not Verdict.OBSOLETE),
            tuple(one for one in fixes if one.verdict is Verdict.OBSOLETE),
        ),
        findings=run.findings,
        cut=cut,
        LONG=LONG,
        SHORT=SHORT,
    )


def _outputs(store: FileStore, key: RunKey, run: Run) -> tuple[Outputs, list[str]]:
    """What each notebook showed, and which of them could not be read."""
    found: dict[str, dict[str, tuple[Shown, ...]]] = {}
    missing = []
    room = MOST_PICTURES
    for form in run.executions:
        if form == "repaired" and not run.is_rewritten:
            continue
        path = store.folder(key) / stored.FILES[form]
        try:
            nodes = jupyter.load(files.read(path, jupyter.LARGEST), path).cells
        except FileNotFoundError:
            missing.append(f"{path.name} is missing, and its outputs with it")
            continue
        except OSError as error:
            missing.append(f"{path.name} could not be read ({error.strerror})")
            continue
        except NotebookError as error:
            missing.append(str(error).replace(str(path), path.name))
            continue
        found[form] = outputs_of(nodes)
        room = _within(found[form], room)
    return found, missing


def _within(outputs: dict[str, tuple[Shown, ...]], room: int) -> int:
    """Leaves out pictures that do not fit; returns how much room is left."""
    for cell, shown in outputs.items():
        kept = []
        for one in shown:
            room -= len(one.picture)
            fits = not one.picture or room >= 0
            kept.append(one if fits else Shown(text="a picture, left out: this page has many"))
        outputs[cell] = tuple(kept)
    return room


def _steps(run: Run, cells: Sequence[RunCell]) -> list[Step]:
    replies = {one.step: one for one in run.replies}
    prompts = dict(zip(replies, (one.content for one in run.prompts[1:]), strict=False))
    by_step: dict[str, list[RunCell]] = {name: [] for name in replies}
    for cell in cells:
        by_step.setdefault(cell.step, []).append(cell)
    made = []
    for name, own in by_step.items():
        reply = replies.get(name)
        steered = reply.steered if reply else None
        every = (*steered.taken_back, *steered.left) if steered else ()
        made.append(
            Step(
                name=name,
                prompt=(reply.asked if reply and reply.asked else prompts.get(name, "")),
                reply=reply,
                taken=every[:MOST_TAKEN],
                taken_left=max(0, len(every) - MOST_TAKEN),
                cells=tuple(own),
            )
        )
    return made


def _checks(run: Run) -> list[tuple[str, dict[str, CheckResult]]]:
    """Every check by its name, with what it found of each notebook."""
    found: dict[str, dict[str, CheckResult]] = {}
    for form, done in run.executions.items():
        if form == "repaired" and not run.is_rewritten:
            continue
        for check in done.checks:
            found.setdefault(check.name, {})[form] = check
    return list(found.items())
