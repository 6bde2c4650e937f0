"""How often guards fire on code that runs, and on code that does not: statement by statement.

Everything is executed in the sandbox's kernel, and the guards are asked before each statement, once
it is whole and at several places while it is written. Give public suites by their own files:

    python tools/measure_guards.py --ds1000 ds1000.jsonl.gz --bigcodebench bigcodebench_hard.json \
        --mbpp MbppPlus.jsonl --notebooks generated data/telco --replies tests/data/*.json
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness.notebooks import replies, syntax
from harness.ports import Executor, Session
from harness.records import CellStatus, Limits, Workspace
from harness.steering import guards
from harness.steering.guards import Alarm, Code, Live
from harness.wiring import executors

EACH_KERNEL = 40  # problems that share a kernel; their names are cleared between them
CLEAR = (
    "get_ipython().run_line_magic('reset', '-f')\n"
    "import warnings; warnings.simplefilter('ignore'); del warnings\n"
    "__import__('matplotlib.pyplot').pyplot.close('all')\n"
)
STEP = 3  # characters between two looks while a statement is written
LIMITS = Limits(cell_seconds=60, stage_seconds=3600, memory_mb=4096, disk_mb=512)


class Problem(NamedTuple):
    """Cells that are known to run, or not; ``setup`` is not judged."""

    name: str
    setup: str
    cells: tuple[str, ...]
    test: str = ""  # what shows that functions run, too
    folder: Path | None = None  # files that it reads


class Counts:
    """What came of it."""

    def __init__(self) -> None:
        self.ran = self.failed = self.seen = 0
        self.false: Counter[str] = Counter()
        self.early: Counter[str] = Counter()  # false alarms while a statement was written
        self.right: Counter[str] = Counter()
        self.planted: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.told: list[str] = []

    def table(self) -> str:
        """For people."""
        rows = [
            f"statements that ran {self.ran}; that failed {self.failed}, seen before {self.seen}",
            "guard        right  false  false while written  planted seen",
        ]
        for name in guards.names():
            planted = f"{self.found[name]} of {self.planted[name]}" if self.planted[name] else ""
            rows.append(
                f"{name:<12} {self.right[name]:>5} {self.false[name]:>6} {self.early[name]:>8}"
                f"             {planted}"
            )
        return "\n".join(rows)


def statements(cell: str) -> Iterator[tuple[int, int]]:
    """Where each top-level statement of a cell begins and ends, in characters."""
    if cell.lstrip().startswith("%%"):
        yield 0, len(cell)
        return
    tree = syntax.tree(cell)
    starts = [0]
    for line in cell.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for node in tree.body if tree is not None else ():
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(one.lineno for one in decorators)])
        yield starts[first - 1], min(starts[node.end_lineno or node.lineno] - 1, len(cell))


def ds1000(path: Path, valid: Path | None) -> Iterator[Problem]:
    """The references, each in the context that its own test puts it into."""
    kept = set(json.loads(valid.read_text())) if valid is not None else None
    with gzip.open(path, "rt") as lines:
        for line in lines:
            one = json.loads(line)
            number = one["metadata"]["problem_id"]
            if kept is not None and number not in kept:
                continue
            space: dict[str, str] = {}
            context = one["code_context"]
            for node in ast.parse(context).body:
                named = isinstance(node, ast.Assign) and ast.unparse(node.targets[0])
                if named == "exec_context":
                    space["context"] = ast.literal_eval(node.value)
            cell = space["context"].replace("[insert]", one["reference_code"])
            setup = f"{context}\ntest_input, _expected = generate_test_case(1)\n"
            yield Problem(f"ds1000/{number}", setup, (cell,))


def bigcodebench(path: Path) -> Iterator[Problem]:
    """The canonical solutions; where a guard fires inside one, its own tests decide."""
    for one in json.loads(path.read_text()).values():
        cell = one["code_prompt"] + one["canonical_solution"]
        run = "import unittest as _u; assert _u.main(argv=['x'], exit=False).result.wasSuccessful()"
        yield Problem(one["task_id"], "", (cell,), f"{one['test']}\n{run}")


def mbpp(path: Path) -> Iterator[Problem]:
    """The canonical solutions, each with its assertions."""
    for line in path.read_text().splitlines():
        one = json.loads(line)
        cell = one["canonical_solution"].strip("\n")
        yield Problem(one["task_id"], "", (cell, one["assertion"]), one["assertion"])


def notebooks(folder: Path, data: Path) -> Iterator[Problem]:
    """The code cells of stored notebooks, in their order."""
    for path in sorted(folder.rglob("*.ipynb")):
        cells = json.loads(path.read_text())["cells"]
        sources = ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]
        yield Problem(f"{path.parent.parent.name}/{path.name}", "", tuple(sources), folder=data)


def stored_replies(paths: list[Path], data: Path) -> Iterator[Problem]:
    """Replies of a model, most of whose code was never run before."""
    for path in paths:
        cells = [
            cell.source
            for text in json.loads(path.read_text())
            for cell in replies.cells_of("x", "", text)
            if cell.kind == "code"
        ]
        yield Problem(path.name, "", tuple(cells), folder=data)


class Bench:
    """Runs problems, one after the other."""

    def __init__(self, executor: Executor, counts: Counts, *, plant: bool) -> None:
        self._executor, self._counts, self._plant = executor, counts, plant
        self._session: Session | None = None
        self._left = 0
        self._random = random.Random(1)

    def run(self, problem: Problem) -> None:
        """Judge and run each statement of each cell, until one fails."""
        session = self._fresh(problem)
        done = session.run(CLEAR + problem.setup)
        if done.status is not CellStatus.OK:
            self._counts.told.append(f"NO SETUP {problem.name}: {done.error} {done.message}")
            return
        for cell in problem.cells:
            for start, end in statements(cell):
                if not self._statement(session, problem, cell, start, end):
                    break

    def close(self) -> None:
        """End the kernel."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _fresh(self, problem: Problem) -> Session:
        self._left -= 1
        if self._session is None or self._left < 0 or problem.folder is not None:
            self.close()
            folder = Path(tempfile.mkdtemp(prefix="guards-"))
            for one in problem.folder.iterdir() if problem.folder is not None else ():
                if one.is_file():
                    shutil.copy(one, folder)
            self._session = self._executor.start(Workspace(folder=folder), LIMITS)
            self._left = EACH_KERNEL
        return self._session

    def _statement(
        self, session: Session, problem: Problem, cell: str, start: int, end: int
    ) -> bool:
        live = Live(session.ask)
        source = cell[start:end]
        alarm = guards.judge(Code(cell[:end], start, True), live)
        early = self._while_written(cell, start, end, live)
        if self._plant:
            self._planted(cell, start, end, live)
        ok = session.run(source).status is CellStatus.OK
        count, raised = self._counts, alarm or early
        if ok and raised is not None and problem.test:
            ok = session.run(problem.test).status is CellStatus.OK
        if ok:
            count.ran += 1
            if alarm is not None:
                count.false[alarm.guard] += 1
            elif early is not None:
                count.early[early.guard] += 1
        else:
            count.failed += 1
            count.seen += raised is not None
            if raised is not None:
                count.right[raised.guard] += 1
        if raised is not None or not ok:
            self._tell(problem, source, raised, ok=ok)
        return ok

    def _while_written(self, cell: str, start: int, end: int, live: Live) -> Alarm | None:
        for at in range(start + 1, end, STEP):
            alarm = guards.judge(Code(cell[:at], start, False), live)
            if alarm is not None:
                return alarm
        return None

    def _planted(self, cell: str, start: int, end: int, live: Live) -> None:
        """One fault of each kind, and whether it is seen where it is."""
        source = cell[start:end]
        tree = syntax.tree(source)
        if tree is None:
            return
        for name, wrong in faults(source, tree, self._random):
            self._counts.planted[name] += 1
            alarm = guards.judge(Code(cell[:start] + wrong, start, True), live)
            seen = alarm is not None and alarm.guard == name
            self._counts.found[name] += seen
            if not seen:
                self._counts.told.append(f"PLANTED {name}, not seen: {wrong[:300]!r}")

    def _tell(self, problem: Problem, source: str, alarm: Alarm | None, *, ok: bool) -> None:
        said = "none" if alarm is None else f"{alarm.guard}: {alarm.message}"
        what = "FALSE" if ok else "right" if alarm is not None else "missed"
        self._counts.told.append(f"{what:<6} {problem.name}: {said}\n       {source[:200]!r}")


def faults(source: str, tree: ast.Module, chance: random.Random) -> Iterator[tuple[str, str]]:
    """The statement with one name changed to one that nothing has, for each kind of name."""
    nodes = list(ast.walk(tree))
    kinds: dict[str, list[ast.AST]] = {
        "attributes": [n for n in nodes if isinstance(n, ast.Attribute) and is_read(n)],
        "columns": [n for n in nodes if isinstance(n, ast.Subscript) and is_read(n) and is_key(n)],
        "arguments": [k for n in nodes if isinstance(n, ast.Call) for k in n.keywords if k.arg],
    }
    for name, found in kinds.items():
        if not found:
            continue
        node = chance.choice(found)
        if isinstance(node, ast.Attribute):
            was, node.attr = node.attr, f"{node.attr}_zq"
        elif isinstance(node, ast.keyword):
            was, node.arg = str(node.arg), f"{node.arg}_zq"
        else:
            was, node.slice.value = node.slice.value, f"{node.slice.value}_zq"
        yield name, ast.unparse(tree)
        if isinstance(node, ast.Attribute):
            node.attr = was
        elif isinstance(node, ast.keyword):
            node.arg = was
        else:
            node.slice.value = was


def is_read(node: ast.Attribute | ast.Subscript) -> bool:
    """Whether it is no target."""
    return isinstance(node.ctx, ast.Load)


def is_key(node: ast.Subscript) -> bool:
    """Whether it has a text as its key."""
    return isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)


def main() -> None:
    """Measure what is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ds1000", type=Path)
    parser.add_argument("--valid", type=Path, help="ids of DS-1000 whose references pass here")
    parser.add_argument("--bigcodebench", type=Path)
    parser.add_argument("--mbpp", type=Path)
    parser.add_argument("--notebooks", type=Path, nargs=2, metavar=("FOLDER", "DATA"))
    parser.add_argument("--replies", type=Path, nargs="+", default=[])
    parser.add_argument("--data", type=Path, default=Path("data/telco"))
    parser.add_argument("--every", type=int, default=1, help="take each so-manieth problem")
    parser.add_argument("--plant", action="store_true", help="plant faults too")
    asked = parser.parse_args()
    suites: list[tuple[str, Iterator[Problem]]] = []
    if asked.ds1000:
        suites.append(("DS-1000", ds1000(asked.ds1000, asked.valid)))
    if asked.bigcodebench:
        suites.append(("BigCodeBench", bigcodebench(asked.bigcodebench)))
    if asked.mbpp:
        suites.append(("MBPP+", mbpp(asked.mbpp)))
    if asked.notebooks:
        suites.append(("notebooks", notebooks(*asked.notebooks)))
    if asked.replies:
        suites.append(("replies", stored_replies(asked.replies, asked.data)))
    executor = executors.executor(unsafe=False)
    for title, problems in suites:
        counts = Counts()
        bench = Bench(executor, counts, plant=asked.plant)
        taken = [one for i, one in enumerate(problems) if i % asked.every == 0]
        for number, one in enumerate(taken, 1):
            bench.run(one)
            if number % 20 == 0:
                done = f"{title}: {number} of {len(taken)}, {counts.ran} statements ran"
                print(
                    f"{done}, {dict(counts.false)} {dict(counts.early)}",
                    file=sys.stderr,
                    flush=True,
                )
        bench.close()
        print(f"\n== {title}: {len(taken)} problems\n{counts.table()}\n")
        print("\n".join(counts.told), flush=True)
    executor.close()


if __name__ == "__main__":
    main()
