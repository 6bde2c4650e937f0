"""Which column alone tells the target: the evidence where a figure is too good to be true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


class Alone(NamedTuple):
    """A raw column, and the ROC AUC on held-out rows of what it says by itself."""

    column: str
    auc: float


def strongest(
    visible: IO[bytes],
    target: str,
    positive: str | None,
    features: IO[bytes],
    labels: Sequence[bool],
) -> Alone | None:
    """The column with the highest ROC AUC on ``features``, the held-out rows; None without any.

    A column speaks by its number, or by the rate of the target among visible rows of its value.
    """
    import pandas as pd  # noqa: PLC0415 - slow to import
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    seen, held = pd.read_csv(visible, dtype=str), pd.read_csv(features, dtype=str)
    is_positive = (seen[target] == positive).astype(float)
    if len(held) != len(labels):
        return None
    found = []
    for column in held.columns.intersection(seen.columns):
        for scores in _scores(seen[column], held[column], is_positive):
            auc = float(roc_auc_score(labels, scores))
            found.append(Alone(str(column), round(max(auc, 1 - auc), 4)))
    return max(found, key=lambda one: one.auc, default=None)


def _scores(seen: pd.Series, held: pd.Series, is_positive: pd.Series) -> Iterator[pd.Series]:
    import pandas as pd  # noqa: PLC0415

    rates = is_positive.groupby(seen).mean()
    yield held.map(rates).fillna(is_positive.mean()).astype(float)
    number = pd.to_numeric(held, errors="coerce").clip(-1e300, 1e300)
    if number.notna().mean() > 0.5:
        yield number.fillna(number.median())
