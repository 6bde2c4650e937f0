"""What each rung of the ladder asks for, and the runs that are stored of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness.batch import request
from harness.batch.matrix import Matrix, Planned, look
from harness.batch.request import Reading, RunRequest, Say
from harness.errors import HarnessError, UnknownNameError
from harness.project import contexts
from harness.project.ladder import Rung
from harness.runs.store import FileStore


class RungRuns(NamedTuple):
    """A rung with its runs as things stand; ``problem``: why it has none and can have none."""

    rung: Rung
    matrix: Matrix | None
    planned: tuple[Planned, ...]
    problem: HarnessError | None = None

    @property
    def todo(self) -> tuple[Planned, ...]:
        """Runs that something is left of."""
        return tuple(one for one in self.planned if not one.done)


def resolve(
    project: Path,
    store: FileStore,
    rungs: Sequence[Rung],
    base: RunRequest,
    say: Say,
    reading: Reading,
) -> list[RungRuns]:
    """The same runs under every rung: models, stages and seeds are those of ``base``.

    A rung whose context the project does not have is told of, and the others are climbed. Raises
    HarnessError where ``base`` itself asks for what there is not.
    """
    said: set[str] = set()

    def say_once(notice: str) -> None:
        if notice not in said:
            said.add(notice)
            say(notice)

    found = []
    for rung in rungs:
        try:
            contexts.find(project, rung.context)
        except UnknownNameError as problem:
            found.append(RungRuns(rung, None, (), problem))
            continue
        asked = base.model_copy(update={"contexts": (rung.context,), "help": rung.help})
        matrix = request.resolve(project, store, asked, say_once, reading)
        found.append(RungRuns(rung, matrix, tuple(look(project, store, matrix))))
    return found


def again(project: Path, store: FileStore, one: RungRuns) -> RungRuns:
    """The rung as it stands now, after runs were made."""
    if one.matrix is None:
        return one
    return one._replace(planned=tuple(look(project, store, one.matrix)))
