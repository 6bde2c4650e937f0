"""The harness's own pipeline: what a table gives, and what stands in for what a stage left out.

Plain and fixed on purpose, no rival to what models write, but a fair measure: numbers however
they are written, dates in parts, texts of few values one-hot, gradient-boosted trees with moderate
settings. ``reading`` takes rows off the file, ``preparing`` makes features of them, ``fitting``
the trees, ``made`` the files. It runs in this process, on a table that anyone may have written:
its values are data, and nothing of them is ever a name, a path or code.
"""

from harness.runs.reference.made import FILES, figures, held_table, made

__all__ = ["FILES", "figures", "held_table", "made"]
