"""Carries a run of a suite out, shows it as it goes, and says what came of it."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness import files, wiring
from harness.cli import show, suite_tables
from harness.cli.suite_live import SuiteLive
from harness.errors import HarnessError, UnknownNameError
from harness.project import location, model_choice, models
from harness.records import Help, ModelSpec, Record, Sampling, SteeringKind
from harness.suites import judging, results, running
from harness.suites.asking import Manner
from harness.suites.helping import Desk
from harness.suites.probing import SandboxProber
from harness.suites.problems import Entry, Style, Suite, Verdict
from harness.suites.running import SuiteRun
from harness.weights import fit, sources

if TYPE_CHECKING:
    from harness.ports import Engine, Executor

UNSAFE = "Generated code runs WITHOUT a sandbox, with your rights."
STYLES: tuple[Style, ...] = ("completion", "chat")
COMPLETION = "completion"  # the chat format that puts nothing around a text


class SuiteRequest(Record):
    """What is asked for."""

    suite: Suite
    entries: tuple[Entry, ...]
    model: str | None
    model_file: Path | None
    chat_format: str | None
    style: str | None
    seeds: tuple[int, ...]
    sampling: Sampling
    n_ctx: int
    concurrent: int
    help: Help
    judge_only: bool
    seconds: float
    workers: int | None
    unsafe: bool
    project: Path | None


def run(asked: SuiteRequest, *, as_json: bool) -> None:
    """Ask, judge and show. Raises HarnessError."""
    if as_json:
        show.out.stderr = True  # standard output is for the JSON alone
    if asked.unsafe:
        show.error(UNSAFE, "bold red")
    style = _style(asked)
    project = location.find(asked.project)
    spec = _spec(project, asked, style)
    with show.bytes_bar(f"Reading the weights of {spec.name}") as on_bytes:
        path, identity = sources.resolve(spec, project, on_bytes)
    about = results.asked(asked.suite, style, identity, asked.sampling, asked.help)
    kept = results.place(project, about)
    todo = SuiteRun(asked.entries, asked.seeds, asked.suite.format, style, kept)
    with kept.lock():
        kept.begin(about)
        if not asked.judge_only:
            engine = wiring.engine(identity, path, concurrent=asked.concurrent)
            with contextlib.closing(engine):
                _write(todo, engine, asked, style)
        _judge(todo, asked)
    judged = todo.judged()
    if not judged:
        raise HarnessError("no reply is kept to be judged", "Leave --judge-only out")
    suite_tables.print_run(about, kept, judged, as_json=as_json)


def check(
    suite: Suite,
    entries: tuple[Entry, ...],
    out: Path | None,
    *,
    seconds: float,
    workers: int | None,
    unsafe: bool,
    as_json: bool,
) -> None:
    """Judge the references in the place of answers, and write the ids of those that pass."""
    if as_json:
        show.out.stderr = True
    if unsafe:
        show.error(UNSAFE, "bold red")
    cases = [judging.Case(n, one, one.judged.solution) for n, one in enumerate(entries)]
    found: dict[int, Verdict] = {}
    with SuiteLive("references", len(cases)) as live, _executor(unsafe) as executor:

        def see(case: judging.Case, verdict: Verdict) -> None:
            found[case.key] = verdict
            live.done(passed=verdict.passed)

        judging.judge(cases, executor, see, seconds=seconds, workers=workers or fit.cores())
    passed = [entries[key].problem.id for key in sorted(found) if found[key].passed]
    failed = {entries[key].problem.id: found[key] for key in sorted(found) if not found[key].passed}
    why = Counter(str(verdict.error) for verdict in failed.values())
    show.line(f"{len(passed)} of {show.count(len(cases), 'reference')} pass here")
    if failed:
        show.line("Others: " + ", ".join(f"{n} {word}" for word, n in why.most_common()))
    if as_json:
        verdicts = {name: one.model_dump(mode="json") for name, one in failed.items()}
        show.json({"valid": passed, "failed": verdicts})
    path = out or Path(f"{suite.name}-valid.json")
    if str(path) != "-":
        files.write_atomic(path, (json.dumps(passed) + "\n").encode())
        show.line(f"Wrote {path}")


def _style(asked: SuiteRequest) -> Style:
    if len(asked.seeds) > 1 and asked.sampling.temperature == 0:
        raise HarnessError("greedy samples are all the same", "Give a --temperature, such as 0.8")
    if asked.style is None:
        return asked.suite.style
    style = next((one for one in STYLES if one == asked.style), None)
    if style is None:
        raise UnknownNameError("style", asked.style, STYLES)
    return style


def _spec(project: Path, asked: SuiteRequest, style: Style) -> ModelSpec:
    """The model's entry, changed so that it is asked in this style."""
    if asked.model is not None and asked.model_file is not None:
        raise HarnessError("both --model and --model-file are given", "Give one of them")
    chat_format = COMPLETION if style == "completion" else asked.chat_format
    if asked.model_file is not None:
        spec = model_choice.spec_of_file(asked.model_file, chat_format)
    else:
        spec, notice = model_choice.choose_model(models.load(project), asked.model, project)
        if notice is not None:
            show.notice(notice)
    if spec.kind == "server" and style == "completion":
        raise HarnessError(
            f"{spec.name} is behind a server, which puts a chat around every text",
            "Ask with --style chat",
        )
    n_ctx = min(spec.n_ctx or asked.n_ctx, asked.n_ctx)
    changes = {"n_ctx": n_ctx, "chat_format": chat_format or spec.chat_format}
    return spec.model_copy(update=changes)


def _write(todo: SuiteRun, engine: Engine, asked: SuiteRequest, style: Style) -> None:
    left = len(todo.unasked())
    if not left:
        show.info("All replies are kept from before", style="yellow")
        return
    with contextlib.ExitStack() as used:
        watch = prober = None
        if asked.help.steer:
            if engine.steering is SteeringKind.NONE:
                raise HarnessError("this model's engine cannot be steered", "Leave --steer out")
            folder = used.enter_context(files.Scratch())
            folder.chmod(0o711)  # the sandbox's user must get through
            executor = used.enter_context(_executor(asked.unsafe))
            watch = Desk(executor, folder, style, engine.steering).watch
        if asked.help.candidates > 1:
            tried = used.enter_context(files.Scratch())
            executor = used.enter_context(_executor(asked.unsafe))
            prober = used.enter_context(contextlib.closing(SandboxProber(executor, tried)))
        manner = Manner(
            style, asked.sampling, asked.help, watch, _workers(asked), prober, todo.means
        )
        live = used.enter_context(SuiteLive("answers", len(todo.keys), len(todo.keys) - left))
        running.write(todo, engine, manner, lambda line: live.replied(line.tokens), live.progress)


def _workers(asked: SuiteRequest) -> int:
    """Problems that are asked side by side: versions that are written at once take more room."""
    at_once = 1 if asked.help.steer else max(1, asked.help.candidates - 1)
    return max(1, asked.concurrent // at_once)


def _judge(todo: SuiteRun, asked: SuiteRequest) -> None:
    left = len(todo.unjudged())
    if not left:
        return
    workers = asked.workers or fit.cores()
    with SuiteLive("verdicts", left) as live, _executor(asked.unsafe) as executor:

        def see(verdict: Verdict) -> None:
            live.done(passed=verdict.passed)

        running.judge(todo, executor, see, seconds=asked.seconds, workers=workers)


@contextlib.contextmanager
def _executor(unsafe: bool) -> Iterator[Executor]:
    executor = wiring.executor(unsafe=unsafe)
    try:
        yield executor
    finally:
        executor.close()
