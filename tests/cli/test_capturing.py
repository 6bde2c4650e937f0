"""Capture as a person meets it in a terminal: asked change by change, and nothing typed is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import Cli, Tty
from editors import editor

pytestmark = pytest.mark.usefixtures("two_steps")
Script = Callable[..., str]
LINES = [f"line_{n} = {n}" for n in range(12)]
REPLIES = [
    "```python\n" + "\n".join(LINES) + "\n```\n```python\nlast = 1\n```",
    "```python\nopen('out.csv', 'w').write('a')\n```",
]


@pytest.fixture
def edited(cli: Cli, script: Script, project: Path) -> tuple[str, Path]:
    """A run whose patched notebook was edited: two stretches of a cell, near, and another cell."""
    script(REPLIES)
    assert cli("generate", "tiny").returncode == 0
    (run,) = json.loads(cli("runs", "--json").stdout)
    path = Path(run["path"]) / "patched.ipynb"
    text = path.read_text()
    for old, new in (("line_2 = 2", "line_2 = 20"), ("line_5 = 5", "line_5 = 50")):
        text = text.replace(old, new)
    path.write_text(text.replace("last = 1", "last = 100"))
    return run["run_id"], path


def describe(text: str, cause: str = "") -> str:
    more = f" -e 's/^Cause:.*/Cause: {cause}/'" if cause else ""
    return f"sed -i -e 's/^Description:.*/Description: {text}/'{more} \"$1\""


def fixes_of(project: Path) -> dict[str, str]:
    folder = project / "fixes/tiny"
    found = folder.iterdir() if folder.exists() else ()
    return {one.name: one.read_text() for one in sorted(found)}


def test_each_change_is_asked_for_and_can_be_split_left_out_or_kept(
    cli: Cli, tty: Tty, project: Path, tmp_path: Path, edited: tuple[str, Path]
) -> None:
    run, path = edited
    env = editor(tmp_path, describe("Take twenty"), describe("Take a hundred"))
    # Split; the first of the two: yes, by a patch, for the second cause; the second: no.
    shown = tty("fixes", "capture", run, typed="?\ns\ny\nn\n2\nn\ny\nn\ndata\n", columns=200, **env)
    assert "s  split it, and ask for each stretch of lines" in shown
    assert "2  deprecated: it used a name or an argument that the installed library" in shown
    assert "1 change is left, in patched.ipynb" in shown
    made = fixes_of(project)
    assert list(made) == ["010-take-twenty.patch", "020-take-a-hundred.patch"]
    assert "Cause: deprecated" in made["010-take-twenty.patch"]
    assert "+line_2 = 20" in made["010-take-twenty.patch"]
    assert "line_5 = 50" not in made["010-take-twenty.patch"]
    assert "Cause: data-unseen" in made["020-take-a-hundred.patch"]
    # What was left out is still there to be captured, and nothing else.
    again = cli("fixes", "capture", run, "--cause", "syntax", "--description", "Take fifty")
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("Wrote ") == 1
    assert "+line_5 = 50" in fixes_of(project)["030-take-fifty.patch"]
    wanted = [cell.source for cell in nbformat.read(path, as_version=4).cells][1:]
    path.unlink()
    assert cli("patch", run).returncode == 0
    got = [cell.source for cell in nbformat.read(path, as_version=4).cells]
    assert got[-len(wanted) :] == wanted


def test_what_was_answered_and_what_was_typed_is_kept_on_quitting(
    cli: Cli, tty: Tty, project: Path, tmp_path: Path, edited: tuple[str, Path]
) -> None:
    run, _ = edited
    env = editor(
        tmp_path,
        describe("Take more"),
        describe("Typed at length", "taste"),
        "kill -INT $PPID; sleep 1",
        describe("Typed at length after all", "syntax"),
    )
    args = ("fixes", "capture", run)
    assert "2 changes are left" in tty(*args, typed="q\n", **env)
    # The first is kept; the form of the second is wrong, and the person gives up, then interrupts.
    shown = tty(*args, typed="y\nn\n1\ny\nn\n1\nn\n", columns=300, **env)
    assert "Cause: 'taste' is not one of" in shown
    assert "What you typed is kept in fixes/tiny/.capture-" in shown
    assert [name for name in fixes_of(project) if name[0] != "."] == ["010-take-more.patch"]
    shown = tty(*args, typed="y\nn\n", code=130, **env)
    assert "Going on with what you typed before" in shown
    draft = next(text for name, text in fixes_of(project).items() if name[0] == ".")
    assert "Description: Typed at length" in draft
    assert "Cause: taste" in draft
    assert tty(*args, typed="y\nn\n", **env)
    made = fixes_of(project)
    assert list(made) == ["010-take-more.patch", "020-typed-at-length-after-all.patch"]
    assert cli("patch", run).returncode == 0


def test_a_change_that_cannot_be_a_fix_as_answered_is_told_and_the_others_go_on(
    tty: Tty, project: Path, edited: tuple[str, Path]
) -> None:
    run, _ = edited
    options = ("--description", "Take it", "--cause", "syntax", "--when", "fails: OSError")
    shown = tty("fixes", "capture", run, *options, typed="y\nn\nn\n", columns=300)
    assert "do not give the edited notebook back" in shown
    assert "2 changes are left" in shown
    assert fixes_of(project) == {}
    assert "Wrote" in tty("fixes", "capture", run, *options[:4], "--all", columns=300)
    assert len(fixes_of(project)) == 2
