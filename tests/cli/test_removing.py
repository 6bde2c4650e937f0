"""Runs, weights and entries that go, and a default that changes: by the command line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli, Tty

from harness.project import model_entries

pytestmark = pytest.mark.usefixtures("two_steps")
Script = Callable[..., str]
COUNT = "```python\nprint(1)\n```"
WRITE = "```python\nopen('out.csv', 'w').write('a')\n```"


def ids(cli: Cli) -> dict[str, str]:
    """Stage and seed of all runs, by id."""
    listed = json.loads(cli("runs", "--json").stdout)
    return {one["run_id"]: f"{one['stage']} {one['seed']}" for one in listed}


def test_runs_go_when_a_person_says_so(cli: Cli, tty: Tty, script: Script, project: Path) -> None:
    script([COUNT, "```python\n1 / 0\n```"])
    assert cli("generate", "tiny", "--samples", "2", "--runner", "inline").returncode == 0
    first, second = sorted(ids(cli), key=ids(cli).get)
    refused = cli("runs", "rm", first)
    assert refused.returncode == 1
    assert refused.stderr.endswith("no terminal to ask in. Nothing was removed. Say --yes\n")
    assert "Nothing was removed" in tty("runs", "rm", first[:6], typed="n\n", code=1)
    assert set(ids(cli)) == {first, second}
    assert "Removed 1 run\n" in tty("runs", "rm", first[:6], typed="y\n")
    assert set(ids(cli)) == {second}
    assert cli("runs", "rm", "--failed", "--older", "1h", "--yes").stdout == "No run matches\n"
    # Broken records are runs to be removed, too, and so are folders that cannot be entered.
    folder = project / "generated/script/tiny" / second
    (folder / "run.json").write_text("garbage")
    (folder / "work/shut").mkdir(parents=True)
    (folder / "work/shut").chmod(0)
    assert cli("runs", "rm", second, "--yes").returncode == 0
    assert [one.name for one in (project / "generated").iterdir() if one.is_dir()] == []


def test_runs_that_failed_go_and_runs_that_others_read_stay(
    cli: Cli, script: Script, project: Path
) -> None:
    stage = project / "prompt_templates/after"
    stage.mkdir()
    (stage / "stage.toml").write_text('title = "After"\nsteps = ["read"]\nneeds = ["tiny"]\n')
    (stage / "read.md.j2").write_text("Read out.csv.")
    script({"tiny": [COUNT, WRITE], "after": ["```python\n1 / 0\n```"]})
    assert cli("regenerate", "tiny,after", "--runner", "inline").returncode == 0
    tiny, after = sorted(ids(cli), key=ids(cli).get, reverse=True)
    refused = cli("runs", "rm", tiny, "--yes")
    assert refused.returncode == 1
    assert f"{tiny} is read by {after} (after). Remove those too, or say --force" in refused.stderr
    assert set(ids(cli)) == {tiny, after}
    for wrong, said in (
        ((), "no run was named"),
        ((tiny, "--failed"), "not both"),
        (("zzz",), "no run named 'zzz'"),
        (("--older", "soon"), "--older soon is no age"),
    ):
        assert said in cli("runs", "rm", *wrong, "--yes").stderr
    assert cli("runs", "rm", "--failed", "--yes").returncode == 0
    assert set(ids(cli)) == {tiny}
    assert cli("runs", "rm", tiny, "--force", "--yes").returncode == 0
    assert ids(cli) == {}


ENTRY = """
# Of a colleague.
[models.other]
hf = "owner/repo"
file = "w.gguf"

[models.other.sampling]
temperature = 0.5

# The last one.
[models.mine]
path = "mine.gguf"  # here
"""


def test_weights_go_from_the_cache_and_nowhere_else(
    cli: Cli, tty: Tty, project: Path, tmp_path: Path
) -> None:
    models = project / "models.toml"
    before = models.read_text()
    models.write_text(before + ENTRY + '[models.odd]\nhf = "a/b"\nfile = "../../../mine.gguf"\n')
    cache = tmp_path / "cache"
    folder = cache / "weights/owner--repo"
    folder.mkdir(parents=True)
    mine = project / "mine.gguf"
    begun = f".w.gguf.{'0' * 16}.incomplete"
    for path in (folder / "w.gguf", folder / begun, folder / "w2.gguf", mine, cache / "mine.gguf"):
        path.write_bytes(b"x")
    env = {"HARNESS_CACHE": str(cache)}
    shown = tty("models", "rm", "oth", typed="n\n", code=1, columns=200, **env)
    assert str(folder / "w.gguf") in shown
    assert (folder / "w.gguf").exists()
    assert "Removed 2 files of other" in tty("models", "rm", "oth", typed="y\n", **env)
    assert [path.name for path in folder.iterdir()] == ["w2.gguf"]
    assert models.read_text() == before + ENTRY + models.read_text()[len(before + ENTRY) :]
    refused = cli("models", "rm", "mine", "--yes", **env)
    assert refused.returncode == 1
    assert "Its file is yours: mine.gguf" in refused.stderr
    assert "outside of the cache" in cli("models", "rm", "odd", "--yes", "--entry", **env).stderr
    assert mine.exists()
    assert (cache / "mine.gguf").exists()
    default = cli("models", "rm", "codellama-7b", "--entry", "--yes", **env)
    assert "codellama-7b-instruct is the default model" in default.stderr

    assert cli("models", "rm", "other", "--entry", "--yes", **env).returncode == 0
    left = models.read_text()
    assert left.startswith(before + '\n# The last one.\n[models.mine]\npath = "mine.gguf"  # here')
    assert cli("models", "rm", "mine", "--entry", "--yes", **env).returncode == 0
    assert mine.exists()
    assert "mine" not in tomllib.loads(models.read_text())["models"]


def test_the_default_changes_and_comments_stay(cli: Cli, project: Path) -> None:
    models = project / "models.toml"
    before = models.read_text()
    done = cli("models", "default", "codellama-13b")
    assert done.returncode == 0, done.stderr
    assert "The default is codellama-13b-instruct" in done.stdout
    wanted = before.replace('= "codellama-7b-instruct"   ', '= "codellama-13b-instruct"   ')
    assert models.read_text() == wanted
    assert cli("models", "default", "codellama").returncode == 1
    assert models.read_text() == wanted


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('default = "a"\n[models]\na = {path = "a"}\nb = {path = "b"}\n', ("a",)),
        ('default = "a"\n[models]\na.path = "a"\nb.path = "b"\n', ("a",)),
        ('default = "a"\n[models."a"]\npath = "a"\n[ models . "b" ] # x\npath = "b"\n', ("a",)),
        ('default="a"\n[models.a]\npath = """\n[models.b]\n"""\n[models.b]\npath="b"\n', ("a",)),
        ('default="a"\n[models.b]\npath="b"\n# Of a.\n\n[models.a]\npath="a"\n', ("a",)),
    ],
)
def test_an_entry_goes_however_it_is_written(tmp_path: Path, text: str, left: tuple) -> None:
    (tmp_path / "models.toml").write_text(text)
    model_entries.remove(tmp_path, "b")
    after = (tmp_path / "models.toml").read_text()
    assert tuple(tomllib.loads(after)["models"]) == left
    assert ("# Of a." in after) == ("# Of a." in text)
    assert not after.endswith("\n\n")
