"""Rows that no generated code ever sees, so that what it built can be judged on them.

Import ``split``, which makes a table's two parts, and ``held_columns``, which says what a holdout
names. ``choice`` says which rows are held out, ``latest`` puts them in order, ``counting`` says how
many there are. The smallest to copy is ``counting.py``.
"""

from harness.project.holdouts.choice import RULE
from harness.project.holdouts.splitting import Split, split

__all__ = ["RULE", "Split", "split"]
