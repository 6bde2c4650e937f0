"""Help teaches: every command is in it, with examples that can be given as they stand."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from conftest import Cli

from harness import __version__
from harness.cli import COMMANDS, app

ROOT: Any = typer.main.get_command(app)


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that can be given, by the words it is given with."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


ALL = dict(commands(ROOT))
ALIAS = ("fixes", "apply")


def parse(words: list[str]) -> None:
    """Read a command line without doing it. Raises UsageError."""
    command, context = ROOT, ROOT.make_context("harness", list(words))
    while hasattr(command, "commands"):
        name, command, words = command.resolve_command(context, words)
        context = command.make_context(name, list(words), parent=context)


@pytest.mark.parametrize("path", sorted(ALL.keys() - {ALIAS}), ids=" ".join)
def test_every_command_has_an_example_and_examples_can_be_given(path: tuple[str, ...]) -> None:
    lines = re.findall(r"^ *(harness .*)$", ALL[path].help, re.MULTILINE)
    examples = [line for line in lines if line.startswith(f"harness {' '.join(path)}")]
    assert examples
    for line in examples:
        parse(shlex.split(line.partition(" && ")[0])[1:])


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_the_first_sentence_is_whole_in_a_list_of_commands(path: tuple[str, ...]) -> None:
    assert "..." not in ALL[path].get_short_help_str(60)


def test_help_lists_every_command_under_a_heading_and_fits_80_columns(cli: Cli) -> None:
    shown = cli("--help", COLUMNS="80").stdout
    assert set(ROOT.commands) == {name for names in COMMANDS.values() for name in names}
    for heading, names in COMMANDS.items():
        section = shown.split(f"\n{heading}:\n")[1].split("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()] == list(names)
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_a_help_page_fits_80_columns(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    context = ALL[path].make_context(path[-1], [], resilient_parsing=True)
    assert max(map(len, ALL[path].get_help(context).splitlines())) <= 80


def test_the_alias_says_so() -> None:
    assert "same command as harness patch" in inspect.cleandoc(ALL["fixes", "apply"].help)
    options = [
        {param.name: param.opts for param in ALL[path].params}
        for path in (("fixes", "apply"), ("patch",))
    ]
    assert options[0] == options[1]


def test_version_and_completion_are_options_of_the_program(cli: Cli) -> None:
    assert cli("--version").stdout == f"harness {__version__}\n"
    done = subprocess.run(
        [sys.executable, "-c", "from harness.cli import app; app(prog_name='harness')"],
        env={"_HARNESS_COMPLETE": "complete_bash", "COMP_WORDS": "harness run", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["runs"]


@pytest.mark.parametrize("path", sorted(ALL.keys() - {ALIAS}), ids=" ".join)
def test_the_level_may_stand_behind_a_command_too(path: tuple[str, ...]) -> None:
    assert any("-q" in param.secondary_opts for param in ALL[path].params)
