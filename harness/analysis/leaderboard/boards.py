"""Boards: the models that did the same work, ranked by what they came to without a human."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from harness.analysis import conditions, findings
from harness.analysis.conditions import Condition, Weights
from harness.analysis.ladder.shares import Share, share
from harness.analysis.leaderboard.entries import Entry
from harness.fixes.ledger import ratio
from harness.records import FindingKind, Record

ALL = ""  # in place of a stage: all stages
DIGITS = 4


class Place(Record):
    """A model on a board. Shares have intervals of 95 % by seeds; the rest are means of a run."""

    rank: int  # the same where nothing that ranks tells two apart
    model: str  # with the weights, where its name had several
    model_sha256: str
    runs: int
    seeds: int
    passed: Share
    checks: Share
    cells: Share
    human: float | None  # share of the patched notebooks' lines; None: none was patched
    findings: dict[FindingKind, float]  # in a cell of code; empty: nobody looked
    tokens: float
    seconds: float

    @property
    def merit(self) -> tuple[float, ...]:
        """What ranks, the most first: runs that passed, checks that held, cells, human lines."""
        shares = (self.passed, self.checks, self.cells)
        return *(-(one.value or 0.0) for one in shares), self.human or 0.0


class Board(Condition):
    """The models that did one piece of work; or all stages of it, where ``stage`` is empty.

    Stages are added up only where each has one version, for models that did all of them; then
    ``stage_sha256`` is empty, too.
    """

    title: str
    stages: tuple[str, ...]
    places: tuple[Place, ...]


def boards(entries: Iterable[Entry]) -> list[Board]:
    """Work by work, then all stages of the same table, context and help."""
    every = list(entries)
    works: dict[Condition, list[Entry]] = defaultdict(list)
    for one in every:
        works[one.work].append(one)
    ordered = sorted(works, key=Condition.sorted_by)
    labels = _labels(every)
    made = [
        _board(work, title, (work.stage,), works[work], labels)
        for work, title in zip(ordered, conditions.titles(ordered), strict=True)
    ]
    return [*made, *_whole(works, labels)]


def _whole(
    works: Mapping[Condition, Sequence[Entry]], labels: Mapping[str, str]
) -> Iterator[Board]:
    groups: dict[Condition, list[Condition]] = defaultdict(list)
    for work in sorted(works, key=Condition.sorted_by):
        groups[work.model_copy(update={"stage": ALL, "stage_sha256": ""})].append(work)
    titles = conditions.titles(list(groups))
    for (about, parts), title in zip(groups.items(), titles, strict=True):
        stages = tuple(part.stage for part in parts)
        if len(stages) < 2 or len(set(stages)) < len(stages):
            continue
        did = [{one.model_sha256 for one in works[part]} for part in parts]
        all_of_them = set.intersection(*did)
        found = [one for part in parts for one in works[part] if one.model_sha256 in all_of_them]
        if found:
            yield _board(about, f"{' + '.join(stages)}{title}", stages, found, labels)


def _board(
    about: Condition,
    title: str,
    stages: tuple[str, ...],
    found: Sequence[Entry],
    labels: Mapping[str, str],
) -> Board:
    by: dict[str, list[Entry]] = defaultdict(list)
    for one in found:
        by[one.model_sha256].append(one)
    places = sorted(
        (_place(sha256, labels[sha256], runs) for sha256, runs in by.items()),
        key=lambda one: (one.merit, one.model),
    )
    table = f"{about.dataset} (twin)" if about.synthetic else about.dataset
    merits = [one.merit for one in places]
    return Board(
        **dict(about),
        title=title if table in title else f"{title}, {table}",
        stages=stages,
        places=tuple(
            one.model_copy(update={"rank": merits.index(one.merit) + 1}) for one in places
        ),
    )


def _place(sha256: str, label: str, runs: Sequence[Entry]) -> Place:
    patched = [one for one in runs if one.lines is not None]
    looked = [one for one in runs if one.findings is not None]
    cells = sum(one.raw_cells for one in looked)
    told = [one.findings or {} for one in looked]
    counts = {kind: sum(one.get(kind, 0) for one in told) for kind in FindingKind}
    lines = sum(one.lines or 0 for one in patched)
    human = ratio(sum(one.human_lines or 0 for one in patched), lines)
    return Place(
        rank=0,
        model=label,
        model_sha256=sha256,
        runs=len(runs),
        seeds=len({one.seed for one in runs}),
        passed=_share(runs, lambda one: (int(one.passed), 1)),
        checks=_share(runs, lambda one: (one.checks_held, one.checks)),
        cells=_share(runs, lambda one: (one.cells_ok, one.cells)),
        human=round(human, DIGITS) if patched else None,
        findings=findings.per_cell(counts, cells) if cells else {},
        tokens=round(statistics.fmean(one.tokens for one in runs), 1),
        seconds=round(statistics.fmean(one.seconds for one in runs), 1),
    )


def _share(runs: Sequence[Entry], counts: Callable[[Entry], tuple[int, int]]) -> Share:
    """Runs of a seed are one cluster: later stages read what earlier ones made."""
    clusters: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one in runs:
        clusters[one.seed].append(counts(one))
    return share([(sum(a for a, _ in of), sum(b for _, b in of)) for of in clusters.values()])


def _labels(entries: Sequence[Entry]) -> dict[str, str]:
    """What to call weights: the name that they have in most runs."""
    names: dict[str, list[str]] = defaultdict(list)
    for one in entries:
        names[one.model_sha256].append(one.model)
    called = [
        Weights(max(sorted(set(of)), key=of.count), sha256) for sha256, of in sorted(names.items())
    ]
    return {one.sha256: label for one, label in conditions.weights_labels(called).items()}
