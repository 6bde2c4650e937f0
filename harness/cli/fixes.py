"""``harness fixes``: the human changes of fixes/, and new ones from what was edited."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import capture, patch
from harness.cli.options import AsJson, NoSandbox, Project, RunId

app = typer.Typer(
    help="Capture, list, check, apply or minimise the human fixes of fixes/.",
    no_args_is_help=True,
)
app.command("capture", short_help="Turn edits of a patched notebook into fixes")(capture.capture)
app.command("apply", short_help="The same as harness patch")(patch.patch)


@app.command("list")
def list_fixes(
    stage: Annotated[str | None, typer.Option("--stage", help="Of one stage only.")] = None,
    as_json: AsJson = False,
    project: Project = None,
) -> None:
    """List the fixes in the order in which they are applied."""
    from harness import fixes
    from harness.cli import show
    from harness.project import location

    folder = location.find(project)
    stages = fixes.names(folder) if stage is None else [stage]
    found = [fix for name in stages for fix in fixes.load(folder, name)]
    if as_json:
        show.json(
            [
                one.model_dump(mode="json", exclude={"hunks", "rule"})
                | {"form": one.form, "when": str(one.when)}
                for one in found
            ]
        )
        return
    if not found:
        show.out.print("No fixes yet. Edit patched.ipynb of a run, then: harness fixes capture RUN")
        return
    free = max(show.out.width - 30, 40)
    table = show.table("", "fix", "form", "cause", "when", "description")
    for one in found:
        table.add_row(
            show.shorten(f"{one.stage}/{one.id}", free * 2 // 5),
            one.form,
            one.cause.value,
            show.shorten(str(one.when), 16),
            show.shorten(one.description.split("\n")[0], free - free * 2 // 5),
        )
    show.out.print(table)


@app.command("show")
def show_fix(
    fix: Annotated[str, typer.Argument(metavar="ID", help="NNN-slug or STAGE/NNN-slug.")],
    project: Project = None,
) -> None:
    """Print a fix, and what became of it in the runs that met it."""
    from harness.cli import show, tables
    from harness.fixes import files
    from harness.project import location
    from harness.runs.store import FileStore

    folder = location.find(project)
    one = files.find(folder, fix)
    show.block(f"{one.stage}/{one.path.name}", one.path.read_text().rstrip())
    met = [
        (run, verdict)
        for _, run in FileStore(folder).runs(stage=one.stage)
        if run.patched
        for verdict in run.patched.verdicts
        if verdict.fix == one.id
    ]
    if not met:
        show.out.print("No stored run has met it: harness patch RUN", style="dim")
    for run, verdict in met:
        old = "" if verdict.sha256 == one.sha256 else " (an earlier text of it)"
        show.out.print(
            show.clean(f"{run.run_id} {run.model.name}: {verdict.verdict.value}, ")
            + tables.how(verdict)
            + old,
            soft_wrap=True,
        )


@app.command("check")
def check(project: Project = None) -> None:
    """Check every fix: name, head, diff or rule, order; name those that no stored run uses.

    Exits with 1 where a file is wrong. A fix that no run uses is only told.
    """
    from harness import fixes
    from harness.cli import show
    from harness.errors import HarnessError
    from harness.fixes import files
    from harness.project import location
    from harness.records import Verdict
    from harness.runs.store import FileStore

    folder = location.find(project)
    used = {
        (run.stage, one.fix)
        for _, run in FileStore(folder).runs()
        for one in (run.patched.verdicts if run.patched else ())
        if one.verdict is Verdict.APPLIED
    }
    wrong = good = 0
    numbers: dict[tuple[str, str], str] = {}
    for stage in fixes.names(folder):
        for path in files.files(folder, stage):
            twin = numbers.setdefault((stage, path.stem[:3]), path.name)
            if twin != path.name:
                told = f"! {path}: {twin} has the same number; order is by name"
                show.out.print(show.clean(told), soft_wrap=True)
            try:
                one = fixes.read(path)
            except HarnessError as error:
                wrong += 1
                show.out.print(f"✗ {show.clean(str(error))}", style="red", soft_wrap=True)
                continue
            good += 1
            if (stage, one.id) not in used:
                show.out.print(f"! {stage}/{one.id}: no stored run uses it", soft_wrap=True)
    show.out.print(f"{good} of {good + wrong} fixes are as they should be")
    if wrong:
        raise typer.Exit(1)


@app.command("new")
def new(
    stage: Annotated[str, typer.Argument(help="A folder of prompt_templates/.")],
    slug: Annotated[str, typer.Argument(help="A few words in lower case, joined by dashes.")],
    rule: Annotated[
        bool, typer.Option("--rule", help="A structural rule, in place of a patch.")
    ] = False,
    project: Project = None,
) -> None:
    """Write a fix to be filled in by hand, with the next number of its stage."""
    import datetime

    from harness.cli import show
    from harness.cli.capture import author
    from harness.errors import HarnessError
    from harness.fixes import files, writing
    from harness.project import config, location, stages
    from harness.records import Cause, FixHeader, Rule

    folder = location.find(project)
    stages.load(folder, stage)
    name = f"{writing.next_numbers(folder, stage, 1)[0]:03}-{slug}"
    if not files.NAME.fullmatch(name):
        raise HarnessError(f"'{slug}' is no slug", "Use lower case, digits and single dashes")
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
    show.out.print(f"Fill in {show.clean(str(path))} ({lines} lines), then: harness fixes check")


@app.command("minimise")
def minimise(run: RunId, unsafe_no_sandbox: NoSandbox = False, project: Project = None) -> None:
    """Leave each applied fix out once, run the rest, and say which fixes the notebook needs.

    ``necessary``: without it a cell fails, or a promised file is missing or another one.
    """
    from harness import fixes, wiring
    from harness.cli import show
    from harness.cli.live import LiveReporter
    from harness.notebooks import stored
    from harness.project import location
    from harness.records import FixVerdict
    from harness.runs.environment import of_stored_run
    from harness.runs.minimise import minimise as judge
    from harness.runs.store import FileStore

    tried: list[FixVerdict] = []

    def judged(number: int, total: int, verdict: FixVerdict) -> None:
        tried.append(verdict)
        line = f"{number} of {total}  {verdict.fix}  {verdict.need}: {verdict.need_reason}"
        style = "yellow" if verdict.need == "redundant" else ""
        show.out.print(show.clean(line), style=style, soft_wrap=True)

    folder = location.find(project)
    store = FileStore(folder)
    key, found = store.find(run)
    stored.executed(found)
    series = fixes.load(folder, found.stage)
    # A cell that fails without a fix is what is looked for, not news.
    with store.lock(key), LiveReporter(found.sampling.max_tokens, tell_failures=False) as reporter:
        executor = wiring.executor(unsafe=unsafe_no_sandbox)
        environment = of_stored_run(folder, found, store, key, executor, reporter)
        judge(key, found, series, environment, store, judged)
    if not tried:
        show.out.print("No fix was applied to this run, so none can be left out")
        return
    needless = ", ".join(one.fix for one in tried if one.need == "redundant") or "none"
    show.out.print(f"{len(tried)} fixes tried; redundant: {needless}", style="bold")
