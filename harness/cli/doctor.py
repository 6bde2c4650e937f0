"""``harness doctor``: is this machine ready?"""

from __future__ import annotations

import typer

from harness.cli.options import AsJson, Project, Verbosity

MARK = {"ok": ("✓", "green"), "note": ("!", "yellow"), "problem": ("✗", "red")}


def doctor(as_json: AsJson = False, _verbosity: Verbosity = None, project: Project = None) -> None:
    """Check this machine, and say how to repair what is not ready.

    Engine, processor, weights, sandbox, kernel, packages and disk are checked. The exit code is 1
    where something must be repaired before harness generate can work. With -q, only what is not
    ready is shown.

    Examples:

    \b
      harness doctor
      harness doctor --json
    """
    from rich.text import Text

    from harness.cli import show
    from harness.errors import HarnessError
    from harness.project import location
    from harness.wiring import doctor

    try:
        folder = location.find(project)
    except HarnessError:
        if project is not None:
            raise
        folder = None
    found = []
    for finding in doctor.findings(folder):
        found.append(finding)
        if as_json:
            continue
        mark, style = MARK[finding.state]
        text = Text.assemble((mark, style), " ", (show.clean(finding.what), "bold"), "  ")
        text.append(show.clean(finding.found))
        if finding.state == "ok":
            show.info(text)
        else:
            show.out.print(text)
        if finding.mend:
            show.line(f"    → {finding.mend}")
    if as_json:
        show.json([finding.model_dump() for finding in found])
    elif folder is None:
        show.line("! There is no project here, so weights were not checked", style="yellow")
    if any(finding.state == "problem" for finding in found):
        raise typer.Exit(1)
