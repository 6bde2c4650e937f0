"""``harness open``: a run's notebook in Jupyter, with the sandbox as one of its kernels."""

from __future__ import annotations

import contextlib
import subprocess
from typing import Annotated

import typer

from harness.cli.options import Project, RunId, Verbosity


def open_run(
    run: RunId,
    raw: Annotated[
        bool, typer.Option("--raw", help="Open raw.ipynb, also where there is a later one.")
    ] = False,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Lay all out, print the path, and start nothing.")
    ] = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Open a run's notebook in Jupyter, ready to be run and repaired.

    What the notebook reads is laid beside it. Jupyter offers the kernel "Python (harness sandbox)",
    in which a cell can harm nothing; any other kernel runs the model's code with your own rights.
    Edits of the patched notebook become fixes with harness fixes capture.

    Examples:

    \b
      harness open 8d8d
      harness open 8d8d --raw
    """
    from harness.cli import show
    from harness.errors import HarnessError
    from harness.notebooks import stored
    from harness.project import location
    from harness.runs import beside
    from harness.runs.environment import inputs_of
    from harness.runs.store import FileStore
    from harness.wiring import jupyter

    folder = location.find(project)
    store = FileStore(folder)
    key, found = store.find(run)
    path = store.folder(key) / (stored.RAW if raw else stored.last(found))
    if not path.is_file():
        raise HarnessError(f"{path} is missing", f"Make it again: harness patch {found.run_id}")
    for name in beside.lay_out(path.parent, inputs_of(folder, found, store)):
        show.notice(f"{name} beside the notebook is not what the run read; it is left as it is")
    jupyter.install_kernel()
    if prepare:
        show.line(str(path))
        return
    command = jupyter.interface()
    if command is None:
        raise HarnessError(
            "no Jupyter is installed that opens notebooks in a browser",
            f"Install one (pip install jupyterlab), or open {path} in your editor",
        )
    show.info(f'In the sandbox: choose the kernel "{jupyter.DISPLAY_NAME}"')
    show.info(f"When it is repaired: harness fixes capture {found.run_id}; Ctrl-C ends Jupyter")
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run([*command, path.name], cwd=path.parent, check=False)
