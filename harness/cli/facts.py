"""What there is to say of a run, as labelled lines: each function gives some of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.text import Text

from harness.cli import show, steered
from harness.notebooks import tracebacks
from harness.records import (
    CellResult,
    CheckResult,
    CheckStatus,
    Execution,
    FindingKind,
    Ledger,
    Outcome,
    Run,
    Verdict,
)

Fact = tuple[str, str | Text]  # a label, and what it labels

ERROR_LINES = 3  # of a terminal, that one error may take
PASSED = {
    Outcome.RAW: "passed as written",
    Outcome.REPAIRED: "passed with the model's repairs",
    Outcome.PATCHED: "passed with fixes",
    Outcome.UNJUDGED: "nothing failed, not all could be judged",
}
CHECK_STYLE = {
    "passed": "green",
    "claimed": "yellow",
    "failed": "red",
    "suspect": "red",
    "not run": "dim",
    "cannot be judged": "yellow",
}


def final(run: Run) -> Execution | None:
    """The last notebook's execution: the patched one's where there is one."""
    return next(reversed(run.executions.values()), None)


def outcome(run: Run) -> Text:
    """How it ended, as a phrase: ``passed with fixes``, ``failed: 2 checks, 1 cell``."""
    words = PASSED.get(run.outcome, run.outcome.value)
    last = final(run)
    if run.outcome is Outcome.FAILED and last is not None:
        counts = [
            (sum(not one.status.holds for one in last.checks), "check"),
            (len(_failing(last)), "cell"),
        ]
        failed = ", ".join(show.count(number, noun) for number, noun in counts if number)
        words = f"failed: {failed or 'no code to run'}"
    return Text(words, style=show.STATUS_STYLE.get(run.outcome.value, ""))


def cells(run: Run) -> Iterator[Fact]:
    """How many cells ran, as written, with the model's repairs and with the fixes."""
    if run.raw is None:
        return
    words = f"{_ok(run.raw)} as written"
    kinds: Counter[str | None] = Counter(cell.failure for cell in run.raw.cells)
    failures = [
        show.count(kinds[kind], noun)
        for kind, noun in (("root", "root failure"), ("cascade", "cascade"))
        if kinds[kind]
    ]
    if failures:
        words += f" ({', '.join(failures)})"
    if run.repaired is not None and run.is_rewritten:
        words += f", {_ok(run.repaired.execution)} with repairs"
    if run.patched is not None and run.patched.changes:
        words += f", {_ok(run.patched.execution)} with fixes"
    yield "Cells", words


def failed_cells(run: Run) -> Iterator[Fact]:
    """Each cell that fails in the last notebook: its error, and the line that led to it."""
    for cell in _failing(final(run)):
        yield from _failure("Failed", cell)


def fixed_cells(run: Run) -> Iterator[Fact]:
    """The same for each cell that failed as written, and does not with repairs and fixes."""
    still = {cell.cell for cell in _failing(final(run))}
    for cell in _failing(run.raw):
        if cell.cell not in still:
            yield from _failure("Fixed", cell)


def checks(run: Run, *, passed: bool = True) -> Iterator[Fact]:
    """Each check: how it ended in each notebook, and what it found. ``passed``: those too."""
    forms = [{one.name: one for one in done.checks} for done in run.executions.values()]
    for name, last in (forms[-1] if forms else {}).items():
        if last.status is CheckStatus.PASSED and not passed:
            continue
        ends = [results[name].status.value for results in forms if name in results]
        words = [Text(word, style=CHECK_STYLE.get(word, "")) for word in dict.fromkeys(ends)]
        yield (
            "Check",
            Text.assemble(f"{show.clean(name)}: ", Text(" → ").join(words), f" ({_found(last)})"),
        )


def repairs(run: Run) -> Iterator[Fact]:
    """How often the model was asked for cells again, and what came of it."""
    made = run.repaired.attempts if run.repaired else ()
    if not made:
        return
    cells = {one.cell for one in made}
    took = sum(one.completion.own for one in made)
    tokens = sum(one.completion.completion_tokens for one in made)
    words = f"{show.count(len(made), 'attempt')} at {show.count(len(cells), 'cell')}"
    words += f", {sum(one.kept for one in made)} kept"
    yield "Repairs", f"{words}; {tokens:,} tokens in {show.seconds(took)}"
    for one in made:
        came = "kept" if one.kept else one.reason
        why = one.error or ", ".join(fact.text.split("\n")[0] for fact in one.evidence[:2])
        yield "", Text(show.clean(f"{one.cell}  {one.number}: {why}; {came}"), style="dim")


def fixes(run: Run) -> Iterator[Fact]:
    """How many fixes came to which verdict, and how much of the code is human."""
    if run.patched is None or not run.patched.verdicts:
        return
    counts = [(v, sum(one.verdict is v for one in run.patched.verdicts)) for v in Verdict]
    yield "Fixes", ", ".join(f"{number} {verdict.value}" for verdict, number in counts if number)
    yield "Human", share(run.patched.ledger)


def findings(run: Run) -> Iterator[Fact]:
    """How many of each kind there are in the raw notebook, where that was looked at."""
    if run.findings_version is None:
        return
    counts = Counter(one.kind.value for one in run.findings)
    words = ", ".join(f"{counts[kind]} {kind.value}" for kind in FindingKind if counts[kind.value])
    yield "Findings", f"{words}; harness findings {run.run_id}" if words else "none"


def share(ledger: Ledger) -> str:
    """The intervention share in words."""
    human = sum(t.added + t.changed for c, t in ledger.lines.items() if c != "enhancement")
    return (
        f"{human} of {show.count(ledger.patched_lines, 'code line')}, {ledger.share:.1%} "
        f"({ledger.share_text:.1%} of all lines, with comments and blank ones)"
    )


def warnings(run: Run) -> Iterator[Fact]:
    """Replies that were cut off or hold no code, and install lines that were left out."""
    cut = [reply.step for reply in run.replies if reply.completion.finish == "length"]
    if cut:
        yield "Cut off", _warning(f"{', '.join(cut)}: max_tokens was reached")
    if run.raw is None:
        return
    with_code = {cell.step for cell in run.raw.cells}
    empty = [reply.step for reply in run.replies if reply.step not in with_code]
    if empty:
        yield "No code", _warning(f"{', '.join(empty)}: the reply holds nothing to run")
    installs = [line for cell in run.raw.cells for line in cell.installs]
    if installs:
        yield "Not run", _warning("; ".join(installs))


def generation(run: Run) -> Iterator[Fact]:
    """Tokens and seconds of the replies."""
    made = [reply.completion for reply in run.replies]
    tokens = sum(one.completion_tokens for one in made)
    took, own = sum(one.seconds for one in made), sum(one.own for one in made)
    words = f"{len(made)}, {tokens:,} tokens in {show.seconds(own)}"
    if own:
        words += f" ({tokens / own:.1f} tokens/s, reading the prompts included)"
    waited = sum(reply.steered.seconds for reply in run.replies if reply.steered is not None)
    if waited > 1:
        words += f"; for {show.seconds(waited)} the model waited for the kernel"
    if took > own + waited + 1:
        words += f"; {show.seconds(took)} passed, because other replies were written beside them"
    yield "Replies", words
    read = [one.evaluated for one in made if one.evaluated is not None]
    if read:
        held = sum(one.prompt_tokens for one in made) - sum(read)
        yield "Prompts", f"{sum(read):,} tokens read, {held:,} more were in the cache"


def candidates(run: Run) -> Iterator[Fact]:
    """Which version of each step was chosen, and what the others had."""
    for reply in run.replies:
        seeds = [one.completion.seed for one in reply.candidates]
        if reply.completion.seed not in seeds:
            continue
        place = seeds.index(reply.completion.seed)
        ran = (f"{one.cells_ok}/{one.cells}" for one in reply.candidates)
        words = f"{reply.step}: version {place + 1} of {len(seeds)}; cells ok {', '.join(ran)}"
        lacking = ", ".join(reply.candidates[place].lacking)
        yield "Versions", show.clean(words + (f"; lacking or wrong: {lacking}" if lacking else ""))


def environment(run: Run) -> Iterator[Fact]:
    """Where it ran, and what it left there."""
    if run.raw is not None:
        yield "Sandbox", f"{run.raw.sandbox}, executed in {show.seconds(run.raw.seconds)}"
    for need in run.needs:
        how = "left out by" if need.source == "missing" else f"{need.source} of"
        whose = f"{how} run {need.run_id}" if need.run_id else need.source
        yield "Read", f"{need.name} of the {need.stage} stage: {whose}"
    last = final(run)
    for one in last.artifacts if last else ():
        yield "Artifact", f"{one.name}: {one.status}" + (f" ({one.reason})" if one.reason else "")
    on = run.machine
    words = [str(on[key]) for key in ("system", "processor") if key in on]
    words += [f"{on['cores']} cores"] if "cores" in on else []
    words += [f"{show.size(int(on['memory']))} memory"] if "memory" in on else []
    words += [f"Python {on['python']}"] if "python" in on else []
    yield "Machine", show.clean(", ".join(words))
    revision = f", revision {run.code_revision}" if run.code_revision else ""
    yield "Harness", f"{run.harness_version}{revision}"


def every(run: Run) -> Iterable[Fact]:
    """All of them."""
    yield "Outcome", outcome(run)
    for some in (
        cells, fixed_cells, failed_cells, checks, repairs, fixes, findings, warnings,
        generation, candidates, steered.counted, environment,
    ):  # fmt: skip
        yield from some(run)


def _failing(done: Execution | None) -> list[CellResult]:
    return [cell for cell in done.cells if cell.failed] if done else []


def _failure(label: str, cell: CellResult) -> Iterator[Fact]:
    width = ERROR_LINES * (show.out.width - len(cell.cell) - 12)
    error = show.shorten(tracebacks.error_of(cell), width)
    yield label, Text.assemble((f"{cell.cell}  ", "bold"), error)
    if line := tracebacks.innermost_line(cell):
        yield "", Text(show.clean(str(line)), style="dim")


def _ok(done: Execution) -> str:
    return f"{sum(cell.status.value == 'ok' for cell in done.cells)} of {len(done.cells)} ok"


def _found(check: CheckResult) -> str:
    is_share = check.figure is not None and 0 < check.figure < 1
    return (f"{check.figure:.3f}, " if is_share else "") + show.clean(check.message)


def _warning(text: str) -> Text:
    return Text(show.clean(text), style="yellow")
