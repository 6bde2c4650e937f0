"""Several versions of an answer, of which the best one counts.

The first is the one that there would be without the others. What tells them apart is what the
prompt shows: examples, names that it asks for, whether the code runs, and what most of them agree
on. Nothing of the hidden tests is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.records import Completion, Record
from harness.runs import choosing
from harness.runs.choosing import Seen
from harness.suites.probing import Probed


class Version(Record):
    """A version that was written, and what became of it as the prompt shows it."""

    seed: int
    reply: str
    finish: str
    tokens: int
    likelihood: float | None = None  # mean log probability of its tokens
    probed: Probed = Probed()

    @property
    def is_surely_good(self) -> bool:
        """Whether examples hold, and nothing is known against it."""
        found = self.probed
        return found.held > 0 and not (found.against or found.missing or found.error)


def version(made: Completion, probe: Callable[[str], Probed]) -> Version:
    """A completion, tried."""
    return Version(
        seed=made.seed,
        reply=made.text,
        finish=made.finish,
        tokens=made.completion_tokens,
        likelihood=made.likelihood,
        probed=probe(made.text),
    )


def best(versions: Sequence[Version], code: Callable[[str], str]) -> Version:
    """The one that counts: of several that are worth the same and agree, the first.

    ``code`` gives the program that a reply means. Likelihoods are not asked: what repeats the
    prompt is the likeliest of all, and puts the prompt's own values in the place of a test's.
    """
    return versions[choosing.best([_seen(one, code(one.reply)) for one in versions])]


def _seen(one: Version, source: str) -> Seen:
    found = one.probed
    return Seen(
        works=choosing.works([source]),
        lacking=found.missing,
        held=found.held,
        against=found.against,
        failed=int(found.error is not None),
        result=found.digest or f"none of {one.seed}",
        likelihood=None,
    )
