"""Fixes that are edited, removed and split, as a person does it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli, Tty
from editors import editor

pytestmark = pytest.mark.usefixtures("two_steps")
Script = Callable[..., str]
HEAD = """Description: Say more
 And why.
Author: Me <me@example.org>
Date: 2026-11-24
Cause: syntax
When: always

"""
HUNKS = """--- a/tiny.py
+++ b/tiny.py
@@ -5,3 +5,4 @@ one-001
 # %%
-x = 1
+x = 10
+z = 3
 y = 2
@@ -12,2 +13,2 @@ two-001
 # %%
-open('out.csv', 'w').write('a')
+open('out.csv', 'w').write('b')
"""
REPLIES = [
    "```python\nx = 1\ny = 2\nprint(x)\n```",
    "```python\nopen('out.csv', 'w').write('a')\n```",
]


def write(project: Path, name: str = "010-more.patch", text: str = HEAD + HUNKS) -> Path:
    path = project / "fixes/tiny" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_an_edit_replaces_a_fix_only_by_a_fix_and_loses_nothing(
    cli: Cli, tty: Tty, project: Path, tmp_path: Path
) -> None:
    path = write(project)
    bad = "sed -i 's/^Cause: .*/Cause: taste/; s/Say more/Say it all/' \"$1\""
    good = "sed -i 's/^Cause: .*/Cause: deprecated/' \"$1\""
    env = editor(tmp_path, bad, bad, good, "true", "exit 1")
    refused = cli("fixes", "edit", "tiny/010", **env)
    assert refused.returncode == 1
    draft = path.with_name(".010-more.draft.patch")
    assert "Cause: 'taste' is not one of" in refused.stderr
    assert f"kept in {draft}" in refused.stderr
    assert path.read_text() == HEAD + HUNKS
    assert "Say it all" in draft.read_text()
    shown = tty("fixes", "edit", "tiny/010", typed="y\n", columns=200, **env)
    assert "Going on with .010-more.draft.patch" in shown
    assert "Cause: 'taste' is not one of" in shown
    assert path.read_text() == (HEAD + HUNKS).replace("syntax", "deprecated").replace(
        "Say more", "Say it all"
    )
    assert not draft.exists()
    assert "is unchanged" in cli("fixes", "edit", "tiny/010", **env).stdout
    failed = cli("fixes", "edit", "tiny/010", **env)
    assert failed.returncode == 1
    assert "the editor failed" in failed.stderr
    assert failed.stderr.count("\n") == 1


def test_a_broken_fix_can_be_edited_and_fixes_removed(
    cli: Cli, tty: Tty, project: Path, tmp_path: Path
) -> None:
    path = write(project, text=HEAD)
    env = editor(tmp_path, f'cat {tmp_path}/good > "$1"')
    (tmp_path / "good").write_text(HEAD + HUNKS)
    assert cli("fixes", "edit", "tiny/010", **env).returncode == 0
    assert path.read_text() == HEAD + HUNKS
    write(project, "020-other.patch")
    assert "no terminal to ask in" in cli("fixes", "rm", "tiny/010").stderr
    assert "Nothing was removed" in tty("fixes", "rm", "tiny/010", "tiny/020", typed="n\n", code=1)
    assert path.exists()
    assert "Removed 2 fixes" in tty("fixes", "rm", "tiny/010", "tiny/020", typed="y\n")
    assert list(path.parent.iterdir()) == []
    assert "no fix named 'tiny/010'" in cli("fixes", "rm", "tiny/010", "--yes").stderr


def test_a_fix_of_several_hunks_is_split_in_its_place(
    cli: Cli, script: Script, project: Path
) -> None:
    script(REPLIES)
    path = write(project)
    assert cli("generate", "tiny").returncode == 0
    (run,) = json.loads(cli("runs", "--json").stdout)
    record = Path(run["path"]) / "run.json"
    before = json.loads(record.read_text())["patched"]
    assert [one["verdict"] for one in before["verdicts"]] == ["applied"]
    rest = HEAD + HUNKS.partition("@@ -12")[0]
    write(project, "015-next.patch", rest.replace("x = 1", "print(x)").replace("z = 3", "z = 4"))
    done = cli("fixes", "split", "tiny/010")
    assert done.returncode == 0, done.stderr
    names = sorted(one.name for one in path.parent.iterdir())
    assert names == ["010-more-1.patch", "012-more-2.patch", "015-next.patch"]
    texts = [(path.parent / name).read_text() for name in names[:2]]
    assert all(text.startswith(HEAD + "--- a/tiny.py\n+++ b/tiny.py\n@@ ") for text in texts)
    assert "@@ -13,2 +13,2 @@ two-001\n" in texts[1]
    (path.parent / "015-next.patch").unlink()
    assert cli("patch", run["run_id"]).returncode == 0
    after = json.loads(record.read_text())["patched"]
    assert [one["verdict"] for one in after["verdicts"]] == ["applied", "applied"]
    assert after["cells_sha256"] == before["cells_sha256"]

    assert "is a fix of one hunk" in cli("fixes", "split", "tiny/010").stderr
    write(project, "030-many.patch")
    write(project, "031-next.patch")
    crowded = cli("fixes", "split", "tiny/030")
    assert "no room for 2 fixes between 030-many.patch and the next one" in crowded.stderr
    assert (path.parent / "030-many.patch").exists()
