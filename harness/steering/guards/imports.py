"""Libraries' customary names, used and never imported: the import is written."""

from __future__ import annotations

from harness.steering.guards.support.code import Alarm, Code
from harness.steering.guards.support.live import Live
from harness.steering.guards.support.reading import read
from harness.steering.guards.support.unbound import unbound

NAME = "imports"
CUSTOMARY = {  # by the libraries' own documentation
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "sns": "import seaborn as sns",
    "xgb": "import xgboost as xgb",
    "sm": "import statsmodels.api as sm",
}


def judge(code: Code, live: Live) -> Alarm | None:
    """The first such name."""
    statement = read(code)
    if statement is None:
        return None
    for node in unbound(statement, live):
        line = CUSTOMARY.get(node.id)
        if line is not None and live.module(line.split()[1]):
            at, end = statement.span(node)
            return Alarm(NAME, at, end, f"name '{node.id}' is not defined", insert=line)
    return None
