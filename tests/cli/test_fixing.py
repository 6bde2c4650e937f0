"""Fixes as a user meets them: generated, edited, captured, patched, compared; on real kernels."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import nbformat
import pytest
from conftest import Cli, Tty

pytestmark = pytest.mark.usefixtures("two_steps")

Script = Callable[..., str]
BAD = "Numbers:\n```python\nx = int('one')\nprint(x)\n```\n```python\ny = x + 1\n```\n"
WRITE = "```python\nopen('out.csv', 'w').write('a\\n1\\n')\n```\n"


def run_of(cli: Cli) -> tuple[str, Path]:
    (run,) = json.loads(cli("runs", "--json").stdout)
    return run["run_id"], Path(run["path"])


def record(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text())


def change(folder: Path, old: str, new: str, add: str | None = None) -> list[str]:
    """Edit the patched notebook as an editor would; returns the code cells it has then."""
    path = folder / "patched.ipynb"
    there = json.loads(path.read_text())
    for cell in there["cells"]:
        source = "".join(cell["source"]).replace(old, new)
        cell["source"] = source.splitlines(keepends=True)
    if add is not None:
        cell = nbformat.v4.new_code_cell(add)
        there["cells"].insert(4, json.loads(json.dumps(cell)))
    path.write_text(json.dumps(there))
    return code_of(folder)


def code_of(folder: Path) -> list[str]:
    cells = nbformat.read(folder / "patched.ipynb", as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def capture(cli: Cli, run: str, *more: str):
    words = ("--description", "Give the number as one", "--cause", "data-unseen", "--author", "Me")
    return cli("fixes", "capture", run, *words, *more)


def test_edit_capture_delete_patch_gives_the_same_code_cells(cli: Cli, script: Script) -> None:
    script([BAD, WRITE])
    done = cli("generate", "--stage", "tiny")
    assert done.returncode == 0, done.stderr
    assert "Outcome   failed: 2 cells\n" in done.stdout
    assert "(1 root failure, 1 cascade)" in done.stdout
    assert "ValueError: invalid literal for int() with base 10: 'one'" in done.stdout
    assert "In [1], line 1: x = int('one')\n" in done.stdout
    assert "harness fixes capture" in done.stdout
    run, folder = run_of(cli)
    raw = (folder / "raw.ipynb").read_bytes()
    wanted = change(folder, "int('one')", "int('1')", add="import math\nprint(math.pi)")

    refused = cli("patch", run, "--force")
    assert refused.returncode == 1
    assert "edits that no fix holds" in refused.stderr
    captured = capture(cli, run)
    assert captured.returncode == 0, captured.stderr
    assert "-x = int('one')" in captured.stdout
    assert captured.stdout.count("Wrote ") == 2
    assert "has no edits" in capture(cli, run).stdout

    (folder / "patched.ipynb").unlink()
    patched = cli("patch", run)
    assert patched.returncode == 0, patched.stderr
    assert "ValueError → ok" in patched.stdout
    assert code_of(folder) == wanted
    assert (folder / "raw.ipynb").read_bytes() == raw
    made = record(folder)
    assert made["outcome"] == "patched"
    assert [one["verdict"] for one in made["patched"]["verdicts"]] == ["applied", "applied"]
    assert made["patched"]["verdicts"][0]["cells"] == [
        {"cell": "one-002", "before": "ValueError", "after": "ok"}
    ]
    assert [c["failure"] for c in made["raw"]["cells"]] == ["root", "cascade", None]
    assert "Nothing changed" in cli("patch", run).stdout
    assert (folder / "artifacts/patched/out.csv").read_text() == "a\n1\n"

    totals = json.loads(cli("ledger", "--json").stdout)
    # Of 4 + 2 code lines one was changed and two were added.
    assert [(t["lines"], t["human_lines"], t["share"]) for t in totals] == [(6, 3, 0.5)]
    (row,) = csv.DictReader(io.StringIO(cli("ledger", "--csv").stdout))
    assert (row["stage"], row["share"]) == ("tiny", "0.5")
    assert cli("ledger").stdout.splitlines()[1].startswith("script  tiny      1   1/3→4/4")
    assert cli("ledger", "--stage", "none,nor").stdout == "No patched run matches\n"
    assert json.loads(cli("ledger", "--stage", "none", "--stage", "tiny", "--json").stdout)


def test_generate_patches_by_default_and_again_when_fixes_change(
    cli: Cli, script: Script, project: Path
) -> None:
    script([BAD, WRITE])
    done = cli("generate", "--stage", "tiny", "--no-patch")
    assert done.returncode == 0
    run, folder = run_of(cli)
    assert not (folder / "patched.ipynb").exists()
    write_rule(project, "rewrite: int('1')")
    again = cli("generate", "--stage", "tiny")
    assert "patching it again" in again.stdout
    assert "applied" in again.stdout
    assert record(folder)["outcome"] == "patched"
    write_rule(project, "rewrite: int('one', 99)")
    third = cli("generate", "--stage", "tiny")
    assert "ValueError" in third.stdout
    assert record(folder)["outcome"] == "failed"
    dry = cli("fixes", "apply", run, "--dry-run")
    assert "applied" in dry.stdout


def write_rule(project: Path, action: str, name: str = "010-one.yml") -> Path:
    path = project / "fixes" / "tiny" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "Description: Give the number as one\nAuthor: Me\nDate: 2026-11-24\nCause: data-unseen\n"
        f"When: 'fails: ValueError'\nrule:\n  pattern: int('one')\n{action}\n"
    )
    return path


def test_a_fix_from_elsewhere_is_no_edit_and_lost_edits_are_noticed(
    cli: Cli, script: Script, project: Path
) -> None:
    script([BAD, WRITE])
    cli("generate", "--stage", "tiny")
    run, folder = run_of(cli)
    write_rule(project, "rewrite: int('1')")
    assert "has no edits" in capture(cli, run).stdout
    assert cli("patch", run).returncode == 0
    change(folder, "int('1')", "int('2')")
    refused = cli("patch", run)
    assert refused.returncode == 1
    assert "edits that no fix holds" in refused.stderr
    (folder / "patched.ipynb").write_text("garbage")
    assert cli("patch", run).returncode == 1
    assert cli("patch", run, "--discard-edits").returncode == 0
    assert "int('1')" in "".join(code_of(folder))


def test_diff_in_every_form(cli: Cli, tty: Tty, script: Script, project: Path) -> None:
    script([BAD, WRITE])
    write_rule(project, "rewrite: int('1')")
    cli("generate", "--stage", "tiny")
    run, folder = run_of(cli)
    lines = tty("diff", "tiny", columns=80).split("\n")
    assert "- x = int('one')" in lines
    assert "+ x = int('1')" in lines
    assert any(line.startswith("one-002") and "ValueError → ok" in line for line in lines)
    assert any("010-one  data-unseen · Me" in line for line in lines)
    assert not any(line.startswith("one-003") for line in lines)
    assert max(map(len, lines)) <= 80
    wide = tty("diff", run, columns=120).split("\n")
    assert any("int('one')" in line and "int('1')" in line for line in wide)
    assert "- x = int('one')" in cli("diff", run, COLUMNS="120").stdout.split("\n")

    unified = cli("diff", run, "--format", "unified", "-o", "-").stdout
    assert "-x = int('one')\n+x = int('1')\n" in unified
    as_json = json.loads(cli("diff", run, "--format", "json", "-o", "-").stdout)
    assert [c["right"] for c in as_json["cells"]] == ["one-002"]
    assert cli("diff", run, "--format", "html").returncode == 0
    page = (folder / "diff.html").read_text()
    assert "Give the number as one" in page
    assert "invalid literal for int()" in page
    assert "<script" not in page

    cli("generate", "--stage", "tiny", "--again")
    runs = [one["run_id"] for one in json.loads(cli("runs", "--json").stdout)]
    assert "Nothing differs" in cli("diff", runs[0], "--against", runs[1]).stdout
    for wrong in (
        ["nope"],
        ["tiny", "--format", "pdf"],
        ["tiny", "--tool", "vi"],
        [run, "-o", "x"],
    ):
        done = cli("diff", *wrong)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1


def test_the_web_view_is_nbdimes_on_loopback_and_ends_with_ctrl_c(
    cli: Cli, script: Script, project: Path
) -> None:
    script([BAD, WRITE])
    cli("generate", "--stage", "tiny")
    # A browser that opens nothing and says what it was asked to open.
    shown = project / "shown"
    env = {**os.environ, "BROWSER": f"sh -c 'echo \"$0\" > {shown}' %s"}
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "diff", "tiny", "--tool", "web"],
        cwd=project,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (shown.exists() and shown.read_text().strip()):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.1)
        url = shown.read_text().strip()
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(url).status_code == 200
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


def test_two_runs_of_different_models_are_compared(cli: Cli, script: Script) -> None:
    script([BAD, WRITE], "one")
    script([BAD.replace("y = x + 1", "z = x - 1"), WRITE], "other")
    cli("generate", "--stage", "tiny", "--model", "one")
    cli("generate", "--stage", "tiny", "--model", "other")
    first, second = (one["run_id"] for one in json.loads(cli("runs", "--json").stdout))
    shown = cli("diff", second, "--against", first).stdout
    assert "- y = x + 1" in shown
    assert "+ z = x - 1" in shown
    assert "one · tiny" in shown
    assert "other · tiny" in shown


def test_fixes_are_made_listed_shown_and_checked(cli: Cli, script: Script, project: Path) -> None:
    script([BAD, WRITE])
    assert cli("fixes", "new", "tiny", "by-hand").returncode == 0
    assert cli("fixes", "new", "tiny", "by-rule", "--rule").returncode == 0
    assert cli("fixes", "new", "tiny", "Not A Slug").returncode == 1
    listed = json.loads(cli("fixes", "list", "--stage", "tiny", "--json").stdout)
    assert [(one["id"], one["form"]) for one in listed] == [
        ("010-by-hand", "patch"),
        ("020-by-rule", "rule"),
    ]
    assert "tiny/010-by-hand" in cli("fixes", "list").stdout
    assert "+the line as it should be" in cli("fixes", "show", "010-by").stdout
    write_rule(project, "rewrite: int('1')", "030-one.yml")
    cli("generate", "--stage", "tiny")
    assert "applied" in cli("fixes", "show", "tiny/030").stdout
    checked = cli("fixes", "check")
    assert checked.returncode == 0
    assert "tiny/010-by-hand: no stored run uses it" in checked.stdout
    assert "tiny/030-one: no stored run" not in checked.stdout
    bad = write_rule(project, "rewrite: $NOBODY", "040-bad.yml")
    wrong = cli("fixes", "check")
    assert wrong.returncode == 1
    assert "$NOBODY is used but never bound" in wrong.stdout
    stopped = cli("generate", "--stage", "tiny")
    assert stopped.returncode == 1
    assert f"{bad}:" in stopped.stderr
    assert stopped.stderr.count("\n") == 1


def test_minimise_names_the_needless_fix(cli: Cli, script: Script, project: Path) -> None:
    script([BAD, WRITE])
    write_rule(project, "rewrite: int('1')")
    idle = write_rule(project, "rewrite: print($A, end='\\n')", "020-idle.yml")
    idle.write_text(
        idle.read_text().replace("int('one')", "print($A)").replace("'fails: ValueError'", "always")
    )
    loud = project / "fixes/tiny/030-loud.yml"
    loud.write_text(
        "Description: Say it\nAuthor: Me\nDate: 2026-11-24\nCause: enhancement\n"
        "rule:\n  pattern: y = x + 1\nrewrite: 'y = x + 2; print(y)'\n"
    )
    cli("generate", "--stage", "tiny")
    run, folder = run_of(cli)
    done = cli("fixes", "minimise", run)
    assert done.returncode == 0, done.stderr
    assert "redundant: 020-idle" in done.stdout
    verdicts = record(folder)["patched"]["verdicts"]
    assert [one["need"] for one in verdicts] == ["necessary", "redundant", "necessary"]
    assert verdicts[2]["need_reason"] == "one-003: stdout is another"


def test_what_is_captured_keeps_attachments_and_raw_cells(
    cli: Cli, script: Script, project: Path
) -> None:
    script(["Numbers:\n```python\nprint(1)\n```", WRITE])
    cli("generate", "--stage", "tiny")
    run, folder = run_of(cli)
    image = {"a.png": {"image/png": "iVBORw0KGgo="}}
    there = nbformat.read(folder / "patched.ipynb", as_version=4)
    (words,) = [cell for cell in there.cells if cell.source == "Numbers:"]
    words["attachments"] = image
    there.cells.append(nbformat.v4.new_raw_cell("\\begin{raw}\n# %%"))
    own = nbformat.v4.new_markdown_cell("![a](attachment:a.png)", attachments=image)
    there.cells.insert(2, own)
    nbformat.write(there, folder / "patched.ipynb")

    def cells() -> list[tuple]:
        found = nbformat.read(folder / "patched.ipynb", as_version=4).cells
        return [
            (one.cell_type, one.source, one.get("attachments"))
            for one in found
            if not one.source.startswith("**Patched by harness**")
        ]

    wanted = cells()
    captured = capture(cli, run)
    assert captured.returncode == 0, captured.stderr
    assert captured.stdout.count("Wrote ") == 3
    (folder / "patched.ipynb").unlink()
    assert cli("patch", run).returncode == 0
    assert cells() == wanted
    assert "has no edits" in capture(cli, run).stdout


def test_capture_offers_a_rule_and_keeps_it_on_request(
    cli: Cli, script: Script, project: Path
) -> None:
    script(["```python\nframe = {}\nprint(frame.has_key(1))\n```", WRITE])
    cli("generate", "--stage", "tiny")
    run, folder = run_of(cli)
    change(folder, "frame.has_key(1)", "frame.get(1)")
    captured = capture(cli, run, "--rule")
    assert "The same as a rule" in captured.stdout
    assert "pattern: $A.has_key" in captured.stdout
    (path,) = (project / "fixes" / "tiny").iterdir()
    assert path.suffix == ".yml"
    assert cli("patch", run).returncode == 0
    assert record(folder)["outcome"] == "patched"


def test_a_capture_is_for_its_dataset_and_for_what_does_not_work(
    cli: Cli, script: Script, project: Path
) -> None:
    script([BAD, WRITE])
    cli("generate", "--stage", "tiny")
    run, folder = run_of(cli)
    change(folder, "int('one')", "int('1')")
    assert capture(cli, run).returncode == 0
    change(folder, "a\\n1", "a\\n2")
    assert capture(cli, run, "--dataset", "any").returncode == 0
    needed, always = sorted((project / "fixes" / "tiny").iterdir())
    assert "When: needed\nDataset: telco\nFrom-Run" in needed.read_text()
    assert "When: always\nDataset: any\nFrom-Run" in always.read_text()
    assert cli("patch", run).returncode == 0
    assert [one["verdict"] for one in record(folder)["patched"]["verdicts"]] == ["applied"] * 2


def test_a_check_of_the_fixes_tells_of_their_scope(cli: Cli, project: Path) -> None:
    write_rule(project, "rewrite: int('1')")
    foreign = write_rule(project, "rewrite: int('1')", "020-two.yml")
    foreign.write_text(f"Dataset: penguins\n{foreign.read_text()}")
    said = cli("fixes", "check").stdout
    assert "! tiny/010-one: it has no Dataset, so it is applied on any" in said
    assert "! tiny/020-two: its dataset, penguins, is none of this project" in said
    assert said.count("has no Dataset") == said.count("none of this project") == 1
    assert cli("fixes", "new", "library", "by-hand").returncode == 1
    assert cli("fixes", "new", "library", "by-hand", "--rule").returncode == 0
    rules = len(list((project / "fixes/library").glob("*.yml")))
    said = cli("fixes", "check").stdout
    assert f"{rules} library rules had no case in these runs yet" in said
    assert "! library/" not in said
    listed = json.loads(cli("fixes", "list", "--json").stdout)
    assert [one["stage"] for one in listed][-3:] == ["eda", "tiny", "tiny"]
    assert listed[0]["stage"] == "library"
    assert "switched off in fixes/series.toml" in cli("fixes", "list").stdout


def test_capture_asks_in_an_editor(cli: Cli, script: Script, project: Path, tmp_path: Path) -> None:
    script([BAD, WRITE])
    cli("generate", "--stage", "tiny")
    run, folder = run_of(cli)
    change(folder, "int('one')", "int('1')")
    editor = tmp_path / "editor"
    editor.write_text(
        "#!/bin/sh\nsed -i -e 's/^Description: .*/Description: From the editor/' "
        "-e 's/^Cause: .*/Cause: syntax/' \"$1\"\n"
    )
    editor.chmod(0o755)
    ours, theirs = pty.openpty()
    os.write(ours, b"y\nn\n1\n")  # keep it, not as the rule that is offered, for the first cause
    done = subprocess.run(
        [sys.executable, "-m", "harness", "fixes", "capture", run],
        cwd=project,
        stdin=theirs,
        capture_output=True,
        text=True,
        env={**os.environ, "EDITOR": str(editor), "VISUAL": str(editor), "COLUMNS": "100"},
        timeout=120,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    (path,) = (project / "fixes" / "tiny").iterdir()
    assert path.name == "010-from-the-editor.patch"
    assert "Cause: syntax" in path.read_text()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--cause", "taste", "--description", "x"), "'taste' is not one of"),
        (("--cause", "syntax"), "no terminal to ask in"),
        (("--cause", "syntax", "--description", "x", "--when", "maybe"), "neither needed"),
        (("--cause", "syntax", "--description", "x", "--when", "fails: OSError"), "do not give"),
        (("--cause", "syntax", "--description", "x", "--dataset", "other"), "is none for run"),
    ],
)
def test_a_capture_that_cannot_be_writes_nothing(
    cli: Cli, script: Script, project: Path, args: tuple[str, ...], said: str
) -> None:
    script([BAD, WRITE])
    cli("generate", "--stage", "tiny")
    run, folder = run_of(cli)
    change(folder, "int('one')", "int('1')")
    done = cli("fixes", "capture", run, *args)
    assert done.returncode == 1
    assert said in done.stderr
    assert not (project / "fixes" / "tiny").exists()


def test_another_table_is_not_patched_on(cli: Cli, script: Script, project: Path) -> None:
    script([BAD, WRITE])
    cli("generate", "--stage", "tiny")
    run, _ = run_of(cli)
    table = project / "data/telco/telco_synthetic.csv"
    table.write_text(table.read_text().replace("Female", "Woman"))
    done = cli("patch", run, "--force")
    assert done.returncode == 1
    assert "was made with" in done.stderr
