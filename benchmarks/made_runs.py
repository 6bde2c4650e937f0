"""Runs that nobody made, as records and notebooks: for tests and benchmarks of reports on many.

They hold together as real ones do: cells come from replies, fixes change lines that are there, and
ledgers are counted. What comes of a cell is drawn by a seed, so the same seed gives the same run.
"""

from __future__ import annotations

import base64
import hashlib
import random
import struct
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness import files
from harness.fixes import attribution, ledger
from harness.fixes.apply import Applied
from harness.notebooks import jupyter, stored
from harness.notebooks.notebook import Notebook
from harness.records import (
    Cause,
    CellOutcome,
    CellResult,
    CellStatus,
    CheckResult,
    CheckStatus,
    Completion,
    Effect,
    Execution,
    FixVerdict,
    Help,
    Level,
    Message,
    ModelIdentity,
    Outcome,
    Patching,
    Place,
    RepairAttempt,
    Repairing,
    Reply,
    Run,
    Sampling,
    Steered,
    SteeringKind,
    TakenBack,
    Verdict,
)

MODELS = ("codellama-7b-instruct", "qwen2.5-coder-1.5b-instruct", "phi-4-mini-instruct")
STAGES = {
    "eda": ("load", "quality", "target", "prepare"),
    "modeling": ("split", "tune", "final", "save"),
    "deployment": ("app", "test"),
}
SETTINGS = (
    ("blind", Help()),
    ("schema", Help()),
    ("live", Help()),
    ("live", Help(repair=2)),
    ("live", Help(steer=True)),
    ("live", Help(steer=True, repair=2)),
)
ERRORS = (
    ("KeyError", "'tenure_months'", Cause.DATA_UNSEEN),
    ("NameError", "name 'X_train' is not defined", Cause.UNDER_SPECIFIED),
    ("TypeError", "create_study() got an unexpected keyword argument 'n_trials'", Cause.DEPRECATED),
    ("AttributeError", "'DataFrame' object has no attribute 'append'", Cause.DEPRECATED),
    ("SyntaxError", "invalid syntax (3221.py, line 4)", Cause.SYNTAX),
)
FIX = "{number:03}-mend-{error}"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def png(shade: int, side: int = 24) -> str:
    """A small grey picture in base64."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes([shade % 256]) * side) * side)
    blob = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return base64.b64encode(blob).decode()


class Made:
    """One run of a model, a stage, a setting and a seed."""

    def __init__(self, model: str, stage: str, setting: tuple[str, Help], seed: int) -> None:
        self._context, self._help = setting
        told = f"{model} {stage} {self._context} {self._help.label} {seed}"
        self._draw = random.Random(told)
        self._model, self._stage, self._seed, self._told = model, stage, seed, told
        skill = 0.45 + 0.1 * sum([setting[0] != "blind", self._help.steer, bool(self._help.repair)])
        self._skill = min(0.97, skill + 0.12 * (len(model) % 3))
        self._outputs: dict[str, dict[str, CellOutcome]] = {}
        self.run = self._run()

    def notebooks(self) -> dict[str, bytes]:
        """The files of its notebooks, with outputs."""
        made = {"raw": stored.raw(self.run)}
        if self.run.is_rewritten:
            made["repaired"] = stored.repaired(self.run)
        if self.run.patched is not None:
            made["patched"] = attribution.of_run(self.run).notebook
        return {
            stored.FILES[form]: jupyter.dump(
                jupyter.build(book, self._outputs[form], {"form": form, "run_id": self.run.run_id})
            )
            for form, book in made.items()
        }

    def _run(self) -> Run:
        steps = STAGES[self._stage]
        prompts = [Message(role="system", content="You write notebooks.")]
        prompts += [
            Message(role="user", content=f"Do the step {one}.\n1. Load\n2. Print") for one in steps
        ]
        replies = tuple(self._reply(step) for step in steps)
        raw = stored.of_replies(tuple(prompts), replies)
        results = self._results(raw)
        first = self._execution(results, "raw")
        repaired = self._repaired(raw, first) if self._help.repair else None
        base = stored.rewritten(raw, repaired.sources) if repaired else raw
        left = repaired.execution if repaired else first
        patched = self._patched(base, left)
        outcome = Outcome.PATCHED
        if all(one.status is CellStatus.OK for one in left.cells):
            outcome = Outcome.RAW if repaired is None or not repaired.sources else Outcome.REPAIRED
        elif any(one.status is not CellStatus.OK for one in patched.execution.cells):
            outcome = Outcome.FAILED
        when = BEGIN + timedelta(seconds=int(_sha(self._told)[:6], 16))
        return Run(
            run_id=_sha(self._told)[:12],
            line_id=_sha(self._told.rpartition(" ")[0])[:12],
            created=when.isoformat(timespec="seconds"),
            updated=when.isoformat(timespec="seconds"),
            harness_version="0.1.0",
            code_revision=None,
            machine={"system": "Linux", "cores": 2},
            packages={"pandas": "3.0.1"},
            model=ModelIdentity(
                name=self._model,
                kind="script",
                sha256=_sha(self._model),
                size=1,
                file="m.json",
                n_ctx=8192,
            ),
            stage=self._stage,
            stage_sha256=_sha(self._stage),
            dataset="telco",
            dataset_sha256=_sha("telco"),
            synthetic=True,
            context=self._context,
            context_sha256=_sha(self._context),
            help=self._help,
            sampling=Sampling(),
            seed=self._seed,
            prompts=tuple(prompts),
            replies=replies,
            raw=first,
            repaired=repaired,
            patched=patched,
            outcome=outcome,
        )

    def _reply(self, step: str) -> Reply:
        draw = self._draw
        lines = [
            f"# {step}: what was asked",
            "import pandas as pd",
            "df = pd.read_csv('telco.csv')",
        ]
        lines += [
            f"df['column_{draw.randint(0, 99)}'] = df['tenure'] * {draw.randint(1, 9)}"
            for _ in range(9)
        ]
        lines += ["print(df.describe())"]
        text = (
            f"This cell does the step {step}.\n\n```python\n" + "\n".join(lines) + "\n```\n\nDone."
        )
        tokens = draw.randint(150, 420)
        taken = ()
        if self._help.steer:
            taken = tuple(
                TakenBack(
                    at=60,
                    text="df['tenur']",
                    level=Level.EXPRESSION,
                    tried=n,
                    by="run",
                    error="KeyError",
                    message="'tenur'",
                    inserted="",
                )
                for n in range(draw.randint(0, 2))
            )
        steered = Steered(kind=SteeringKind.TOKENS, taken_back=taken) if self._help.steer else None
        taken_tokens = 12 * len(taken) if self._help.steer else None
        return Reply(
            step=step,
            completion=Completion(
                text=text,
                finish="stop",
                prompt_tokens=900,
                completion_tokens=tokens,
                seconds=tokens / 14,
                seed=self._seed,
                taken_back=taken_tokens,
            ),
            steered=steered,
        )

    def _results(self, book: Notebook) -> list[CellResult]:
        made: list[CellResult] = []
        failed = False
        for cell in book.code:
            ok = self._draw.random() < self._skill
            error, message, _ = self._draw.choice(ERRORS)
            made.append(
                CellResult(
                    cell=cell.id,
                    step=cell.step,
                    first_line=cell.source.split("\n")[0],
                    status=CellStatus.OK if ok else CellStatus.ERROR,
                    seconds=round(self._draw.random() * 3, 2),
                    error=None if ok else error,
                    message=None if ok else message,
                    traceback=None
                    if ok
                    else f"Traceback (most recent call last)\n{error}: {message}",
                    warnings=("FutureWarning: this will change",)
                    if self._draw.random() < 0.1
                    else (),
                    failure=None if ok else "cascade" if failed else "root",
                )
            )
            failed = failed or not ok
        return made

    def _execution(self, cells: Sequence[CellResult], form: str) -> Execution:
        self._outputs[form] = {cell.cell: _outcome(cell, self._draw) for cell in cells}
        good = sum(cell.status is CellStatus.OK for cell in cells)
        checks = [
            CheckResult(
                name=name,
                status=CheckStatus.PASSED
                if good == len(cells) or self._draw.random() < 0.6
                else CheckStatus.FAILED,
                figure=round(self._draw.random(), 3),
                message="as asked",
            )
            for name in ("table written", "no blanks", "target kept")
        ]
        return Execution(
            sandbox="3 bwrap",
            seconds=sum(cell.seconds for cell in cells),
            cells=tuple(cells),
            checks=tuple(checks),
        )

    def _repaired(self, raw: Notebook, first: Execution) -> Repairing:
        sources, cells, attempts = {}, [], []
        for cell in first.cells:
            well = cell.status is CellStatus.OK
            if not well:
                source = raw.sources[cell.cell].replace("print(", "display(")
                kept = self._draw.random() < 0.5
                attempts.append(
                    RepairAttempt(
                        cell=cell.cell,
                        number=1,
                        error=cell.error,
                        message=cell.message,
                        prompt=f"The cell failed with {cell.error}.",
                        source=source,
                        kept=kept,
                        completion=Completion(
                            text=source,
                            finish="stop",
                            prompt_tokens=400,
                            completion_tokens=160,
                            seconds=9.0,
                            seed=self._seed,
                        ),
                        status=CellStatus.OK if kept else CellStatus.ERROR,
                        reason="" if kept else "it failed again",
                    )
                )
                if kept:
                    sources[cell.cell] = source
            cells.append(_well(cell) if well or cell.cell in sources else cell)
        done = self._execution(cells, "repaired")
        book = stored.rewritten(raw, sources)
        return Repairing(
            raw_sha256=raw.digest,
            attempts=tuple(attempts),
            sources=sources,
            cells_sha256=book.digest,
            execution=done,
        )

    def _patched(self, base: Notebook, left: Execution) -> Patching:
        text, verdicts, cells = attribution.begin(base), [], []
        for number, (error, _, cause) in enumerate(ERRORS, 1):
            fix = FIX.format(number=10 * number, error=error.lower())
            hit = [cell.cell for cell in left.cells if cell.error == error]
            misses = bool(hit) and self._draw.random() < 0.15
            mended = [] if misses else hit
            for cell in mended:
                at = next(
                    i for i, line in enumerate(text.lines) if line.head and line.head.id == cell
                )
                text = text.replace(at + 3, at + 4, ["df = pd.read_csv('telco.csv').dropna()"], fix)
            verdict = Verdict.CONFLICT if misses else Verdict.APPLIED if hit else Verdict.OBSOLETE
            verdicts.append(
                FixVerdict(
                    fix=fix,
                    sha256=_sha(fix),
                    form="patch",
                    description=f"Mend what raises {error}\nFor good.\n",
                    author="A. Person",
                    cause=cause,
                    verdict=verdict,
                    places=tuple(Place(cell=one, line=3, how="exact") for one in mended),
                    reason="its place was not found" if misses else None,
                    cells=tuple(Effect(cell=one, before=error, after="ok") for one in mended),
                )
            )
        touched = {one.cell for verdict in verdicts for one in verdict.cells}
        cells = [_well(one) if one.cell in touched else one for one in left.cells]
        applied = Applied(text, text.notebook, tuple(verdicts))
        return Patching(
            raw_sha256=base.digest,
            verdicts=tuple(verdicts),
            cells_sha256=text.notebook.digest,
            changes=text.changes,
            execution=self._execution(cells, "patched"),
            ledger=ledger.make(applied),
        )


def store(project: Path, made: Made, *, notebooks: bool = True) -> Path:
    """Writes a run into a project, quickly: nothing is synced to the disk. Returns its folder."""
    run = made.run
    folder = project / "generated" / run.model.name / run.stage / run.run_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(files.to_json(run.model_dump(mode="json")))
    for name, blob in made.notebooks().items() if notebooks else ():
        (folder / name).write_bytes(blob)
    return folder


def every(
    seeds: int,
    models: Sequence[str] = MODELS,
    settings: Sequence[tuple[str, Help]] = SETTINGS,
    stages: Sequence[str] = tuple(STAGES),
) -> list[Made]:
    """A run of each model, stage and setting with each seed from 1 on."""
    return [
        Made(model, stage, setting, seed)
        for seed in range(1, seeds + 1)
        for model in models
        for stage in stages
        for setting in settings
    ]


def _well(cell: CellResult) -> CellResult:
    gone = {
        "status": CellStatus.OK,
        "error": None,
        "message": None,
        "traceback": None,
        "failure": None,
    }
    return cell.model_copy(update=gone)


def _outcome(cell: CellResult, draw: random.Random) -> CellOutcome:
    if cell.status is not CellStatus.OK:
        shown = [
            {"output_type": "error", "ename": cell.error, "evalue": cell.message, "traceback": []}
        ]
    else:
        shown = [
            {
                "output_type": "stream",
                "name": "stdout",
                "text": f"rows: {draw.randint(10, 9999)}\n" * 4,
            }
        ]
        if draw.random() < 0.4:
            data = {"image/png": png(draw.randint(0, 255)), "text/plain": "<Figure>"}
            shown.append({"output_type": "display_data", "data": data, "metadata": {}})
    fields = {
        name: getattr(cell, name) for name in ("status", "seconds", "error", "message", "traceback")
    }
    return CellOutcome(**fields, outputs=tuple(shown))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
