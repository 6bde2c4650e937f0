"""``harness check``: stored runs judged anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Models, NoSandbox, Project, Stages, Verbosity

if TYPE_CHECKING:
    from pathlib import Path

    from harness.records import Run, RunKey
    from harness.runs.judging import Judged
    from harness.runs.staleness import Staleness
    from harness.runs.store import FileStore

FAILED = 1  # exit code: a run could not be judged


def check(
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="A run's id, or the first characters of it."),
    ] = None,
    of_all: Annotated[
        bool, typer.Option("--all", help="Every run whose checks changed since it was judged.")
    ] = False,
    stages: Stages = None,
    models: Models = None,
    force: Annotated[
        bool, typer.Option("--force", help="With --all: those that are up to date, too.")
    ] = False,
    unsafe_no_sandbox: NoSandbox = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Judge stored runs anew, by the checks as they are now.

    No model writes and no notebook runs: the artifacts that are stored with a run are judged. Where
    something else changed, such as the limits, it says so and names the command that runs it again.

    Examples:

    \b
      harness check 8d8d
      harness check --all --stage modeling
    """
    from harness import wiring
    from harness.cli import show
    from harness.cli.live import LiveReporter
    from harness.cli.outcome import finish
    from harness.project import location
    from harness.runs import judging
    from harness.runs.staleness import Staleness
    from harness.runs.store import FileStore

    if (run is not None) == of_all or (run is not None and (stages or models or force)):
        raise typer.BadParameter("give a RUN, or --all with --stage, --model or --force")
    store = FileStore(location.find(project))
    for problem in store.listed().broken if of_all else ():
        show.notice(problem)
    found = _runs(store, run, stages, models, force=force)
    if not found:
        show.line("No verdict is out of date" if not force else "No run matches")
        return
    staleness, errors = Staleness(store.project), 0
    executor = wiring.executor(unsafe=unsafe_no_sandbox)
    judged = judging.judge_stored(store, found, executor, LiveReporter(1))
    try:
        for number in range(1, len(found) + 1):
            with show.working(f"Judging run {number} of {len(found)}"):
                one = next(judged)
            if run is not None and one.error is not None:
                raise one.error
            if run is not None and one.after is not None:
                finish(one.after, one.key, store)
            else:
                _say(one, number, len(found))
            errors += one.error is not None
            if one.after is not None:
                _say_what_else_changed(one.after, store.project, staleness)
    finally:
        executor.close()
    if errors:
        raise typer.Exit(FAILED)


def _runs(
    store: FileStore,
    run: str | None,
    stages: list[str] | None,
    models: list[str] | None,
    *,
    force: bool,
) -> list[tuple[RunKey, Run]]:
    from harness.runs import judging

    if run is not None:
        return [store.find(run)]
    if force:
        return list(store.runs(stage=stages, model=models))
    return judging.out_of_date(store, stage=stages, model=models)


def _say(one: Judged, number: int, total: int) -> None:
    """One line: which run, how it ended, and how it had ended where that is something else."""
    from harness.cli import facts, show

    whose = f"{number} of {total}  {one.key.run_id}  {one.key.model} · {one.key.stage}"
    if one.after is None:
        show.error(f"harness: {whose}: {one.error}")
        return
    before, after = facts.outcome(one.before), facts.outcome(one.after)
    was = f" (before: {before})" if str(before) != str(after) else ""
    show.line(f"{whose}  {after}{was}")


def _say_what_else_changed(run: Run, project: Path, staleness: Staleness) -> None:
    from harness.cli import show
    from harness.project import defaults

    reasons = staleness.of_run(run)
    if not reasons:
        return
    again = f"harness patch {run.run_id}"
    if not all("fix" in reason for reason in reasons):
        again = f"harness generate {run.stage} --model {run.model.name}"
        again += f" --context {run.context} --seed {run.seed}"
        again += defaults.help_options(project, run.help)
    show.notice(
        f"Run {run.run_id} was judged as it is, but {', '.join(reasons)} since it ran. "
        f"Run it again, its replies are kept: {again}"
    )
