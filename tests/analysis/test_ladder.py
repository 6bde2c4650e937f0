"""The ladder by hand: shares, pairs, sentences, and what a picture is made of."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan
from ladders import RUNGS, ladder_of_luck, sample

from harness.analysis.ladder import climb, page, plot, sample_of
from harness.analysis.ladder.shares import share
from harness.cli import show
from harness.project import stages
from harness.project.ladder import Rung
from harness.records import CellOutcome, CellStatus, Help, Run
from harness.runs import pipeline

BLIND, SCHEMA = RUNGS[:2]
BAD = CellOutcome(status=CellStatus.ERROR, error="KeyError", message="'a'")


# Shares


def test_a_share_of_pieces_that_are_alike_is_wilsons() -> None:
    found = share([(5, 10), (5, 10)])
    assert found.value == 0.5
    assert (found.low, found.high) == (0.2993, 0.7007)  # Wilson (1927) of 10 in 20


def test_a_perfect_share_is_not_certain() -> None:
    assert share([(5, 5)] * 3).low == 0.7961  # 15 / (15 + 1.96 squared)


def test_pieces_that_fail_together_tell_less() -> None:
    apart, together = share([(5, 10)] * 4), share([(10, 10), (0, 10), (10, 10), (0, 10)])
    assert apart.low is not None
    assert together.low is not None
    assert together.low < apart.low


def test_one_run_has_no_interval_and_nothing_has_no_share() -> None:
    assert share([(3, 4)]).low is None
    assert share([]).value is None
    assert page.share(share([(0, 0)])) == ""


# Rows and gains


def test_runs_are_paired_by_table_stage_and_seed() -> None:
    lower = [sample("blind", seed, cells_ok=5) for seed in (1, 2, 3)]
    upper = [sample("schema", seed, cells_ok=8) for seed in (2, 3, 4)]
    other = sample("schema", 1, stage="modeling", cells_ok=0)
    found = climb("m", RUNGS, [*lower, *upper, other])
    (row,) = [one for one in found.of(stage="eda") if one.rung == "schema"]
    gain = found.gain(row, "cells", "blind")
    assert gain is not None
    assert (gain.pairs, gain.clusters, gain.mean) == (2, 2, 0.3)
    assert gain.low is None  # two that differ by the same are no certainty


def test_stages_of_one_seed_are_one_draw() -> None:
    made = []
    for rung, ok in (("blind", 5), ("schema", 10)):
        for stage in ("eda", "modeling"):
            made += [sample(rung, seed, stage=stage, cells_ok=ok) for seed in (1, 2)]
    found = climb("m", RUNGS, made)
    gain = found.gain(found.of()[1], "cells", "blind")
    assert gain is not None
    assert (gain.pairs, gain.clusters) == (4, 2)


def test_a_rung_is_compared_with_what_it_names_else_with_the_one_before() -> None:
    found = climb("m", RUNGS, ladder_of_luck())
    over = {one.name: one.over for one in found.rungs}
    assert over["blind"] == ()
    assert over["schema"] == ("blind",)
    assert over["live-steer"] == ("live", "blind")
    without = climb("m", RUNGS, [one for one in ladder_of_luck() if one.rung != "live"])
    over = {one.name: one.over for one in without.rungs}
    assert over["live-steer"] == ("live-repair", "blind")
    assert over["live"] == ()


def test_several_tables_are_added_up_and_stand_alone() -> None:
    found = climb("m", RUNGS, ladder_of_luck(datasets=("a", "b"), seeds=2))
    whole, part = found.of()[0], found.of("a")[0]
    assert (whole.runs, part.runs) == (12, 6)
    assert found.of("a", "eda")[0].runs == 2


def test_a_rung_without_runs_says_why() -> None:
    found = climb("m", RUNGS, [sample("blind")], {"blind": 2}, {"live": "no such context"})
    assert list(page.notes(found)) == ["blind: 2 runs are missing", "live: no such context"]
    asked = climb("m", RUNGS, [sample("live-steer", lacking=("steering",))])
    assert "no steering in its runs" in "".join(page.notes(asked))


# Sentences


@pytest.mark.parametrize(
    ("human", "prompt", "said"),
    [
        (2, 600, "saves 8.0 human lines, about 80 tokens: the prompt is longer"),
        (2, 550, "saves 8.0 human lines, about 80 tokens: the prompt is shorter"),
        (10, 600, "tells the model 100 tokens more a notebook than blind and saves no human line"),
        (13, 600, "needs 3.0 human lines more"),
        (2, 400, "tells the model 100 tokens less a notebook than blind and saves 8.0 human lines"),
    ],
)
def test_when_a_prompt_is_longer_than_the_code_it_saves(human: int, prompt: int, said: str) -> None:
    made = [sample("blind", seed, human_lines=10) for seed in (1, 2)]
    made += [sample("schema", s, human_lines=human, prompt_tokens=prompt) for s in (1, 2)]
    (sentence,) = climb("m", RUNGS, made).told
    assert said in sentence
    assert "longer" not in sentence or "longer" in said


def test_what_a_few_runs_cannot_tell_is_said() -> None:
    made = [sample("blind", seed, human_lines=lines) for seed, lines in ((1, 0), (2, 10))]
    made += [sample("schema", seed, human_lines=3) for seed in (1, 2)]
    (sentence,) = climb("m", RUNGS, made).told
    assert "which these runs cannot tell from none" in sentence


# Samples


def run_of(project: Path, tmp_path: Path) -> Run:
    plan = make_plan(project, stages.load(project, "tiny"))
    model = Model(lambda turns: f"```python\nx = {len(turns)}\n```")
    environment = make_environment(plan, tmp_path / "work", {"x = 4": BAD})
    return pipeline.run_stage(begin(plan, ()), model, environment, MemoryStore(), Silent())


def test_a_sample_is_of_the_notebook_as_the_model_left_it(
    project: Path, two_steps: Path, tmp_path: Path
) -> None:
    run = run_of(project, tmp_path)
    found = sample_of(run, "blind")
    assert (found.cells_ok, found.cells, found.passed) == (1, 2, False)
    assert (found.tokens, found.taken_back) == (2, 0)
    assert found.human_lines == 0
    completion = run.replies[0].completion.model_copy(update={"taken_back": 7})
    reply = run.replies[0].model_copy(update={"completion": completion})
    steered = run.model_copy(update={"replies": (reply, run.replies[1])})
    found = sample_of(steered, "blind")
    assert (found.tokens, found.taken_back) == (9, 7)


def test_what_was_told_counts_once_and_as_it_was_sent(
    project: Path, two_steps: Path, tmp_path: Path
) -> None:
    run = run_of(project, tmp_path)
    system, first, second = (one.content for one in run.prompts)
    tokens = len(system + first)  # a token a character
    completion = run.replies[0].completion.model_copy(update={"prompt_tokens": tokens})
    replies = (run.replies[0].model_copy(update={"completion": completion}), run.replies[1])
    plain = run.model_copy(update={"replies": replies})
    assert sample_of(plain, "blind").prompt_tokens == tokens + len(second)
    told = replies[1].model_copy(update={"asked": second + "held"})
    live = run.model_copy(update={"replies": (replies[0], told)})
    assert sample_of(live, "live").prompt_tokens == tokens + len(second) + 4


def test_help_that_left_no_trace_is_lacking(project: Path, two_steps: Path, tmp_path: Path) -> None:
    run = run_of(project, tmp_path)
    asked = run.model_copy(update={"help": Help(steer=True)})
    assert sample_of(asked, "all").lacking == ("steering",)
    assert sample_of(run, "all").lacking == ()


# The picture


def test_the_picture_has_every_rung_its_interval_and_its_name() -> None:
    found = climb("m", RUNGS, ladder_of_luck())
    figure = plot.draw(found)
    cells = figure.axes[0]
    assert [one.get_text() for one in cells.get_yticklabels()] == [one.name for one in RUNGS]
    spans = [line for line in cells.get_lines() if len(set(line.get_xdata())) == 2]
    assert len([one for one in spans if len(set(one.get_ydata())) == 1]) >= 3 * len(RUNGS)
    titles = {axes.get_title(loc="left") for axes in figure.axes}
    assert {"cells that ran, %", "prompt tokens", "tokens taken back"} <= titles
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {
        "eda",
        "modeling",
        "deployment",
    }


def test_stages_differ_in_shape_and_colour() -> None:
    looks = list(zip(plot.COLOURS, plot.MARKS, strict=True))
    assert len({colour for colour, _ in looks}) == len({mark for _, mark in looks}) == len(looks)


def test_pictures_are_800_pixels_wide_and_the_same_again() -> None:
    from PIL import Image

    found = climb("m", RUNGS, ladder_of_luck())
    made = plot.pictures(found)
    assert Image.open(io.BytesIO(made["png"])).size[0] == 800
    assert made == plot.pictures(found)
    text = made["svg"].decode()
    assert all(one.name in text for one in RUNGS)


def test_a_picture_of_one_rung_and_one_run() -> None:
    found = climb("m", (BLIND,), [sample("blind", checks=0, checks_held=0, lines=None)])
    assert plot.pictures(found)["png"].startswith(b"\x89PNG")


def test_a_page_has_a_table_for_each_stage_and_for_all() -> None:
    text = page.whole(climb("m", RUNGS, ladder_of_luck(seeds=2)))
    for title in ("telco, eda", "telco, all stages", "telco, all stages: what it took"):
        assert f"\n## {title}\n" in text
    rows = [line.count("|") for line in text.splitlines() if line.startswith("| live-steer")]
    assert set(rows) <= {5, 6, 8}


def test_lines_are_saved_over_the_first_rung_that_has_runs() -> None:
    made = [sample("schema", human_lines=9), sample("live", human_lines=2)]
    found = climb("m", RUNGS, made)
    assert [page.saved(found, row) for row in found.of()] == ["", "+7.0"]


def test_names_of_rungs_are_the_users_and_stay_what_they_are() -> None:
    rung = Rung(name="my.own-1", context="mine", about="a | b")
    text = page.whole(climb("m", (rung,), [sample("my.own-1")]))
    assert "a / b" in text
    assert show.clean(text) is not None
