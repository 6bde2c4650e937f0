"""Whether columns of a table tell its target by themselves, so that a feature that does is fair."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

from harness.checks.leaks import Part

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, Any]

MOST_PAIRED = 40  # columns of numbers of which each two are combined
EXACT = 1e-6  # what a correlation of 1 may lack
RUNS = 2  # stretches of a class along a number; more, and the number tells it by chance


def source(part: Part, *, has_classes: bool) -> str | None:
    """The column, or the two, that determine the labels, in words; None where none do.

    A column does by its values, where they repeat, or by the order of its numbers; two do by
    their sum, difference, product or ratio.
    """
    import numpy as np  # noqa: PLC0415 - slow to import
    import pandas as pd  # noqa: PLC0415

    rows = pd.DataFrame(part.rows, columns=part.columns, dtype=str)
    truth = pd.factorize(np.array(part.labels))[0] if has_classes else np.array(part.labels, float)
    numbers = {}
    for at, name in enumerate(part.columns):
        values = rows.iloc[:, at]
        if _by_value(values, truth):
            return f"the column {name!r}"
        number = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
        if np.isfinite(number).mean() > 0.5:
            numbers[name] = number
    for name, number in numbers.items():
        if _by_order(number, truth, has_classes=has_classes):
            return f"the column {name!r}"
    for (one, first), (other, second) in combinations([*numbers.items()][:MOST_PAIRED], 2):
        for made in _combined(first, second):
            if _by_order(made, truth, has_classes=has_classes):
                return f"the columns {one!r} and {other!r} together"
    return None


def _by_value(values: pd.Series, truth: Array) -> bool:
    import pandas as pd  # noqa: PLC0415

    if 2 * values.nunique() > len(values):
        return False
    groups = pd.Series(truth).groupby(values.to_numpy())
    return bool((groups.nunique() == 1).all())


def _by_order(number: Array, truth: Array, *, has_classes: bool) -> bool:
    """Whether the labels follow the number: in few stretches, or as numbers in its order."""
    import numpy as np  # noqa: PLC0415

    there = np.isfinite(number)
    if there.sum() < max(2, 0.9 * len(number)):
        return False
    number, truth = number[there], truth[there]
    if np.ptp(number) == 0:
        return False
    return _along(number, truth) if has_classes else _rises(number, truth)


def _along(number: Array, truth: Array) -> bool:
    """Whether each number has one class, and each class few stretches of them."""
    import numpy as np  # noqa: PLC0415

    pairs = np.unique(np.stack([number, truth]), axis=1)
    if pairs.shape[1] > len(np.unique(number)):
        return False
    return int((np.diff(pairs[1]) != 0).sum()) < RUNS * len(np.unique(truth))


def _rises(number: Array, truth: Array) -> bool:
    """Whether two columns of numbers rise together, or one as the other falls."""
    import numpy as np  # noqa: PLC0415

    if 2 * len(np.unique(number)) < len(np.unique(truth)) or np.ptp(truth) == 0:
        return False
    up, down = truth[np.lexsort((truth, number))], truth[np.lexsort((-truth, number))]
    if bool((np.diff(up) >= 0).all() or (np.diff(down) <= 0).all()):
        return True
    return abs(float(np.corrcoef(number, truth)[0, 1])) >= 1 - EXACT


def _combined(first: Array, second: Array) -> Iterator[Array]:
    import numpy as np  # noqa: PLC0415

    with np.errstate(all="ignore"):
        yield first - second
        yield first + second
        yield first * second
        yield first / second
        yield second / first
