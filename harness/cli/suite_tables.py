"""Tables of suites: scores by library, published values beside them, two runs side by side."""

from __future__ import annotations

from collections.abc import Sequence

from harness.cli import show
from harness.errors import HarnessError, UnknownNameError
from harness.suites import running, scores
from harness.suites.results import Asked, Results
from harness.suites.scores import Judged, Score

CERTAIN = 0.05  # of a p value, from which on a difference may be chance


def print_run(about: Asked, kept: Results, judged: Sequence[Judged], *, as_json: bool) -> None:
    """A run's scores, why answers failed, and the values that others published."""
    table, values = scores.table(judged), scores.published(about.suite)
    if as_json:
        show.json(
            {
                **about.model_dump(mode="json"),
                "path": str(kept.folder),
                **table.model_dump(mode="json"),
                "published": [one.model_dump(mode="json") for one in values],
                "problems": [
                    {**one.verdict.model_dump(mode="json"), "problem": one.problem,
                     "library": one.library, "seed": one.seed}
                    for one in judged
                ],
            }
        )  # fmt: skip
        return
    ks = sorted(table.scores[0].pass_at)
    columns = [(f"pass@{k}", "right") for k in ks]
    shown = show.table(
        _title(about), ("group", "text"), ("problems", "right"), ("pass@1", "right"),
        ("95 %", "right"), *columns,
    )  # fmt: skip
    for one in table.scores:
        more = (_share(one.pass_at[k]) if k in one.pass_at else "" for k in ks)
        shown.add_row(
            one.group, f"{one.problems:,}", _share(one.share), _interval(one), *more
        )  # fmt: skip
    show.out.print(shown)
    if table.failures:
        told = list(table.failures.items())
        most = ", ".join(f"{n} {word}" for word, n in told[: scores.MOST_FAILURES])
        others = sum(n for _, n in told[scores.MOST_FAILURES :])
        show.line(f"Failed: {most}" + (f", {others} others" if others else ""))
    _print_published(values)
    show.info(f"Replies and verdicts: {kept.folder}")


def print_stored(kept: Results, *, as_json: bool) -> None:
    """All that was judged of a run."""
    judged = running.stored(kept)
    if not judged:
        hint = "Give the command again that asked it; it goes on from there"
        raise HarnessError(f"nothing of suite run {kept.folder.name} is judged yet", hint)
    print_run(kept.about(), kept, judged, as_json=as_json)


def print_list(found: Sequence[Results], *, as_json: bool) -> None:
    """A line for each run."""
    rows = []
    for kept in found:
        about, judged = kept.about(), running.stored(kept)
        score = scores.table(judged).scores[0] if judged else None
        rows.append((about, score))
    if as_json:
        show.json(
            [
                {**about.model_dump(mode="json"),
                 "score": score.model_dump(mode="json") if score else None}
                for about, score in rows
            ]
        )  # fmt: skip
        return
    if not rows:
        show.line("No suite was run yet. Give one a file: harness suite run FILE")
        return
    shown = show.table(
        "", "id", ("suite", "text"), ("model", "text"), "style", ("help", "extra"),
        ("problems", "right"), ("pass@1", "right"), ("95 %", "right"),
    )  # fmt: skip
    for about, score in rows:
        numbers = (
            (f"{score.problems:,}", _share(score.share), _interval(score))
            if score
            else ("0", "", "")
        )
        shown.add_row(
            about.id, about.suite, about.model.name, about.style, about.help.label, *numbers
        )
    show.out.print(shown)


def print_problem(kept: Results, problem: str, *, as_json: bool) -> None:
    """What was answered to a problem, and how that was judged. Raises UnknownNameError."""
    replies, verdicts = kept.replies(), kept.verdicts()
    keys = [key for key in replies if key[0] == problem]
    if not keys:
        raise UnknownNameError("problem that was answered", problem, {key[0] for key in replies})
    if as_json:
        show.json(
            [
                {**replies[key].model_dump(mode="json"),
                 "verdict": verdicts[key].verdict.model_dump(mode="json")
                 if key in verdicts else None}
                for key in keys
            ]
        )  # fmt: skip
        return
    for key in keys:
        known = verdicts.get(key)
        words = "not judged"
        if known is not None:
            words = "passed" if known.verdict.passed else f"failed: {known.verdict.error}"
            words += f" ({known.verdict.message})" if known.verdict.message else ""
        title = f"{problem}, seed {key[1]}, {words}"
        if not replies[key].versions:
            show.block(title, replies[key].reply)
        for number, one in enumerate(replies[key].versions, 1):
            came = f"fails: {one.probed.error}" if one.probed.error else "runs"
            show.block(f"{title}; version {number} {came}", one.reply)


def print_paired(first: Results, second: Results, *, as_json: bool) -> None:
    """Two runs on the problems that both answered. Raises HarnessError where there are none."""
    sides = [one.about() for one in (first, second)]
    if sides[0].suite_sha256 != sides[1].suite_sha256:
        raise HarnessError("the two runs are not of the same problem file", "See suite show")
    both = [running.stored(one) for one in (first, second)]
    groups = ["all", *sorted({one.library for side in both for one in side})]
    rows = {}
    for group in groups:
        picked = [[one for one in side if group in ("all", one.library)] for side in both]
        rows[group] = scores.paired(picked[0], picked[1])
    whole = rows["all"]
    if whole is None:
        raise HarnessError("the two runs have no problem in common", "Run both on the same ones")
    if as_json:
        told = {group: one.model_dump(mode="json") for group, one in rows.items() if one}
        show.json({"first": sides[0].id, "second": sides[1].id, "groups": told})
        return
    for word, about in zip(("first ", "second"), sides, strict=True):
        show.line(f"{word}  {_title(about)}")
    shown = show.table(
        "", ("group", "text"), ("problems", "right"), ("first", "right"), ("second", "right"),
        ("difference", "right"), ("95 %", "right"), ("gained", "right"), ("lost", "right"),
        ("p", "right"),
    )  # fmt: skip
    for group, one in rows.items():
        if one is not None and (group == "all" or len(groups) > 2):
            shown.add_row(
                group, f"{one.problems:,}", _share(one.first), _share(one.second),
                f"{one.difference:+.1%}", f"{one.low:+.1%} to {one.high:+.1%}",
                str(one.gained), str(one.lost), f"{one.p:.3g}",
            )  # fmt: skip
    show.out.print(shown)
    better = "second" if whole.gained > whole.lost else "first"
    show.line(
        f"The {better} is better (McNemar's exact test, p = {whole.p:.2g})"
        if whole.p < CERTAIN
        else f"They cannot be told apart (McNemar's exact test, p = {whole.p:.2g})"
    )


def _print_published(values: Sequence[scores.PublishedValue]) -> None:
    if not values:
        return
    shown = show.table(
        "Published", ("model", "text"), "style", ("pass@1", "right"), ("by library", "text"),
        ("source", "extra"),
    )  # fmt: skip
    for one in values:
        libraries = ", ".join(f"{name} {_share(share)}" for name, share in one.libraries.items())
        shown.add_row(one.model, one.style, _share(one.share), libraries, one.source)
    show.out.print(shown)


def _title(about: Asked) -> str:
    help_ = about.help.label or "no help"
    how = "greedy" if about.sampling.temperature == 0 else f"t = {about.sampling.temperature:g}"
    return f"{about.id} · {about.suite} · {about.model.name} · {about.style}, {how}, {help_}"


def _share(value: float) -> str:
    return f"{value:.1%}"


def _interval(one: Score) -> str:
    return f"{one.low:.1%} to {one.high:.1%}"
