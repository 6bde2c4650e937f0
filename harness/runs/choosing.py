"""Which of several versions of a step is the best.

First what was asked for, and only then whether it runs: code that runs is not yet code that does
anything, and an empty cell never fails. See decision 0047.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.notebooks import syntax


class Seen(NamedTuple):
    """What is known of a version. ``result``: what it left, to be compared with others' alone."""

    works: bool  # it has code that does something
    lacking: int  # names and files that were asked for, and are not there
    held: int  # checks that hold, on rows that the model may see
    against: int  # checks that are wrong
    failed: int  # cells
    result: str
    likelihood: float | None

    @property
    def is_faultless(self) -> bool:
        """Whether nothing is known against it."""
        return self.works and not (self.lacking or self.against or self.failed)

    @property
    def worth(self) -> tuple[float, ...]:
        """More is better, the first number first."""
        return self.works, -self.lacking, self.held, -self.against, -self.failed


def best(found: Sequence[Seen]) -> int:
    """The place of the best one: of those that are worth the most, one that most agree with.

    Likelihoods are hardly ever equal, so they speak last; then the first of them is taken.
    """
    most = max(one.worth for one in found)
    first = [place for place, one in enumerate(found) if one.worth == most]
    votes = Counter(found[place].result for place in first)

    def rank(place: int) -> tuple[float, ...]:
        one = found[place]
        likelihood = float("-inf") if one.likelihood is None else one.likelihood
        return votes[one.result], likelihood, -place

    return max(first, key=rank)


def works(sources: Iterable[str]) -> bool:
    """Whether some statement does more than to import, to pass, or to print what it says itself.

    Code that is no Python is taken to do something: it will fail, and is counted there.
    """
    for source in sources:
        module = syntax.tree(source)
        if module is None:
            return True
        if any(not _is_idle(one) for one in module.body) or source.lstrip().startswith("%%"):
            return True
    return False


def _is_idle(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass):
        return True
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    if isinstance(value, ast.Constant):
        return True
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id == "print"
        and all(isinstance(one, ast.Constant) for one in value.args)
    )
