"""The other commands, as a user gives them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import REAL_TABLE, REPOSITORY, Cli, Tty, real_table

Script = Callable[..., str]
HERE = ("--project", str(REPOSITORY))


def test_init_makes_a_project_that_works_from_any_folder_inside(tmp_path: Path) -> None:
    def harness(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "harness", *args],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
        )

    assert harness("init", "new", cwd=tmp_path).returncode == 0
    made = harness("data", "list", cwd=tmp_path / "new" / "data" / "telco")
    assert "synthetic twin" in made.stdout
    elsewhere = harness("data", "list", "--project", str(tmp_path / "new"), cwd=tmp_path)
    assert elsewhere.stdout == made.stdout
    again = harness("init", "new", cwd=tmp_path)
    assert again.returncode == 1
    assert "not empty" in again.stderr
    lost = harness("data", "list", cwd=tmp_path)
    assert lost.returncode == 1
    assert "harness init DIR" in lost.stderr


def test_models_are_listed_without_reading_weights(cli: Cli) -> None:
    rows = {row["name"]: row for row in json.loads(cli("models", "list", "--json").stdout)}
    assert rows["codellama-7b-instruct"]["role"] == "default"
    assert rows["codellama-7b-instruct"]["weights"] == "not here"
    assert rows["qwen2.5-coder-1.5b-instruct"]["role"] == "embedded"
    assert {"codellama-13b-instruct", "codellama-34b-instruct", "phind-codellama-34b-v2"} < set(
        rows
    )


def test_installed_parts_are_joined_verified_and_shown(cli: Cli) -> None:
    pulled = cli("models", "pull", "smollm2-135m-instruct")
    assert pulled.returncode == 0, pulled.stderr
    assert "is here" in pulled.stdout
    assert "as models.toml says" in cli("models", "verify", "smollm2-135m-instruct").stdout
    assert "llama" in cli("models", "show", "smollm2-135m-instruct").stdout


def test_weights_that_are_not_the_promised_ones_are_refused(cli: Cli, project: Path) -> None:
    path = project / "models.toml"
    path.write_text(path.read_text().replace('sha256 = "b179', 'sha256 = "0000'))
    done = cli("models", "pull", "smollm2-135m-instruct")
    assert done.returncode == 1
    assert "sha256 is b179" in done.stderr
    assert cli("models", "list", "--json").stdout.count('"here"') == 0


def test_a_model_is_added_from_a_file_or_from_the_hub(cli: Cli, project: Path) -> None:
    pulled = cli("models", "pull", "smollm2-135m-instruct").stdout.replace("\n", " ")
    path = pulled.split("is here: ")[1].strip()
    before = (project / "models.toml").read_text()
    assert cli("models", "add", path, "--name", "mine").returncode == 0
    assert cli("models", "add", "o/r/f.Q4_K_M.gguf", "--chat-format", "llama-2").returncode == 0
    assert (project / "models.toml").read_text().startswith(before)
    rows = {row["name"]: row for row in json.loads(cli("models", "list", "--json").stdout)}
    assert rows["mine"]["weights"] == "here"
    assert rows["f.Q4_K_M"]["source"] == "o/r/f.Q4_K_M.gguf"
    taken = cli("models", "add", path, "--name", "mine")
    assert taken.returncode == 1
    assert "already has a model named 'mine'" in taken.stderr
    assert cli("models", "add", "neither/nor").returncode == 1


def test_prompts_show_what_would_be_sent_with_counts(cli: Cli) -> None:
    shown = cli("prompts", "--stage", "eda", "--model", "smollm2-135m-instruct", "--json")
    assert shown.returncode == 0, shown.stderr
    (made,) = json.loads(shown.stdout)
    assert [turn["role"] for turn in made["prompts"]] == ["system"] + ["user"] * 5
    assert made["tokens"] == sorted(made["tokens"])
    assert made["tokens"][0] > 500
    args = ("eda", "--context", "blind", "--model", "smollm2-135m-instruct")
    blind = cli("prompts", *args)
    assert "prompt tokens for smollm2-135m-instruct" in blind.stdout
    assert "InternetService" not in blind.stdout
    several = cli("prompts", "eda", "--stage", "modeling,eda", *args[1:], "--json")
    assert [one["stage"] for one in json.loads(several.stdout)] == ["eda", "modeling"]
    assert "Name one: harness prompts eda" in cli("prompts").stderr


def test_a_prompt_over_the_context_is_told_before_generation(cli: Cli, project: Path) -> None:
    path = project / "models.toml"
    path.write_text(path.read_text().replace("n_ctx = 8192", "n_ctx = 512"))
    done = cli("generate", "--stage", "eda", "--model", "smollm2-135m-instruct")
    assert done.returncode == 1
    assert "the context holds 512" in done.stderr


def test_the_profile_tells_the_traps_of_the_table(cli: Cli) -> None:
    made = json.loads(cli("data", "profile", "telco", "--json").stdout)
    columns = {column["name"]: column for column in made["columns"]}
    assert columns["TotalCharges"]["blank"] == 9
    assert made["synthetic"] is True
    assert "SYNTHETIC" in cli("data", "profile", "telco").stdout


@real_table
def test_the_real_table_replaces_the_twin(cli: Cli) -> None:
    assert cli("data", "import", "telco", REAL_TABLE).returncode == 0
    (row,) = json.loads(cli("data", "list", "--json").stdout)
    assert row["kind"] == "real"
    assert json.loads(cli("data", "profile", "telco", "--json").stdout)["synthetic"] is False


def test_a_table_that_is_not_the_one_meant_is_refused(
    cli: Cli, project: Path, tmp_path: Path
) -> None:
    path = tmp_path / "other.csv"
    path.write_text("customerID,Churn\n1,Yes\n2,No\n")
    refused = cli("data", "import", "telco", path)
    assert refused.returncode == 1
    assert "--unverified" in refused.stderr
    assert "columns.gender" in cli("data", "import", "telco", path, "--unverified").stderr
    twin = (project / "data/telco/telco_synthetic.csv").read_text()
    path.write_text(twin[: twin.rindex("\n", 0, -1) + 1])
    assert cli("data", "import", "telco", path, "--unverified").returncode == 0
    path.write_text("a,b\n1,2\n")
    assert "Churn" in cli("data", "import", "telco", path, "--unverified").stderr


def test_data_that_cannot_be_reached_is_one_line(cli: Cli, project: Path) -> None:
    path = project / "data/telco/dataset.toml"
    text = path.read_text()
    url = next(line for line in text.splitlines() if line.startswith("url"))
    path.write_text(text.replace(url, 'url = "http://127.0.0.1:9/telco.csv"'))
    done = cli("data", "pull", "telco")
    assert done.returncode == 1
    assert "could not be reached" in done.stderr
    assert done.stderr.count("\n") == 1


def test_runs_are_an_empty_list_at_first(cli: Cli) -> None:
    assert json.loads(cli("runs", "--json").stdout) == []
    assert "There are no runs yet" in cli("runs").stdout
    assert cli("-q", "runs").stdout == "There are no runs yet\n"
    assert cli("runs", "show", "abc").returncode == 1


def test_runs_are_listed_by_stage_model_and_context(cli: Cli) -> None:
    def listed(*args: str) -> list[str]:
        done = cli(*args, *HERE, "--json")
        return sorted(one["stage"] for one in json.loads(done.stdout))

    assert listed("runs") == listed("runs", "list") == ["deployment", "eda", "eda", "modeling"]
    assert listed("runs", "--stage", "eda,modeling") == ["eda", "eda", "modeling"]
    both = ("--stage", "eda", "--stage", "deployment", "--context", "blind,schema")
    assert listed("runs", "list", *both) == ["deployment", "eda", "eda"]
    assert listed("runs", "list", "--context", "blind") == ["eda"]
    assert listed("runs", "list", "--model", "nobody") == []
    assert cli("runs", "list", *HERE, "--context", "live").stdout == "No run matches\n"


def test_ids_are_whole_in_a_terminal_and_tracebacks_come_on_request(cli: Cli, tty: Tty) -> None:
    runs = json.loads(cli("runs", "--json", *HERE).stdout)
    ids = [one["run_id"] for one in runs]
    (eda,) = (one["run_id"] for one in runs if one["context"] == "blind")
    lines = tty("runs", *HERE, columns=80).splitlines()
    assert [line.split()[0] for line in lines] == ["run", *ids]
    assert max(map(len, lines)) <= 80
    shown = cli("runs", "show", eda, *HERE).stdout
    assert "Traceback" not in shown
    assert "AttributeError: 'DataFrame' object has no attribute 'applymap'" in shown
    before, behind = (cli(*args, *HERE) for args in (
        ("-v", "runs", "show", eda), ("runs", "show", eda, "-v"),
    ))  # fmt: skip
    assert before.stdout == behind.stdout
    assert "Traceback (most recent call last)" in behind.stdout


def test_doctor_finds_this_machine_ready(cli: Cli) -> None:
    done = cli("doctor", "--json")
    found = {finding["what"]: finding["state"] for finding in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert {found[what] for what in ("engine", "sandbox", "kernel", "packages")} == {"ok"}


@pytest.mark.parametrize("command", ["generate", "prompts", "runs", "models", "data", "doctor"])
def test_every_command_has_help(cli: Cli, command: str) -> None:
    assert cli(command, "--help").returncode == 0


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['harness', '--help']\nfrom harness.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pydantic', 'llama_cpp', 'nbclient', 'duckdb', 'jinja2', 'huggingface_hub'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    "needed",
    [
        "import harness.notebooks.jupyter",
        "from harness import wiring\nwiring.executor(unsafe=True)",
    ],
)
def test_notebook_libraries_compile_no_grammar(needed: str) -> None:
    code = f"import sys\n{needed}\nassert 'nbformat' in sys.modules and 'lark' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
