"""``harness suite``: public problem files, answered by a model and judged in the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, ChatFormat, NoSandbox, Project, Verbosity

if TYPE_CHECKING:
    from harness.suites.problems import Entry, Suite

app = typer.Typer(
    help="Let a model answer a public problem file, and judge it.", no_args_is_help=True
)
File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A problem file, such as ds1000.jsonl.gz.")
]
RunPrefix = Annotated[
    str, typer.Argument(metavar="ID", help="A suite run's id, or its first characters.")
]
Only = Annotated[
    Path | None,
    typer.Option("--only", metavar="FILE", help="Only the problems of this JSON list of ids."),
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="So many of the problems, drawn at random.")
]
SampleSeed = Annotated[int, typer.Option("--sample-seed", help="Of the draw of --limit.")]
Seconds = Annotated[
    float, typer.Option("--seconds", min=1, help="Processor time of one answer and its tests.")
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Answers judged side by side; default: one a core."),
]


@app.command("run")
def run(
    file: File,
    model: Annotated[
        str | None, typer.Option("--model", metavar="MODEL", help="A model of models.toml.")
    ] = None,
    model_file: Annotated[
        Path | None,
        typer.Option("--model-file", metavar="FILE", help="A GGUF file without an entry there."),
    ] = None,
    chat_format: ChatFormat = None,
    style: Annotated[
        str | None,
        typer.Option("--style", help="completion or chat; default: the suite's own."),
    ] = None,
    only: Only = None,
    limit: Limit = None,
    sample_seed: SampleSeed = 1,
    samples: Annotated[int, typer.Option("--samples", min=1, help="Answers of each.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the first answer.")] = 1,
    temperature: Annotated[float, typer.Option(min=0, max=5, help="0: greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option(min=0.001, max=1)] = 0.95,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest reply.")] = 768,
    n_ctx: Annotated[int, typer.Option("--n-ctx", min=128, help="Longest conversation.")] = 4096,
    concurrent: Annotated[
        int, typer.Option("--concurrent", min=1, help="Replies written side by side.")
    ] = 8,
    steer: Annotated[bool, typer.Option("--steer", help="Step back where code fails.")] = False,
    candidates: Annotated[
        int,
        typer.Option(
            "--candidates", min=1, max=16, metavar="K", help="Versions of each; the best counts."
        ),
    ] = 1,
    judge_only: Annotated[
        bool, typer.Option("--judge-only", help="Ask nothing; judge the replies that are kept.")
    ] = False,
    seconds: Seconds = 60.0,
    workers: Workers = None,
    as_json: AsJson = False,
    unsafe_no_sandbox: NoSandbox = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Let a model answer problems, and judge its answers.

    Each answer runs beside the problem's hidden tests, in the sandbox. Replies are kept one by
    one, so the same command goes on where it was stopped, and a larger
    --limit asks only what is new. Published values of other models stand below the table.

    Examples:

    \b
      harness suite run ds1000.jsonl.gz --only valid.json
      harness suite run MbppPlus-v0.1.0.jsonl --limit 100
      harness suite run HumanEvalPlus.jsonl --samples 10 --temperature 0.8
    """
    from harness.cli import suite_run
    from harness.records import Help, Sampling

    suite, entries = _chosen(file, only, limit, sample_seed)
    suite_run.run(
        suite_run.SuiteRequest(
            suite=suite,
            entries=entries,
            model=model,
            model_file=model_file,
            chat_format=chat_format,
            style=style,
            seeds=tuple(range(seed, seed + samples)),
            sampling=Sampling(temperature=temperature, top_p=top_p, max_tokens=max_tokens),
            n_ctx=n_ctx,
            concurrent=concurrent,
            help=Help(steer=steer, candidates=candidates),
            judge_only=judge_only,
            seconds=seconds,
            workers=workers,
            unsafe=unsafe_no_sandbox,
            project=project,
        ),
        as_json=as_json,
    )


@app.command("check")
def check(
    file: File,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write their ids here; - writes nothing."),
    ] = None,
    only: Only = None,
    limit: Limit = None,
    sample_seed: SampleSeed = 1,
    seconds: Seconds = 60.0,
    workers: Workers = None,
    as_json: AsJson = False,
    unsafe_no_sandbox: NoSandbox = False,
    _verbosity: Verbosity = None,
) -> None:
    """List the problems whose own reference passes here.

    Runs the reference of every problem. Libraries differ from those that a suite was written
    for. A problem counts only where its own
    reference passes: give the list to --only of harness suite run.

    Examples:

    \b
      harness suite check ds1000.jsonl.gz --out valid.json
      harness suite check bigcodebench_hard.json --limit 20 --out -
    """
    from harness.cli import suite_run

    suite, entries = _chosen(file, only, limit, sample_seed)
    suite_run.check(
        suite, entries, out, seconds=seconds, workers=workers, unsafe=unsafe_no_sandbox,
        as_json=as_json,
    )  # fmt: skip


@app.command("show")
def show_run(
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="A suite run's id, or its first characters."),
    ] = None,
    problem: Annotated[
        str | None,
        typer.Option("--problem", metavar="PROBLEM", help="What was answered to this one."),
    ] = None,
    as_json: AsJson = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """List the runs of suites, or show one of them.

    Examples:

    \b
      harness suite show
      harness suite show 4f1c
      harness suite show 4f1c --problem 120
    """
    from harness.cli import suite_tables
    from harness.project import location
    from harness.suites import results

    folder = location.find(project)
    if run_id is None:
        suite_tables.print_list(results.stored(folder), as_json=as_json)
    elif problem is not None:
        suite_tables.print_problem(results.find(folder, run_id), problem, as_json=as_json)
    else:
        suite_tables.print_stored(results.find(folder, run_id), as_json=as_json)


@app.command("compare")
def compare(
    first: RunPrefix,
    second: RunPrefix,
    as_json: AsJson = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Compare two runs on the problems that both answered.

    Shows what the second gained and lost, and whether that may be chance.

    Example:

    \b
      harness suite compare 4f1c 90ab
    """
    from harness.cli import suite_tables
    from harness.project import location
    from harness.suites import results

    folder = location.find(project)
    pair = [results.find(folder, one) for one in (first, second)]
    suite_tables.print_paired(pair[0], pair[1], as_json=as_json)


def _chosen(
    file: Path, only: Path | None, limit: int | None, seed: int
) -> tuple[Suite, tuple[Entry, ...]]:
    from harness.suites import reading

    suite = reading.read(file)
    ids = None if only is None else reading.ids(only)
    return suite, reading.chosen(suite, ids, limit, seed)
