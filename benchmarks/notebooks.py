"""A notebook from command to finished file, sandboxed, against plain nbclient and papermill.

Writes benchmarks/notebooks.json. papermill takes part where ``$HARNESS_PAPERMILL`` names a Python
that has it, beside all that is installed here.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from benchmarks import measure
from harness import wiring
from harness.notebooks import jupyter
from harness.notebooks.notebook import Notebook
from harness.ports import Executor
from harness.records import Cell, Limits, Workspace

ROUNDS = 5
WARM_SECONDS = 6
PAPERMILL = os.environ.get("HARNESS_PAPERMILL")
CODE = [
    "import pandas as pd\nimport matplotlib.pyplot as plt",
    "df = pd.DataFrame({'a': range(1000)})\ndf['b'] = df['a'] % 7\nprint(df.groupby('b').mean())",
    "df['a'].plot(kind='hist')\nplt.show()",
    "import sklearn.linear_model\nprint(sum(range(10)))",
]


def notebook() -> Notebook:
    cells = (
        Cell(id=f"c{i}", kind="code", step="s", source=source, origin="fence")
        for i, source in enumerate(CODE)
    )
    return Notebook(tuple(cells))


def harness(executor: Executor, folder: Path, *, warm: bool = False) -> float:
    workspace = Workspace(folder=folder)
    if warm:
        executor.prepare(workspace, Limits())
        time.sleep(WARM_SECONDS)  # as while the notebook before it runs
    started = time.perf_counter()
    session = executor.start(workspace, Limits())
    written = notebook()
    outcomes = {cell.id: session.run(cell.source) for cell in written.cells}
    session.close()
    about = {"run_id": "x", "model": "m", "form": "raw"}
    (folder.parent / "done.ipynb").write_bytes(
        jupyter.dump(jupyter.build(written, outcomes, about))
    )
    return time.perf_counter() - started


def plain(folder: Path) -> float:
    started = time.perf_counter()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in CODE])
    NotebookClient(notebook, kernel_name="python3").execute(cwd=str(folder))
    nbformat.write(notebook, folder / "done.ipynb")
    return time.perf_counter() - started


def papermill(folder: Path) -> float:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in CODE])
    source = folder / "source.ipynb"
    nbformat.write(notebook, source)
    done = str(folder / "done.ipynb")
    command = [str(PAPERMILL), "-m", "papermill", str(source), done, "-k", "python3"]
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return time.perf_counter() - started


def main() -> None:
    executor = wiring.executor(unsafe=False)
    with tempfile.TemporaryDirectory(prefix="harness-") as scratch:
        Path(scratch).chmod(0o755)
        count = iter(range(1000))

        def folder() -> Path:
            made = Path(scratch) / f"{next(count)}" / "work"
            made.mkdir(parents=True)
            return made

        peers = {
            "ours": lambda: harness(executor, folder()),
            "warm": lambda: harness(executor, folder(), warm=True),
            "plain": lambda: plain(folder()),
        }
        if PAPERMILL:
            peers["papermill"] = lambda: papermill(folder())
        seconds = measure.interleaved(ROUNDS, peers)
    what = "a notebook to finished file, seconds"
    names = {"plain": "plain nbclient", "papermill": "papermill"}
    rows = []
    for ours, told, to_reach in [("ours", what, "<= 1.10"), ("warm", f"{what}, warm", "<= 1.0")]:
        for peer in [name for name in names if name in seconds]:
            rows.append(measure.row(told, to_reach, seconds[ours], names[peer], seconds[peer]))
    measure.keep("notebooks", rows)


if __name__ == "__main__":
    main()
