"""The whole ladder of one model, as a value: what was measured, and what can be said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.analysis.ladder import told
from harness.analysis.ladder.gains import Gain, gains
from harness.analysis.ladder.rows import ALL, Row, rows
from harness.analysis.ladder.samples import Sample
from harness.project.ladder import Rung
from harness.records import Record


class RungState(Record):
    """A rung as it was asked for: what is told and helped, and what is not there of it."""

    name: str
    about: str = ""
    context: str
    help: str = ""  # in words; empty where there is none
    over: tuple[str, ...] = ()  # the rungs that it is compared with
    missing: int = 0  # runs that are not finished
    problem: str = ""  # why there is something that it cannot tell


class Ladder(Record):
    """One model on all rungs."""

    model: str
    rungs: tuple[RungState, ...]
    samples: tuple[Sample, ...]
    rows: tuple[Row, ...]
    gains: tuple[Gain, ...]
    told: tuple[str, ...]  # sentences

    def of(self, dataset: str = ALL, stage: str = ALL) -> list[Row]:
        """The rows of a group, by rung. All of them may be one table, or one stage."""
        wanted = {"dataset": dataset, "stage": stage}
        for name, value in wanted.items():
            known = {getattr(one, name) for one in self.samples}
            if value == ALL and len(known) == 1:
                wanted[name] = known.pop()
        return [one for one in self.rows if (one.dataset, one.stage) == tuple(wanted.values())]

    @property
    def asked(self) -> int:
        """Of how many statements guards were asked, over all runs."""
        counts = (one.guards for one in self.samples if one.guards)
        return sum(max(count.asked for count in of_run) for of_run in counts)

    def gain(self, row: Row, measure: str, over: str) -> Gain | None:
        """What the rung of a row gains over another."""
        key = (row.dataset, row.stage, row.rung, over, measure)
        return next(
            (
                one
                for one in self.gains
                if (one.dataset, one.stage, one.rung, one.over, one.measure) == key
            ),
            None,
        )


def climb(
    model: str,
    rungs: Sequence[Rung],
    samples: Sequence[Sample],
    missing: Mapping[str, int] | None = None,
    problems: Mapping[str, str] | None = None,
    *,
    brief: bool = False,
) -> Ladder:
    """The ladder over the samples of a model. A rung without any is compared with nothing.

    ``brief``: only what all samples together gain.
    """
    there = [one for one in rungs if any(sample.rung == one.name for sample in samples)]
    over = {one.name: _over(one, there) for one in there}
    made = tuple(rows([one.name for one in there], samples))
    found = tuple(gains(over, samples, brief=brief))
    states = tuple(
        RungState(
            name=one.name,
            about=one.about,
            context=one.context,
            help=one.help.label,
            over=over.get(one.name, ()),
            missing=(missing or {}).get(one.name, 0),
            problem=(problems or {}).get(one.name, "") or _not_given(one.name, samples),
        )
        for one in rungs
    )
    bare = Ladder(
        model=model, rungs=states, samples=tuple(samples), rows=made, gains=found, told=()
    )
    return bare.model_copy(update={"told": tuple(told.of_prompts(bare.of(), found, samples))})


def _over(rung: Rung, there: Sequence[Rung]) -> tuple[str, ...]:
    """What a rung is compared with: the one that it names, else the one before; and the first."""
    names = [one.name for one in there]
    place = names.index(rung.name)
    if place == 0:
        return ()
    below = rung.over if rung.over in names[:place] else names[place - 1]
    return tuple(dict.fromkeys((below, names[0])))


def _not_given(rung: str, samples: Sequence[Sample]) -> str:
    lacking = dict.fromkeys(what for one in samples if one.rung == rung for what in one.lacking)
    if not lacking:
        return ""
    return f"no {' and no '.join(lacking)} in its runs: this engine or version has none"
