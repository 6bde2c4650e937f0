"""``fixes/<stage>/``: human changes to generated notebooks, one small reviewed file each.

Import ``series`` and ``apply_to_run`` from here. ``scope`` says which fixes a run gets, ``files``
reads and writes them, ``unified`` and ``rules`` know the two forms, ``conditions`` which cells they
may touch, ``apply`` applies them all to a raw notebook. The smallest to copy is ``scope.py``.
"""

from harness.fixes.apply import Applied, apply_series, apply_to_run
from harness.fixes.files import FOLDER, LIBRARY, SUFFIXES, load, names, read
from harness.fixes.scope import series

__all__ = [
    "FOLDER",
    "LIBRARY",
    "SUFFIXES",
    "Applied",
    "apply_series",
    "apply_to_run",
    "load",
    "names",
    "read",
    "series",
]
