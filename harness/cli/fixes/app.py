"""``harness fixes``: the human changes of fixes/, and new ones from what was edited."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer

from harness.cli import patch
from harness.cli.fixes import capture, change, checking
from harness.cli.options import AsJson, NoSandbox, Project, RunId, Stages, Verbosity

app = typer.Typer(
    help="Capture, list, edit, check, apply or minimise the human fixes of fixes/.",
    no_args_is_help=True,
)
app.command("capture")(capture.capture)
app.command("edit")(change.edit)
app.command("split")(change.split)
app.command("rm")(change.remove)
app.command("check")(checking.check)
app.command(
    "apply",
    short_help="The same as harness patch",
    help=f"The same command as harness patch.\n\n{inspect.getdoc(patch.patch)}",
)(patch.patch)


@app.command("list")
def list_fixes(
    stages: Stages = None,
    as_json: AsJson = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """List the fixes in the order in which they are applied.

    Those of the library come before those of every stage.

    Examples:

    \b
      harness fixes list
      harness fixes list --stage eda,library
    """
    from harness import fixes
    from harness.cli import show
    from harness.fixes import files, scope
    from harness.project import location

    folder = location.find(project)
    found = [fix for name in stages or fixes.names(folder) for fix in fixes.load(folder, name)]
    if as_json:
        show.json(
            [
                one.model_dump(mode="json", exclude={"hunks", "rule"})
                | {"form": one.form, "when": str(one.when)}
                for one in found
            ]
        )
        return
    if files.LIBRARY in {one.stage for one in found} and not scope.includes_library(folder):
        show.info(f"The library is switched off in {files.FOLDER}/{scope.FILE}", style="yellow")
    if not found:
        show.line("There are no fixes yet")
        show.info("Next: edit patched.ipynb of a run and save it, then: harness fixes capture RUN")
        return
    extra = [(name, "extra") for name in ("dataset", "cause", "form", "when")]
    table = show.table("", "fix", *extra, ("description", "text"))
    for one in found:
        table.add_row(
            f"{one.stage}/{one.id}",
            one.dataset,
            one.cause.value,
            one.form,
            show.clean(str(one.when)),
            show.clean(one.description.split("\n")[0]),
        )
    show.out.print(table)


@app.command("show")
def show_fix(
    fix: Annotated[
        str, typer.Argument(metavar="FIX", help="A fix's id or the first characters of it.")
    ],
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Print a fix, and its verdict in every run that met it.

    Examples:

    \b
      harness fixes show eda/040
      harness fixes show 040-churn-rate-of-text
    """
    from harness.cli import show, tables
    from harness.fixes import files
    from harness.project import config, location
    from harness.runs.store import FileStore

    folder = location.find(project)
    one = files.find(folder, fix)
    show.block(f"{one.stage}/{one.path.name}", config.read_text(one.path).rstrip())
    stage = None if one.stage == files.LIBRARY else one.stage  # None: of any
    tried = [
        (run, verdict)
        for _, run in FileStore(folder).runs(stage=stage)
        if run.patched
        for verdict in run.patched.verdicts
        if verdict.fix == one.id
    ]
    if not tried:
        show.line("It was tried on no stored run yet")
        show.info("Next: harness patch RUN")
    for run, verdict in tried:
        old = "" if verdict.sha256 == one.sha256 else " (when the fix had another text)"
        how = f"{verdict.verdict.value}, {tables.how(verdict)}{old}"
        show.line(f"{run.run_id} {run.model.name}: {how}")


@app.command("new")
def new(
    stage: Annotated[
        str, typer.Argument(metavar="STAGE", help="A folder of prompt_templates/, or library.")
    ],
    slug: Annotated[
        str, typer.Argument(metavar="SLUG", help="A few words in lower case, joined by dashes.")
    ],
    rule: Annotated[
        bool, typer.Option("--rule", help="Write a structural rule (.yml), not a patch.")
    ] = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Write the frame of a fix, to be filled in by hand.

    Its file gets the next number of the stage. The library's rules are for every stage.

    Examples:

    \b
      harness fixes new eda parse-total-charges
      harness fixes new library applymap-is-map --rule
    """
    import datetime

    from harness.cli import show
    from harness.cli.fixes.forms import author
    from harness.errors import HarnessError
    from harness.fixes import files, writing
    from harness.project import config, location, stages
    from harness.records import Cause, FixHeader, Rule

    folder = location.find(project)
    if stage != files.LIBRARY:
        stages.load(folder, stage)
    name = f"{writing.next_numbers(folder, stage, 1)[0]:03}-{slug}"
    if not files.NAME.fullmatch(name):
        raise HarnessError(
            f"'{slug}' cannot be a fix's name", "Use lower case, digits and single dashes"
        )
    header = FixHeader(
        description="Say in one line what changes, and below it why",
        author=author(),
        date=datetime.date.today(),
        cause=Cause.DATA_UNSEEN,
    )
    if rule:
        body = Rule(rule={"pattern": "$DF.applymap($$$ARGS)"}, rewrite="$DF.map($$$ARGS)")
        path = writing.write(folder, stage, f"{name}.yml", writing.rule_text(header, body))
    else:
        hunk = "@@ -1,3 +1,3 @@ CELL\n # a line before\n-the line as the model wrote it\n"
        text = writing.patch_text(
            header, stage, hunk + "+the line as it should be\n # a line after"
        )
        path = writing.write(folder, stage, f"{name}.patch", text)
    lines = config.read_text(path).count("\n")
    show.line(f"Wrote {path} ({lines} lines)")
    show.info("Next: fill it in, then: harness fixes check")


@app.command("minimise")
def minimise(
    run: RunId,
    unsafe_no_sandbox: NoSandbox = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Find out which of a run's fixes it needs.

    Each applied fix is left out once, and the notebook runs with the others. A fix is "necessary"
    where without it a cell fails or shows something else, or a file of the stage is missing or
    differs; else it is "redundant". Memory addresses and times are no difference, and neither is
    what differs when the same notebook runs twice.

    Example:

    \b
      harness fixes minimise 8d8d
    """
    from harness import fixes, wiring
    from harness.cli import show
    from harness.cli.live import LiveReporter
    from harness.notebooks import stored
    from harness.project import location
    from harness.records import FixVerdict
    from harness.runs.environment import of_stored_run
    from harness.runs.minimise import minimise as leave_each_out
    from harness.runs.store import FileStore

    tried: list[FixVerdict] = []

    def finished(number: int, total: int, verdict: FixVerdict) -> None:
        tried.append(verdict)
        line = f"{number} of {total}  {verdict.fix}  {verdict.need}: {verdict.need_reason}"
        show.info(line, style="yellow" if verdict.need == "redundant" else "")

    folder = location.find(project)
    store = FileStore(folder)
    key, found = store.find(run)
    stored.executed(found)
    series = fixes.series(folder, found.stage, found.dataset)
    # Cells are meant to fail here, so their failures are not worth a line each.
    with store.lock(key), LiveReporter(found.sampling.max_tokens, tell_failures=False) as reporter:
        executor = wiring.executor(unsafe=unsafe_no_sandbox)
        environment = of_stored_run(folder, found, store, key, executor, reporter)
        leave_each_out(key, found, series, environment, store, finished)
    if not tried:
        show.line("No fix was applied to this run, so none can be left out")
        return
    redundant = ", ".join(one.fix for one in tried if one.need == "redundant") or "none"
    count = show.count(len(tried), "fix", "fixes")
    show.line(f"{count} left out in turn; redundant: {redundant}", style="bold")
