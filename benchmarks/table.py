"""Prints the table of the results that are there, and writes it into benchmarks/README.md."""

from __future__ import annotations

import json

from benchmarks.measure import FOLDER

HEAD = """# Benchmarks

`make bench` measures what is quick to measure. `make bench-full` measures everything, with
llama.cpp's own server and papermill as peers in an environment of their own. Each row of the
table compares us with a named peer: the ratio is ours divided by the peer's, and the last column
says what it shall be. The runs of both sides were interleaved on one machine; figures are
medians, with the least and the greatest in brackets. Timings are never tests: a machine that is
busy with other work says nothing about a change.
"""

SHORT = """The same rows were measured again hours apart on that machine: one sequence against
the bare loop 0.998, 0.961, 1.003 and 1.015, against the class 0.993 and 1.009; eight samples
against the class 2.60, 2.58, 2.45 and 2.67; `generate` 1.037 and 1.031, with loading 1.023 and
1.017. The batch of three stages was measured before `make setup` compiled libraries, and before
kernels of checks started ahead.

What falls short of its goal, or may, and why, on the machine of these figures:

- *One sequence against the high-level class.* The class writes as fast as a bare loop here, and
  so does ours: memory is busy for 87 % of the time, and nothing is left to win. Huge pages for
  the weights made it 0.9 % faster, which is no more than two measurements differ by.
- *8 samples* depend on the processor. Where one sequence waits for memory, as here, eight are
  worth 2.6 times one. On two cores of an EPYC, where one sequence waits for arithmetic, they were
  worth 1.4, with one cache for all: one row took 38 ms, eight took 220, and in batches of 32 a
  row still took 16 (docs/log.md).
- *`generate` as a whole* takes some three seconds beyond writing and executing. Nearly all of
  them pass before the first token: the engine begins to load 0.6 s after the command began and
  has loaded after 2.7 to 3.0. A check takes 0.1 s where its kernel is ready. It was eleven
  seconds before libraries were compiled and kernels started ahead. For a model that writes for
  longer than this one's 80 s the ratio is better.
- *Code Llama 7B, one sequence*, on a file of its true shape and random weights, was written at
  0.96 of a bare loop's speed and 0.91 of the server's, whose own three rounds differ by a
  quarter. Four at once were as fast as the bare loop and faster than the server. A short
  measurement exaggerates: 24 tokens gave 0.89, 96 tokens 0.96.
"""


def cell(values: dict[str, float]) -> str:
    return f"{values['median']:g} ({values['least']:g}-{values['greatest']:g})"


def main() -> None:
    text = [
        HEAD,
        "| measure | peer | ours | peer's | ratio | to reach |",
        "|---|---|---|---|---|---|",
    ]
    notes: list[str] = []
    machines: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.json")):
        result = json.loads(path.read_text())
        facts = result["machine"]
        machines[path.stem] = (
            f"{facts['processor']}, {facts['cores']} cores, {facts['memory'] / 1e9:.0f} GB, "
            f"Python {facts['python']}"
        )
        for row in result["rows"]:
            if "ours" not in row:
                continue
            text.append(
                f"| {row['measure']} | {row['peer']} | {cell(row['ours'])} | "
                f"{cell(row['theirs'])} | **{row['ratio']:g}** | {row['to_reach']} |"
            )
            if row.get("note"):
                notes.append(f"- {row['measure']} / {row['peer']}: {row['note']}")
    print("\n".join(text[1:]))
    text += ["", *notes, *[""] * bool(notes), SHORT, *store(), "Machines:", ""]
    text += [f"- {name}: {told}" for name, told in machines.items()]
    (FOLDER / "README.md").write_text("\n".join(text) + "\n")


def store() -> list[str]:
    """Listing stored runs, by how many there are."""
    path = FOLDER / "store.json"
    if not path.is_file():
        return []
    lines = [
        "Listing stored runs takes so many seconds from the index, and without one (cold). The",
        "share compares the first with the time that parsing every record takes.",
        "",
        "| runs | seconds | cold | share | memory |",
        "|---|---|---|---|---|",
    ]
    for row in json.loads(path.read_text())["rows"]:
        lines.append(
            f"| {row['runs']:,} | {row['warm_seconds']:g} | {row['cold_seconds']:g} | "
            f"{row['ratio_warm_to_peer']:.0%} | {row['peak_memory_mb']} MB |"
        )
    return [*lines, ""]


if __name__ == "__main__":
    main()
