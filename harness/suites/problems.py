"""Problems of a suite: what a model may see of one, and apart from it what judges an answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from harness.records import Record, Sha256

Style = Literal["completion", "chat"]
ProblemId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Problem(Record):
    """What may be shown: to the model, and to whatever helps it while it writes.

    Nothing in here comes from the tests or the reference.
    """

    id: ProblemId
    library: str  # the group that it counts to
    prompt: str  # the text to go on from, in the style ``completion``
    question: str  # what a person would ask, in the style ``chat``
    setup: str = ""  # code that stands in the prompt; it may be run and looked at
    opening: str = ""  # code at the end of the prompt that a completion goes on from
    entry_point: str | None = None  # the function that is asked for
    stops: tuple[str, ...] = ()  # a completion ends before the first of these
    examples: tuple[str, ...] = ()  # statements of the prompt that hold where an answer is right
    leaves: tuple[str, ...] = ()  # expressions for what the prompt asks to be left
    whole: bool = False  # the program that is judged is the prompt with the completion behind it


class Judged(Record):
    """What judges an answer. It goes into the sandbox, and nowhere else."""

    test: str  # a program that has the answer's code as ``answer``; it passes where it ends well
    solution: str  # the reference, in the place of an answer
    # Packages that the test imports itself before an answer runs: they may be there already.
    ahead: tuple[str, ...] = ()


class Entry(Record):
    """A problem with its judge. Only ``problem`` is given to what asks a model."""

    problem: Problem
    judged: Judged


class Suite(Record):
    """A problem file, read."""

    name: str  # of the file, without its endings
    format: str  # the module of ``formats`` that reads it
    sha256: Sha256  # of the file
    entries: tuple[Entry, ...]
    style: Style  # that its published values are measured in

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What may be shown of each."""
        return tuple(entry.problem for entry in self.entries)


class Verdict(Record):
    """What became of an answer beside the hidden tests."""

    passed: bool
    # In words of its own: an exception's class, ``timeout``, ``exit``, ``killed``, ``no code``.
    error: str | None = None
    message: str = ""  # may tell of the tests, so that no model is shown it
    seconds: float = Field(0.0, ge=0)
