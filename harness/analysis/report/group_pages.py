"""The pages of a group: its runs, and how each of their cells ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

from harness.analysis.report import csvs, overview, plots, templates
from harness.analysis.report.facts import Facts
from harness.analysis.report.folder import Folder
from harness.analysis.report.groups import Group
from harness.analysis.report.plots import Named
from harness.analysis.report.svg import Picture
from harness.analysis.report.told import Report, digest, made_by

A_PAGE = 200  # runs
FORMS = {"raw": "as written", "repaired": "as repaired by the model"}


def put(
    written: Folder, report: Report, group: Group, there: frozenset[str], most: int = A_PAGE
) -> None:
    """Writes the pages of a group, with so many runs on each at most. Raises StoreError."""
    parts = [group.runs[at : at + most] for at in range(0, len(group.runs), most)]
    for number, runs in enumerate(parts, 1):
        _Page(report, group, runs, there, (number, len(parts))).put(written)


class _Page:
    """One of the pages of a group. ``place``: its number from 1 on, and how many there are."""

    def __init__(
        self,
        report: Report,
        group: Group,
        runs: Sequence[Facts],
        there: frozenset[str],
        place: tuple[int, int],
    ) -> None:
        self._report, self._group, self._runs, self._there = report, group, runs, there
        self._number, self._count = place

    def put(self, written: Folder) -> None:
        """Writes it, with its plots. Raises StoreError."""
        report, there, group = self._report, self._there, self._group
        about = (made_by(), *map(str, group[:9]), str(group.told), str(self._count))
        told = (f"{one.sha256} {report.stale(one)} {one.page in there}" for one in self._runs)
        made_of = digest([*about, *told])
        written.put(f"groups/{self._name(self._number)}", made_of, self._page)
        folder = f"strips/{group.name}-{self._number}"
        written.put_all(folder, made_of, lambda: csvs.of_pictures(self._pictures))

    @cached_property
    def _pictures(self) -> list[Picture]:
        return pictures(self._group, self._runs)

    def _page(self) -> bytes:
        page = templates.render(
            "group.html.j2",
            up="../",
            name=self._report.name,
            group=self._group,
            line=self._report.line_of(self._group),
            measures=overview.told_measures(self._report.groups),
            runs=self._runs,
            stale=self._report.stale,
            reasons=Counter(
                map("; ".join, filter(None, map(self._report.stale, self._runs)))
            ).items(),
            tells_findings=any(one.findings is not None for one in self._runs),
            there=self._there,
            pictures=self._pictures,
            pages=[self._name(number) for number in range(1, self._count + 1)],
            number=self._number,
        )
        return page.encode(errors="replace")

    def _name(self, number: int) -> str:
        return f"{self._group.name}{'' if number == 1 else f'-{number}'}.html"


def pictures(group: Group, runs: Sequence[Facts]) -> list[Picture]:
    """A strip for each form of the notebook, step below step."""
    steps: dict[str, int] = {}
    for one in runs:
        for step, count in one.steps:
            steps[step] = max(steps.get(step, 0), count)
    made = []
    for form, told in FORMS.items():
        rows = [
            (f"seed {one.line.seed}", _aligned(one, form, steps))
            for one in runs
            if one.strips.get(form)
        ]
        is_other = any(one.strips.get(form) != one.strips.get("raw") for one in runs)
        if rows and (form == "raw" or is_other):
            about = "A line for each run, newest first, and a mark for each of its code cells."
            named = Named(form, f"Cells of {len(rows)} runs, {told}", about)
            made.append(plots.strip(named, rows, list(steps.items())))
    return made


def _aligned(one: Facts, form: str, steps: dict[str, int]) -> str:
    """The marks of a run, with room for cells that other runs have more of in a step."""
    counts = dict(one.steps)
    ends = list(accumulate(counts.values()))
    starts = dict(zip(counts, [0, *ends], strict=False))
    marks = one.strips[form]
    parts = (
        marks[starts[step] : starts[step] + counts[step]].ljust(room)
        if step in counts
        else " " * room
        for step, room in steps.items()
    )
    return "".join(parts)
